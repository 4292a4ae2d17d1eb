"""The Pareto/NBD model: customers buy at random while they are alive, and may drop out unobserved at any moment.

Each customer buys at a rate of their own, Gamma(r, alpha), and drops out at a rate of their own, Gamma(s, beta):
Schmittlein, Morrison & Colombo (1987), "Counting your customers"; Fader & Hardie (2005), "A note on deriving the
Pareto/NBD model and related expressions".

Put here: the public interface of the model.
Keep out: its formulas (`pareto_nbd_rates.py`, `pareto_nbd_histories.py`) and their integrals (`hypergeometric.py`).
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from regulars.pipelines.models.dropout.dropout_formulas import DropoutFormulas, Gradients, Theta
from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.dropout.history import History, read_counts, read_finite_times
from regulars.pipelines.models.dropout.pareto_nbd_histories import (
    WeightedHistories,
    log_likelihood,
    log_odds_of_dropout,
)
from regulars.pipelines.models.dropout.pareto_nbd_rates import Rates
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.fitting.rows import Rows, broadcast, evaluate_on_unique_rows


class ParetoNBDFormulas:
    """The formulas of the model, for shared or individual parameters; see `DropoutFormulas`."""

    def alive(self, theta: Theta, frequency: FloatArray, T: FloatArray) -> Rates:
        """See `DropoutFormulas`."""
        return Rates(*theta).update(frequency, T)

    def log_odds_of_dropout(self, theta: Theta, history: History) -> FloatArray:
        """See `DropoutFormulas`."""
        return _evaluate_on_distinct(log_odds_of_dropout, theta, history)

    def log_likelihood(self, theta: Theta, history: History) -> FloatArray:
        """See `DropoutFormulas`."""
        return _evaluate_on_distinct(log_likelihood, theta, history)

    def prepare_gradients(self, rows: Rows) -> tuple[FloatArray, Gradients]:
        """See `DropoutFormulas`; every row is a group."""
        x, *facts, recency, end = rows.columns
        histories = WeightedHistories(History(x, recency, end), rows.weights)
        return np.array(facts).reshape(-1, x.size), lambda theta: histories.gradients(Rates(*theta))


def _evaluate_on_distinct(
    formula: Callable[[Rates, History], FloatArray], theta: Theta, history: History
) -> FloatArray:
    def of(x: FloatArray, recency: FloatArray, T: FloatArray, *own: FloatArray) -> FloatArray:
        return formula(Rates(*own), History(x, recency, T))

    return evaluate_on_unique_rows(of, history.frequency, history.recency, history.T, *theta)


class ParetoNBDModel(DropoutModel):
    """The Pareto/NBD; r and s have no unit, alpha and beta are lengths of time."""

    FORMULAS: ClassVar[DropoutFormulas] = ParetoNBDFormulas()
    NAMES: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    TIME_NAMES: ClassVar[tuple[str, ...]] = ("alpha", "beta")
    # alpha is r over the mean rate: tiny where customers buy thousands of times.
    SENSIBLE: ClassVar[Mapping[str, tuple[float, float]]] = {"alpha": (1e-6, 1e3)}
    STARTS: ClassVar[tuple[tuple[float, ...], ...]] = ((0.5, 0.5, 0.5, 0.5), (1.0, 1.0, 1.0, 5.0), (0.5, 0.2, 0.2, 0.1))

    @property
    def rates(self) -> Rates:
        """The rates of a new customer."""
        return Rates.of(*self.fitted.estimates)

    def probability_of_purchases_new(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """P(X(t) = n): a new customer makes n repeat purchases in the finite time t after the first purchase."""
        counts, times = broadcast(n=read_counts("n", n), t=read_finite_times("t", t))
        return self.rates.probability_of_purchases(counts.ravel(), times.ravel()).reshape(counts.shape)[()]
