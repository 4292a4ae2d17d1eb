"""Logistic regression with a ridge penalty: fitted on past events, applied to predict the next ones.

Put here: fitting and applying it. Keep out: the features (`transforms/products/purchase_chances.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit  # type: ignore[import-untyped]

from regulars.pipelines.models.fitting.fitting import FloatArray

RIDGE = 1.0
"""Penalty on the squared weights of standardised features: correlated features share an effect."""
MOST_STEPS, SMALLEST_GAIN = 50, 1e-6
LARGEST_LOGIT = 30.0


@dataclass(frozen=True)
class LogisticModel:
    """A fitted logistic regression of standardised features.

    Attributes:
        means: (p,) means of the features.
        scales: (p,) their standard deviations; 1 where a feature does not vary.
        weights: (1 + p,) intercept and weights.
    """

    means: FloatArray
    scales: FloatArray
    weights: FloatArray

    def predict_chance(self, features: ArrayLike) -> FloatArray:
        """The probability of the event, (n,), 0 to 1, from features (n, p)."""
        design = _make_design(np.asarray(features, dtype=float), self.means, self.scales)
        chance: FloatArray = expit(design @ self.weights)
        return chance


def fit_logistic(features: ArrayLike, happened: ArrayLike) -> LogisticModel:
    """Fit by Newton steps on the penalised log-likelihood; each is halved until it improves, as plain ones diverge.

    Args:
        features: (n, p), finite.
        happened: (n,) whether the event happened; both are needed.
    """
    values, events = np.asarray(features, dtype=float), np.asarray(happened, dtype=float)
    means, scales = values.mean(axis=0), values.std(axis=0)
    scales[scales == 0] = 1.0
    design = _make_design(values, means, scales)
    ridge = np.full(design.shape[1], RIDGE)
    ridge[0] = 0.0

    def compute_gain(weights: FloatArray) -> float:
        logits = design @ weights
        return float((events * logits - np.logaddexp(0, logits)).sum() - 0.5 * (ridge * weights**2).sum())

    weights = np.zeros(design.shape[1])
    weights[0] = np.log((events.sum() + 0.5) / (len(events) - events.sum() + 0.5))
    best = compute_gain(weights)
    for _ in range(MOST_STEPS):
        chance = expit(np.clip(design @ weights, -LARGEST_LOGIT, LARGEST_LOGIT))
        gradient = design.T @ (events - chance) - ridge * weights
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        while compute_gain(weights + step) < best and np.abs(step).max() > SMALLEST_GAIN:
            step /= 2
        reached = compute_gain(weights + step)
        if reached - best < SMALLEST_GAIN:
            break
        weights, best = weights + step, reached
    return LogisticModel(means, scales, weights)


def _make_design(features: FloatArray, means: FloatArray, scales: FloatArray) -> FloatArray:
    return np.column_stack([np.ones(len(features)), (features - means) / scales])
