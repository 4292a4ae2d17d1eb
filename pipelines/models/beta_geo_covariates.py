"""BG/NBD with facts about customers that do not change: what makes them buy more often, what makes them leave sooner.

Put here: the model and its predictions, in CLVTools' convention, so that coefficients can be compared.
Keep out: facts that change over time; the likelihood itself (`geometric_dropout.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit  # type: ignore[import-untyped]

from pipelines.models.beta_geo import BetaGeoModel
from pipelines.models.beta_geo_family import probability_of_purchases
from pipelines.models.covariates import Scale, read_covariates, scale_of
from pipelines.models.dropout_model import SMALLEST
from pipelines.models.fitted_model import FittedModel
from pipelines.models.fitting import Fit, FloatArray, LogLikelihood, maximize
from pipelines.models.geometric_dropout import GroupedHistories, log_likelihood_per_row, log_odds_of_dropout
from pipelines.models.history import History, read_counts, read_finite_times, read_history, read_times
from pipelines.models.purchases_until_dropout import purchases_until_dropout
from pipelines.models.rows import Rows, on_unique_rows, read_columns, unique_rows


@dataclass(frozen=True)
class _Customers:
    """Histories with each customer's own parameters; all arrays broadcast to the shape of the history."""

    r: float
    alpha: FloatArray
    a: FloatArray
    b: FloatArray
    history: History

    def p_alive(self) -> FloatArray:
        x = self.history.frequency
        odds = log_odds_of_dropout(self.r, self.alpha, self.a, self.b, x, self.history)
        alive: FloatArray = np.maximum(expit(-odds), SMALLEST)
        return alive

    def log_likelihood(self) -> FloatArray:
        x = self.history.frequency
        return log_likelihood_per_row(self.r, self.alpha, self.a, self.b, x, self.history)

    def discounted_purchases(self, discount_rate: float, horizon: FloatArray) -> FloatArray:
        def of_the_alive(
            times: FloatArray, x: FloatArray, end: FloatArray, alpha: FloatArray, a: FloatArray, b: FloatArray
        ) -> FloatArray:
            return purchases_until_dropout(self.r + x, alpha + end, a, b + x, times, discount_rate)

        x, end = self.history.frequency, self.history.T
        return on_unique_rows(of_the_alive, horizon, x, end, self.alpha, self.a, self.b) * self.p_alive()

    def probability_of_purchase(self, horizon: FloatArray) -> FloatArray:
        exposure = np.log1p(horizon / (self.alpha + self.history.T))
        active: FloatArray = -np.expm1(-(self.r + self.history.frequency) * exposure) * self.p_alive()
        return active

    def probability_of_purchases(self, n: FloatArray, horizon: FloatArray) -> FloatArray:
        x, end = self.history.frequency, self.history.T
        alive = self.p_alive()
        of_the_alive = probability_of_purchases(self.r + x, self.alpha + end, self.a, self.b + x, n, n, horizon)
        chance: FloatArray = alive * of_the_alive + np.where(n == 0, 1 - alive, 0.0)
        return chance


