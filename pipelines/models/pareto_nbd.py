"""Pareto/NBD: customers buy at random while they live, and drop out at any moment, unseen.

Each customer buys at a rate of their own, Gamma(r, alpha), and drops out at a rate of their own, Gamma(s, beta):
Schmittlein, Morrison & Colombo (1987), "Counting your customers"; Fader & Hardie (2005), "A note on deriving the
Pareto/NBD model and related expressions".

Put here: the model as the rest of the house calls it.
Keep out: its formulas (pareto_nbd_rates, pareto_nbd_histories) and their integrals (hypergeometric).
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.models.dropout_model import SMALLEST, DropoutModel
from pipelines.models.fitting import FloatArray, LogLikelihood
from pipelines.models.history import History, read_counts, read_finite_times
from pipelines.models.pareto_nbd_histories import WeightedHistories, log_likelihood, log_odds_of_dropout
from pipelines.models.pareto_nbd_rates import Rates
from pipelines.models.rows import Rows, on_unique_rows, spread_together


class ParetoNBDModel(DropoutModel):
    """The Pareto/NBD; r and s have no unit, alpha and beta are lengths of time."""

    NAMES: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    TIME_NAMES: ClassVar[tuple[str, ...]] = ("alpha", "beta")
    # alpha is r over the mean rate: tiny where customers buy thousands of times.
    SENSIBLE: ClassVar[Mapping[str, tuple[float, float]]] = {"alpha": (1e-6, 1e3)}
    STARTS: ClassVar[tuple[tuple[float, ...], ...]] = ((0.5, 0.5, 0.5, 0.5), (1.0, 1.0, 1.0, 5.0), (0.5, 0.2, 0.2, 0.1))

    @property
    def rates(self) -> Rates:
        """The rates of a new customer."""
        return Rates.of(*self.fitted.estimates)

    def expected_purchases_new(self, horizon: ArrayLike) -> FloatArray:
        """E[X(t)]: repeat purchases of a new customer in the finite time `horizon` after the first purchase."""
        horizons = read_finite_times("horizon", horizon)
        new = self.rates.after(np.zeros(horizons.size), np.zeros(horizons.size))
        return new.discounted_purchases(0.0, horizons.ravel()).reshape(horizons.shape)[()]

    def probability_of_purchases_new(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """P(X(t) = n): a new customer makes n repeat purchases in the finite time t after the first purchase."""
        counts, times = spread_together(n=read_counts("n", n), t=read_finite_times("t", t))
        return self.rates.probability_of_purchases(counts.ravel(), times.ravel()).reshape(counts.shape)[()]

    def draw_future(
        self, rng: np.random.Generator, frequency: ArrayLike, T: ArrayLike, edges: ArrayLike
    ) -> NDArray[np.int64]:
        """One simulated future per customer who is alive at T; see `DropoutModel.draw_future`."""
        x, end = np.atleast_1d(*spread_together(frequency=frequency, T=T))
        return self.rates.after(x, end).draw_purchases(rng, np.asarray(edges, dtype=np.float64))

    @classmethod
    def _log_likelihood(cls, rows: Rows) -> LogLikelihood:
        histories = WeightedHistories(History(*rows.columns), rows.weights)

        def value(logs: FloatArray) -> tuple[float, FloatArray]:
            total, by_log = histories.slopes(Rates.of(*np.exp(logs)))
            return total, by_log.sum(axis=1)

        return value

    def _row_log_likelihood(self, history: History) -> FloatArray:
        def of(x: FloatArray, recency: FloatArray, T: FloatArray) -> FloatArray:
            return log_likelihood(self.rates, History(x, recency, T))

        return on_unique_rows(of, history.frequency, history.recency, history.T)

    def _p_alive(self, history: History) -> FloatArray:
        def of(x: FloatArray, recency: FloatArray, T: FloatArray) -> FloatArray:
            return np.exp(-np.logaddexp(0.0, log_odds_of_dropout(self.rates, History(x, recency, T))))

        return np.maximum(on_unique_rows(of, history.frequency, history.recency, history.T), SMALLEST)

    def _probability_of_purchase_alive(self, horizon: FloatArray, frequency: FloatArray, T: FloatArray) -> FloatArray:
        return self.rates.after(frequency, T).probability_of_purchase(horizon)

    def _probability_of_purchases_alive(
        self, n: FloatArray, horizon: FloatArray, frequency: FloatArray, T: FloatArray
    ) -> FloatArray:
        return self.rates.after(frequency, T).probability_of_purchases(n, horizon)

    def _purchases_alive(
        self, discount_rate: float, horizon: FloatArray, frequency: FloatArray, T: FloatArray
    ) -> FloatArray:
        return self.rates.after(frequency, T).discounted_purchases(discount_rate, horizon)
