"""Whether a driver has an effect of its own, beside all others.

Put here: least squares with standard errors that hold whatever the spread of the residuals. Keep out: how much a driver
explains (`relative_weights.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped]

from regulars.pipelines.models.comparisons.significance import UPPER_END

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PartialEffects:
    """Coefficients of a linear regression with an intercept.

    Attributes:
        coefficients: Of the drivers, shape (p,), in units of the outcome per unit of the driver.
        errors: Their HC3 standard errors.
        p_values: Two-sided, of the t distribution with n − p − 1 degrees of freedom; NaN where there are none.
        reach: Half the 95 % interval of each coefficient, by the same distribution.
    """

    coefficients: Floats
    errors: Floats
    p_values: Floats
    reach: Floats


def fit_partial_effects(drivers: Floats, outcome: Floats) -> PartialEffects:
    """Fit the outcome by all drivers together, with HC3 errors (MacKinnon and White, Journal of Econometrics 29, 1985).

    Args:
        drivers: Shape (n, p), without missing values.
        outcome: Shape (n,).
    """
    n, p = drivers.shape
    degrees = n - p - 1
    design = np.column_stack([np.ones(n), drivers - drivers.mean(axis=0)])
    if degrees < 1 or np.linalg.matrix_rank(design) <= p:
        nothing = np.full(p, np.nan)
        return PartialEffects(nothing, nothing, nothing, nothing)
    inverse = np.linalg.inv(design.T @ design)
    slopes = inverse @ design.T @ outcome
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    residuals = (outcome - design @ slopes) / np.maximum(1 - leverage, 1e-10)
    covariance = inverse @ (design.T * residuals**2) @ design @ inverse
    errors = np.sqrt(np.diag(covariance))[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = slopes[1:] / errors
    return PartialEffects(slopes[1:], errors, 2 * stdtr(degrees, -np.abs(t)), stdtrit(degrees, UPPER_END) * errors)
