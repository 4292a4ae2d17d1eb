"""The mart `demand_totals`: what will be sold of all products in the next four and thirteen weeks, per place.

Put here: the totals, the intervals of four weeks, reasons. Keep out: the forecasts that are added up
(`demand_forecast.py`), adding up and grades (`windows_of_totals.py`), the interval of a total
(`models/demand/forecasts.py`).
"""

import datetime as dt

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.models.demand.forecasts import (
    FEWEST_WINDOWS,
    TOTALS,
    WEEKS_OF_QUARTER,
    WEEKS_OF_TOTAL,
    bound_total,
    forecast_demand,
)
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.transforms.amounts import MONEY, divide_columns, round_to_money
from regulars.pipelines.transforms.products.demand.demand_forecast import DemandSettings, choose_forecasts
from regulars.pipelines.transforms.products.demand.season_ahead import find_season
from regulars.pipelines.transforms.products.demand.season_of_totals import (
    FEWEST_TESTED,
    SeasonTest,
    apply_season,
    multiply_forecasts,
    try_season,
)
from regulars.pipelines.transforms.products.demand.weekly_series import DAYS, list_weekly_series
from regulars.pipelines.transforms.products.demand.windows_of_totals import (
    PLACE,
    WAYS,
    Windows,
    describe_total,
    list_windows,
    number_places,
)
from regulars.pipelines.transforms.rates import ENDS

GRADE: dict[str, PolarsDataType] = {
    "tested_windows_{}w": pl.Int64,
    "tested_demand_{}w": pl.Float64,
    "tested_error_{}w": pl.Float64,
    **{f"tested_absolute_error_{{}}w{end}": pl.Float64 for end in WAYS},
    **{f"wape_{{}}w{end}": pl.Float64 for end in WAYS},
    "bias_rate_{}w": pl.Float64,
    "largest_error_rate_{}w": pl.Float64,
    "tested_sales_{}w": pl.Float64,
    "tested_absolute_error_sales_{}w": pl.Float64,
    "wape_sales_{}w": pl.Float64,
}
"""Columns that say how far off past totals of so many weeks were."""
COLUMNS: dict[str, PolarsDataType] = {
    "place_type": pl.String,
    "place": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "period_end_13w": pl.Date,
    "products_forecast": pl.Int64,
    "demand_last_4w": pl.Float64,
    "demand_forecast_4w": pl.Float64,
    "demand_forecast_4w_low": pl.Float64,
    "demand_forecast_4w_high": pl.Float64,
    "sales_forecast_4w": MONEY,
    "sales_forecast_4w_low": MONEY,
    "sales_forecast_4w_high": MONEY,
    **{name.format(WEEKS_OF_TOTAL): kind for name, kind in GRADE.items()},
    "season_index_4w": pl.Float64,
    "season_factor_4w": pl.Float64,
    "is_season_in_4w": pl.Boolean,
    "is_season_left_out_4w": pl.Boolean,
    "demand_last_13w": pl.Float64,
    "demand_forecast_13w": pl.Float64,
    "sales_forecast_13w": MONEY,
    **{name.format(WEEKS_OF_QUARTER): kind for name, kind in GRADE.items()},
    "season_factor_13w": pl.Float64,
    "is_season_in_13w": pl.Boolean,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
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
    """Add up the forecasts of all products over four and thirteen weeks: one row per place, and one of all places.

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
    places = number_places(series)
    month, quarter = (list_windows(series, places, found.window_errors[span], span) for span in TOTALS)
    season = try_season(month.errors, month.came, month.factors)
    of_quarter = apply_season(season.is_tested, season.is_chosen, quarter.errors, quarter.came, quarter.factors)
    totals = describe_total(series, places, month, season, level)
    columns = {
        "products_forecast": places.add_up(np.ones(len(places.rows))),
        **totals,
        **_bound_four_weeks(totals, month, season),
        **describe_total(series, places, quarter, of_quarter, level),
    }
    starts = [series.last_week + dt.timedelta(days=DAYS * week) for week in range(1, WEEKS_OF_TOTAL + 1)]
    rows = places.keys.with_columns(
        *(pl.Series(name, values).fill_nan(None) for name, values in columns.items()),
        is_season_in_4w=pl.Series(season.is_chosen),
        is_season_in_13w=pl.Series(of_quarter.is_chosen),
        is_season_tested=pl.Series(season.is_tested),
    )
    return _finish(rows, starts, find_season(pl.Series(starts), seasonality)).with_columns(as_of=pl.lit(as_of))


def _bound_four_weeks(totals: dict[str, FloatArray], windows: Windows, season: SeasonTest) -> dict[str, FloatArray]:
    """The intervals of totals of four weeks, in pieces and in money."""
    off = multiply_forecasts(windows.errors, windows.came, season.past_factors)
    money_off = multiply_forecasts(windows.money_errors, windows.money_came, season.past_factors)
    pieces = _name_ends("demand_forecast_4w", totals["demand_forecast_4w"], off)
    return {
        **{name: np.maximum(end, 0) for name, end in pieces.items()},
        # below 0 where deposits have a price below 0
        **_name_ends("sales_forecast_4w", totals["sales_forecast_4w"], money_off),
    }


def _name_ends(name: str, total: FloatArray, errors: FloatArray) -> dict[str, FloatArray]:
    """The ends of the interval of a column of totals, by their past errors."""
    return {f"{name}{end}": values for end, values in zip(ENDS, bound_total(total, errors), strict=True)}


def _finish(rows: pl.DataFrame, week_starts: list[dt.date], known: tuple[float | None, bool | None]) -> pl.DataFrame:
    """Put rows together but for `as_of`, and say why there is no interval and which season is left out."""
    is_known = pl.col("demand_forecast_4w_low").is_not_null()
    index, stands_out = known
    is_left_out = pl.lit(stands_out, pl.Boolean) & ~pl.col("is_season_in_4w")
    why = pl.when("is_season_tested").then(pl.lit(NO_BETTER)).otherwise(pl.lit(UNTESTED))
    return (
        rows.with_columns(
            period_start=pl.lit(week_starts[0]),
            period_end=pl.lit(week_starts[-1] + dt.timedelta(days=DAYS - 1)),
            period_end_13w=pl.lit(week_starts[0] + dt.timedelta(days=DAYS * WEEKS_OF_QUARTER - 1)),
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
            **{name: rate for span in TOTALS for name, rate in _rate_errors(span).items()},
        )
        .with_columns(round_to_money(pl.col(name)) for name, kind in COLUMNS.items() if kind == MONEY)
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items() if name != "as_of")
        .sort(PLACE)
    )


def _rate_errors(span: int) -> dict[str, pl.Expr]:
    """Errors of past totals as shares of what was sold in them."""
    sold = f"tested_demand_{span}w"
    return {
        **{f"wape_{span}w{end}": divide_columns(f"tested_absolute_error_{span}w{end}", sold) for end in WAYS},
        f"bias_rate_{span}w": divide_columns(f"tested_error_{span}w", sold),
        f"wape_sales_{span}w": divide_columns(f"tested_absolute_error_sales_{span}w", f"tested_sales_{span}w"),
    }
