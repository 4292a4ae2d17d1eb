"""Customers of a simulation in cells: groups who share frequency and T, and so the same simulated futures.

Put here: sorting customers, and where each cell begins. Keep out: the simulation of a cell (`simulation.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regulars.pipelines.models.fitting.fitting import FloatArray

MOST_CELLS = 40_000
"""Above this number of distinct (frequency, T), values of T within 1 % of each other are merged."""


@dataclass(frozen=True)
class Cells:
    """Cells: groups of customers who share frequency and T; the customers of a cell are consecutive.

    Attributes:
        frequency: (c,).
        T: (c,) the mean of the cell's customers.
        spent: (c,) the mean money of repeat purchases of the cell's customers.
        customers: (n,) the rows of the customers.
        cell: (n,) the cell of each customer, ascending.
    """

    frequency: FloatArray
    T: FloatArray
    spent: FloatArray
    customers: NDArray[np.int64]
    cell: NDArray[np.int64]


def order_cells(frequency: FloatArray, T: FloatArray, spent: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort the customers, so that no result depends on the order of the rows, and find where each cell begins."""
    order = np.lexsort((spent, T, frequency))
    x, end = frequency[order], T[order]
    first = _find_starts(x, end)
    if first.size > MOST_CELLS:
        first = _find_starts(x, np.floor(np.log(np.maximum(end, np.finfo(np.float64).tiny)) / 0.01))
    return order, first


def iterate_cells(
    x: FloatArray,
    end: FloatArray,
    money: FloatArray,
    order: NDArray[np.int64],
    first: NDArray[np.int64],
    at_a_time: int,
) -> Iterator[Cells]:
    """Yield the sorted customers, some cells at a time."""
    sizes = np.diff(first, append=x.size)
    # the mean of differences from the first T, so that a cell of equal T keeps it to the last digit
    mean_T = end[first] + np.add.reduceat(end - np.repeat(end[first], sizes), first) / sizes if x.size else end
    mean_spent = np.add.reduceat(money, first) / sizes if x.size else money
    for start in range(0, first.size, at_a_time):
        some = slice(start, start + at_a_time)
        rows = slice(first[start], first[start] + sizes[some].sum())
        cell = np.repeat(np.arange(first[some].size), sizes[some])
        yield Cells(x[first[some]], mean_T[some], mean_spent[some], order[rows], cell)


def _find_starts(*sorted_columns: FloatArray) -> NDArray[np.int64]:
    changes = [np.diff(column, prepend=np.nan) != 0 for column in sorted_columns]
    return np.flatnonzero(np.logical_or.reduce(changes))
