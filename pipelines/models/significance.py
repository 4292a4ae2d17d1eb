"""How surprising a result is if there is nothing: p-values.

Put here: p-values of single comparisons, arrays in, arrays out. Keep out: which of many comparisons stand.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc  # type: ignore[import-untyped]

Floats = NDArray[np.float64]


def compute_two_sided_p(z: Floats) -> Floats:
    """The chance of a standard normal number at least as far from 0 as `z`, in either direction; NaN stays NaN."""
    p: Floats = erfc(np.abs(z) / np.sqrt(2))
    return p
