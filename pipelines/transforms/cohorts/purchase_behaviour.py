"""The mart `purchase_behaviour`: how much and how often customers buy, and how soon new customers buy again.

Put here: averages by month and dimension value. Keep out: cohorts followed over time (`retention_cohorts.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.definitions.windows import REPEAT_DAYS, REPEAT_DAYS_LONG
from regulars.pipelines.transforms.amounts import MONEY, divide_columns
from regulars.pipelines.transforms.cohorts.customer_dimensions import CohortSettings, split_customers
from regulars.pipelines.transforms.cohorts.yearly_frequency import average_year, count_by_year, list_changes
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR
from regulars.pipelines.transforms.history_start import find_first_day
from regulars.pipelines.transforms.purchases.purchase_days import link_purchase_days
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.purchases.survival import estimate_survival_curves, find_medians

COLUMNS: dict[str, PolarsDataType] = {
    "month": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "customers_with_orders": pl.Int64,
    "known_customer_orders": pl.Int64,
    "known_customer_sales": MONEY,
    "known_customer_refunds": MONEY,
    "known_customer_net_sales": MONEY,
    "average_order_value": pl.Float64,
    "orders_per_customer": pl.Float64,
    "returning_customers": pl.Int64,
    "returning_customer_rate": pl.Float64,
    "new_customers": pl.Int64,
    f"repeat_customers_{REPEAT_DAYS}d": pl.Int64,
    f"repeat_rate_{REPEAT_DAYS}d": pl.Float64,
    f"repeat_customers_{REPEAT_DAYS_LONG}d": pl.Int64,
    f"repeat_rate_{REPEAT_DAYS_LONG}d": pl.Float64,
    "median_days_to_second_order": pl.Int32,
    f"median_days_to_second_order_{REPEAT_DAYS_LONG}d": pl.Float64,
    "customers_with_orders_12m": pl.Int64,
    "customers_with_one_order_12m": pl.Int64,
    "known_customer_orders_12m": pl.Int64,
    "orders_per_customer_12m": pl.Float64,
    "orders_per_customer_12m_low": pl.Float64,
    "orders_per_customer_12m_high": pl.Float64,
    "one_order_rate_12m": pl.Float64,
    "is_complete": pl.Boolean,
    "as_of": pl.Date,
}
KEY = ["month", "dimension", "dimension_value"]
COUNTS = (
    "customers_with_orders",
    "known_customer_orders",
    "returning_customers",
    "new_customers",
    f"repeat_customers_{REPEAT_DAYS}d",
    f"repeat_customers_{REPEAT_DAYS_LONG}d",
)
AMOUNTS = ("known_customer_sales", "known_customer_refunds", "known_customer_net_sales")
WINDOWS = (REPEAT_DAYS, REPEAT_DAYS_LONG)
"""Days after the first order within which a second one makes a repeat customer."""

GROUP = ["dimension_value", "month"]


def purchase_behaviour(
    orders: IntoFrame,
    refunds: IntoFrame,
    calendar: IntoFrame,
    customer_dimensions: IntoFrame,
    *,
    as_of: dt.date,
    cohorts: CohortSettings,
) -> pl.DataFrame:
    """Average purchases: one row per month from the first order or refund and dimension value (`all`: the whole base).

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`, `month`.
        customer_dimensions: `marts.customer_dimensions`.
        as_of: Last day that counts.
        cohorts: Which dimensions to split by.

    Returns:
        The columns of `COLUMNS`, sorted by `KEY`; without the unknown customer and customers with refunds only.
    """
    purchase_days = link_purchase_days(orders, refunds, calendar, as_of=as_of)
    if purchase_days.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    months = read_into_polars(select_columns(calendar, "day_idx", "month"))
    rows = purchase_days.join(months, on="day_idx", maintain_order="left").with_columns(pl.lit(ALL).alias(ALL))
    split = rows.join(
        split_customers(customer_dimensions, cohorts.dimensions), on="customer_idx", maintain_order="left"
    )
    marked = _mark_rows(split)
    changes = list_changes(split, (ALL, *cohorts.dimensions))
    begun = months.filter(pl.col("month").is_between(rows["month"].min(), as_of)).select(pl.col("month").unique())
    parts = [
        _count_by_month(marked, changes, name, begun, as_of).with_columns(dimension=pl.lit(name))
        for name in (ALL, *cohorts.dimensions)
    ]
    return (
        _add_averages(pl.concat(parts), as_of, find_first_day(purchase_days.filter("is_first")["first_day"]))
        .with_columns(as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(KEY)
    )


def _mark_rows(purchase_days: pl.DataFrame) -> pl.DataFrame:
    """Mark what each purchase day adds to its month."""
    # The row before a purchase that is not the first is the previous purchase of the same customer.
    is_first_in_month = pl.col("is_first") | (pl.col("month") != pl.col("month").shift(1))
    gap = pl.col("next_day") - pl.col("day_idx")
    buys = pl.col("is_purchase") & is_first_in_month
    is_new_month = pl.col("month") == pl.col("first_day").cast(pl.Date).dt.month_start()
    return purchase_days.with_columns(
        customers_with_orders=buys,
        returning_customers=buys & ~is_new_month,
        new_customers="is_first",
        known_customer_orders="order_count",
        known_customer_sales=pl.col("net_sales") + pl.col("refunds"),
        known_customer_refunds="refunds",
        known_customer_net_sales="net_sales",
        gap=pl.when("is_first").then(gap),
        **{f"repeat_customers_{days}d": pl.col("is_first") & (gap <= days).fill_null(False) for days in WINDOWS},
    )


def _count_by_month(
    marked: pl.DataFrame, changes: pl.DataFrame, dimension: str, months: pl.DataFrame, as_of: dt.date
) -> pl.DataFrame:
    """Count per dimension value and month, and the year to it; add the days to the second order of new customers."""
    rows = marked.lazy().rename({dimension: "dimension_value"})
    counted = rows.group_by(GROUP).agg(pl.col(COUNTS).sum().cast(pl.Int64), pl.col(AMOUNTS).sum().cast(MONEY))
    new = rows.filter("is_first").select(*GROUP, "gap", observed=pl.lit(as_of).cast(pl.Int32) - pl.col("day_idx"))
    repeated = new.filter(pl.col("gap") <= max(WINDOWS)).group_by(GROUP).agg(median_of_repeaters=pl.col("gap").median())
    waits = new.select(*GROUP, days=pl.coalesce("gap", "observed"), is_event=pl.col("gap").is_not_null()).collect()
    half = find_medians(estimate_survival_curves(waits, GROUP), GROUP)
    grid = marked.select(pl.col(dimension).unique().alias("dimension_value")).join(months, how="cross").lazy()
    return (
        grid.join(counted, on=GROUP, how="left")
        .with_columns(pl.col(COUNTS).fill_null(0), pl.col(AMOUNTS).fill_null(pl.lit(0).cast(MONEY)))
        .join(count_by_year(changes, dimension, grid), on=GROUP, how="left")
        .join(repeated, on=GROUP, how="left")
        .join(half.lazy().select(*GROUP, median_days_to_second_order="median"), on=GROUP, how="left")
        .with_columns(pl.col("dimension_value").cast(pl.String))
        .collect()
    )


def _add_averages(counts: pl.DataFrame, as_of: dt.date, first_day: dt.date | None) -> pl.DataFrame:
    """Add rates and averages; NULL where they are not known yet, and of a year that began before `first_day`."""
    month_end = pl.col("month").dt.month_end()
    is_over = {days: month_end.dt.offset_by(f"{days}d") <= as_of for days in (0, *WINDOWS)}
    is_year = is_over[0] & (pl.col("month").dt.offset_by(f"-{MONTHS_PER_YEAR - 1}mo") >= first_day)
    rate = {days: divide_columns(f"repeat_customers_{days}d", "new_customers") for days in WINDOWS}
    return counts.with_columns(
        is_complete=is_over[0],
        average_order_value=pl.when(is_over[0]).then(divide_columns("known_customer_sales", "known_customer_orders")),
        orders_per_customer=pl.when(is_over[0]).then(divide_columns("known_customer_orders", "customers_with_orders")),
        returning_customer_rate=pl.when(is_over[0]).then(
            divide_columns("returning_customers", "customers_with_orders")
        ),
        median_days_to_second_order=pl.when(is_over[0]).then("median_days_to_second_order"),
        **average_year(is_year),
        **{f"repeat_rate_{days}d": pl.when(is_over[days]).then(rate[days]) for days in WINDOWS},
        **{f"median_days_to_second_order_{max(WINDOWS)}d": pl.when(is_over[max(WINDOWS)]).then("median_of_repeaters")},
    )
