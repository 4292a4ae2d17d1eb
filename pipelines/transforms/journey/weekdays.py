"""The mart `weekdays`: on which days of the week customers order and write to support.

Put here: counting whole weeks by day of the week. Keep out: months of the year (`products/seasonality.py`), replies
(`care/support_response.py`).
"""

import datetime as dt
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.models.comparisons.significance import Z_95
from regulars.pipelines.transforms.purchases.purchases import make_lazy, read_into_polars

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_WEEKS = 52
"""The weeks that are counted, so that every day of the week has as many holidays and seasons as another."""
FEWEST_WEEKS = 20
"""The fewest weeks whose mean has an interval."""
COUNTED = ("order", "ticket")
"""What is counted: the beginning of the names of its columns."""
COLUMNS: dict[str, PolarsDataType] = {
    "iso_weekday": pl.Int32,
    "weekday": pl.String,
    **{
        column: kind
        for name in COUNTED
        for column, kind in {
            f"{name}_weeks": pl.Int64,
            f"weekday_{name}s": pl.Int64,
            f"weekday_{name}_share": pl.Float64,
            f"{name}s_per_day": pl.Float64,
            f"{name}s_per_day_low": pl.Float64,
            f"{name}s_per_day_high": pl.Float64,
        }.items()
    },
    "as_of": pl.Date,
}


def weekdays(orders: IntoFrame, tickets: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Count orders and tickets by day of the week, over the last whole weeks that end with `as_of`.

    Args:
        orders: `core.orders`; `order_date`, `is_countable`.
        tickets: `core.tickets`; `opened_date`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`: seven rows, Monday first.
    """
    ordered = make_lazy(orders).filter(nw.col("is_countable")).select(day="order_date")
    opened = make_lazy(tickets).select(day="opened_date")
    week = pl.DataFrame({"iso_weekday": range(1, 8), "weekday": NAMES})
    for name, rows in zip(COUNTED, (ordered, opened), strict=True):
        week = week.join(_count_by_weekday(_count_days(rows, as_of), name, as_of), on="iso_weekday", how="left")
    counts = [name for name, kind in COLUMNS.items() if kind == pl.Int64]
    return (
        week.with_columns(pl.col(counts).fill_null(0), as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("iso_weekday")
    )


def _count_days(rows: "nw.LazyFrame[Any]", as_of: dt.date) -> pl.DataFrame:
    """Count the rows of each day up to `as_of`: `day`, `count`."""
    return read_into_polars(rows.filter(nw.col("day") <= as_of).group_by("day").agg(count=nw.len()).to_native())


def _count_by_weekday(days: pl.DataFrame, name: str, as_of: dt.date) -> pl.DataFrame:
    """Sum and average the days of each day of the week; empty while no whole week is known."""
    first = days["day"].min()
    weeks = min(MOST_WEEKS, ((as_of - first).days + 1) // 7) if isinstance(first, dt.date) else 0
    start = as_of - dt.timedelta(days=7 * weeks - 1)
    spine = pl.DataFrame({"day": pl.date_range(start, as_of, eager=True)})
    counted = spine.join(days, on="day", how="left").with_columns(pl.col("count").fill_null(0).cast(pl.Int64))
    mean, reach = pl.col("count").mean(), Z_95 * pl.col("count").std() / pl.len().sqrt()
    whole = counted["count"].sum()
    return counted.group_by(iso_weekday=pl.col("day").dt.weekday().cast(pl.Int64)).agg(
        pl.len().cast(pl.Int64).alias(f"{name}_weeks"),
        pl.col("count").sum().alias(f"weekday_{name}s"),
        (pl.col("count").sum() / whole if whole else pl.lit(None, pl.Float64)).alias(f"weekday_{name}_share"),
        mean.alias(f"{name}s_per_day"),
        pl.when(pl.len() >= FEWEST_WEEKS).then(pl.max_horizontal(mean - reach, 0.0)).alias(f"{name}s_per_day_low"),
        pl.when(pl.len() >= FEWEST_WEEKS).then(mean + reach).alias(f"{name}s_per_day_high"),
    )
