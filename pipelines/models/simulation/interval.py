"""Prediction intervals of an amount that is 0 for many customers, read from simulated amounts.

Put here: how simulated amounts and P(alive) become an interval with its nominal coverage.
Keep out: where the simulated amounts come from (`simulation.py`).

A central interval of an amount that is 0 with a high probability covers too much, since all of that probability lies
inside it. So where P(0) exceeds the lower tail of a central interval, the interval starts at 0 and ends where it holds
the requested probability; where 0 alone has that probability, it is [0, 0]. Elsewhere the interval is central.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from regulars.pipelines.models.fitting.fitting import FloatArray


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, both included; arrays of one shape.

    Attributes:
        low: At least 0.
        high: At least `low`.
        probability: The nominal coverage, 0 to 1: the probability that the amount lies inside. About the requested one,
            but counts are whole numbers, and [0, 0] may hold more.
    """

    low: FloatArray
    high: FloatArray
    probability: FloatArray


@dataclass(frozen=True)
class Mixture:
    """The distribution of an amount of n customers: 0 if a customer is gone, else one of the draws of the cell.

    Attributes:
        draws: (c, d) simulated amounts of each cell's customers who are alive, ascending in each row.
        cell: (n,) each customer's row of `draws`.
        alive: (n,) the chance of being alive.
        zeros: (n,) the number of draws of the customer that are 0.
    """

    draws: FloatArray
    cell: NDArray[np.int64]
    alive: FloatArray
    zeros: FloatArray

    @classmethod
    def from_draws(cls, draws: FloatArray, cell: NDArray[np.int64], alive: FloatArray) -> Self:
        """Make a mixture; sorts the draws in place."""
        draws.sort(axis=1)
        return cls(draws, cell, np.maximum(alive, 1e-300), np.count_nonzero(draws == 0, axis=1)[cell].astype(float))

    @property
    def chance_of_zero(self) -> FloatArray:
        """(n,) the chance that the amount is 0."""
        return self._chance_up_to(self.zeros)

    def compute_money_interval(self, probability: float) -> Interval:
        """Compute the interval of an amount that is continuous above 0."""
        from_zero, lower, upper = self._place_ends(probability)
        nothing = self.chance_of_zero
        low = np.where(from_zero, 0.0, self._read_quantile(lower))
        high = np.where(nothing >= probability, 0.0, self._read_quantile(upper))
        return Interval(low, high, np.where(from_zero, np.maximum(probability, nothing), probability))

    def compute_count_interval(self, probability: float) -> Interval:
        """Compute the interval of a whole number; each end is chosen to come nearest to the requested probability."""
        from_zero, lower, upper = self._place_ends(probability)
        first, last = _count_smaller_draws(self.draws)
        low, below = self._find_low_count(lower, first, last)
        high, up_to = self._find_high_count(upper, first, last)
        central = self.alive * (up_to - below) / self.draws.shape[1]
        held = np.where(from_zero, self._chance_up_to(up_to), central)
        return Interval(np.where(from_zero, 0.0, low), high, np.minimum(held, 1.0))

    def _place_ends(self, probability: float) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]:
        """Place the ends: whether the interval starts at 0; how many draws lie below its low and up to its high end."""
        tail = (1 - probability) / 2
        from_zero = self.chance_of_zero > tail
        upper = np.where(from_zero, probability, 1 - tail)
        return from_zero, self._count_draws_below(np.full(self.alive.shape, tail)), self._count_draws_below(upper)

    def _count_draws_below(self, level: FloatArray) -> FloatArray:
        """Count the draws of a customer below the amount that is exceeded with probability 1 - level."""
        size = self.draws.shape[1]
        draws: FloatArray = np.clip((level - (1 - self.alive)) / self.alive, 0.0, 1.0) * size
        return draws

    def _chance_up_to(self, draws: FloatArray) -> FloatArray:
        chance: FloatArray = (1 - self.alive) + self.alive * draws / self.draws.shape[1]
        return chance

    def _read_quantile(self, position: FloatArray) -> FloatArray:
        """Interpolate between the draws; the m-th of them (from 1) lies at position m - 1/2."""
        last = self.draws.shape[1] - 1
        at = np.clip(position - 0.5, 0.0, last)
        left = np.minimum(at.astype(np.int64), max(last - 1, 0))
        here, there = self.draws[self.cell, left], self.draws[self.cell, np.minimum(left + 1, last)]
        quantile: FloatArray = here + (at - left) * (there - here)
        return quantile

    def _find_high_count(
        self, wanted: FloatArray, first: NDArray[np.int32], last: NDArray[np.int32]
    ) -> tuple[FloatArray, FloatArray]:
        """Find the count whose number of draws up to it is nearest to the wanted one; returns both."""
        at = self._find_index(wanted)
        fewer, more, count = first[self.cell, at], last[self.cell, at], self.draws[self.cell, at]
        smaller = (count > 0) & (wanted - fewer < more - wanted)
        before = np.where(fewer > 0, self.draws[self.cell, np.maximum(fewer - 1, 0)], 0.0)
        return np.where(smaller, before, count), np.where(smaller, fewer, more).astype(np.float64)

    def _find_low_count(
        self, wanted: FloatArray, first: NDArray[np.int32], last: NDArray[np.int32]
    ) -> tuple[FloatArray, FloatArray]:
        """Find the count above 0 whose number of draws below it is nearest to the wanted one; returns both."""
        end = self.draws.shape[1] - 1
        at = self._find_index(np.maximum(wanted, self.zeros + 1))
        fewer, more = first[self.cell, at], last[self.cell, at]
        larger = (more - wanted < wanted - fewer) & (more <= end)
        count = self.draws[self.cell, np.where(larger, np.minimum(more, end), at)]
        return count, np.where(larger, more, fewer).astype(np.float64)

    def _find_index(self, wanted: FloatArray) -> NDArray[np.int64]:
        """Find the index of the draw up to which there are as many as wanted."""
        index: NDArray[np.int64] = np.clip(np.ceil(wanted) - 1, 0, self.draws.shape[1] - 1).astype(np.int64)
        return index


def _count_smaller_draws(draws: FloatArray) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Count, for each of the sorted draws (c, d), how many are smaller and how many are smaller or equal."""
    size = draws.shape[1]
    index = np.arange(size, dtype=np.int32)
    steps = np.ones(draws.shape, dtype=np.bool_)
    np.not_equal(draws[:, 1:], draws[:, :-1], out=steps[:, 1:])
    first = np.maximum.accumulate(np.where(steps, index, np.int32(0)), axis=1)
    ends = np.ones(draws.shape, dtype=np.bool_)
    ends[:, :-1] = steps[:, 1:]
    backwards = np.where(ends, index + np.int32(1), np.int32(size))[:, ::-1]
    return first, np.minimum.accumulate(backwards, axis=1)[:, ::-1]
