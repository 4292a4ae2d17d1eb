"""Purchase histories as dropout models read them: frequency, recency and T.

Put here: reading histories and lengths of time, and rejecting impossible ones.
Keep out: counting them from orders (`pipelines/transforms`), and any model.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.fitting.rows import broadcast, read_columns, reject_rows


@dataclass(frozen=True)
class History:
    """What was observed of customers, in any one unit of time. The arrays share one shape, which may be 0-d.

    Attributes:
        frequency: Repeat purchases, whole numbers from 0.
        recency: From the first to the last purchase; 0 when frequency is 0, at most T.
        T: From the first purchase to the end of the observation.
    """

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray


def read_history(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> History:
    """Check histories and broadcast them to one shape.

    Raises:
        ValueError: A number is missing, infinite or negative, frequency is no whole number, recency is beyond T, or
            recency is above 0 without a repeat purchase (names the row); or the shapes do not go together.
    """
    spread = broadcast(frequency=frequency, recency=recency, T=T)
    x, tx, end = (array.ravel() for array in spread)
    if x.size:
        read_columns(frequency=x, recency=tx, T=end)
    reject_rows(x != np.floor(x), "frequency is no whole number", frequency=x)
    reject_rows(tx > end, "recency is beyond T", recency=tx, T=end)
    reject_rows((x == 0) & (tx > 0), "recency is above 0 without a repeat purchase", frequency=x, recency=tx)
    return History(*(array.reshape(spread[0].shape) for array in (x, tx, end)))


def read_times(name: str, values: ArrayLike) -> FloatArray:
    """Read one or more lengths of time; they may be infinite.

    Raises:
        ValueError: One is missing or negative.
    """
    times = np.asarray(values, dtype=np.float64)
    reject_rows(~(times >= 0).ravel(), f"{name} must be 0 or more", **{name: times})
    return times


def read_finite_times(name: str, values: ArrayLike) -> FloatArray:
    """Read one or more finite lengths of time.

    Raises:
        ValueError: One is missing, negative or infinite.
    """
    times = read_times(name, values)
    reject_rows(np.isinf(times).ravel(), f"{name} must be finite", **{name: times})
    return times


def read_counts(name: str, values: ArrayLike) -> FloatArray:
    """Read whole numbers from 0.

    Raises:
        ValueError: One is missing, negative, infinite or no whole number.
    """
    counts = np.asarray(values, dtype=np.float64)
    possible = (counts >= 0) & np.isfinite(counts) & (counts == np.floor(counts))
    reject_rows(~possible.ravel(), f"{name} is no whole number from 0", **{name: counts})
    return counts
