"""Weekly demand as series: pieces by product and place, for whole weeks.

Put here: which series there are and what was sold in each week. Keep out: forecasting them (`demand_forecast.py`).
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import ALL, UNKNOWN
from regulars.pipelines.definitions.windows import DEMAND_WEEKS
from regulars.pipelines.models.demand.smoothing import WEEKS_OF_YEAR, Ints
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.products.line_sums import name_places, sum_lines_by_product_and_place
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

SERIES = ["system", "product_id", "place_type", "place"]
DAYS = 7
WEEKS_OF_SHARES = 26
"""Weeks whose sales say what a place's share of a product is, and what a piece sells for."""
PLACES = {"region": "region", "store": "store_id"}
"""What demand may be split by -> the column of a line's place."""


@dataclass(frozen=True)
class WeeklySeries:
    """Series of weekly demand.

    Attributes:
        keys: (n rows) `SERIES`, sorted, and `weeks_with_sales`.
        demand: (n, t) pieces; 0 before the series begins, never below 0.
        first: (n,) the week in which each series begins.
        price: (n,) what a piece sold for on average in the last 26 weeks, or in the last 52 where it was not sold in
            them; after discounts.
        last_week: Monday of the last week, which is over.
        whole: (u,) pieces of all products together, also of those no longer sold, in the weeks up to the last one since
            the first in which anything was sold; u is t or more.
    """

    keys: pl.DataFrame
    demand: FloatArray
    first: Ints
    price: FloatArray
    last_week: dt.date
    whole: FloatArray


def list_weekly_series(
    order_lines: IntoFrame, orders: IntoFrame, stores: IntoFrame, calendar: IntoFrame, *, as_of: dt.date, by: str
) -> WeeklySeries | None:
    """List the series of products that were sold in the last 52 weeks; None without any.

    Args:
        order_lines: `core.order_lines`.
        orders: `core.orders`.
        stores: `core.stores`.
        calendar: `core.calendar`; `day`, `week_idx`.
        as_of: Last day that counts; its week is left out until it is over.
        by: What products are split by, beside the whole: `region`, `store` or `none`.
    """
    last_week = as_of - dt.timedelta(days=(as_of.weekday() + 1) % DAYS + DAYS - 1)
    last_day = last_week + dt.timedelta(days=DAYS - 1)
    last = (count_days_since_epoch(last_week) + 3) // DAYS
    scan = sum_lines_by_product_and_place(order_lines, orders, calendar, as_of=last_day, period_idx="week_idx")
    sums = read_into_polars(scan).filter(pl.col("product_id").is_not_null(), pl.col("week_idx") > last - DEMAND_WEEKS)
    is_sold = pl.col("quantity") > 0
    sold = name_places(sums, stores).with_columns(
        pl.when(is_sold).then(pl.col("gross_sales") - pl.col("discounts")).alias("sales"),
        pl.col("quantity").clip(0),  # more given back than sold is no demand, here or elsewhere
        pl.col("week_idx").cast(pl.Int64),
    )
    cells = _sum_series(sold, by)
    keys = (
        cells.filter(pl.col("quantity") > 0)
        .group_by(SERIES)
        .agg(
            weeks_with_sales=pl.len().cast(pl.Int64),
            begins=pl.col("week_idx").min(),
            ended=pl.col("week_idx").max(),
            price=pl.coalesce(_average_price(last - weeks) for weeks in (WEEKS_OF_SHARES, WEEKS_OF_YEAR)),
        )
        .filter(pl.col("ended") > last - WEEKS_OF_YEAR)
        .sort(SERIES)
        .with_row_index("series")
    )
    if keys.is_empty():
        return None
    start = int(keys["begins"].min())  # type: ignore[arg-type]
    places = cells.join(keys.select(*SERIES, "series"), on=SERIES).filter(pl.col("week_idx") >= start)
    demand = np.zeros((len(keys), last - start + 1))
    demand[places["series"].to_numpy(), places["week_idx"].to_numpy() - start] = (
        places["quantity"].cast(pl.Float64).to_numpy()
    )
    first = keys["begins"].to_numpy() - start
    price = keys["price"].to_numpy()
    return WeeklySeries(
        keys.drop("series", "begins", "ended", "price"), demand, first, price, last_week, _sum_weeks(cells, last)
    )


def _sum_weeks(cells: pl.DataFrame, last: int) -> FloatArray:
    """What was sold of all products in each week since the first sale."""
    of_all = cells.filter(pl.col("place_type") == ALL, pl.col("quantity") > 0).sort(*SERIES, "week_idx")
    week = of_all["week_idx"].to_numpy()
    start = int(week.min())
    sold = np.zeros(last - start + 1)
    np.add.at(sold, week - start, of_all["quantity"].cast(pl.Float64).to_numpy())
    return sold


def _average_price(after: int) -> pl.Expr:
    """What a piece sold for on average after a week; NULL where none was sold."""
    is_late = pl.col("week_idx") > after
    pieces = pl.col("quantity").filter(is_late).sum().cast(pl.Float64)
    return pl.when(pieces > 0).then(pl.col("sales").filter(is_late).sum().cast(pl.Float64) / pieces)


def _sum_series(sold: pl.DataFrame, by: str) -> pl.DataFrame:
    """Sum by product and week, whole and by place; a place that nothing is known of, alone, is the whole again."""
    whole = sold.with_columns(place_type=pl.lit(ALL), place=pl.lit(ALL))
    parts = [whole]
    if by in PLACES and set(sold[PLACES[by]]) - {UNKNOWN}:
        parts.append(sold.with_columns(place_type=pl.lit(by), place=pl.col(PLACES[by])))
    return pl.concat(parts).group_by(*SERIES, "week_idx").agg(pl.col("quantity", "sales").sum())
