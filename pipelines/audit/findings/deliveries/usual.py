"""What is usual among the last deliveries: robust bounds, so that one odd delivery moves none of them.

Put here: bounds of a few numbers. Keep out: what they are numbers of.
"""

import math
from collections.abc import Sequence

COMPARED = 28
"""Deliveries that a delivery is compared with: four weeks of daily ones, so that each weekday is among them four times
and growth is too little to matter."""

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
