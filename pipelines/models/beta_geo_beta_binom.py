"""BG/BB: customers who may buy once a period, and drop out unobserved between periods (Fader, Hardie and Shang 2010).

Put here: the model: fit, P(alive), future purchases, in whole periods.
Keep out: the probability of a history (`period_history.py`); sums of survival (`beta_geometric.py`); customers who may
buy at any time (`beta_geo.py`, `pareto_nbd.py`).
"""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regulars.pipelines.models.dropout.history import read_counts
from regulars.pipelines.models.fitting.fitted_model import FittedModel
from regulars.pipelines.models.fitting.fitting import Fit, FloatArray, maximize
from regulars.pipelines.models.fitting.rows import broadcast, evaluate_on_unique_rows, merge_equal_rows, read_columns
from regulars.pipelines.models.renewal.beta_geometric import sum_discounted_periods
from regulars.pipelines.models.renewal.period_history import (
    PeriodHistory,
    log_likelihood,
    log_probability,
    log_probability_of_count,
    log_probability_still_alive,
    read_period_history,
)

STARTS = ((1.0, 1.0, 1.0, 3.0), (0.5, 1.5, 0.5, 5.0), (2.0, 1.0, 2.0, 20.0))
"""Where a search starts."""
SMALLEST = float(np.finfo(np.float64).tiny)
"""Lower bound of positive probabilities, so that none underflows to 0."""


