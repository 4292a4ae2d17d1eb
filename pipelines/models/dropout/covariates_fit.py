"""The effect of covariates on the parameters of a dropout model, and the fit of their coefficients.

Put here: parameters of customers with covariates, the likelihood in coefficients, and the scale of the search.
Keep out: predictions (`covariates_model.py`); the formulas of any one model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regulars.pipelines.models.dropout.covariates import Scale
from regulars.pipelines.models.dropout.dropout_formulas import DropoutFormulas, Theta
from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.dropout.history import History
from regulars.pipelines.models.fitting.fitting import Fit, FloatArray, LogLikelihood, maximize
from regulars.pipelines.models.fitting.rows import Rows, merge_equal_rows

BASE = 4
"""Parameters of every dropout model, before the coefficients."""


@dataclass(frozen=True)
class Effects:
    """The sign, -1, 0 or 1, with which coefficient'x enters the logarithm of each of the four parameters.

    Attributes:
        trans: Signs of the coefficients of the purchase process.
        life: Signs of the coefficients of the dropout process.
    """

    trans: tuple[int, int, int, int]
    life: tuple[int, int, int, int]

    @property
    def signs(self) -> NDArray[np.float64]:
        """(2, 4)."""
        return np.array([self.trans, self.life], dtype=np.float64)

    def name_coefficients(self, covariates: Sequence[str]) -> tuple[str, ...]:
        """Name the coefficients of covariates, in order."""
        return tuple(f"{kind}.{name}" for kind in ("trans", "life") for name in covariates)

    def compute_parameters(self, estimates: FloatArray, facts: FloatArray) -> Theta:
        """Compute the parameters of customers with covariates (m, ...); 0-d where no covariate acts on a parameter."""
        logs = np.tensordot(estimates[BASE:].reshape(2, -1), facts, 1)
        base = [np.asarray(each) for each in estimates[:BASE]]
        columns = zip(base, self.signs.T, strict=True)
        return tuple(each * np.exp(np.tensordot(signs, logs, 1)) if signs.any() else each for each, signs in columns)


def search_coefficients(
    plain: DropoutModel,
    effects: Effects,
    history: History,
    columns: FloatArray,
    scale: Scale,
    names: Sequence[str],
    weights: FloatArray,
) -> Fit:
    """Fit coefficients by maximum likelihood, in the units of the data; the base customer has covariates of 0.

    Args:
        plain: The model without covariates, fitted on the same customers; the search starts there.
        effects: On which parameters the covariates act.
        history: (n,) arrays.
        columns: (m, n) covariates.
        scale: The scale of the covariates.
        names: (m,) names of the covariates.
        weights: (n,) how many customers each row stands for.
    """
    unit = float(np.average(history.T, weights=weights)) or 1.0
    rows = merge_equal_rows(
        history.frequency, *scale.apply(columns), history.recency / unit, history.T / unit, weights=weights
    )
    units = np.array([unit if name in plain.TIME_NAMES else 1.0 for name in plain.NAMES])
    coefficients = effects.name_coefficients(names)
    found = maximize(
        log_likelihood(plain.FORMULAS, effects, rows),
        (*plain.NAMES, *coefficients),
        [[*(plain.fitted.estimates / units), *np.zeros(len(coefficients))]],
        unbounded=coefficients,
        sensible=plain.SENSIBLE,
    )
    shift = -float(weights @ history.frequency) * float(np.log(unit))
    return _undo_scaling(found, effects.signs, scale, units, shift)


def make_published_fit(names: tuple[str, ...], theta: ArrayLike) -> Fit:
    """Make a fit of published parameters, without data behind it.

    Raises:
        ValueError: A parameter is not finite, or one of the first four is not positive.
    """
    values = np.asarray(theta, dtype=np.float64)
    if values.shape != (len(names),) or not np.isfinite(values).all() or not (values[:BASE] > 0).all():
        raise ValueError(f"parameters {', '.join(names)} must be finite, the first four above 0, not {values}")
    unknown, effects = np.full((values.size, values.size), np.nan), frozenset(names[BASE:])
    return Fit(names, values, unknown, float("nan"), True, False, "", effects)


def log_likelihood(formulas: DropoutFormulas, effects: Effects, rows: Rows) -> LogLikelihood:
    """Of distinct, sorted (frequency, covariates, recency, T), in logs of the parameters and in the coefficients."""
    facts, gradients = formulas.prepare_gradients(rows)
    signs = effects.signs

    def value_and_gradient(working: FloatArray) -> tuple[float, FloatArray]:
        estimates = np.concatenate([np.exp(working[:BASE]), working[BASE:]])
        value, by_log = gradients(effects.compute_parameters(estimates, facts))
        return value, np.concatenate([by_log.sum(axis=1), (signs @ by_log @ facts.T).ravel()])

    return value_and_gradient


def _undo_scaling(found: Fit, signs: FloatArray, scale: Scale, units: FloatArray, shift: float) -> Fit:
    """Undo the scaling of covariates and of time."""
    m = scale.centre.size
    change = np.diag(np.concatenate([np.ones(BASE), 1 / scale.spread, 1 / scale.spread]))
    change[:BASE, BASE:] = -np.kron(signs.T, scale.centre / scale.spread)
    working = change @ np.concatenate([np.log(found.estimates[:BASE]), found.estimates[BASE:]])
    working[:BASE] += np.log(units)
    estimates = np.concatenate([np.exp(working[:BASE]), working[BASE:]])
    gradients = np.concatenate([estimates[:BASE], np.ones(2 * m)])
    unknown = np.isnan(np.diag(found.covariance))
    for sign, coefficients in zip(signs, (slice(BASE, BASE + m), slice(BASE + m, None)), strict=True):
        together = np.flatnonzero(sign)
        if together.size > 1 and unknown[together].any():  # what scales them is not known where these ran off together
            unknown[together] = unknown[coefficients] = True
    covariance = change @ np.nan_to_num(found.log_covariance, nan=0.0) @ change.T * np.outer(gradients, gradients)
    made_of_unknown = np.abs(change) @ unknown > 0
    covariance[made_of_unknown, :] = covariance[:, made_of_unknown] = np.nan
    return replace(found, estimates=estimates, covariance=covariance, log_likelihood=found.log_likelihood + shift)
