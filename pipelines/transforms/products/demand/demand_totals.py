"""The mart `demand_totals`: what will be sold of all products in the next four weeks, per place, and how sure that is.

Put here: the totals, their intervals and grades, in pieces and in money. Keep out: the forecasts that are added up
(`demand_forecast.py`), the interval of a total (`models/demand/forecasts.py`).
"""

import datetime as dt

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.models.demand.forecasts import FEWEST_WINDOWS, WEEKS_OF_TOTAL, bound_total, forecast_demand
from regulars.pipelines.models.demand.season_factors import find_season_factors
from regulars.pipelines.models.demand.smoothing import Ints
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.transforms.amounts import MONEY, divide_columns, round_to_money
from regulars.pipelines.transforms.products.demand.demand_forecast import DemandSettings, choose_forecasts
from regulars.pipelines.transforms.products.demand.season_ahead import find_season, number_months
from regulars.pipelines.transforms.products.demand.season_of_totals import (
    FEWEST_TESTED,
    SeasonTest,
    compare_with_guesses,
    multiply_forecasts,
    try_season,
)
from regulars.pipelines.transforms.products.demand.weekly_series import DAYS, WeeklySeries, list_weekly_series
from regulars.pipelines.transforms.rates import ENDS

WAYS = ("", "_without_season", "_with_season", "_seasonal_naive", "_mean_8w")
"""Ends of the columns of a grade: of the forecast, of it without and with the season, and of two simple guesses."""
COLUMNS: dict[str, PolarsDataType] = {
    "place_type": pl.String,
    "place": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "products_forecast": pl.Int64,
    "demand_last_4w": pl.Float64,
    "demand_forecast_4w": pl.Float64,
    "demand_forecast_4w_low": pl.Float64,
    "demand_forecast_4w_high": pl.Float64,
    "sales_forecast_4w": MONEY,
    "sales_forecast_4w_low": MONEY,
    "sales_forecast_4w_high": MONEY,
    "tested_windows": pl.Int64,
    "tested_demand_4w": pl.Float64,
    "tested_error_4w": pl.Float64,
    **{f"tested_absolute_error_4w{end}": pl.Float64 for end in WAYS},
    **{f"wape_4w{end}": pl.Float64 for end in WAYS},
    "bias_rate_4w": pl.Float64,
    "tested_sales_4w": pl.Float64,
    "tested_absolute_error_sales_4w": pl.Float64,
    "wape_sales_4w": pl.Float64,
    "season_index_4w": pl.Float64,
    "season_factor_4w": pl.Float64,
    "is_season_in_4w": pl.Boolean,
    "is_season_left_out_4w": pl.Boolean,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
PLACE = ["place_type", "place"]
TOO_SHORT = f"fewer than {WEEKS_OF_TOTAL * (FEWEST_WINDOWS + 1)} weeks since the first sale: no interval"
SEASON_LEFT_OUT = (
    "the months of these weeks have usually sold {} times an average one, which is not in the forecast, since {}"
)
UNTESTED = f"no {FEWEST_TESTED} past windows have two whole years before them, by which a season could be tested"
NO_BETTER = "in past windows a season made the error no twentieth smaller"


def demand_totals(
    order_lines: IntoFrame,
    orders: IntoFrame,
    stores: IntoFrame,
    calendar: IntoFrame,
    seasonality: IntoFrame,
    *,
    as_of: dt.date,
    demand: DemandSettings,
) -> pl.DataFrame:
    """Add up the forecasts of all products over four weeks: one row per place, and one of all places.

    Args:
        order_lines: `core.order_lines`.
        orders: `core.orders`.
        stores: `core.stores`; `system`, `store_id`, `region`.
        calendar: `core.calendar`; `day`, `week_idx`.
        seasonality: `marts.seasonality`; what the forecast leaves out, beside it.
        as_of: Last day that counts; its week is left out until it is over.
        demand: What to split by, and how far ahead single products are forecast.

    Returns:
        The columns of `COLUMNS`, sorted by place; empty where `marts.demand_forecast` is.
    """
    series = list_weekly_series(order_lines, orders, stores, calendar, as_of=as_of, by=demand.by)
    if series is None:
        return pl.DataFrame(schema=COLUMNS)
    found = forecast_demand(series.demand, series.first, demand.weeks_ahead)
    level = choose_forecasts(series, found)["demand_forecast"].to_numpy()
    places, rows = _number_places(series)
    begins = np.full(len(places), series.demand.shape[1])
    np.minimum.at(begins, rows, series.first)

    def add_up(of_series: FloatArray) -> FloatArray:
        total = np.zeros((len(places), *of_series.shape[1:]))
        np.add.at(total, rows, of_series)
        return total

    windows = found.window_errors.shape[1]
    origins = series.demand.shape[1] - WEEKS_OF_TOTAL - windows + np.arange(windows)
    has_begun = origins >= begins[:, np.newaxis]
    sold, worth = add_up(series.demand), series.price[:, np.newaxis]
    came, of_money = _list_came(sold, origins), _list_came(add_up(series.demand * worth), origins)
    errors = np.where(has_begun, add_up(found.window_errors), np.nan)
    season = try_season(errors, came, _find_factors(series, windows))
    off = multiply_forecasts(errors, came, season.past_factors)
    money_off = multiply_forecasts(add_up(found.window_errors * worth), of_money, season.past_factors)
    pieces, money = (add_up(WEEKS_OF_TOTAL * level * each) * season.factors for each in (1.0, series.price))
    columns = {
        "products_forecast": add_up(np.ones(len(rows))),
        "demand_last_4w": add_up(series.demand[:, -WEEKS_OF_TOTAL:].sum(axis=1)),
        "demand_forecast_4w": pieces,
        "sales_forecast_4w": money,
        **{name: np.maximum(end, 0) for name, end in _name_ends("demand_forecast_4w", pieces, off).items()},
        **_name_ends("sales_forecast_4w", money, money_off),  # below 0 where deposits have a price below 0
        **_grade(off, came, (errors, season.with_season, *compare_with_guesses(sold, begins, origins))),
        **_grade_money(money_off, of_money),
        "season_factor_4w": season.factors,
    }
    starts = [series.last_week + dt.timedelta(days=DAYS * week) for week in range(1, WEEKS_OF_TOTAL + 1)]
    return _finish(places, columns, season, starts, find_season(pl.Series(starts), seasonality)).with_columns(
        as_of=pl.lit(as_of)
    )


def _find_factors(series: WeeklySeries, windows: int) -> FloatArray:
    """By how much the season of the whole lifts each past window, and the one to come."""
    weeks = len(series.whole)
    starts = [series.last_week + dt.timedelta(days=DAYS * (week + 1 - weeks)) for week in range(weeks + WEEKS_OF_TOTAL)]
    past = np.arange(weeks - WEEKS_OF_TOTAL - windows, weeks - WEEKS_OF_TOTAL)
    return find_season_factors(series.whole, number_months(pl.Series(starts)), np.append(past, weeks - 1))


def _number_places(series: WeeklySeries) -> tuple[pl.DataFrame, Ints]:
    """The places in their order, and the number of each series' place."""
    places = series.keys.select(PLACE).unique().sort(PLACE).with_row_index("place_idx")
    rows = series.keys.join(places, on=PLACE, how="left", maintain_order="left")["place_idx"].cast(pl.Int64).to_numpy()
    return places.drop("place_idx"), rows


def _list_came(demand: FloatArray, origins: Ints) -> FloatArray:
    """What each place sold in the weeks after each origin together."""
    sold = np.cumsum(demand, axis=1)
    came: FloatArray = sold[:, origins + WEEKS_OF_TOTAL] - sold[:, origins]
    return came


def _name_ends(name: str, total: FloatArray, errors: FloatArray) -> dict[str, FloatArray]:
    """The ends of the interval of a column of totals, by their past errors."""
    return {f"{name}{end}": values for end, values in zip(ENDS, bound_total(total, errors), strict=True)}


def _grade(errors: FloatArray, came: FloatArray, others: tuple[FloatArray, ...]) -> dict[str, FloatArray]:
    """Add up how far off past totals were, and other ways to forecast the same ones, and what came."""
    is_window = np.isfinite(errors)
    off = {  # NaN where the season could not be tested
        f"tested_absolute_error_4w{end}": np.where(is_window, np.abs(each), 0.0).sum(axis=1)
        for end, each in zip(WAYS, (errors, *others), strict=True)
    }
    return {
        "tested_windows": is_window.sum(axis=1).astype(float),
        "tested_demand_4w": np.where(is_window, came, 0.0).sum(axis=1),
        "tested_error_4w": np.nansum(-errors, axis=1),
        **off,
    }


def _grade_money(errors: FloatArray, came: FloatArray) -> dict[str, FloatArray]:
    """Add up how far off the same past totals were in money at the prices of now, and what came in them."""
    is_window = np.isfinite(errors)
    return {
        "tested_sales_4w": np.where(is_window, came, 0.0).sum(axis=1),
        "tested_absolute_error_sales_4w": np.where(is_window, np.abs(errors), 0.0).sum(axis=1),
    }


def _finish(
    places: pl.DataFrame,
    columns: dict[str, FloatArray],
    season: SeasonTest,
    week_starts: list[dt.date],
    known: tuple[float | None, bool | None],
) -> pl.DataFrame:
    """Put rows together but for `as_of`, and say why there is no interval and which season is left out."""
    is_known = pl.col("demand_forecast_4w_low").is_not_null()
    index, stands_out = known
    is_left_out = pl.lit(stands_out, pl.Boolean) & ~pl.col("is_season_in_4w")
    why = pl.when(pl.Series(season.is_tested)).then(pl.lit(NO_BETTER)).otherwise(pl.lit(UNTESTED))
    rows = places.with_columns(
        *(pl.Series(name, values).fill_nan(None) for name, values in columns.items()),
        is_season_in_4w=pl.Series(season.is_chosen),
    )
    return (
        rows.with_columns(
            period_start=pl.lit(week_starts[0]),
            period_end=pl.lit(week_starts[-1] + dt.timedelta(days=DAYS - 1)),
            bias_rate_4w=divide_columns("tested_error_4w", "tested_demand_4w"),
            wape_sales_4w=divide_columns("tested_absolute_error_sales_4w", "tested_sales_4w"),
            season_index_4w=pl.lit(index, pl.Float64),
            is_season_left_out_4w=is_left_out,
            is_complete=is_known,
            reason=pl.when(~is_known | is_left_out.fill_null(False)).then(
                pl.concat_str(
                    pl.when(~is_known).then(pl.lit(TOO_SHORT)),
                    pl.when(is_left_out).then(pl.format(SEASON_LEFT_OUT, pl.lit(f"{index or 0:.2f}"), why)),
                    separator="; ",
                    ignore_nulls=True,
                )
            ),
            **{f"wape_4w{end}": divide_columns(f"tested_absolute_error_4w{end}", "tested_demand_4w") for end in WAYS},
        )
        .with_columns(round_to_money(pl.col(name)) for name, kind in COLUMNS.items() if kind == MONEY)
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items() if name != "as_of")
        .sort(PLACE)
    )