class BetaGeoBetaBinomModel(FittedModel):
    """Parameters: alpha, beta of the chance to buy in a period; gamma, delta of the chance to drop out before one.

    Without histories, predictions are for the customers that the model was fitted on. Scalars in, float out.
    """

    NAMES = ("alpha", "beta", "gamma", "delta")

    def __init__(self, fitted: Fit, customers: float = np.nan, history: PeriodHistory | None = None) -> None:
        super().__init__(fitted, customers)
        self._history = history
        self._alpha, self._beta, self._gamma, self._delta = fitted.estimates.tolist()

    @classmethod
    def fit(
        cls, frequency: ArrayLike, recency: ArrayLike, n_periods: ArrayLike, weights: ArrayLike | None = None
    ) -> Self:
        """Fit by maximum likelihood.

        Args:
            frequency: (n,) periods with a purchase.
            recency: (n,) the last period with a purchase, counted from 1; 0 when there is none.
            n_periods: (n,) periods observed; customers may differ. A scalar stands for all.
            weights: (n,) how many customers each row stands for; ones when None.

        Raises:
            ValueError: Columns differ in length, are empty, or hold an impossible history; names the row.
        """
        n_periods = np.broadcast_to(np.asarray(n_periods, dtype=np.float64), np.shape(frequency))
        x, tx, n, weight = read_columns(frequency=frequency, recency=recency, n_periods=n_periods, weights=weights)
        history = read_period_history(x, tx, n)
        rows = merge_equal_rows(x, tx, n, weights=weight)
        return cls(maximize(log_likelihood(rows), cls.NAMES, STARTS), float(rows.weights.sum()), history)

    def with_params(self, theta: ArrayLike) -> Self:
        """The same model of the same customers at other parameters (4,), in the order of `NAMES`."""
        return type(self)(self._make_published_fit(theta), self.customers, self._history)

    def log_likelihood_of(self, frequency: ArrayLike, recency: ArrayLike, n_periods: ArrayLike) -> FloatArray:
        """The log-likelihood of each history (equation 4)."""
        history = read_period_history(frequency, recency, n_periods)
        return self._log_likelihood(history)[()]

    def p_alive(
        self,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        n_periods: ArrayLike | None = None,
    ) -> FloatArray:
        """P(alive in the next period, n_periods + 1 | history), above 0, at most 1 (equation 8)."""
        return self._p_alive(self._history_of(frequency, recency, n_periods))[()]

    def expected_purchases(
        self,
        periods: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        n_periods: ArrayLike | None = None,
    ) -> FloatArray:
        """E[periods with a purchase among the next `periods` | history] (equation 11); `periods` is finite."""
        return self.discounted_purchases(0.0, frequency, recency, n_periods, periods)

    def discounted_purchases(
        self,
        discount_rate: float,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        n_periods: ArrayLike | None = None,
        periods: ArrayLike = np.inf,
    ) -> FloatArray:
        """Future purchases, each worth (1 + discount_rate)**-j when j periods ahead; DERT for infinite `periods`.

        The paper's DERT (equation 14), which counts the next period as j = 1.

        Args:
            discount_rate: Per period.
            frequency: As in `fit`; the fitted customers when None, as are the next two.
            recency: As in `fit`.
            n_periods: As in `fit`.
            periods: Whole numbers from 0, or infinity.

        Raises:
            ValueError: Infinitely many periods without a discount: the sum may be infinite.
        """
        history = self._history_of(frequency, recency, n_periods)
        broadcast(periods=periods, customers=history.n_periods)
        if discount_rate == 0 and np.isinf(periods).any():
            raise ValueError("purchases over infinitely many periods need a discount rate above 0")
        x, n = history.frequency, history.n_periods
        alive = sum_discounted_periods(self._gamma, self._delta + n, discount_rate, periods)
        per_period = (self._alpha + x) / (self._alpha + self._beta + n)
        expected: FloatArray = (self._p_alive_so_far(history) * per_period * alive)[()]
        return expected

    def probability_of_purchase(
        self,
        periods: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        n_periods: ArrayLike | None = None,
    ) -> FloatArray:
        """P(a purchase in at least one of the next `periods` | history); `periods` is finite."""
        history = self._history_of(frequency, recency, n_periods)
        ahead = read_counts("periods", periods)
        broadcast(periods=ahead, customers=history.n_periods)
        active = evaluate_on_unique_rows(
            self._probability_of_purchase_alive, history.frequency, history.n_periods, ahead
        )
        return (self._p_alive_so_far(history) * active)[()]

    def expected_purchases_new(self, periods: ArrayLike) -> FloatArray:
        """E[X(n)]: periods with a purchase among the first n of a new customer (equation 5)."""
        alive = sum_discounted_periods(self._gamma, self._delta, 0.0, periods)
        expected: FloatArray = (self._alpha / (self._alpha + self._beta) * alive)[()]
        return expected

    def probability_of_purchases_new(self, x: ArrayLike, periods: ArrayLike) -> FloatArray:
        """P(X(n) = x): a new customer buys in x of the first n periods (equation 3); 0 where x is above n."""
        counts, n = broadcast(x=read_counts("x", x), periods=read_counts("periods", periods))
        can = counts <= n
        history = read_period_history(np.where(can, counts, 0.0), np.where(can, counts, 0.0), n)
        return np.where(can, np.exp(log_probability_of_count(self.fitted.estimates, history)), 0.0)[()]

    def draw_future(
        self, rng: np.random.Generator, frequency: ArrayLike, n_periods: ArrayLike, edges: ArrayLike
    ) -> NDArray[np.int64]:
        """One simulated future per customer who is alive in the next period.

        Args:
            rng: The source of randomness.
            frequency: (n,) periods with a purchase so far.
            n_periods: (n,) periods observed.
            edges: (m + 1,) ascending whole periods ahead, the first of them 0.

        Returns:
            (n, m) periods with a purchase among n_periods + edges[j] + 1 to n_periods + edges[j + 1].
        """
        x, n = np.atleast_1d(*broadcast(frequency=frequency, n_periods=n_periods))
        buys = rng.beta(self._alpha + x, self._beta + n - x)
        ends = rng.beta(self._gamma, self._delta + n + 1)
        # a geometric lifetime by inversion: numpy's geometric counts overflow where the probability to end is tiny
        with np.errstate(divide="ignore"):
            periods_alive = 1 + np.floor(np.log(rng.random(x.shape)) / np.log1p(-ends))
        until = np.minimum(np.asarray(edges, dtype=np.float64), periods_alive[:, np.newaxis])
        chances = np.diff(until, axis=1).astype(np.int64)
        return np.asarray(rng.binomial(chances, buys[:, np.newaxis]), dtype=np.int64)

    def _log_likelihood(self, history: PeriodHistory) -> FloatArray:
        def of_columns(*columns: FloatArray) -> FloatArray:
            return log_probability(self.fitted.estimates, PeriodHistory(*columns))

        return evaluate_on_unique_rows(of_columns, history.frequency, history.recency, history.n_periods)

    def _probability_of_purchase_alive(self, x: FloatArray, n: FloatArray, periods: FloatArray) -> FloatArray:
        """Of customers alive in the last observed period: new ones, at the posterior parameters."""
        theta = (self._alpha + x, self._beta + n - x, np.full(x.shape, self._gamma), self._delta + n)
        silence = read_period_history(np.zeros(x.shape), np.zeros(x.shape), periods)
        return -np.expm1(np.minimum(log_probability(theta, silence), 0.0))

    def _p_alive_so_far(self, history: PeriodHistory) -> FloatArray:
        """P(still alive in the last observed period | history)."""
        alive = log_probability_still_alive(self.fitted.estimates, history)
        return np.maximum(np.exp(np.minimum(alive - self._log_likelihood(history), 0.0)), SMALLEST)

    def _p_alive(self, history: PeriodHistory) -> FloatArray:
        lived = self._delta + history.n_periods
        alive: FloatArray = self._p_alive_so_far(history) * (lived / (self._gamma + lived))
        return alive

    def _history_of(
        self, frequency: ArrayLike | None, recency: ArrayLike | None, n_periods: ArrayLike | None
    ) -> PeriodHistory:
        if frequency is not None and recency is not None and n_periods is not None:
            return read_period_history(frequency, recency, n_periods)
        if not (frequency is None and recency is None and n_periods is None):
            raise ValueError("give frequency, recency and n_periods together, or none of them for the fitted customers")
        if self._history is None:
            raise ValueError("this model was made from parameters: give frequency, recency and n_periods")
        return self._history
