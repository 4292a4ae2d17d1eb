"""The base of dropout models with time-invariant covariates.

Put here: the fit and the public interface, in the convention of CLVTools, so that coefficients can be compared.
Keep out: on which parameters covariates act; time-varying covariates; formulas (`dropout_formulas.py`).
"""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regulars.pipelines.models.dropout.covariates import measure_scale, read_covariates
from regulars.pipelines.models.dropout.covariates_fit import Effects, make_published_fit, search_coefficients
from regulars.pipelines.models.dropout.dropout_formulas import KnownCustomers
from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.dropout.history import History, read_finite_times, read_history
from regulars.pipelines.models.fitting.fitted_model import FittedModel
from regulars.pipelines.models.fitting.fitting import Fit, FloatArray
from regulars.pipelines.models.fitting.rows import read_columns


class CovariatesModel(FittedModel):
    """A dropout model in which covariates x multiply some of the parameters by exp(coefficient'x) or its inverse.

    Attributes:
        fitted: Estimates of the plain model's parameters, then trans.*, life.*, their covariance, assessment.
        names: The covariates.
        customers: How many it was fitted on: the sum of the weights; NaN for published parameters.
    """

    PLAIN: ClassVar[type[DropoutModel]]
    """The model without covariates."""
    EFFECTS: ClassVar[Effects]
    """On which parameters the covariates act."""

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
        """Fit by maximum likelihood, starting from the plain model.

        Args:
            frequency: (n,) repeat purchases.
            recency: (n,) time of the last purchase since the first; 0 when frequency is 0. Any unit of time.
            T: (n,) time since the first purchase, in the same unit.
            covariates: Name -> (n,) numbers, of any size: they are brought to one scale for the search.
            weights: (n,) how many customers each row stands for; ones when None.

        Raises:
            ValueError: A history is impossible, there is no covariate, or one has missing values or is the same for all
                customers.
        """
        names = tuple(covariates)
        if not names:
            raise ValueError(f"there are no covariates: fit a {cls.PLAIN.__name__}")
        x, tx, end, weight = read_columns(frequency=frequency, recency=recency, T=T, weights=weights)
        history = read_history(x, tx, end)
        columns = read_covariates(covariates, names, x.shape)
        scale = measure_scale(columns, names, weight)
        plain = cls.PLAIN.fit(x, tx, end, weight)
        found = search_coefficients(plain, cls.EFFECTS, history, columns, scale, names, weight)
        return cls(found, float(weight.sum()), history, columns)

    @classmethod
    def from_params(cls, params: Mapping[str, float]) -> Self:
        """A model with published parameters: the plain model's, and trans.<name> and life.<name> of every covariate.

        Raises:
            ValueError: A parameter is missing, unknown, no finite number, or not positive where it must be.
        """
        params = dict(params)
        names = [name.removeprefix("trans.") for name in params if name.startswith("trans.")]
        every_name = (*cls.PLAIN.NAMES, *cls.EFFECTS.name_coefficients(names))
        if set(params) != set(every_name):
            raise ValueError(f"parameters must be {', '.join(every_name)}, not {', '.join(params)}")
        return cls(make_published_fit(every_name, [params[name] for name in every_name]))

    def with_params(self, theta: ArrayLike) -> Self:
        """The same model of the same customers at other parameters (4 + 2m,), in the order of `fitted.names`."""
        return type(self)(make_published_fit(self.fitted.names, theta), self.customers, self._history, self._covariates)

    def p_alive(
        self,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
    ) -> FloatArray:
        """P(has not dropped out by T | history); the fitted customers when nothing is given, as in all the others."""
        return self._select_customers(frequency, recency, T, covariates).p_alive()

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
        return self._select_customers(frequency, recency, T, covariates).discounted_purchases(discount_rate, horizon)

    def probability_of_purchase(
        self,
        horizon: ArrayLike,
        frequency: ArrayLike | None = None,
        recency: ArrayLike | None = None,
        T: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
    ) -> FloatArray:
        """P(at least one purchase in (T, T + horizon] | history)."""
        return self._select_customers(frequency, recency, T, covariates).probability_of_purchase(horizon)

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
        return self._select_customers(frequency, recency, T, covariates).probability_of_purchases(n, horizon)

    def expected_purchases_new(self, horizon: ArrayLike, covariates: Mapping[str, ArrayLike]) -> FloatArray:
        """E[X(t)]: repeat purchases of a new customer in a finite time `horizon` after the first purchase."""
        return self.expected_purchases(read_finite_times("horizon", horizon), 0, 0, 0, covariates)

    def log_likelihood_of(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, covariates: Mapping[str, ArrayLike]
    ) -> FloatArray:
        """The log-likelihood of each history."""
        return self._select_customers(frequency, recency, T, covariates).log_likelihood()

    def draw_future(
        self,
        rng: np.random.Generator,
        frequency: ArrayLike,
        T: ArrayLike,
        covariates: Mapping[str, ArrayLike],
        edges: ArrayLike,
    ) -> NDArray[np.int64]:
        """One simulated future per customer (n,) who is alive at T; see `DropoutModel.draw_future`."""
        return self._select_customers(frequency, 0, T, covariates).draw_future(rng, edges)

    def _select_customers(
        self,
        frequency: ArrayLike | None,
        recency: ArrayLike | None,
        T: ArrayLike | None,
        covariates: Mapping[str, ArrayLike] | None,
    ) -> KnownCustomers:
        if frequency is not None and recency is not None and T is not None and covariates is not None:
            history = read_history(frequency, recency, T)
            columns = read_covariates(covariates, self.names, history.T.shape)
        elif not (frequency is None and recency is None and T is None and covariates is None):
            raise ValueError("give frequency, recency, T and covariates together, or none of them")
        elif self._history is None or self._covariates is None:
            raise ValueError("this model was made from parameters: give frequency, recency, T and covariates")
        else:
            history, columns = self._history, self._covariates
        theta = self.EFFECTS.compute_parameters(self.fitted.estimates, columns)
        return KnownCustomers(self.PLAIN.FORMULAS, theta, history)
