"""How surprising a result is if there is nothing: p-values.

Put here: p-values and quantiles, arrays in, arrays out. Keep out: which of many comparisons stand.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc, stdtrit  # type: ignore[import-untyped]

Floats = NDArray[np.float64]


def compute_two_sided_p(z: Floats) -> Floats:
    """The chance of a standard normal number at least as far from 0 as `z`, in either direction; NaN stays NaN."""
    p: Floats = erfc(np.abs(z) / np.sqrt(2))
    return p


def find_t_quantile(degrees: Floats, share: float) -> Floats:
    """The number below which a t distribution with so many degrees of freedom lies with a chance; NaN stays NaN."""
    quantile: Floats = stdtrit(degrees, share)
    return quantile
