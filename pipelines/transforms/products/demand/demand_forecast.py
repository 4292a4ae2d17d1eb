"""The mart `demand_forecast`: how many pieces of each product will be sold, week by week, and how far off that was.

Put here: which method a series takes for want of data, grades, rows. Keep out: the series (`weekly_series.py`), the
methods (`models/demand/forecasts.py`).
"""

import datetime as dt
from typing import Protocol

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.definitions.windows import DEMAND_WEEKS_SHOWN
from regulars.pipelines.models.demand.forecasts import (
    MEAN_SO_FAR,
    SES_AND_MEAN,
    SHARED,
    TSB,
    DemandForecasts,
    forecast_demand,
)
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.transforms.products.demand.season_ahead import add_season
from regulars.pipelines.transforms.products.demand.weekly_series import (
    SERIES,
    WEEKS_OF_SHARES,
    WeeklySeries,
    list_weekly_series,
)
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

BASELINES = ("", "_seasonal_naive", "_mean_8w")
"""Ends of the columns of a grade: of the forecast, of the seasonal naive, of the mean of 8 weeks."""
COLUMNS: dict[str, PolarsDataType] = {
    "system": pl.String,
    "product_id": pl.String,
    "product_name": pl.String,
    "category": pl.String,
    "place_type": pl.String,
    "place": pl.String,
    "week_start": pl.Date,
    "weeks_ahead": pl.Int32,
    "demand": pl.Float64,
    "demand_forecast": pl.Float64,
    "demand_forecast_low": pl.Float64,
    "demand_forecast_high": pl.Float64,
    "season_index": pl.Float64,
    "is_season_left_out": pl.Boolean,
    "method": pl.String,
    "weeks_of_history": pl.Int64,
    "weeks_with_sales": pl.Int64,
    "tested_weeks": pl.Int64,
    "tested_demand": pl.Float64,
    "tested_error": pl.Float64,
    **{f"tested_absolute_error{end}": pl.Float64 for end in BASELINES},
    **{f"rmsse{end}": pl.Float64 for end in BASELINES},
    **{f"wape{end}": pl.Float64 for end in BASELINES},
    "bias_rate": pl.Float64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
FEWEST_WEEKS, FEWEST_SALES = 26, 6
TOO_SHORT = f"fewer than {FEWEST_WEEKS} weeks of history, or {FEWEST_SALES} weeks with sales: the mean of what there is"
SEASON_LEFT_OUT = (
    "the month has usually sold {} times an average one, which is not in this forecast; for totals take "
    "marts.demand_totals, which has the season where a test of past weeks favours it"
)
TOO_FEW = f"fewer than {FEWEST_SALES} weeks with sales here: shared by the last {WEEKS_OF_SHARES} weeks"


class DemandSettings(Protocol):
    """What a company sets about forecasts of demand."""

    @property
    def by(self) -> str:
        """What products are split by, beside the whole."""

    @property
    def weeks_ahead(self) -> int:
        """How many weeks are forecast."""


def demand_forecast(
    order_lines: IntoFrame,
    orders: IntoFrame,
    products: IntoFrame,
    stores: IntoFrame,
    calendar: IntoFrame,
    seasonality: IntoFrame,
    *,
    as_of: dt.date,
    demand: DemandSettings,
) -> pl.DataFrame:
    """Forecast demand: rows of the last 26 weeks and the next ones, per product, whole and by place.

    No season is in the forecast, which is one level for all weeks ahead: `season_index` beside it says what is missing.

    Args:
        order_lines: `core.order_lines`.
        orders: `core.orders`.
        products: `core.products`; `system`, `product_id`, `product_name`, `category`.
        stores: `core.stores`; `system`, `store_id`, `region`.
        calendar: `core.calendar`; `day`, `week_idx`.
        seasonality: `marts.seasonality`; what the forecast leaves out, beside it.
        as_of: Last day that counts; its week is left out until it is over.
        demand: What to split by, and how far ahead.

    Returns:
        The columns of `COLUMNS`, sorted by product, place and week; products not sold in the last 52 weeks are
        left out.
    """
    series = list_weekly_series(order_lines, orders, stores, calendar, as_of=as_of, by=demand.by)
    if series is None:
        return pl.DataFrame(schema=COLUMNS)
    found = forecast_demand(series.demand, series.first, demand.weeks_ahead)
    named = read_into_polars(select_columns(products, "system", "product_id", "product_name", "category"))
    graded = _add_grades(choose_forecasts(series, found), series, found).join(
        named, on=["system", "product_id"], how="left", maintain_order="left"
    )
    ahead = _say_season(add_season(_list_forecasts(graded, series, found, demand.weeks_ahead), seasonality))
    rows = pl.concat([_list_history(graded, series), ahead], how="diagonal_relaxed")
    return (
        rows.with_columns(as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(*SERIES, "week_start")
    )


def choose_forecasts(series: WeeklySeries, found: DemandForecasts) -> pl.DataFrame:
    """Choose the forecast of each series: its own, the mean of what there is, or a share of the product's."""
    weeks = series.demand.shape[1]
    age = weeks - series.first
    window = series.demand[:, -WEEKS_OF_SHARES:].sum(axis=1)
    facts = series.keys.with_columns(
        weeks_of_history=pl.Series(age).cast(pl.Int64),
        mean=pl.Series(series.demand.sum(axis=1) / age),
        window=pl.Series(window),
        own=pl.Series(found.forecast),
        is_tsb=pl.Series(found.is_tsb),
    ).with_row_index("series")
    has_sales = pl.col("weeks_with_sales") >= FEWEST_SALES
    is_long = has_sales & (pl.col("weeks_of_history") >= FEWEST_WEEKS)
    facts = facts.with_columns(
        method=pl.when(is_long & pl.col("is_tsb"))
        .then(pl.lit(TSB))
        .when(is_long)
        .then(pl.lit(SES_AND_MEAN))
        .when((pl.col("place_type") != ALL) & ~has_sales)
        .then(pl.lit(SHARED))
        .otherwise(pl.lit(MEAN_SO_FAR))
    ).with_columns(
        demand_forecast=pl.when(is_long).then("own").when(pl.col("method") == MEAN_SO_FAR).then("mean"),
        is_long=is_long,
        reason=pl.when(pl.col("method") == SHARED).then(pl.lit(TOO_FEW)).when(~is_long).then(pl.lit(TOO_SHORT)),
    )
    whole = facts.filter(pl.col("place_type") == ALL).select(
        "system", "product_id", of_product="demand_forecast", sold="window"
    )
    shared = pl.when(pl.col("sold") > 0).then(pl.col("of_product") * pl.col("window") / pl.col("sold")).otherwise(0.0)
    return (
        facts.join(whole, on=["system", "product_id"], how="left", maintain_order="left")
        .with_columns(pl.coalesce("demand_forecast", shared, 0.0).alias("demand_forecast"))
        .drop("of_product", "sold", "own", "mean", "window", "is_tsb")
    )


def _say_season(ahead: pl.DataFrame) -> pl.DataFrame:
    """Say in `reason`, after what stands there, which season the forecast of a week leaves out."""
    said = pl.format(SEASON_LEFT_OUT, pl.col("season_index").round(2).cast(pl.String))
    is_left_out = pl.col("is_season_left_out").fill_null(value=False)
    whole = pl.concat_str("reason", said, separator="; ", ignore_nulls=True)
    return ahead.with_columns(reason=pl.when(is_left_out).then(whole).otherwise("reason"))


def _add_grades(facts: pl.DataFrame, series: WeeklySeries, found: DemandForecasts) -> pl.DataFrame:
    """Add how far off the forecasts of 13 past weeks were, where the series has a forecast of its own."""
    columns: dict[str, FloatArray] = {}
    own = found.errors[0]
    is_tested = (
        np.isfinite(own).any(axis=(1, 2)) & facts["is_long"].to_numpy() if own.size else np.zeros(len(own), bool)
    )
    came = np.where(np.isfinite(own), _list_came(series, own.shape), 0.0).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        for errors, end in zip(found.errors, BASELINES, strict=True):
            known = np.where(np.isfinite(own), errors, np.nan)
            off = np.nansum(np.abs(known), axis=(1, 2))
            count = np.isfinite(known).sum(axis=(1, 2))
            columns[f"tested_absolute_error{end}"] = off
            columns[f"rmsse{end}"] = np.sqrt(np.nansum(np.square(known), axis=(1, 2)) / count / found.scale)
            columns[f"wape{end}"] = np.where(came > 0, off / came, np.nan)
        columns["tested_error"] = np.nansum(-own, axis=(1, 2))
        columns["tested_demand"] = came
        columns["bias_rate"] = np.where(came > 0, columns["tested_error"] / came, np.nan)
    origins = np.isfinite(own).any(axis=2).sum(axis=1) if own.size else np.zeros(len(own), np.int64)
    return facts.with_columns(
        *(pl.Series(name, np.where(is_tested, values, np.nan)).fill_nan(None) for name, values in columns.items()),
        tested_weeks=pl.Series(np.where(is_tested, origins, 0)),
        is_complete=pl.Series(is_tested),
    ).with_columns(
        reason=pl.coalesce(
            "reason", pl.when(~pl.col("is_complete")).then(pl.lit("the history is too short for a test"))
        )
    )


def _list_came(series: WeeklySeries, shape: tuple[int, ...]) -> FloatArray:
    """What came in the weeks that errors are of, (n, origins, horizon)."""
    _, origins, horizon = shape
    weeks = series.demand.shape[1]
    first = weeks - 1 - horizon - origins + 1
    target = first + np.arange(origins)[:, np.newaxis] + np.arange(1, horizon + 1)
    came: FloatArray = series.demand[:, target] if origins else np.zeros(shape)
    return came


def _list_history(facts: pl.DataFrame, series: WeeklySeries) -> pl.DataFrame:
    """The weeks shown, from the series' first one on."""
    weeks = series.demand.shape[1]
    shown = min(DEMAND_WEEKS_SHOWN, weeks)
    n = len(series.keys)
    back = np.arange(shown - 1, -1, -1)
    rows = facts[np.repeat(np.arange(n), shown)].select(
        *SERIES,
        "product_name",
        "category",
        "weeks_of_history",
        "weeks_with_sales",
        "is_complete",
        "reason",
        "method",
        tested_weeks="tested_weeks",
    )
    weeks_back = np.tile(back, n)
    return rows.with_columns(
        week_start=pl.lit(series.last_week) - pl.duration(days=pl.lit(pl.Series(weeks_back * 7))),
        demand=pl.Series(series.demand[:, weeks - shown :].ravel()),
        weeks_ahead=pl.Series(-weeks_back),
    ).filter(-pl.col("weeks_ahead") < pl.col("weeks_of_history"))


def _list_forecasts(
    facts: pl.DataFrame, series: WeeklySeries, found: DemandForecasts, weeks_ahead: int
) -> pl.DataFrame:
    """The weeks to come; an interval where the series has a forecast of its own."""
    n = len(series.keys)
    ahead = np.tile(np.arange(1, weeks_ahead + 1), n)
    rows = facts[np.repeat(np.arange(n), weeks_ahead)]
    is_own = pl.col("is_long")
    return rows.with_columns(
        week_start=pl.lit(series.last_week) + pl.duration(days=pl.lit(pl.Series(ahead * 7))),
        weeks_ahead=pl.Series(ahead),
        low=pl.Series(found.low.ravel()).fill_nan(None),
        high=pl.Series(found.high.ravel()).fill_nan(None),
    ).with_columns(demand_forecast_low=pl.when(is_own).then("low"), demand_forecast_high=pl.when(is_own).then("high"))
