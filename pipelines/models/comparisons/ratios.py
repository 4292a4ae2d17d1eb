"""Intervals of a ratio of sums, such as what customers pay now ÷ what they paid a year ago.

Put here: the maths, arrays in, arrays out. Keep out: the sums themselves (`transforms/subscriptions`).
"""

import numpy as np

from regulars.pipelines.models.comparisons.means import Floats
from regulars.pipelines.models.comparisons.significance import UPPER_END, find_t_quantile

MADE_UP = 4
"""Members of average size added for one of the two intervals, half of whom are lost: as after Agresti and Coull."""


def bound_ratio(
    size: Floats, base: Floats, part: Floats, base_squares: Floats, deviations: Floats, leanings: Floats
) -> tuple[Floats, Floats]:
    """The ends of the 95 % interval of part / base, where members differ in size and in their own ratio.

    It is the union of two intervals: that of the linearised ratio (the delta method), which is too narrow where few
    members were lost and has no width where none were, and the same after adding two members of average size who were
    lost and two who stayed unchanged. The degrees of freedom come from the effective sample size (Kish), so that a few
    large members do not count as many. Drawn 4,000 times each, with 12 to 1,000 members of log-normal sizes, a
    probability of staying of 60, 90 or 97 % and no growth or some (three in ten grow by a quarter), it held the true
    ratio in 95 to 100 % at sigma 0.5, 93 to 100 % at sigma 1 and 86 to 100 % at sigma 1.5, where few members are most
    of the sum. Where half of them grow by two thirds and more, it held it in 88 to 95 % at sigma 0.5.

    Args:
        size: (n,) the number of members of each sum.
        base: (n,) the sum of their amounts before, above 0.
        part: (n,) the sum of their amounts now.
        base_squares: (n,) the sum of squares of the amounts before.
        deviations: (n,) the sum of squares of how far members' amounts now lie off the ratio × their amounts before.
            They are summed before they come here: squares of the amounts themselves, subtracted from each other, would
            cancel where nearly all members pay what they paid.
        leanings: (n,) the sum of products of how far they lie off and their amounts before.

    Returns:
        (n,) each, around part / base; NaN for fewer than two members.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        is_enough = (size > 1) & (base > 0)
        mean, ratio = base / size, part / base
        degrees = np.maximum(base**2 / base_squares - 1, 1)
        half = MADE_UP / 2 * mean**2
        plain = _bound(size, base, ratio, deviations, degrees)
        new_base = base + MADE_UP * mean
        new_ratio = (part + MADE_UP / 2 * mean) / new_base
        # half of those made up stay, half are lost; of all others the deviations are from another ratio now
        made_up = half * ((1 - new_ratio) ** 2 + new_ratio**2)
        shift = new_ratio - ratio
        moved = deviations - 2 * shift * leanings + shift**2 * base_squares
        added = _bound(size + MADE_UP, new_base, new_ratio, np.maximum(moved, 0) + made_up, degrees)
    low = np.minimum(np.minimum(plain[0], added[0]), ratio)
    high = np.maximum(np.maximum(plain[1], added[1]), ratio)
    return np.where(is_enough, low, np.nan), np.where(is_enough, high, np.nan)


def _bound(size: Floats, base: Floats, ratio: Floats, off: Floats, degrees: Floats) -> tuple[Floats, Floats]:
    """The interval of the linearised ratio, from the sum of squared deviations of the members from it."""
    reach = find_t_quantile(degrees, UPPER_END) * np.sqrt(off * size / (size - 1)) / base
    return ratio - reach, ratio + reach
