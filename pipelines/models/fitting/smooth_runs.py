"""Interpolation of a smooth, costly function over rows that differ in one column only.

Put here: the interpolation, and when it is used.
Keep out: any function that is interpolated.
"""

from collections.abc import Callable

import numpy as np
from numpy.polynomial import chebyshev

from regulars.pipelines.models.fitting.fitting import FloatArray

POINTS = 32
"""Chebyshev points per run; relative errors stay below 1e-9 over a factor of 10,000 in the column."""
LONG = 4 * POINTS
"""Shorter runs are evaluated row by row."""
_AT = chebyshev.chebpts1(POINTS)
_TO_SERIES = np.linalg.inv(chebyshev.chebvander(_AT, POINTS - 1))


def interpolate_smooth_runs(function: Callable[..., FloatArray], along: FloatArray, *same: FloatArray) -> FloatArray:
    """Evaluate function(along, *same) per row, by interpolation over log(along) where consecutive rows share the rest.

    Args:
        function: From columns (m,) to an array (m,); smooth in log(along), of one order of magnitude over a run.
        along: (n,) above 0.
        same: Columns (n,).

    Returns:
        (n,).
    """
    if not along.size:
        return np.zeros(0)
    rest = np.array(same)
    first = np.flatnonzero(np.append(True, (rest[:, 1:] != rest[:, :-1]).any(axis=0)))
    sizes = np.diff(first, append=along.size)
    is_long = sizes > LONG
    alone = np.repeat(~is_long, sizes)
    values = np.empty(along.size)
    values[alone] = function(along[alone], *rest[:, alone])
    heads, runs = first[is_long], [slice(start, start + size) for start, size in zip(first, sizes, strict=True)]
    runs = [run for run, long in zip(runs, is_long, strict=True) if long]
    logs = np.log(along)
    ends = np.array([(logs[run].min(), logs[run].max()) for run in runs]).reshape(-1, 2)
    centres, halves = ends.mean(axis=1), np.maximum((ends[:, 1] - ends[:, 0]) / 2, 1e-9)
    points = np.exp(centres[:, None] + halves[:, None] * _AT)
    known = function(points.ravel(), *np.repeat(rest[:, heads], POINTS, axis=1)).reshape(-1, POINTS)
    for run, centre, half, series in zip(runs, centres, halves, known @ _TO_SERIES.T, strict=True):
        values[run] = chebyshev.chebval((logs[run] - centre) / half, series)
    return values
