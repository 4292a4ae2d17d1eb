"""Pareto/NBD with facts about customers that do not change: what makes them buy more often and what leave sooner.

Put here: the model and its predictions, in CLVTools' convention, so that coefficients can be compared.
Keep out: facts that change over time; the formulas themselves (`pareto_nbd_rates.py`, `pareto_nbd_histories.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.models.covariates import Scale, read_covariates, scale_of
from pipelines.models.dropout_model import SMALLEST
from pipelines.models.fitted_model import FittedModel
from pipelines.models.fitting import Fit, FloatArray, LogLikelihood, maximize
from pipelines.models.history import History, read_counts, read_finite_times, read_history, read_times
from pipelines.models.pareto_nbd import ParetoNBDModel
from pipelines.models.pareto_nbd_histories import WeightedHistories, log_likelihood, log_odds_of_dropout
from pipelines.models.pareto_nbd_rates import Rates
from pipelines.models.rows import Rows, read_columns, spread_together, unique_rows


@dataclass(frozen=True)
class _Customers:
    """Histories (n,) with each customer's own rates (n,), and the shape that was asked for."""

    rates: Rates
    history: History
    shape: tuple[int, ...]

    def alive(self) -> Rates:
        return self.rates.after(self.history.frequency, self.history.T)

    def p_alive(self) -> FloatArray:
        chance: FloatArray = np.exp(-np.logaddexp(0.0, log_odds_of_dropout(self.rates, self.history)))
        return np.maximum(chance, SMALLEST)


