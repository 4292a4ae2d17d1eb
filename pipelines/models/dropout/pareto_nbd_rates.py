"""Predictions of the Pareto/NBD for customers who are alive.

Purchase rates are Gamma(r, alpha), dropout rates Gamma(s, beta).
A customer known to be alive after x purchases in time T behaves as a new one with (r + x, alpha + T, s, beta + T). So
every prediction is written once.

Put here: predictions for such customers.
Keep out: P(alive), and the likelihood of a history (`pareto_nbd_histories.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlogy  # type: ignore[import-untyped]

from regulars.pipelines.models.dropout.hypergeometric import log_decay_integral, log_discounted_survival, log_integral
from regulars.pipelines.models.fitting.fitting import FloatArray

FOREVER = 1e250
"""Stands for an infinite horizon; its ratios do not overflow."""


@dataclass(frozen=True)
class Rates:
    """Four numbers above 0, 0-d or (n,) each; alpha and beta in units of time."""

    r: FloatArray
    alpha: FloatArray
    s: FloatArray
    beta: FloatArray

    @classmethod
    def of(cls, r: ArrayLike, alpha: ArrayLike, s: ArrayLike, beta: ArrayLike) -> "Rates":
        """The four as float64 arrays."""
        return cls(*(np.asarray(each, dtype=np.float64) for each in (r, alpha, s, beta)))

    def update(self, x: FloatArray, T: FloatArray) -> "Rates":
        """Update the rates of customers who have bought `x` times in time `T` and are alive; four arrays (n,)."""
        return Rates(*np.broadcast_arrays(self.r + x, self.alpha + T, self.s, self.beta + T))

    def select_rows(self, rows: slice) -> "Rates":
        """Select the rates of some customers; shared numbers stay as they are."""
        return Rates(*(each[rows] if each.ndim else each for each in (self.r, self.alpha, self.s, self.beta)))

    def probability_of_purchase(self, horizon: FloatArray) -> FloatArray:
        """P(X(horizon) > 0), (n,), of rates (n,): the density of the first purchase while alive, integrated."""
        longest = np.minimum(horizon, FOREVER)
        chance = log_decay_integral(self.alpha, self.beta, self.r + 1.0, self.s, longest) + np.log(self.r / self.alpha)
        return np.minimum(np.exp(chance), 1.0)

    def discounted_purchases(self, discount_rate: float, horizon: FloatArray) -> FloatArray:
        """Expected purchases within `horizon`, each worth exp(-discount_rate * time), (n,), of rates (n,).

        Undiscounted, E[X(t)] of Schmittlein, Morrison & Colombo (1987). Over all time, the DERT of Fader, Hardie & Lee
        (2005), "RFM and CLV", without its p(alive).

        Args:
            discount_rate: Continuous, per unit of time, not below 0.
            horizon: (n,), not below 0; infinite only where something is discounted.
        """
        log_time = log_discounted_survival(self.s, discount_rate * self.beta, horizon / self.beta)
        return self.r / self.alpha * self.beta * np.exp(log_time)

    def probability_of_purchases(self, n: FloatArray, t: FloatArray) -> FloatArray:
        """P(X(t) = n), (n,).

        Fader & Hardie (2006), "Deriving an expression for P(X(t) = x) under the Pareto/NBD model", before its 2F1. Two
        ways to end with n purchases: alive at t, or dropped out at y < t with n purchases by then. The second is an
        integral over y, taken over u = log(1 + y / m) with m the smaller scale.

        Args:
            n: (n,), whole numbers, not below 0.
            t: (n,), finite time since the first purchase, not below 0.
        """
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        nearer = np.minimum(alpha, beta)

        def log_density(u: FloatArray) -> FloatArray:
            y = nearer * np.expm1(u)
            bought = xlogy(n, y / (alpha + y)) - r * np.log1p(y / alpha)
            density: FloatArray = bought - (s + 1.0) * np.log1p(y / beta) + u
            return density

        alive = xlogy(n, t / (alpha + t)) - r * np.log1p(t / alpha) - s * np.log1p(t / beta)
        dropped = np.log(s * nearer / beta) + log_integral(log_density, np.log1p(t / nearer))
        ways: FloatArray = gammaln(r + n) - gammaln(r) - gammaln(n + 1.0)
        chance: FloatArray = np.exp(ways + np.logaddexp(alive, dropped))
        return np.minimum(chance, 1.0)

    def draw_purchases(self, rng: np.random.Generator, edges: FloatArray) -> NDArray[np.int64]:
        """One future per customer: a purchase rate, a time of dropout, and purchases in (edges[j], edges[j + 1]].

        Args:
            rng: The source of randomness.
            edges: (m + 1,), ascending, from 0.

        Returns:
            (n, m), of rates (n,).
        """
        purchase_rate = rng.gamma(self.r) / self.alpha
        with np.errstate(divide="ignore", over="ignore"):  # a dropout rate that underflows to 0 means: never
            lifetime = rng.standard_exponential(self.beta.shape) * self.beta / rng.gamma(self.s)
        alive_time = np.diff(np.minimum(edges, lifetime[:, None]), axis=1)
        return rng.poisson(purchase_rate[:, None] * alive_time)
