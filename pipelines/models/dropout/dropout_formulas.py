"""Predictions for customers with a history, from the formulas of any model in which they drop out unobserved.

Put here: the formulas that a model must provide, and the predictions that follow, for shared or individual parameters.
Keep out: any one model's formulas; where parameters come from (`dropout_model.py`, `covariates_model.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit  # type: ignore[import-untyped]

from regulars.pipelines.models.dropout.history import History, read_counts, read_finite_times, read_times
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.fitting.rows import Rows, broadcast, evaluate_on_unique_rows

SMALLEST = float(np.finfo(np.float64).tiny)
"""Lower bound of positive probabilities, so that none underflows to 0."""

Theta = tuple[FloatArray, ...]
"""The parameters of a model in the paper's order, each 0-d (shared) or one per customer."""
Gradients = Callable[[Theta], tuple[float, FloatArray]]
"""From parameters to a log-likelihood and (k, g): each group's part of its derivatives in their logarithms."""


class AliveCustomers(Protocol):
    """Predictions for customers (n,) who are alive now."""

    def probability_of_purchase(self, horizon: FloatArray) -> FloatArray:
        """P(at least one purchase within a horizon), (n,)."""

    def probability_of_purchases(self, n: FloatArray, t: FloatArray) -> FloatArray:
        """P(exactly n purchases within a finite time t), (n,)."""

    def discounted_purchases(self, discount_rate: float, horizon: FloatArray) -> FloatArray:
        """E[discounted purchases within a horizon], (n,); infinite horizons need a rate above 0."""

    def draw_purchases(self, rng: np.random.Generator, edges: FloatArray) -> NDArray[np.int64]:
        """Draw one future per customer: (n, m) purchases in (edges[j], edges[j + 1]]."""


class DropoutFormulas(Protocol):
    """The formulas of one model. What a customer who is alive does next depends on frequency and T only."""

    def alive(self, theta: Theta, frequency: FloatArray, T: FloatArray) -> AliveCustomers:
        """Customers known to be alive at T, from arrays (n,) and parameters 0-d or (n,)."""

    def log_odds_of_dropout(self, theta: Theta, history: History) -> FloatArray:
        """Log of P(dropped out by T) / P(alive at T); histories broadcast with the parameters."""

    def log_likelihood(self, theta: Theta, history: History) -> FloatArray:
        """Of each history; they broadcast with the parameters."""

    def prepare_gradients(self, rows: Rows) -> tuple[FloatArray, Gradients]:
        """Prepare the log-likelihood of distinct, sorted rows of frequency, covariates, recency and T, with weights.

        Returns:
            The covariates (m, g) of each group of rows, and a function of parameters that are 0-d or (g,).
        """


@dataclass(frozen=True)
class KnownCustomers:
    """Customers with a history, and parameters that broadcast with it. Scalars give a float."""

    formulas: DropoutFormulas
    theta: Theta
    history: History

    def p_alive(self) -> FloatArray:
        """P(has not dropped out by T | history), above 0, at most 1."""
        odds = self.formulas.log_odds_of_dropout(self.theta, self.history)
        alive: FloatArray = np.maximum(expit(-odds), SMALLEST)
        return alive[()]

    def log_likelihood(self) -> FloatArray:
        """Of each history."""
        return self.formulas.log_likelihood(self.theta, self.history)[()]

    def probability_of_purchase(self, horizon: ArrayLike) -> FloatArray:
        """P(at least one purchase in (T, T + horizon] | history)."""
        alive, horizons = self.p_alive(), read_times("horizon", horizon)
        broadcast(horizon=horizons, customers=alive)
        active = self._predict_if_alive(lambda customers, *asked: customers.probability_of_purchase(*asked), horizons)
        return (active * alive)[()]

    def probability_of_purchases(self, n: ArrayLike, horizon: ArrayLike) -> FloatArray:
        """P(exactly n purchases in (T, T + horizon] | history); the horizon is finite."""
        alive, counts, times = self.p_alive(), read_counts("n", n), read_finite_times("horizon", horizon)
        broadcast(n=counts, horizon=times, customers=alive)
        chance = self._predict_if_alive(
            lambda customers, *asked: customers.probability_of_purchases(*asked), counts, times
        )
        return (alive * chance + np.where(counts == 0, 1 - alive, 0.0))[()]

    def discounted_purchases(self, discount_rate: float, horizon: ArrayLike) -> FloatArray:
        """Expected purchases in (T, T + horizon], each worth exp(-discount_rate * time since T).

        Raises:
            ValueError: The rate is negative or not finite; or the horizon is infinite and the rate is 0.
        """
        alive, horizons = self.p_alive(), read_times("horizon", horizon)
        broadcast(horizon=horizons, customers=alive)
        if np.ndim(discount_rate) or not 0 <= discount_rate < np.inf:
            raise ValueError(f"a discount rate must be one finite number, 0 or more, not {discount_rate}")
        if discount_rate == 0 and np.isinf(horizons).any():
            raise ValueError("purchases over an infinite horizon need a discount rate above 0: they have no finite sum")
        purchases = self._predict_if_alive(
            lambda customers, *asked: customers.discounted_purchases(discount_rate, *asked), horizons
        )
        return (purchases * alive)[()]

    def draw_future(self, rng: np.random.Generator, edges: ArrayLike) -> NDArray[np.int64]:
        """One simulated future per customer, all of them alive at T; see `DropoutModel.draw_future`."""
        x, end, *theta = np.atleast_1d(*np.broadcast_arrays(self.history.frequency, self.history.T, *self.theta))
        return self.formulas.alive(tuple(theta), x, end).draw_purchases(rng, np.asarray(edges, dtype=np.float64))

    def _predict_if_alive(self, predict: Callable[..., FloatArray], *asked: FloatArray) -> FloatArray:
        """Predict for customers who are alive at T, once per distinct row of the arguments."""

        def of(*columns: FloatArray) -> FloatArray:
            x, end, *theta = columns[len(asked) :]
            return predict(self.formulas.alive(tuple(theta), x, end), *columns[: len(asked)])

        return evaluate_on_unique_rows(of, *asked, self.history.frequency, self.history.T, *self.theta)
