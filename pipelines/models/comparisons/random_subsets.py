"""The difference of the mean of a group from that of the rest, beside what a group drawn by lot would differ.

Amounts of which a few are large and most are 0 let Welch's test fail where the group is small: without any large one
the group seems not to vary, and any difference is beyond chance. A group that is drawn by lot from all members varies
as all of them do, also where its own members happen to be alike.

Put here: this distribution, arrays in, arrays out. Keep out: the groups (`transforms/clv/totals`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, gammainccinv, ndtr  # type: ignore[import-untyped]

from regulars.pipelines.models.comparisons.significance import UPPER_END, Z_95

Floats = NDArray[np.float64]


def compare_with_drawn(
    difference: Floats, size: Floats, members: float, variance: float, skewness: float
) -> tuple[Floats, Floats, Floats]:
    """The 95 % interval and the p-value of differences between groups and their rests, by groups drawn by lot.

    Variance and skewness of the mean of a sample without replacement are exact; between them stands a gamma
    distribution (Pearson's type III) at the long tail, where that is the longer one, and the normal one elsewhere.

    Args:
        difference: (n,) mean of a group less that of all other members.
        size: (n,) its members, less than all.
        members: How many there are in all, 3 or more.
        variance: Of the amounts of all members, divided by `members`.
        skewness: Of the same; 0 where they do not vary.

    Returns:
        (n,) each: the ends of the interval, shifted by the difference, and the two-sided p-value; the interval holds 0
        exactly where p is 0.05 or more.
    """
    rest = members - size
    error = np.sqrt(variance * members**2 / ((members - 1) * size * rest))
    lean = skewness * (members - 2 * size) * np.sqrt(members - 1) / ((members - 2) * np.sqrt(size * rest))
    low = difference - _find_upper_end(lean) * error
    high = difference + _find_upper_end(-lean) * error
    distance = np.divide(difference, error, out=np.zeros_like(difference), where=error > 0)
    return low, high, np.minimum(2 * _find_tail(np.abs(distance), np.sign(distance) * lean), 1.0)


def _shape(lean: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Whether the upper tail is the long one, and the shape of the gamma distribution with this skewness."""
    is_long = lean > 1e-3
    return is_long, 4 / np.square(np.where(is_long, lean, 1.0))


def _find_tail(distance: Floats, lean: Floats) -> Floats:
    is_long, shape = _shape(lean)
    normal = ndtr(-distance)
    tail: Floats = np.where(is_long, np.maximum(gammaincc(shape, shape + np.sqrt(shape) * distance), normal), normal)
    return tail


def _find_upper_end(lean: Floats) -> Floats:
    is_long, shape = _shape(lean)
    gamma = (gammainccinv(shape, 1 - UPPER_END) - shape) / np.sqrt(shape)
    end: Floats = np.where(is_long, np.maximum(gamma, Z_95), Z_95)
    return end
