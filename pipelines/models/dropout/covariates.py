"""Time-invariant covariates of customers: reading, checking and scaling them.

Put here: reading covariates, and the scaling that a search needs.
Keep out: their effect in a model; encoding text as numbers (0 and 1 per value, say), which is up to the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.fitting.rows import reject_rows


def read_covariates(
    covariates: Mapping[str, ArrayLike], names: Sequence[str], shape: tuple[int, ...] = ()
) -> FloatArray:
    """Read covariates in the order of the names, broadcast to at least a shape: (m, *shape).

    Raises:
        ValueError: A name is missing or unknown, a value is text or no finite number (names covariate and row), or
            there is not one value per customer.
    """
    if set(covariates) != set(names):
        raise ValueError(f"covariates must be {', '.join(names)}, not {', '.join(covariates)}")
    columns = [_read_numbers(name, covariates[name]) for name in names]
    for name, column in zip(names, columns, strict=True):
        reject_rows(~np.isfinite(column).ravel(), f"{name} is no finite number", **{name: column})
    try:
        shape = np.broadcast_shapes(shape, *(column.shape for column in columns))
    except ValueError:
        sizes = ", ".join(f"{name} {column.size}" for name, column in zip(names, columns, strict=True))
        raise ValueError(f"give one value per customer: {int(np.prod(shape))} customers, but {sizes}") from None
    return np.array([np.broadcast_to(column, shape) for column in columns])


def _read_numbers(name: str, values: ArrayLike) -> FloatArray:
    try:
        return np.asarray(values, dtype=np.float64)
    except ValueError:
        raise ValueError(f"{name} holds text: give a number per customer, such as 0 and 1 for each value") from None


@dataclass(frozen=True)
class Scale:
    """Centre and spread of each covariate among the customers of a fit.

    Attributes:
        centre: (m,) weighted means.
        spread: (m,) weighted standard deviations, above 0.
    """

    centre: FloatArray
    spread: FloatArray

    def apply(self, columns: FloatArray) -> FloatArray:
        """Scale covariates (m, n) to mean 0 and standard deviation 1 among the customers of the fit."""
        scaled: FloatArray = (columns - self.centre[:, None]) / self.spread[:, None]
        return scaled


def measure_scale(columns: FloatArray, names: Sequence[str], weights: FloatArray) -> Scale:
    """Measure mean and standard deviation of covariates (m, n), weighted by (n,).

    Raises:
        ValueError: A covariate has one value for all customers.
    """
    centre = np.average(columns, axis=1, weights=weights)
    spread = np.sqrt(np.average((columns - centre[:, None]) ** 2, axis=1, weights=weights))
    for name, column, width in zip(names, columns, spread, strict=True):
        if width <= 1e-9 * np.abs(column).max():
            raise ValueError(f"{name} is the same for everybody: its effect cannot be separated from the base rates")
    return Scale(centre, spread)
