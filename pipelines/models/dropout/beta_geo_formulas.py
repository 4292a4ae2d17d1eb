"""The formulas of BG/NBD and MBG/NBD, for shared or individual parameters.

Buying rate ~ Gamma(r, alpha) per unit of time, chance of dropping out after a purchase ~ Beta(a, b). Given the
number of chances to drop out, both models are the same; see `geometric_dropout.py`.

Put here: predictions of purchases, and the likelihood in the form that a search needs.
Keep out: the public interface of models; models in which customers drop out at any moment (`pareto_nbd.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln, gammaln, xlogy  # type: ignore[import-untyped]

from regulars.pipelines.models.dropout.dropout_formulas import Gradients, Theta
from regulars.pipelines.models.dropout.geometric_dropout import (
    GroupedHistories,
    Parameter,
    log_likelihood_per_row,
    log_odds_of_dropout,
)
from regulars.pipelines.models.dropout.history import History
from regulars.pipelines.models.dropout.purchases_until_dropout import purchases_until_dropout
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.fitting.rows import Rows


@dataclass(frozen=True)
class BetaGeoFormulas:
    """The formulas of BG/NBD (no chance to drop out at the start) or MBG/NBD (one).

    Attributes:
        chances_at_start: Chances to drop out before the first repeat purchase, 0 or 1.

    Raises:
        ValueError: It is another number, for which there is no model.
    """

    chances_at_start: int

    def __post_init__(self) -> None:
        """Refuse other models."""
        if self.chances_at_start not in (0, 1):
            raise ValueError(
                f"a customer has 0 chances to drop out before the first repeat purchase (BG/NBD) or 1 (MBG/NBD), "
                f"not {self.chances_at_start}"
            )

    def alive(self, theta: Theta, frequency: FloatArray, T: FloatArray) -> "AliveBetaGeo":
        """See `DropoutFormulas`. The next chance to drop out is the next purchase."""
        r, alpha, a, b = theta
        stayed = b + self.chances(frequency)
        return AliveBetaGeo(*np.broadcast_arrays(r + frequency, alpha + T, a, stayed))

    def log_odds_of_dropout(self, theta: Theta, history: History) -> FloatArray:
        """See `DropoutFormulas`."""
        r, alpha, a, b = theta
        return log_odds_of_dropout(r, alpha, a, b, self.chances(history.frequency), history)

    def log_likelihood(self, theta: Theta, history: History) -> FloatArray:
        """See `DropoutFormulas`."""
        r, alpha, a, b = theta
        return log_likelihood_per_row(r, alpha, a, b, self.chances(history.frequency), history)

    def prepare_gradients(self, rows: Rows) -> tuple[FloatArray, Gradients]:
        """See `DropoutFormulas`; a group shares frequency and covariates."""
        x, *facts, recency, end = rows.columns
        same = np.array([x, *facts])
        group_of_row = np.cumsum(np.any(np.diff(same, axis=1, prepend=np.nan) != 0, axis=0)).astype(np.float64)
        groups = GroupedHistories(group_of_row, History(x, recency, end), rows.weights, self.chances_at_start)

        def gradients(theta: Theta) -> tuple[float, FloatArray]:
            r, alpha, a, b = theta
            value, by_log = groups.log_likelihood(float(r), *np.atleast_1d(alpha, a, b))
            for row, parameter in zip(by_log, theta, strict=True):
                row *= parameter
            return value, by_log

        return same[1:, groups.first], gradients

    def chances(self, frequency: FloatArray) -> FloatArray:
        """The number of chances to have dropped out so far."""
        return frequency + self.chances_at_start


@dataclass(frozen=True)
class AliveBetaGeo:
    """Customers (n,) who are alive now: four parameters (n,), above 0; alpha is a length of time."""

    r: FloatArray
    alpha: FloatArray
    a: FloatArray
    b: FloatArray

    def probability_of_purchase(self, horizon: FloatArray) -> FloatArray:
        """P(at least one purchase within a horizon), (n,)."""
        active: FloatArray = -np.expm1(-self.r * np.log1p(horizon / self.alpha))
        return active

    def probability_of_purchases(self, n: FloatArray, t: FloatArray) -> FloatArray:
        """P(exactly n purchases within a finite time t), (n,)."""
        return probability_of_purchases(self.r, self.alpha, self.a, self.b, n, n, t)

    def discounted_purchases(self, discount_rate: float, horizon: FloatArray) -> FloatArray:
        """E[discounted purchases within a horizon], (n,); infinite horizons need a rate above 0."""
        return purchases_until_dropout(self.r, self.alpha, self.a, self.b, horizon, discount_rate)

    def draw_purchases(self, rng: np.random.Generator, edges: FloatArray) -> NDArray[np.int64]:
        """Draw Poisson counts (n, m), cut off at the purchase after which a customer drops out."""
        rate, chance = rng.gamma(self.r, 1 / self.alpha), rng.beta(self.a, self.b)
        with np.errstate(divide="ignore", over="ignore"):  # chances of about 0 never drop out, those of 1 at once
            last = 1 + np.floor(rng.standard_exponential(rate.size) / -np.log1p(-chance))
        bought = np.cumsum(rng.poisson(rate[:, None] * np.diff(edges)), axis=1)
        purchases: NDArray[np.int64] = np.diff(np.minimum(bought, last[:, None]).astype(np.int64), axis=1, prepend=0)
        return purchases


def probability_of_purchases(
    r: Parameter, alpha: Parameter, a: Parameter, b: Parameter, n: FloatArray, chances: FloatArray, time: FloatArray
) -> FloatArray:
    """P(n purchases within a time), with as many chances to have dropped out by then.

    Either the customer is alive after n purchases and bought no more (a negative binomial count), or dropped out right
    after the last of them, whatever number would have followed (Fader, Hardie & Lee 2005, equation 8).
    """
    share = time / (alpha + time)
    ways = gammaln(r + n) - gammaln(r) - gammaln(n + 1)
    exactly = ways - r * np.log1p(time / alpha) + xlogy(n, share)
    at_least = np.where(n > 0, betainc(np.maximum(n, 1.0), r, share), 1.0)
    stayed = np.exp(betaln(a, b + chances) - betaln(a, b) + exactly)
    dropped = np.exp(betaln(a + 1, b + np.maximum(chances, 1.0) - 1) - betaln(a, b)) * at_least
    probability: FloatArray = np.minimum(stayed + np.where(chances > 0, dropped, 0.0), 1.0)
    return probability
