"""p-values: how likely a result is if there is no effect.

Put here: p-values and quantiles, arrays in, arrays out. Keep out: which of many comparisons are significant
(`transforms/false_discovery.py`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, erfc, ndtri, stdtrit  # type: ignore[import-untyped]

Floats = NDArray[np.float64]
TINY = 1e-12
UPPER_END = 0.975
"""The quantile of the upper end of a two-sided 95 % interval."""
Z_95 = float(ndtri(UPPER_END))
"""The same end for a standard normal number: so many standard errors a 95 % interval reaches to either side."""


def compute_two_sided_p(z: Floats) -> Floats:
    """The probability of a standard normal number at least as far from 0 as `z`, in either direction; NaN stays NaN."""
    p: Floats = erfc(np.abs(z) / np.sqrt(2))
    return p


def find_t_quantile(degrees: Floats, share: float) -> Floats:
    """The quantile of the t distribution at `share`, with `degrees` of freedom; NaN stays NaN."""
    quantile: Floats = stdtrit(degrees, share)
    return quantile


def compute_rise_p(count: Floats, size: Floats, earlier_count: Floats, earlier_size: Floats) -> Floats:
    """The one-sided mid-p-value of a rise: how likely so large a share is if the true share has not changed.

    Given `count + earlier_count`, the count is binomial with probability size / (size + earlier_size); p is the
    probability of more, plus half that of exactly `count`. Counts may be fractions, as counts divided by their
    dispersion are: the binomial tail is then the incomplete beta function that it is for whole numbers.

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