class BetaGeoCovariatesModel(FittedModel):
    """BG/NBD in which customer i has alpha exp(-trans'x), a exp(life'x) and b exp(life'x), x being the covariates.

    A positive coefficient trans.<name> makes customers with more of it buy more often. life.<name> scales a and b
    alike: the mean chance of dropping out stays, a positive one makes customers more like each other in it. This is the
    convention of CLVTools 0.12.

    Attributes:
        fitted: Estimates in the order r, alpha, a, b, trans.*, life.*, their covariance and the verdict of the fit.
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
        """Fit by maximum likelihood, from the plain BG/NBD on.

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
            raise ValueError("there are no covariates: fit a BetaGeoModel")
        x, tx, end, weight = read_columns(frequency=frequency, recency=recency, T=T, weights=weights)
        history = read_history(x, tx, end)
        columns = read_covariates(covariates, names, x.shape)
        scale = scale_of(columns, names, weight)
        plain = BetaGeoModel.fit(x, tx, end, weight)
        unit = plain.params["alpha"]
        rows = unique_rows(x, *scale.apply(columns), tx / unit, end / unit, weights=weight)
        start = [plain.params["r"], 1.0, plain.params["a"], plain.params["b"], *np.zeros(2 * len(names))]
        effects = [f"{kind}.{name}" for kind in ("trans", "life") for name in names]
        every_name = (*BetaGeoModel.NAMES, *effects)
        found = maximize(
            _log_likelihood(rows), every_name, [start], unbounded=effects, sensible=dict(BetaGeoModel.SENSIBLE)
        )
        shift = -float(weight @ x) * float(np.log(unit))
        return cls(_in_original_terms(found, scale, unit, shift), float(weight.sum()), history, columns)

    @classmethod
    def from_params(cls, params: Mapping[str, float]) -> Self:
        """A model with published parameters: r, alpha, a, b, and trans.<name> and life.<name> of every covariate.

        Raises:
            ValueError: A parameter is missing, unknown, no finite number, or not positive where it must be.
        """
        params = dict(params)
        names = [name.removeprefix("trans.") for name in params if name.startswith("trans.")]
        effects = [f"{kind}.{name}" for kind in ("trans", "life") for name in names]
        every_name = (*BetaGeoModel.NAMES, *effects)
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
        return self._customers_of(frequency, recency, T, covariates).p_alive()[()]

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
        """Expected purchases in (T, T + horizon], each worth exp(-discount_rate * time since T); DERT over all time."""
        horizons = read_times("horizon", horizon)
        if not 0 <= discount_rate < np.inf or (discount_rate == 0 and np.isinf(horizons).any()):
            raise ValueError(
                f"a discount rate of {discount_rate} gives no finite sum over a horizon of {np.max(horizons)}"
            )
        customers = self._customers_of(frequency, recency, T, covariates)
        return customers.discounted_purchases(discount_rate, horizons)[()]

    def probability_of_purchase(
        self,
        horizon: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
    ) -> FloatArray:
        """P(at least one purchase in (T, T + horizon] | history)."""
        customers = self._customers_of(frequency, recency, T, covariates)
        return customers.probability_of_purchase(read_times("horizon", horizon))[()]

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
        customers = self._customers_of(frequency, recency, T, covariates)
        return customers.probability_of_purchases(read_counts("n", n), read_finite_times("horizon", horizon))[()]

    def expected_purchases_new(self, horizon: ArrayLike, covariates: Mapping[str, ArrayLike]) -> FloatArray:
        """E[X(t)]: repeat purchases of a new customer in a finite time `horizon` after the first purchase."""
        return self.expected_purchases(horizon, 0, 0, 0, covariates)

    def log_likelihood_of(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, covariates: Mapping[str, ArrayLike]
    ) -> FloatArray:
        """The log-likelihood of each history."""
        return self._customers_of(frequency, recency, T, covariates).log_likelihood()[()]

    def _customers_of(
        self,
        frequency: ArrayLike | None,
        recency: ArrayLike | None,
        T: ArrayLike | None,
        covariates: Mapping[str, ArrayLike] | None,
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
        r, alpha, a, b = self.fitted.estimates[:4]
        trans, life = self.fitted.estimates[4:].reshape(2, -1)
        longer, scale = np.exp(-np.tensordot(trans, columns, 1)), np.exp(np.tensordot(life, columns, 1))
        return _Customers(float(r), alpha * longer, a * scale, b * scale, history)


def _log_likelihood(rows: Rows) -> LogLikelihood:
    """Of frequency, covariates, recency and T, in logs of r, alpha, a and b and in the coefficients as they are."""
    x, *columns, recency, end = rows.columns
    same = np.array([x, *columns])
    group_of_row = np.cumsum(np.any(np.diff(same, axis=1, prepend=np.nan) != 0, axis=0)).astype(np.float64)
    groups = GroupedHistories(group_of_row, History(x, recency, end), rows.weights, BetaGeoModel.CHANCES_AT_START)
    by_group = same[1:, groups.first]

    def log_likelihood(working: FloatArray) -> tuple[float, FloatArray]:
        r, alpha, a, b = np.exp(working[:4])
        trans, life = working[4:].reshape(2, -1)
        alphas, scales = alpha * np.exp(-trans @ by_group), np.exp(life @ by_group)
        value, slopes = groups.log_likelihood(float(r), alphas, a * scales, b * scales)
        in_alpha, in_a, in_b = slopes[1] * alphas, slopes[2] * a * scales, slopes[3] * b * scales
        base = [r * slopes[0].sum(), in_alpha.sum(), in_a.sum(), in_b.sum()]
        return value, np.concatenate([base, -(by_group @ in_alpha), by_group @ (in_a + in_b)])

    return log_likelihood


def _in_original_terms(found: Fit, scale: Scale, unit: float, log_likelihood_shift: float) -> Fit:
    """Undo the scaling: alpha, a and b are those of a customer whose covariates are all 0, in the unit of the data."""
    m = scale.centre.size
    change = np.diag(np.concatenate([np.ones(4), 1 / scale.spread, 1 / scale.spread]))
    change[1, 4 : 4 + m] = scale.centre / scale.spread
    change[2:4, 4 + m :] = -scale.centre / scale.spread
    working = change @ np.concatenate([np.log(found.estimates[:4]), found.estimates[4:]])
    working[1] += np.log(unit)
    estimates = np.concatenate([np.exp(working[:4]), working[4:]])
    slopes = np.concatenate([estimates[:4], np.ones(2 * m)])
    unknown = np.isnan(np.diag(found.covariance))
    unknown[4 + m :] |= unknown[2:4].any()  # what scales a and b is not known where these ran off together
    unknown[2:4] |= unknown[2:4].any()
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
