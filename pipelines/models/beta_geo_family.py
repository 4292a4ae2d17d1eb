"""What BG/NBD and MBG/NBD share: all but when a customer gets the first chance to drop out.

Put here: predictions of the two models as formulas in the number of chances; see `geometric_dropout.py`.
Keep out: models in which customers drop out at any moment (`pareto_nbd.py`).
"""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln, expit, gammaln, xlogy  # type: ignore[import-untyped]

from pipelines.models.dropout_model import SMALLEST, DropoutModel
from pipelines.models.fitting import FloatArray, LogLikelihood
from pipelines.models.geometric_dropout import (
    GroupedHistories,
    Parameter,
    log_likelihood_per_row,
    log_odds_of_dropout,
)
from pipelines.models.history import History, read_counts, read_finite_times
from pipelines.models.purchases_until_dropout import purchases_until_dropout
from pipelines.models.rows import Rows, spread_together


class BetaGeoFamily(DropoutModel):
    """Buying rate ~ Gamma(r, alpha) per unit of time; chance of dropping out after a purchase ~ Beta(a, b)."""

    NAMES = ("r", "alpha", "a", "b")
    TIME_NAMES = ("alpha",)
    STARTS = ((0.5, 0.3, 0.8, 2.0), (1.0, 1.0, 1.0, 1.0), (0.2, 0.1, 0.3, 10.0))
    # Beyond 100, a or b only say that all customers have about one chance of dropping out: it is a / b that matters.
    # alpha is r over the mean rate: tiny where customers buy thousands of times.
    SENSIBLE = {"alpha": (1e-6, 1e3), "a": (1e-3, 1e2), "b": (1e-3, 1e2)}  # noqa: RUF012 — a ClassVar of the base
    CHANCES_AT_START: ClassVar[int]
    """Chances to drop out before the first repeat purchase."""

    @classmethod
    def _log_likelihood(cls, rows: Rows) -> LogLikelihood:
        x, recency, end = rows.columns
        groups = GroupedHistories(x, History(x, recency, end), rows.weights, cls.CHANCES_AT_START)

        def log_likelihood(logs: FloatArray) -> tuple[float, FloatArray]:
            theta = np.exp(logs)
            r, alpha, a, b = theta[:, None]
            value, slopes = groups.log_likelihood(float(r[0]), alpha, a, b)
            return value, slopes.sum(axis=1) * theta

        return log_likelihood

    def _row_log_likelihood(self, history: History) -> FloatArray:
        r, alpha, a, b = self.fitted.estimates
        return log_likelihood_per_row(r, alpha, a, b, self._chances(history.frequency), history)

    def _p_alive(self, history: History) -> FloatArray:
        r, alpha, a, b = self.fitted.estimates
        odds = log_odds_of_dropout(r, alpha, a, b, self._chances(history.frequency), history)
        alive: FloatArray = np.maximum(expit(-odds), SMALLEST)
        return alive

    def _probability_of_purchase_alive(self, horizon: FloatArray, frequency: FloatArray, T: FloatArray) -> FloatArray:
        r, alpha = self.fitted.estimates[:2]
        active: FloatArray = -np.expm1(-(r + frequency) * np.log1p(horizon / (alpha + T)))
        return active

    def _purchases_alive(
        self, discount_rate: float, horizon: FloatArray, frequency: FloatArray, T: FloatArray
    ) -> FloatArray:
        r, alpha, a, b = self.fitted.estimates
        stayed = b + self._chances(frequency)
        return purchases_until_dropout(r + frequency, alpha + T, np.full(T.size, a), stayed, horizon, discount_rate)

    def expected_purchases_new(self, horizon: ArrayLike) -> FloatArray:
        """E[X(t)]: repeat purchases of a new customer in a finite time `horizon` after the first purchase."""
        horizons = read_finite_times("horizon", horizon)
        a, b = self.fitted.estimates[2:]
        stays = np.exp(betaln(a, b + self.CHANCES_AT_START) - betaln(a, b))
        nothing_yet = np.zeros(horizons.size)
        purchases = self._purchases_alive(0.0, np.ravel(horizons), nothing_yet, nothing_yet).reshape(horizons.shape)
        expected: FloatArray = stays * purchases
        return expected[()]

    def probability_of_purchases_new(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """P(X(t) = n): a new customer makes n repeat purchases in the finite time t after the first purchase."""
        counts, times = spread_together(n=read_counts("n", n), t=read_finite_times("t", t))
        r, alpha, a, b = self.fitted.estimates
        return probability_of_purchases(r, alpha, a, b, counts, self._chances(counts), times)[()]

    def _probability_of_purchases_alive(
        self, n: FloatArray, horizon: FloatArray, frequency: FloatArray, T: FloatArray
    ) -> FloatArray:
        r, alpha, a, b = self.fitted.estimates
        stayed = b + self._chances(frequency)  # one who is alive has not just bought: the next chance is the next order
        return probability_of_purchases(r + frequency, alpha + T, a, stayed, n, n, horizon)

    def draw_future(
        self, rng: np.random.Generator, frequency: ArrayLike, T: ArrayLike, edges: ArrayLike
    ) -> NDArray[np.int64]:
        """See `DropoutModel.draw_future`: Poisson counts, cut off at the purchase after which a customer drops out."""
        r, alpha, a, b = self.fitted.estimates
        x, end = np.atleast_1d(*spread_together(frequency=frequency, T=T))
        rate = rng.gamma(r + x, 1 / (alpha + end))
        chance = rng.beta(a, b + self._chances(x))
        with np.errstate(divide="ignore", over="ignore"):  # chances of about 0 never drop out, those of 1 at once
            last = 1 + np.floor(rng.standard_exponential(x.size) / -np.log1p(-chance))
        bought = np.cumsum(rng.poisson(rate[:, None] * np.diff(np.asarray(edges, np.float64))), axis=1)
        purchases: NDArray[np.int64] = np.diff(np.minimum(bought, last[:, None]).astype(np.int64), axis=1, prepend=0)
        return purchases

    def _chances(self, frequency: FloatArray) -> FloatArray:
        return frequency + self.CHANCES_AT_START


def probability_of_purchases(
    r: Parameter, alpha: Parameter, a: Parameter, b: Parameter, n: FloatArray, chances: FloatArray, time: FloatArray
) -> FloatArray:
    """P(n purchases within a time), with as many chances to have dropped out by then.

    Either the customer stayed through n and bought no more (a negative binomial count), or dropped out right after the
    last of them, whatever number would have followed (Fader, Hardie & Lee 2005, equation 8).
    """
    share = time / (alpha + time)
    ways = gammaln(r + n) - gammaln(r) - gammaln(n + 1)
    exactly = ways - r * np.log1p(time / alpha) + xlogy(n, share)
    at_least = np.where(n > 0, betainc(np.maximum(n, 1.0), r, share), 1.0)
    stayed = np.exp(betaln(a, b + chances) - betaln(a, b) + exactly)
    dropped = np.exp(betaln(a + 1, b + np.maximum(chances, 1.0) - 1) - betaln(a, b)) * at_least
    probability: FloatArray = np.minimum(stayed + np.where(chances > 0, dropped, 0.0), 1.0)
    return probability