class ParetoNBDCovariatesModel(FittedModel):
    """Pareto/NBD in which customer i has alpha exp(-trans'x) and beta exp(-life'x), x being the covariates.

    A positive coefficient trans.<name> makes customers with more of it buy more often, a positive life.<name> makes
    them drop out sooner; exp(coefficient) is the ratio of the mean rates for one more of it. This is the convention of
    CLVTools 0.12.

    Attributes:
        fitted: Estimates in the order r, alpha, s, beta, trans.*, life.*, their covariance and the verdict of the fit.
        names: The covariates.
        customers: How many it was fitted on: the sum of the weights; NaN for published parameters.
    """

    def __init__(
        self,
        fitted: Fit,
        customers: float = np.nan,
        history: History | None = None,
        covariates: FloatArray | None = None,
    ) -> None:
        super().__init__(fitted, customers)
        self._history, self._covariates = history, covariates
        self.names = tuple(name.removeprefix("trans.") for name in fitted.names if name.startswith("trans."))

    @classmethod
    def fit(
        cls,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        covariates: Mapping[str, ArrayLike],
        weights: ArrayLike | None = None,
    ) -> Self:
        """Fit by maximum likelihood, from the plain Pareto/NBD on.

        Args:
            frequency: (n,) repeat purchases.
            recency: (n,) time of the last purchase since the first; 0 when frequency is 0. Any unit of time.
            T: (n,) time since the first purchase, in the same unit.
            covariates: Name -> (n,) numbers, of any size: they are brought to one scale for the search.
            weights: (n,) how many customers each row stands for; ones when None.

        Raises:
            ValueError: A history is impossible, there is no covariate, or one is missing somewhere or the same for
                everybody.
        """
        names = tuple(covariates)
        if not names:
            raise ValueError("there are no covariates: fit a ParetoNBDModel")
        x, tx, end, weight = read_columns(frequency=frequency, recency=recency, T=T, weights=weights)
        history = read_history(x, tx, end)
        columns = read_covariates(covariates, names, x.shape)
        scale = scale_of(columns, names, weight)
        plain = ParetoNBDModel.fit(x, tx, end, weight)
        unit = float(np.average(end, weights=weight)) or 1.0
        rows = unique_rows(x, tx / unit, end / unit, *scale.apply(columns), weights=weight)
        start = [*(plain.fitted.estimates / [1.0, unit, 1.0, unit]), *np.zeros(2 * len(names))]
        effects = [f"{kind}.{name}" for kind in ("trans", "life") for name in names]
        every_name = (*ParetoNBDModel.NAMES, *effects)
        found = maximize(
            _log_likelihood(rows), every_name, [start], unbounded=effects, sensible=ParetoNBDModel.SENSIBLE
        )
        shift = -float((weight * x).sum()) * float(np.log(unit))
        return cls(_in_original_terms(found, scale, unit, shift), float(weight.sum()), history, columns)

    @classmethod
    def from_params(cls, params: Mapping[str, float]) -> Self:
        """A model with published parameters: r, alpha, s, beta, and trans.<name> and life.<name> of every covariate.

        Raises:
            ValueError: A parameter is missing, unknown, no finite number, or not positive where it must be.
        """
        params = dict(params)
        names = [name.removeprefix("trans.") for name in params if name.startswith("trans.")]
        effects = [f"{kind}.{name}" for kind in ("trans", "life") for name in names]
        every_name = (*ParetoNBDModel.NAMES, *effects)
        if set(params) != set(every_name):
            raise ValueError(f"parameters must be {', '.join(every_name)}, not {', '.join(params)}")
        return cls(_certain(every_name, np.array([params[name] for name in every_name], dtype=np.float64)))

    def with_params(self, theta: ArrayLike) -> Self:
        """The same model of the same customers at other parameters (4 + 2m,), in the order of `fitted.names`."""
        fitted = _certain(self.fitted.names, np.asarray(theta, dtype=np.float64))
        return type(self)(fitted, self.customers, self._history, self._covariates)

    def p_alive(
        self,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
    ) -> FloatArray:
        """P(has not dropped out by T | history); the fitted customers when nothing is given, as in all the others."""
        customers = self._customers_of(frequency, recency, T, covariates)
        return customers.p_alive().reshape(customers.shape)[()]

    def expected_purchases(
        self,
        horizon: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
    ) -> FloatArray:
        """E[purchases in (T, T + horizon] | history]; the horizon is finite."""
        return self.discounted_purchases(0.0, frequency, recency, T, covariates, horizon)

    def discounted_purchases(
        self,
        discount_rate: float,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
        horizon: ArrayLike = np.inf,
    ) -> FloatArray:
        """Expected purchases in (T, T + horizon], each worth exp(-discount_rate * time since T); for ever, DERT."""
        horizons = read_times("horizon", horizon)
        if not 0 <= discount_rate < np.inf or (discount_rate == 0 and np.isinf(horizons).any()):
            raise ValueError(f"a discount rate of {discount_rate} gives no finite sum over a horizon of {horizon!r}")
        customers = self._customers_of(frequency, recency, T, covariates, horizons.shape)
        horizons = np.broadcast_to(horizons, customers.shape).ravel()
        purchases = customers.alive().discounted_purchases(discount_rate, horizons) * customers.p_alive()
        return purchases.reshape(customers.shape)[()]

    def probability_of_purchase(
        self,
        horizon: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
    ) -> FloatArray:
        """P(at least one purchase in (T, T + horizon] | history)."""
        horizons = read_times("horizon", horizon)
        customers = self._customers_of(frequency, recency, T, covariates, horizons.shape)
        active = customers.alive().probability_of_purchase(np.broadcast_to(horizons, customers.shape).ravel())
        return (active * customers.p_alive()).reshape(customers.shape)[()]

    def probability_of_purchases(
        self,
        n: ArrayLike,
        horizon: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
    ) -> FloatArray:
        """P(exactly n purchases in (T, T + horizon] | history); of a new customer where the history is 0, 0, 0."""
        counts, times = spread_together(n=read_counts("n", n), horizon=read_finite_times("horizon", horizon))
        customers = self._customers_of(frequency, recency, T, covariates, counts.shape)
        counts, times = (np.broadcast_to(each, customers.shape).ravel() for each in (counts, times))
        alive, of_the_alive = customers.p_alive(), customers.alive().probability_of_purchases(counts, times)
        chance: FloatArray = alive * of_the_alive + np.where(counts == 0, 1 - alive, 0.0)
        return chance.reshape(customers.shape)[()]

    def expected_purchases_new(self, horizon: ArrayLike, covariates: Mapping[str, ArrayLike]) -> FloatArray:
        """E[X(t)]: repeat purchases of a new customer in a finite time `horizon` after the first purchase."""
        return self.expected_purchases(horizon, 0, 0, 0, covariates)

    def log_likelihood_of(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, covariates: Mapping[str, ArrayLike]
    ) -> FloatArray:
        """The log-likelihood of each history."""
        customers = self._customers_of(frequency, recency, T, covariates)
        return log_likelihood(customers.rates, customers.history).reshape(customers.shape)[()]

    def draw_future(
        self,
        rng: np.random.Generator,
        frequency: ArrayLike,
        T: ArrayLike,
        covariates: Mapping[str, ArrayLike],
        edges: ArrayLike,
    ) -> NDArray[np.int64]:
        """One simulated future per customer (n,) who is alive at T; see `DropoutModel.draw_future`."""
        customers = self._customers_of(frequency, 0, T, covariates)
        return customers.alive().draw_purchases(rng, np.asarray(edges, dtype=np.float64))

    def _customers_of(
        self,
        frequency: ArrayLike | None,
        recency: ArrayLike | None,
        T: ArrayLike | None,
        covariates: Mapping[str, ArrayLike] | None,
        at_least: tuple[int, ...] = (),
    ) -> _Customers:
        if frequency is not None and recency is not None and T is not None and covariates is not None:
            history = read_history(frequency, recency, T)
            columns = read_covariates(covariates, self.names, history.T.shape)
        elif not (frequency is None and recency is None and T is None and covariates is None):
            raise ValueError("give frequency, recency, T and covariates together, or none of them")
        elif self._history is None or self._covariates is None:
            raise ValueError("this model was made from parameters: give frequency, recency, T and covariates")
        else:
            history, columns = self._history, self._covariates
        shape = np.broadcast_shapes(at_least, history.T.shape, columns.shape[1:])
        flat = [np.broadcast_to(each, shape).ravel() for each in (history.frequency, history.recency, history.T)]
        facts = np.array([np.broadcast_to(column, shape).ravel() for column in columns])
        return _Customers(_rates(self.fitted.estimates[:4], self.fitted.estimates[4:], facts), History(*flat), shape)


