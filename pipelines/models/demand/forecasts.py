"""A forecast of each series with its interval and its grade, from its own past.

Put here: which method a series takes, the interval from its own errors, the grade beside two baselines. Keep out: the
methods (`demand.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regulars.pipelines.models.demand.smoothing import (
    WEEKS_OF_YEAR,
    Ints,
    average_last_weeks,
    compare_with_last_year,
    compare_with_path,
    scale_by_naive,
    smooth_exponentially,
    smooth_size_and_chance,
)
from regulars.pipelines.models.fitting.fitting import FloatArray

SES_AND_MEAN, TSB, MEAN_SO_FAR, SHARED = "ses_and_mean", "tsb", "mean_so_far", "shared"
TEST_ORIGINS = 13
NOMINAL = (0.1, 0.9)
"""The ends of the interval, as shares of what comes that lie below."""
FEWEST_WINDOWS = 9
"""Of fewer errors even the extremes hold the next one less than four times of five."""
WEEKS_OF_TOTAL = 4
"""Weeks whose demand together is compared with its forecast, and bounded by an interval."""
WEEKS_OF_QUARTER = 13
"""Weeks whose demand together is compared with its forecast too; too few of them follow one another for an interval."""
TOTALS = (WEEKS_OF_TOTAL, WEEKS_OF_QUARTER)
BATCH = 20_000
"""Series at once: their errors then take a few hundred megabytes."""


@dataclass(frozen=True)
class DemandForecasts:
    """Forecasts of n series for the next h weeks.

    Attributes:
        forecast: (n,) pieces a week, the same for each week ahead.
        is_tsb: (n,) whether the series takes TSB.
        low: (n, h) lower end of the 80 % interval, 0 or more.
        high: (n, h) upper end.
        errors: Of the chosen method, the seasonal naive and the mean of 8 weeks: (n, 13, h) each, what came less what
            was forecast at the end of 13 past weeks; NaN where there was no forecast.
        window_errors: By weeks of a total, `WEEKS_OF_TOTAL` and `WEEKS_OF_QUARTER`: (n, w) what came in so many weeks
            after each of up to 52 past weeks, less what was forecast for them together at its end; a series that had
            not begun was forecast as 0.
        scale: (n,) the mean squared change from week to week, NaN where it is 0: RMSSE is by it.
    """

    forecast: FloatArray
    is_tsb: NDArray[np.bool_]
    low: FloatArray
    high: FloatArray
    errors: tuple[FloatArray, FloatArray, FloatArray]
    window_errors: Mapping[int, FloatArray]
    scale: FloatArray


def forecast_demand(demand: FloatArray, first: Ints, horizon: int) -> DemandForecasts:
    """Forecast each series, by the method with the smaller squared error before the weeks of the test.

    Args:
        demand: (n, t) of n series in t weeks, the last one just over; 0 before the series begins.
        first: (n,) the week in which each series begins.
        horizon: How many weeks ahead, 1 to 52.
    """
    starts = range(0, max(len(demand), 1), BATCH)
    parts = [_forecast_batch(demand[at : at + BATCH], first[at : at + BATCH], horizon) for at in starts]
    return DemandForecasts(
        forecast=np.concatenate([part.forecast for part in parts]),
        is_tsb=np.concatenate([part.is_tsb for part in parts]),
        low=np.concatenate([part.low for part in parts]),
        high=np.concatenate([part.high for part in parts]),
        errors=(
            np.concatenate([part.errors[0] for part in parts]),
            np.concatenate([part.errors[1] for part in parts]),
            np.concatenate([part.errors[2] for part in parts]),
        ),
        window_errors={weeks: np.concatenate([part.window_errors[weeks] for part in parts]) for weeks in TOTALS},
        scale=np.concatenate([part.scale for part in parts]),
    )


def _forecast_batch(demand: FloatArray, first: Ints, horizon: int) -> DemandForecasts:
    weeks = demand.shape[1]
    mean = average_last_weeks(demand, first)
    blend = (smooth_exponentially(demand, first) + mean) / 2
    tsb = smooth_size_and_chance(demand, first)
    last_tested = weeks - 1 - horizon
    tested = np.arange(max(last_tested - TEST_ORIGINS + 1, 0), max(last_tested + 1, 0))
    is_tsb = _choose_tsb(demand, blend, tsb, tested[0] if len(tested) else 0)
    path = np.where(is_tsb[:, np.newaxis], tsb, blend)
    forecast = path[:, -1]
    low, high = _find_interval(demand, path, horizon)
    return DemandForecasts(
        forecast=forecast,
        is_tsb=is_tsb,
        low=low,
        high=high,
        errors=(
            compare_with_path(demand, path, tested, horizon),
            compare_with_last_year(demand, first, mean, tested, horizon),
            compare_with_path(demand, mean, tested, horizon),
        ),
        window_errors={span: _compare_windows(demand, path, span) for span in TOTALS},
        scale=scale_by_naive(demand, first),
    )


def _choose_tsb(demand: FloatArray, blend: FloatArray, tsb: FloatArray, first_tested: int) -> NDArray[np.bool_]:
    """Whether TSB had the smaller squared error one week ahead, in the year before the test."""
    origins = np.arange(max(first_tested - WEEKS_OF_YEAR, 0), max(first_tested - 1, 0))
    if not len(origins):
        return np.zeros(len(demand), dtype=np.bool_)
    sums = [np.nansum(np.square(compare_with_path(demand, path, origins, 1)), axis=(1, 2)) for path in (tsb, blend)]
    chosen: NDArray[np.bool_] = sums[0] < sums[1]
    return chosen


def list_origins(weeks: int, span: int) -> Ints:
    """The last 52 weeks of a history of `weeks` that have `span` weeks after them, (w,)."""
    last = max(weeks - span, 0)
    return np.arange(max(last - WEEKS_OF_YEAR, 0), last)


def _compare_windows(demand: FloatArray, path: FloatArray, span: int) -> FloatArray:
    """What came in the `span` weeks after each past one together, less what was forecast for them at its end."""
    origins = list_origins(demand.shape[1], span)
    sold = np.cumsum(demand, axis=1)
    came: FloatArray = sold[:, origins + span] - sold[:, origins]
    return came - span * np.nan_to_num(path[:, origins])


def bound_total(total: FloatArray, errors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The ends of the 80 % interval of totals of `WEEKS_OF_TOTAL` weeks, by their own past errors.

    Windows that overlap tell little more than those that do not, of which there are a quarter as many. So the quantiles
    are those that hold four of five next totals by so few errors (as of conformal prediction), near their extremes.

    Args:
        total: (n,) forecasts of totals.
        errors: (n, w) of each total in past windows, one week apart; NaN where there was none yet.

    Returns:
        (n,) each; NaN where fewer than nine windows follow one another: they cannot hold four of five.
    """
    apart = np.isfinite(errors).sum(axis=1) / WEEKS_OF_TOTAL
    is_enough = apart >= FEWEST_WINDOWS
    share = np.where(is_enough, (NOMINAL[0] * (apart + 1) - 1) / np.maximum(apart - 1, 1), np.nan)
    ends = (find_quantile(errors, np.nan_to_num(share)), find_quantile(errors, 1 - np.nan_to_num(share)))
    low, high = (np.where(is_enough, total + end, np.nan) for end in ends)
    return np.minimum(low, total), np.maximum(high, total)


def _find_interval(demand: FloatArray, path: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
    """Add the quantiles of the series' own signed errors, of the forecasts of 52 weeks that have come."""
    weeks, ends = demand.shape[1], []
    for ahead in range(1, horizon + 1):
        origins = np.arange(max(weeks - ahead - WEEKS_OF_YEAR, 0), max(weeks - ahead, 0))
        errors = demand[:, origins + ahead] - path[:, origins]
        ends.append([np.maximum(path[:, -1] + find_quantile(errors, share), 0) for share in NOMINAL])
    low, high = (np.stack([end[place] for end in ends], axis=1) for place in (0, 1))
    return low, np.maximum(low, high)


def find_quantile(values: FloatArray, share: float | FloatArray) -> FloatArray:
    """The quantile of each row's known values, by linear interpolation, (n,); NaN for a row without any."""
    count = np.isfinite(values).sum(axis=1)
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    ordered = np.sort(values, axis=1)  # NaN go last
    place = share * np.maximum(count - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    rows = np.arange(len(values))
    under, over = ordered[rows, below], ordered[rows, above]
    quantile: FloatArray = np.where(count > 0, under + (place - below) * (over - under), np.nan)
    return quantile
