"""The time steps that a simulation draws, and how much the purchases and money of each step count in each result.

Put here: horizons, lifetimes and their discount as arrays. Keep out: customers, models and chance (`simulation.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from regulars.pipelines.models.fitting.fitting import FloatArray


@dataclass(frozen=True)
class Lifetime:
    """How far ahead a lifetime is followed, and how its money is discounted.

    Attributes:
        years: Whole years ahead.
        year: The length of a year, in the unit of T.
        annual_discount_rate: 0.1 makes money of the middle of the first year worth 1.1**-0.5 now.
    """

    years: int
    year: float
    annual_discount_rate: float

    def discount(self, start: float, end: float) -> float:
        """The present value, 0 to 1, of one unit of money that comes between two moments, in years from now.

        Every year's money comes at its middle; parts of years count in proportion to their length.
        """
        if end <= start:
            return 0.0
        edges = np.unique([start, *np.arange(np.ceil(start), np.floor(end) + 1), end])
        middles = np.floor((edges[:-1] + edges[1:]) / 2) + 0.5
        return float(np.average((1 + self.annual_discount_rate) ** -middles, weights=np.diff(edges)))


@dataclass(frozen=True)
class Plan:
    """The time steps that are simulated, and in which results each of them counts.

    Attributes:
        lengths: The length of each result: the horizons, then the lifetime if there is one.
        edges: (m + 1,) where the m steps begin and end, from 0, in the unit of T.
        counts: (m, results) 1 where a step lies within the result, else 0.
        values: (m, results) what one unit of money of the step is worth in the result.
        groups: (m, g) 1 where a step belongs to a group: the steps of a group count in the same results.
    """

    lengths: tuple[float, ...]
    edges: FloatArray
    counts: FloatArray
    values: FloatArray
    groups: FloatArray

    @classmethod
    def from_horizons(cls, horizons: Sequence[float], lifetime: Lifetime | None) -> Self:
        """Plan the steps of some horizons (in the unit of T) and, where it is wanted, a lifetime."""
        years = np.zeros(0) if lifetime is None else lifetime.year * _list_step_ends(lifetime.years)
        lengths = (*map(float, horizons), *years[-1:].tolist())
        edges = np.unique(np.concatenate([[0.0], np.array(horizons, dtype=np.float64), years]))
        counts = (edges[1:, np.newaxis] <= np.array(lengths)).astype(np.float64)
        values = counts.copy()
        if lifetime is not None:
            ahead = np.minimum(edges, years[-1]) / lifetime.year
            values[:, -1] *= [lifetime.discount(*each) for each in pairwise(ahead)]
        alike, group = np.unique(counts, axis=0, return_inverse=True)
        return cls(lengths, edges, counts, values, np.eye(len(alike))[group])


def _list_step_ends(years: int) -> FloatArray:
    """Where the steps of a lifetime end, in years: yearly up to 3, then every 2 years up to 8, then every 3."""
    ends = [*range(1, min(years, 3) + 1), *range(5, min(years, 8), 2), *range(10, years, 3), years]
    return np.unique(np.array(ends, dtype=np.float64))
