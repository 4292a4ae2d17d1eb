"""Totals of all products of a place over some weeks, now and in past windows, and how far off those were.

Put here: adding up series by place, past windows of a span of weeks, the columns of a span. Keep out: the choice of the
season (`season_of_totals.py`), intervals and reasons (`demand_totals.py`).
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars.pipelines.models.demand.forecasts import list_origins
from regulars.pipelines.models.demand.season_factors import find_season_factors
from regulars.pipelines.models.demand.smoothing import Ints
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.transforms.products.demand.season_ahead import number_months
from regulars.pipelines.transforms.products.demand.season_of_totals import (
    SeasonTest,
    compare_with_guesses,
    multiply_forecasts,
)
from regulars.pipelines.transforms.products.demand.weekly_series import DAYS, WeeklySeries

PLACE = ["place_type", "place"]
WAYS = ("", "_without_season", "_with_season", "_seasonal_naive", "_mean_8w")
"""Ends of the columns of a grade: of the forecast, of it without and with the season, and of two simple guesses."""


@dataclass(frozen=True)
class Places:
    """The p places of n series.

    Attributes:
        keys: (p,) rows of `place_type` and `place`, in their order.
        rows: (n,) the number of each series' place.
        begins: (p,) the first week in which the place sold anything.
    """

    keys: pl.DataFrame
    rows: Ints
    begins: Ints

    def add_up(self, of_series: FloatArray) -> FloatArray:
        """Add up rows of series by place, (p, ...)."""
        total = np.zeros((len(self.keys), *of_series.shape[1:]))
        np.add.at(total, self.rows, of_series)
        return total


@dataclass(frozen=True)
class Windows:
    """Past windows of `span` weeks, one after each of w weeks, of p places.

    Attributes:
        span: Weeks of a window.
        origins: (w,) the week before each window.
        errors: (p, w) what came less what was forecast without a season, in pieces; NaN before the place began.
        came: (p, w) pieces.
        money_errors: (p, w) the same errors at the prices of now.
        money_came: (p, w) the same pieces at the prices of now.
        factors: (w + 1,) by how much the season known at the time lifts each window, and that to come; NaN if unknown.
    """

    span: int
    origins: Ints
    errors: FloatArray
    came: FloatArray
    money_errors: FloatArray
    money_came: FloatArray
    factors: FloatArray


def number_places(series: WeeklySeries) -> Places:
    """Number the places of the series."""
    keys = series.keys.select(PLACE).unique().sort(PLACE).with_row_index("place_idx")
    rows = series.keys.join(keys, on=PLACE, how="left", maintain_order="left")["place_idx"].cast(pl.Int64).to_numpy()
    begins = np.full(len(keys), series.demand.shape[1])
    np.minimum.at(begins, rows, series.first)
    return Places(keys.drop("place_idx"), rows, begins)


def list_windows(series: WeeklySeries, places: Places, errors_of_series: FloatArray, span: int) -> Windows:
    """List past windows of `span` weeks; `errors_of_series` is (n, w), as of `DemandForecasts.window_errors`."""
    origins, price = list_origins(series.demand.shape[1], span), series.price[:, np.newaxis]
    return Windows(
        span=span,
        origins=origins,
        errors=np.where(origins >= places.begins[:, np.newaxis], places.add_up(errors_of_series), np.nan),
        came=_list_came(places.add_up(series.demand), origins, span),
        money_errors=places.add_up(errors_of_series * price),
        money_came=_list_came(places.add_up(series.demand * price), origins, span),
        factors=_find_factors(series, len(origins), span),
    )


def describe_total(
    series: WeeklySeries, places: Places, windows: Windows, season: SeasonTest, level: FloatArray
) -> dict[str, FloatArray]:
    """Forecast the next `span` weeks together, and add up how far off such totals were.

    Args:
        series: The series that are added up.
        places: Where they are sold.
        windows: Past windows of the span.
        season: What is done with the season.
        level: (n,) what is forecast of each series for one week, without a season.

    Returns:
        (p,) each, by the names of columns of `demand_totals.COLUMNS` that end in the span; NaN where not known.
    """
    span, demand = windows.span, places.add_up(series.demand)
    naive, mean = compare_with_guesses(demand, places.begins, windows.origins, span)
    errors = multiply_forecasts(windows.errors, windows.came, season.past_factors)
    is_window = np.isfinite(errors)
    off = {
        f"tested_absolute_error_{span}w{end}": _add_known(np.abs(each), is_window)
        for end, each in zip(WAYS, (errors, windows.errors, season.with_season, naive, mean), strict=True)
    }
    money_errors = multiply_forecasts(windows.money_errors, windows.money_came, season.past_factors)
    return {
        f"demand_last_{span}w": demand[:, -span:].sum(axis=1),
        f"demand_forecast_{span}w": places.add_up(span * level) * season.factors,
        f"sales_forecast_{span}w": places.add_up(span * level * series.price) * season.factors,
        f"tested_windows_{span}w": is_window.sum(axis=1).astype(float),
        f"tested_demand_{span}w": _add_known(windows.came, is_window),
        f"tested_error_{span}w": _add_known(-errors, is_window),
        **off,
        f"largest_error_rate_{span}w": _find_largest_rate(errors, windows.came),
        f"tested_sales_{span}w": _add_known(windows.money_came, is_window),
        f"tested_absolute_error_sales_{span}w": _add_known(np.abs(money_errors), is_window),
        f"season_factor_{span}w": season.factors,
    }


def _find_factors(series: WeeklySeries, windows: int, span: int) -> FloatArray:
    """By how much the season of the whole, which may be older than its series, lifts each window and that to come."""
    weeks = len(series.whole)
    starts = [series.last_week + dt.timedelta(days=DAYS * (week + 1 - weeks)) for week in range(weeks + span)]
    past = np.arange(weeks - span - windows, weeks - span)
    return find_season_factors(series.whole, number_months(pl.Series(starts)), np.append(past, weeks - 1), span)


def _add_known(values: FloatArray, is_window: NDArray[np.bool_]) -> FloatArray:
    """Add up the windows of each place that are a test; NaN where one of them is not known."""
    total: FloatArray = np.where(is_window, values, 0.0).sum(axis=1)
    return total


def _find_largest_rate(errors: FloatArray, came: FloatArray) -> FloatArray:
    """The error of the window that was furthest off, as a share of what came in it; NaN without a window."""
    rates = np.where(np.isfinite(errors) & (came > 0), np.abs(errors) / np.where(came > 0, came, 1.0), -1.0)
    largest = rates.max(axis=1, initial=-1.0)
    found: FloatArray = np.where(largest >= 0, largest, np.nan)
    return found


def _list_came(demand: FloatArray, origins: Ints, span: int) -> FloatArray:
    """What each place sold in the weeks after each origin together."""
    sold = np.cumsum(demand, axis=1)
    came: FloatArray = sold[:, origins + span] - sold[:, origins]
    return came
