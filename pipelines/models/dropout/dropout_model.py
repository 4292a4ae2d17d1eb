"""The base of models in which customers buy for a while and drop out unobserved, without covariates.

Put here: the fit, and the public interface of a model.
Keep out: the formulas of one model; predictions from formulas (`dropout_formulas.py`); covariates
(`covariates_model.py`); what every fitted model has (`fitted_model.py`).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regulars.pipelines.models.dropout.dropout_formulas import DropoutFormulas, KnownCustomers, Theta
from regulars.pipelines.models.dropout.history import History, read_finite_times, read_history
from regulars.pipelines.models.fitting.fitted_model import FittedModel
from regulars.pipelines.models.fitting.fitting import Fit, FloatArray, LogLikelihood, maximize
from regulars.pipelines.models.fitting.rows import Rows, broadcast, merge_equal_rows, read_columns


class DropoutModel(FittedModel, ABC):
    """A fitted or published model. Arrays broadcast; scalars give a float; without histories, the fitted customers."""

    FORMULAS: ClassVar[DropoutFormulas]
    """The formulas of the model; they take parameters in the order of `NAMES`."""
    TIME_NAMES: ClassVar[tuple[str, ...]]
    """The parameters that are lengths of time, in the unit of T."""
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
        rows = merge_equal_rows(x, tx, end, weights=weight)
        unit = float(np.average(rows.columns[2], weights=rows.weights)) or 1.0
        x, tx, end = rows.columns
        scaled = Rows((x, tx / unit, end / unit), rows.weights)
        found = maximize(cls._log_likelihood(scaled), cls.NAMES, cls.STARTS, sensible=cls.SENSIBLE)
        shift = -float(rows.weights @ x) * float(np.log(unit))
        return cls(found.convert_units(dict.fromkeys(cls.TIME_NAMES, unit), shift), float(rows.weights.sum()), history)

    def with_params(self, theta: ArrayLike) -> Self:
        """The same model of the same customers at other parameters (k,), in the order of `NAMES`."""
        return type(self)(self._make_published_fit(theta), self.customers, self._history)

    def p_alive(
        self, frequency: ArrayLike | None = None, recency: ArrayLike | None = None, T: ArrayLike | None = None
    ) -> FloatArray:
        """P(has not dropped out by T | history), above 0, at most 1."""
        return self._select_customers(frequency, recency, T).p_alive()

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
        return self._select_customers(frequency, recency, T).probability_of_purchase(horizon)

    def probability_of_purchases(
        self,
        n: ArrayLike,
        horizon: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
    ) -> FloatArray:
        """P(exactly n purchases in (T, T + horizon] | history); the horizon is finite."""
        return self._select_customers(frequency, recency, T).probability_of_purchases(n, horizon)

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
            ValueError: The horizon is infinite and the discount rate is 0: the sum need not be finite.
        """
        return self._select_customers(frequency, recency, T).discounted_purchases(discount_rate, horizon)

    def expected_purchases_new(self, horizon: ArrayLike) -> FloatArray:
        """E[X(t)]: repeat purchases of a new customer in a finite time `horizon` after the first purchase."""
        return self.expected_purchases(read_finite_times("horizon", horizon), 0, 0, 0)

    def log_likelihood_of(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> FloatArray:
        """The log-likelihood of each history."""
        return self._select_customers(frequency, recency, T).log_likelihood()

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
        x, end = broadcast(frequency=frequency, T=T)
        return KnownCustomers(self.FORMULAS, self._theta, History(x, end, end)).draw_future(rng, edges)

    @abstractmethod
    def probability_of_purchases_new(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """P(X(t) = n): a new customer makes n repeat purchases in the time t after the first purchase."""

    @classmethod
    def _log_likelihood(cls, rows: Rows) -> LogLikelihood:
        """Of distinct (frequency, recency, T), sorted, with weights; parameters are logs in the order of `NAMES`."""
        _, gradients = cls.FORMULAS.prepare_gradients(rows)

        def log_likelihood(logs: FloatArray) -> tuple[float, FloatArray]:
            value, by_log = gradients(tuple(np.asarray(each) for each in np.exp(logs)))
            return value, by_log.sum(axis=1)

        return log_likelihood

    @property
    def _theta(self) -> Theta:
        return tuple(np.asarray(estimate) for estimate in self.fitted.estimates)

    def _select_customers(
        self, frequency: ArrayLike | None, recency: ArrayLike | None, T: ArrayLike | None
    ) -> KnownCustomers:
        if frequency is not None and recency is not None and T is not None:
            return KnownCustomers(self.FORMULAS, self._theta, read_history(frequency, recency, T))
        if not (frequency is None and recency is None and T is None):
            raise ValueError("give frequency, recency and T together, or none of them for the fitted customers")
        if self._history is None:
            raise ValueError("this model was made from parameters: give frequency, recency and T")
        return KnownCustomers(self.FORMULAS, self._theta, self._history)