def _rates(base: FloatArray, effects: FloatArray, facts: FloatArray) -> Rates:
    """The rates of customers with facts (m, n)."""
    r, alpha, s, beta = base
    trans, life = effects.reshape(2, -1)
    return Rates.of(r, alpha * np.exp(-trans @ facts), s, beta * np.exp(-life @ facts))


def _log_likelihood(rows: Rows) -> LogLikelihood:
    """Of frequency, recency, T and covariates, in logs of r, alpha, s and beta and in the coefficients as they are."""
    histories = WeightedHistories(History(*rows.columns[:3]), rows.weights)
    facts = np.array(rows.columns[3:]).reshape(-1, rows.weights.size)

    def value(working: FloatArray) -> tuple[float, FloatArray]:
        total, by_log = histories.slopes(_rates(np.exp(working[:4]), working[4:], facts))
        return total, np.concatenate([by_log.sum(axis=1), -(facts @ by_log[1]), -(facts @ by_log[3])])

    return value


def _in_original_terms(found: Fit, scale: Scale, unit: float, log_likelihood_shift: float) -> Fit:
    """Undo the scaling: alpha and beta are those of a customer whose covariates are all 0, in the unit of the data."""
    m = scale.centre.size
    change = np.diag(np.concatenate([np.ones(4), 1 / scale.spread, 1 / scale.spread]))
    change[1, 4 : 4 + m] = change[3, 4 + m :] = scale.centre / scale.spread
    working = change @ np.concatenate([np.log(found.estimates[:4]), found.estimates[4:]])
    working[[1, 3]] += np.log(unit)
    estimates = np.concatenate([np.exp(working[:4]), working[4:]])
    slopes = np.concatenate([estimates[:4], np.ones(2 * m)])
    unknown = np.isnan(np.diag(found.covariance))
    covariance = change @ np.nan_to_num(found.log_covariance, nan=0.0) @ change.T * np.outer(slopes, slopes)
    made_of_unknown = np.abs(change) @ unknown > 0
    covariance[made_of_unknown, :] = covariance[:, made_of_unknown] = np.nan
    log_likelihood = found.log_likelihood + log_likelihood_shift
    return replace(found, estimates=estimates, covariance=covariance, log_likelihood=log_likelihood)


def _certain(names: tuple[str, ...], theta: FloatArray) -> Fit:
    if theta.shape != (len(names),) or not np.isfinite(theta).all() or not (theta[:4] > 0).all():
        raise ValueError(f"parameters {', '.join(names)} must be finite, the first four above 0, not {theta}")
    unknown, effects = np.full((theta.size, theta.size), np.nan), frozenset(names[4:])
    return Fit(names, theta, unknown, float("nan"), True, False, "", effects)
