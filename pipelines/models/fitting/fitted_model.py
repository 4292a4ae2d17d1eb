"""The base of all fitted models: parameters, their uncertainty and the assessment of the fit.

Put here: what every model with positive parameters reports about its fit. Keep out: predictions of a model.
"""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from regulars.pipelines.models.fitting.fitting import Fit, FloatArray


class FittedModel:
    """A model at its estimates, or at published parameters.

    Attributes:
        fitted: Estimates, covariance and assessment of the fit.
        customers: The number of customers it was fitted on, the sum of the weights; NaN for published parameters.
    """

    NAMES: ClassVar[tuple[str, ...]]
    """The parameters, in the paper's order."""

    def __init__(self, fitted: Fit, customers: float = np.nan) -> None:
        self.fitted, self.customers = fitted, customers

    def __repr__(self) -> str:
        """Parameters, their origin, and problems of the fit."""
        numbers = ", ".join(f"{name}={value:.4g}" for name, value in self.params.items())
        source = "published" if np.isnan(self.customers) else f"fitted on {self.customers:.10g} customers"
        return f"<{type(self).__name__} {numbers}; {source}{'; ' if self.message else ''}{self.message}>"

    @classmethod
    def from_params(cls, params: Mapping[str, float]) -> Self:
        """A model with published parameters and no data behind it.

        Raises:
            ValueError: A parameter is missing, unknown, or not positive.
        """
        params = dict(params)
        if set(params) != set(cls.NAMES):
            raise ValueError(f"parameters must be {', '.join(cls.NAMES)}, not {', '.join(params)}")
        return cls(cls._make_published_fit([params[name] for name in cls.NAMES]))

    @classmethod
    def _make_published_fit(cls, theta: ArrayLike) -> Fit:
        values, size = np.asarray(theta, dtype=np.float64), len(cls.NAMES)
        if values.shape != (size,) or not (np.isfinite(values) & (values > 0)).all():
            raise ValueError(f"parameters {', '.join(cls.NAMES)} must be {size} finite numbers above 0, not {values}")
        unknown = np.full((size, size), np.nan)
        return Fit(cls.NAMES, values, unknown, float("nan"), converged=True, at_boundary=False, message="")

    @property
    def params(self) -> dict[str, float]:
        """Name -> estimate, in the paper's order."""
        return self.fitted.params

    @property
    def standard_errors(self) -> dict[str, float]:
        """Name -> standard error; NaN where the data do not identify it."""
        return self.fitted.standard_errors

    @property
    def covariance(self) -> FloatArray:
        """(k, k) covariance of the estimates; NaN where the data do not identify them."""
        return self.fitted.covariance

    @property
    def log_likelihood(self) -> float:
        """At the estimates, in the units of the data."""
        return self.fitted.log_likelihood

    @property
    def converged(self) -> bool:
        """Whether the search reached a maximum."""
        return self.fitted.converged

    @property
    def at_boundary(self) -> bool:
        """Whether a parameter ran out of its sensible range or is not identified."""
        return self.fitted.at_boundary

    @property
    def message(self) -> str:
        """The problems of the fit, in words; empty without one."""
        return self.fitted.message

    def draw_params(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Draw parameters (size, k), normal in their logs; a parameter that is not identified stays at its estimate."""
        return self.fitted.draw(rng, size)
