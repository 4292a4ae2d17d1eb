"""Reading the columns of a fit: checks that every model needs, and the merging of equal rows.

Put here: what every model requires of its columns.
Keep out: what only some models require (recency within T, say); the search itself (`fitting.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regulars.pipelines.models.fitting.fitting import FloatArray

MOST_KEYS_PER_ROW = 4
"""Up to this many keys per row, a table of all keys finds equal rows ten times as fast as sorting."""


@dataclass(frozen=True)
class Rows:
    """Distinct rows and their weights.

    Attributes:
        columns: Arrays of one length (n,), in the order given.
        weights: (n,), the sum of the weights of the rows that were equal; all above 0.
    """

    columns: tuple[FloatArray, ...]
    weights: FloatArray


def read_columns(**columns: ArrayLike | None) -> tuple[FloatArray, ...]:
    """Read columns of equal length, finite and not negative, as float64 (n,). A column that is None becomes all ones.

    Raises:
        ValueError: Lengths differ, there are no rows, or a value is negative or not finite; names column and row.
    """
    read = {name: np.asarray(values, dtype=np.float64) for name, values in columns.items() if values is not None}
    shapes = {name: array.shape for name, array in read.items()}
    if any(len(shape) != 1 for shape in shapes.values()) or len(set(shapes.values())) != 1:
        raise ValueError(f"columns must be one-dimensional and equally long, not {_describe_shapes(shapes)}")
    length = next(iter(read.values())).size
    if not length:
        raise ValueError("there is nobody to fit: the columns are empty")
    for name, array in read.items():
        reject_rows(~np.isfinite(array), f"{name} is no finite number", **{name: array})
        reject_rows(array < 0, f"{name} is negative", **{name: array})
    return tuple(read.get(name, np.ones(length)) for name in columns)


def broadcast(**columns: ArrayLike) -> tuple[FloatArray, ...]:
    """Broadcast arrays and scalars to one shape, as float64.

    Raises:
        ValueError: Their shapes do not go together; names them.
    """
    read = {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}
    try:
        return np.broadcast_arrays(*read.values())
    except ValueError:
        shapes = {name: array.shape for name, array in read.items()}
        raise ValueError(f"these do not go together, one value per customer each: {_describe_shapes(shapes)}") from None


def _describe_shapes(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {'x'.join(map(str, shape)) or 'a single number'}" for name, shape in shapes.items())


def reject_rows(wrong: NDArray[np.bool_], reason: str, **shown: FloatArray) -> None:
    """Raise when any row is wrong.

    Raises:
        ValueError: The reason, the number of the first wrong row (from 0), its values, and how many there are.
    """
    if wrong.any():
        row = int(np.argmax(wrong))
        values = ", ".join(f"{name}={np.ravel(array)[row]:g}" for name, array in shown.items())
        raise ValueError(f"row {row}: {reason} ({values}); {int(wrong.sum())} of {wrong.size} rows are like this")


def merge_equal_rows(*columns: FloatArray, weights: FloatArray | None = None) -> Rows:
    """Merge equal rows and add up their weights, so that a likelihood is evaluated once per distinct row.

    Args:
        columns: Arrays of one length (n,).
        weights: (n,), not negative; ones when None. Rows of weight 0 are dropped.

    Returns:
        The distinct rows in ascending order, the first column first, whatever order they came in.

    Raises:
        ValueError: All weights are 0.
    """
    weights = np.ones(columns[0].size) if weights is None else weights
    if not (weights > 0).all():
        columns, weights = tuple(column[weights > 0] for column in columns), weights[weights > 0]
    if not weights.size:
        raise ValueError("there is nobody to fit: all weights are 0")
    key = _make_keys(columns)
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    kept = order[first]
    return Rows(tuple(column[kept] for column in columns), np.add.reduceat(weights[order], first))


def evaluate_on_unique_rows(function: Callable[..., FloatArray], *columns: FloatArray) -> FloatArray:
    """Evaluate a function of 1-d columns per row, but only once per distinct row.

    Args:
        function: From columns (m,) to an array (m,).
        columns: Arrays that broadcast to one shape.

    Returns:
        An array of that shape.
    """
    spread = np.broadcast_arrays(*columns)
    flat = tuple(np.ravel(column) for column in spread)
    if not flat[0].size:
        return np.zeros(spread[0].shape)
    rows, which = _find_distinct(_make_keys(flat))
    return function(*(column[rows] for column in flat))[which].reshape(spread[0].shape)


def _find_distinct(key: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find one row of each distinct key, in ascending order of the keys, and which of them each row equals."""
    keys = int(key.max()) + 1
    if keys > MOST_KEYS_PER_ROW * key.size:
        _, rows, which = np.unique(key, return_index=True, return_inverse=True)
        return rows, which
    row_of_key = np.full(keys, -1, dtype=np.intp)
    row_of_key[key] = np.arange(key.size)
    there = np.flatnonzero(row_of_key >= 0)
    place = np.empty(keys, dtype=np.intp)
    place[there] = np.arange(there.size)
    return row_of_key[there], place[key]


def _make_keys(columns: tuple[FloatArray, ...]) -> NDArray[np.int64]:
    """Make one integer per row, equal for equal rows, that sorts as the rows do."""
    key = np.zeros(columns[0].size, dtype=np.int64)
    for column in columns:
        key = _refine_keys(key, column)
    return key


def _refine_keys(key: NDArray[np.int64], column: FloatArray) -> NDArray[np.int64]:
    """Refine keys: they sort by the old key, then by the column."""
    low, high = column.min(), column.max()
    if low == high:
        return key
    if np.isfinite(high) and high - low < 2**31 and (column == np.floor(column)).all():
        codes = (column - low).astype(np.int64)
    else:
        codes = np.unique(column, return_inverse=True)[1].astype(np.int64)
    width = int(codes.max()) + 1
    if (int(key.max()) + 1) * width >= 2**62:
        key = np.unique(key, return_inverse=True)[1].astype(np.int64)
        codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
        width = int(codes.max()) + 1
    refined: NDArray[np.int64] = key * width + codes
    return refined
