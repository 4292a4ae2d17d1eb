"""What every model of "buys for a while, then drops out unseen" shares.

Put here: the fit, and what follows from two facts: P(alive) depends on the whole history, and what a customer who is
alive does next on frequency and T only.
Keep out: any one model's formulas; what any fitted model says about its fit (`fitted_model.py`).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.models.fitted_model import FittedModel
from pipelines.models.fitting import Fit, FloatArray, LogLikelihood, maximize
from pipelines.models.history import History, read_counts, read_finite_times, read_history, read_times
from pipelines.models.rows import Rows, on_unique_rows, read_columns, spread_together, unique_rows

SMALLEST = float(np.finfo(np.float64).tiny)
"""A probability that is not zero is never below this, so that nothing vanishes by underflow."""


class DropoutModel(FittedModel, ABC):
    """A fitted or published model. Arrays broadcast; scalars give a float; without histories, the fitted customers."""

    TIME_NAMES: ClassVar[tuple[str, ...]]
    """Those that are lengths of time and grow with the number of units in a stretch of time."""
    STARTS: ClassVar[tuple[tuple[float, ...], ...]]
    """Where a search starts, in units of the mean T."""
    SENSIBLE: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """Ranges outside which a parameter is a boundary, in units of the mean T; see `fitting.maximize`."""

    def __init__(self, fitted: Fit, customers: float = np.nan, history: History | None = None) -> None:
        super().__init__(fitted, customers)
        self._history = history

    @classmethod
    def fit(cls, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None) -> Self:
        """Fit by maximum likelihood.

        Args:
            frequency: (n,) repeat purchases.
            recency: (n,) time of the last purchase since the first; 0 when frequency is 0. Any unit of time.
            T: (n,) time since the first purchase, in the same unit.
            weights: (n,) how many customers each row stands for; ones when None.

        Raises:
            ValueError: Columns differ in length, are empty, or hold an impossible history; names the row.
        """
        x, tx, end, weight = read_columns(frequency=frequency, recency=recency, T=T, weights=weights)
        history = read_history(x, tx, end)
        rows = unique_rows(x, tx, end, weights=weight)
        unit = float(np.average(rows.columns[2], weights=rows.weights)) or 1.0
        x, tx, end = rows.columns
        scaled = Rows((x, tx / unit, end / unit), rows.weights)
        found = maximize(cls._log_likelihood(scaled), cls.NAMES, cls.STARTS, sensible=cls.SENSIBLE)
        shift = -float(rows.weights @ x) * float(np.log(unit))
        return cls(found.in_units(dict.fromkeys(cls.TIME_NAMES, unit), shift), float(rows.weights.sum()), history)

    def with_params(self, theta: ArrayLike) -> Self:
        """The same model of the same customers at other parameters (k,), in the order of `NAMES`."""
        return type(self)(self._published(theta), self.customers, self._history)

    def p_alive(
        self, frequency: ArrayLike | None = None, recency: ArrayLike | None = None, T: ArrayLike | None = None
    ) -> FloatArray:
        """P(has not dropped out by T | history), above 0, at most 1."""
        return self._p_alive(self._history_of(frequency, recency, T))[()]

    def expected_purchases(
        self,
        horizon: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
    ) -> FloatArray:
        """E[purchases in (T, T + horizon] | history]; the horizon is finite."""
        return self.discounted_purchases(0.0, frequency, recency, T, horizon)

    def probability_of_purchase(
        self,
        horizon: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
    ) -> FloatArray:
        """P(at least one purchase in (T, T + horizon] | history)."""
        history = self._history_of(frequency, recency, T)
        horizons = read_times("horizon", horizon)
        spread_together(horizon=horizons, customers=history.T)
        active = on_unique_rows(self._probability_of_purchase_alive, horizons, history.frequency, history.T)
        return (active * self._p_alive(history))[()]

    def probability_of_purchases(
        self,
        n: ArrayLike,
        horizon: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
    ) -> FloatArray:
        """P(exactly n purchases in (T, T + horizon] | history); the horizon is finite."""
        history = self._history_of(frequency, recency, T)
        counts, times = read_counts("n", n), read_finite_times("horizon", horizon)
        spread_together(n=counts, horizon=times, customers=history.T)
        of_the_alive = on_unique_rows(self._probability_of_purchases_alive, counts, times, history.frequency, history.T)
        alive = self._p_alive(history)
        return (alive * of_the_alive + np.where(counts == 0, 1 - alive, 0.0))[()]

    def discounted_purchases(
        self,
        discount_rate: float,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
        horizon: ArrayLike = np.inf,
    ) -> FloatArray:
        """Expected purchases in (T, T + horizon], each worth exp(-discount_rate * time since T); over all time, DERT.

        Args:
            discount_rate: Continuous, per unit of time of the data.
            frequency: As in `fit`; the fitted customers when None, as are the next two.
            recency: As in `fit`.
            T: As in `fit`.
            horizon: 0 or more.

        Raises:
            ValueError: The horizon is infinite and nothing is discounted: that need not be finite.
        """
        history, horizons = self._history_of(frequency, recency, T), read_times("horizon", horizon)
        spread_together(horizon=horizons, customers=history.T)
        if np.ndim(discount_rate) or not 0 <= discount_rate < np.inf:
            raise ValueError(f"a discount rate must be one finite number, 0 or more, not {discount_rate}")
        if discount_rate == 0 and np.isinf(horizons).any():
            raise ValueError("purchases over an infinite horizon need a discount rate above 0")

        def of_the_alive(times: FloatArray, frequency: FloatArray, end: FloatArray) -> FloatArray:
            return self._purchases_alive(discount_rate, times, frequency, end)

        return (on_unique_rows(of_the_alive, horizons, history.frequency, history.T) * self._p_alive(history))[()]

    def log_likelihood_of(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> FloatArray:
        """The log-likelihood of each history."""
        return self._row_log_likelihood(read_history(frequency, recency, T))[()]

    def _history_of(self, frequency: ArrayLike | None, recency: ArrayLike | None, T: ArrayLike | None) -> History:
        if frequency is not None and recency is not None and T is not None:
            return read_history(frequency, recency, T)
        if not (frequency is None and recency is None and T is None):
            raise ValueError("give frequency, recency and T together, or none of them for the fitted customers")
        if self._history is None:
            raise ValueError("this model was made from parameters: give frequency, recency and T")
        return self._history

    @classmethod
    @abstractmethod
    def _log_likelihood(cls, rows: Rows) -> LogLikelihood:
        """Of distinct (frequency, recency, T), sorted, with weights; parameters are logs in the order of `NAMES`."""

    @abstractmethod
    def _row_log_likelihood(self, history: History) -> FloatArray: ...

    @abstractmethod
    def _p_alive(self, history: History) -> FloatArray: ...

    @abstractmethod
    def _probability_of_purchase_alive(self, horizon: FloatArray, frequency: FloatArray, T: FloatArray) -> FloatArray:
        """P(a purchase in (T, T + horizon] | alive at T); 1-d arrays of one length, as in the next."""

    @abstractmethod
    def _probability_of_purchases_alive(
        self, n: FloatArray, horizon: FloatArray, frequency: FloatArray, T: FloatArray
    ) -> FloatArray:
        """P(n purchases in (T, T + horizon] | alive at T)."""

    @abstractmethod
    def _purchases_alive(
        self, discount_rate: float, horizon: FloatArray, frequency: FloatArray, T: FloatArray
    ) -> FloatArray:
        """E[discounted purchases in (T, T + horizon] | alive at T]; an infinite horizon comes with a rate above 0."""

    @abstractmethod
    def expected_purchases_new(self, horizon: ArrayLike) -> FloatArray:
        """E[X(t)]: repeat purchases of a new customer in the time `horizon` after the first purchase."""

    @abstractmethod
    def probability_of_purchases_new(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """P(X(t) = n): a new customer makes n repeat purchases in the time t after the first purchase."""

    @abstractmethod
    def draw_future(
        self, rng: np.random.Generator, frequency: ArrayLike, T: ArrayLike, edges: ArrayLike
    ) -> NDArray[np.int64]:
        """One simulated future per customer who is alive at T.

        Args:
            rng: The source of randomness.
            frequency: (n,) repeat purchases so far; a scalar counts as one customer or goes with every T.
            T: (n,) time since the first purchase; likewise.
            edges: (m + 1,) ascending times after T, the first of them 0.

        Returns:
            (n, m) purchases in (T + edges[j], T + edges[j + 1]].
        """
