"""Seasonal indices by classical decomposition: each month's share of a year's sales, without the trend.

The trend is a centred mean of 12 months, extended in a straight line at both ends. An index is the sum of a calendar
month's sales over all years ÷ the sum of its trend; indices have a mean of 1.

Put here: the index and its standard error. Keep out: the months and groups
(`transforms/products/seasonality.py`).
"""

import numpy as np

from regulars.pipelines.models.fitting.fitting import FloatArray

MONTHS = 12
HALF = MONTHS // 2
LEAST_TREND = 0.5
"""An extended trend never falls below this share of its last known value."""


def compute_trend(sales: FloatArray) -> FloatArray:
    """Find the trend of monthly sales.

    Args:
        sales: (n, t) sales of n groups in t months, t a multiple of 12 and at least 24.

    Returns:
        (n, t): the mean of the 12 months around each (half of both ends of 13), extended by its slope at the ends.
    """
    weights = np.r_[0.5, np.ones(MONTHS - 1), 0.5] / MONTHS
    windows = np.lib.stride_tricks.sliding_window_view(sales, MONTHS + 1, axis=1)
    inner = windows @ weights
    steps = np.arange(1, HALF + 1)
    span = min(HALF, inner.shape[1] - 1)
    ends = []
    for edge, other in (
        (inner[:, :1], inner[:, span : span + 1]),
        (inner[:, -1:], inner[:, -1 - span : inner.shape[1] - span]),
    ):
        slope = (edge - other) / span
        ends.append(np.maximum(edge + slope * steps, LEAST_TREND * edge))
    trend: FloatArray = np.concatenate([ends[0][:, ::-1], inner, ends[1]], axis=1)
    return trend


def compute_season_index(sales: FloatArray, squares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the index of each calendar month and its standard error.

    The error is the larger one of two: from the variance between customers within a month, and between years.

    Args:
        sales: (n, t) sales of n groups in t months, t a multiple of 12 and at least 24.
        squares: (n, t) sums of the squares of what each customer bought in the month.

    Returns:
        Index and standard error, (n, 12) each; the first column is the calendar month of the first column of `sales`.
        NaN without sales.
    """
    n, t = sales.shape
    by_year = (n, t // MONTHS, MONTHS)
    trend = compute_trend(sales).reshape(by_year)
    sold, spread = sales.reshape(by_year), squares.reshape(by_year)
    whole = trend.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = sold.sum(axis=1) / whole
        mean = raw.mean(axis=1, keepdims=True)
        years = by_year[1]
        between = np.square(sold - raw[:, np.newaxis] * trend).sum(axis=1) * years / (years - 1)
        error = np.sqrt(np.maximum(spread.sum(axis=1), between)) / whole / mean
        return raw / mean, error
