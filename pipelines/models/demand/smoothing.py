"""Forecasts of weekly demand, all series at once: exponential smoothing and Teunter-Syntetos-Babai.

A series begins with its first sale; what came before is no demand of nought. Every method yields a path: the forecast
that was made at the end of each week, for any week after it, from what was known then.

Put here: the methods, the baselines, their errors. Keep out: which method a series takes, its interval and its grade
(`demand_forecasts.py`), and which series there are (`transforms/products/demand/demand_forecast.py`).
"""

import numpy as np
from numpy.typing import NDArray

from regulars.pipelines.models.fitting.fitting import FloatArray

Ints = NDArray[np.int64]

ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.5)
"""How much the newest week weighs; each series takes the one with the smallest error so far."""
TSB_ALPHA, TSB_BETA = 0.1, 0.1
"""How much the newest sale weighs in its size, and the newest week in how often there is one."""
WEEKS_OF_YEAR, WEEKS_OF_MEAN = 52, 8


def smooth_exponentially(demand: FloatArray, first: Ints) -> FloatArray:
    """Smooth each series with the best of `ALPHAS`, by its squared errors so far.

    Args:
        demand: (n, t) of n series in t weeks; 0 before the series begins.
        first: (n,) the week in which each series begins.

    Returns:
        (n, t) path; NaN before the series begins.
    """
    weeks = demand.shape[1]
    level = np.zeros((len(ALPHAS), demand.shape[0]))
    squares = np.zeros_like(level)
    alpha = np.array(ALPHAS)[:, np.newaxis]
    path = np.full_like(demand, np.nan)
    series = np.arange(demand.shape[0])
    for week in range(weeks):
        new, begun = demand[:, week], first < week
        error = np.where(begun, new - level, 0.0)
        squares += np.square(error)
        level = np.where(first == week, new, level + alpha * error)
        path[:, week] = np.where(first <= week, level[squares.argmin(axis=0), series], np.nan)
    return path


def smooth_size_and_chance(demand: FloatArray, first: Ints) -> FloatArray:
    """Smooth how much is sold when there is a sale, and how often there is one (TSB, 2011): for rare sales.

    Args:
        demand: (n, t), as of `smooth_exponentially`.
        first: (n,).

    Returns:
        (n, t) path; NaN before the series begins.
    """
    size, chance = np.zeros(demand.shape[0]), np.zeros(demand.shape[0])
    path = np.full_like(demand, np.nan)
    for week in range(demand.shape[1]):
        new, is_sale = demand[:, week], demand[:, week] > 0
        begins, begun = first == week, first < week
        size = np.where(begins, new, np.where(begun & is_sale, size + TSB_ALPHA * (new - size), size))
        chance = np.where(begins, 1.0, np.where(begun, chance + TSB_BETA * (is_sale - chance), chance))
        path[:, week] = np.where(first <= week, size * chance, np.nan)
    return path


def average_last_weeks(demand: FloatArray, first: Ints, weeks: int = WEEKS_OF_MEAN) -> FloatArray:
    """The mean of the last so many weeks, or of as many as there are: (n, t) path; NaN before the series begins."""
    sums = np.cumsum(demand, axis=1)
    before = np.pad(sums, ((0, 0), (weeks, 0)))[:, : demand.shape[1]]
    age = np.arange(demand.shape[1]) - first[:, np.newaxis] + 1
    with np.errstate(invalid="ignore", divide="ignore"):
        path: FloatArray = np.where(age > 0, (sums - before) / np.minimum(age, weeks), np.nan)
    return path


def compare_with_path(demand: FloatArray, path: FloatArray, origins: Ints, horizon: int) -> FloatArray:
    """Errors of a path: what came less what was forecast, (n, origins, horizon); NaN where nothing has come yet.

    Args:
        demand: (n, t).
        path: (n, t).
        origins: Weeks at whose end forecasts were made.
        horizon: How many weeks ahead.
    """
    weeks = demand.shape[1]
    target = origins[:, np.newaxis] + np.arange(1, horizon + 1)
    came = np.where(target < weeks, demand[:, np.minimum(target, weeks - 1)], np.nan)
    error: FloatArray = came - path[:, origins][:, :, np.newaxis]
    return error


def compare_with_last_year(
    demand: FloatArray, first: Ints, younger: FloatArray, origins: Ints, horizon: int
) -> FloatArray:
    """Errors of the seasonal naive: the same week a year before, and another path where the series is younger.

    Args:
        demand: (n, t).
        first: (n,) the week in which each series begins.
        younger: (n, t) path for series that did not sell a year before.
        origins: Weeks at whose end forecasts were made.
        horizon: How many weeks ahead, 52 at most.
    """
    weeks = demand.shape[1]
    target = origins[:, np.newaxis] + np.arange(1, horizon + 1)
    came = np.where(target < weeks, demand[:, np.minimum(target, weeks - 1)], np.nan)
    before = target - WEEKS_OF_YEAR
    known = before >= first[:, np.newaxis, np.newaxis]
    forecast = np.where(known, demand[:, np.maximum(before, 0)], younger[:, origins][:, :, np.newaxis])
    error: FloatArray = came - forecast
    return error


def scale_by_naive(demand: FloatArray, first: Ints) -> FloatArray:
    """The mean squared change from week to week since the series began, (n,): the scale of RMSSE; NaN if it is 0."""
    begun = np.arange(1, demand.shape[1]) > first[:, np.newaxis]
    changes = np.square(np.diff(demand, axis=1)) * begun
    count = begun.sum(axis=1)
    scale = np.divide(changes.sum(axis=1), count, out=np.zeros(len(demand)), where=count > 0)
    return np.where(scale > 0, scale, np.nan)
