"""How surprising a result is if there is nothing: p-values.

Put here: p-values and quantiles, arrays in, arrays out. Keep out: which of many comparisons stand.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, erfc, stdtrit  # type: ignore[import-untyped]

Floats = NDArray[np.float64]
TINY = 1e-12


def compute_two_sided_p(z: Floats) -> Floats:
    """The chance of a standard normal number at least as far from 0 as `z`, in either direction; NaN stays NaN."""
    p: Floats = erfc(np.abs(z) / np.sqrt(2))
    return p


def find_t_quantile(degrees: Floats, share: float) -> Floats:
    """The number below which a t distribution with so many degrees of freedom lies with a chance; NaN stays NaN."""
    quantile: Floats = stdtrit(degrees, share)
    return quantile


def compute_rise_p(count: Floats, size: Floats, earlier_count: Floats, earlier_size: Floats) -> Floats:
    """The chance of so large a share of what occurs now, if the share is what it was: one-sided, mid-p.

    Given `count + earlier_count`, the count is binomial with the chance size / (size + earlier_size); p is the chance
    of more, plus half that of exactly `count`. Counts may be fractions, as counts divided by their dispersion are: the
    binomial tail is then the incomplete beta function that it is for whole numbers.

    Args:
        count: Occurrences now, 0 or more.
        size: Cases now, above 0.
        earlier_count: Occurrences before.
        earlier_size: Cases before, above 0.

    Returns:
        p between 0 and 1; 0.5 and more where nothing occurs now.
    """
    chance = size / (size + earlier_size)
    at_least = np.where(count > 0, betainc(np.maximum(count, TINY), earlier_count + 1, chance), 1.0)
    more = np.where(earlier_count > 0, betainc(count + 1, np.maximum(earlier_count, TINY), chance), 0.0)
    p: Floats = (at_least + more) / 2
    return p
