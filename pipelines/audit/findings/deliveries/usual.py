"""What is usual among the last deliveries: robust bounds, so that one odd delivery moves none of them.

Put here: bounds of a few numbers. Keep out: what they are numbers of.
"""

import math
from collections.abc import Sequence

COMPARED = 35
"""Deliveries that a delivery is compared with: five weeks of daily ones, so that each weekday is among them five times,
each day of the month once, and growth is too little to matter."""

ENOUGH_TO_DROP_ONE = 10


def find_lowest(values: Sequence[float]) -> float:
    """The lowest usual value: the lowest; of ten and more, the lowest but one."""
    return sorted(values)[1 if len(values) >= ENOUGH_TO_DROP_ONE else 0]


def find_highest(values: Sequence[float]) -> float:
    """The highest usual value: the highest; of ten and more, the highest but one."""
    return -find_lowest([-value for value in values])


def measure_chance(rows: float) -> float:
    """How far a share of so many rows strays by chance at most: two standard deviations of a share of a half."""
    return 1 / math.sqrt(max(rows, 1))


def measure_chance_of_share(usual: float, rows: float) -> float:
    """How far a share that is usually so large strays by chance at most in so many rows: two standard deviations.

    A share of nearly nothing or nearly all is taken as 5 % or 95 %: how sure it is, nobody has counted.
    """
    share = min(max(usual, 0.05), 0.95)
    return 2 * math.sqrt(share * (1 - share) / max(rows, 1))


def write_at_least(share: float) -> str:
    """A lowest share for a sentence, such as `at least 60%`."""
    return "all" if share >= 0.995 else "none" if share < 0.005 else f"at least {share:.0%}"


def write_at_most(share: float) -> str:
    """A highest share for a sentence, such as `at most 5%`."""
    return "all" if share >= 0.995 else "none" if share < 0.005 else f"at most {share:.0%}"
