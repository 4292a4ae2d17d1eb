"""The mart `retention_cohorts`: who of those who began together came back, and what they have brought so far.

Put here: cohorts of any grain (week, month, quarter, year) and dimension; the text of the view over the monthly ones.
Keep out: the scan over all orders (`purchases.py`), and whether a customer still counts as active (`churn.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from pipelines.transforms.purchases import (
    MONEY,
    UNKNOWN_CUSTOMER_IDX,
    find_first_order_date,
    read_into_polars,
    select_lazily,
    sum_purchases_by_customer_period,
)

COLUMNS: dict[str, PolarsDataType] = {
    "grain": pl.String,
    "cohort_start": pl.Date,
    "period_number": pl.Int32,
    "period_start": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "cohort_size": pl.Int64,
    "retained_customers": pl.Int64,
    "retention_rate": pl.Float64,
    "order_count": pl.Int64,
    "net_sales": MONEY,
    "cumulative_net_sales": MONEY,
    "cumulative_net_sales_per_customer": pl.Float64,
    "is_left_censored": pl.Boolean,
    "is_complete": pl.Boolean,
    "as_of": pl.Date,
}
KEY = ["grain", "cohort_start", "period_number", "dimension", "dimension_value"]
COHORT = ["dimension", "dimension_value", "cohort_idx"]
WHOLE_BASE = "all"

GRAINS = {
    "week": ("week_idx", "1w"),
    "month": ("month_idx", "1mo"),
    "quarter": ("quarter_idx", "1q"),
    "year": ("year", "1y"),
}
"""Grain -> the calendar's column that numbers its periods, and their length in polars' words; weeks begin on Monday."""

RETENTION_COHORTS_MONTHLY = """\
select
    cohort_start as cohort_month,
    period_number as months_since_first_order,
    period_start as month,
    cohort_size,
    retained_customers,
    retention_rate,
    order_count,
    net_sales,
    cumulative_net_sales,
    cumulative_net_sales_per_customer,
    is_left_censored,
    is_complete,
    as_of
from marts.retention_cohorts
where grain = 'month'
  and dimension = 'all'
"""
"""The view `marts.retention_cohorts_monthly`: one row per cohort month and month since, of the whole base."""


def retention_cohorts(
    orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date, lapse_days: int
) -> pl.DataFrame:
    """The mart: monthly cohorts of the whole base. See `count_retained_customers`."""
    return count_retained_customers(orders, refunds, calendar, as_of=as_of, lapse_days=lapse_days, grain="month")


def count_retained_customers(
    orders: IntoFrame,
    refunds: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    grain: str,
    dimensions: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per cohort and period since, up to the period of `as_of`, with zeros where nobody came.

    A customer belongs to the period of the first countable order in all history. Refunds dated before it count in
    period 0, so that no money is lost. Customers who only have refunds, and the unknown customer, are in no cohort.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day` and the column that numbers the grain's periods.
        as_of: Last day that counts.
        lapse_days: Cohorts that begin within so many days after the first order of all may hold older customers.
        grain: One of `GRAINS`.
        dimensions: `customer_idx`, `dimension`, `dimension_value`: one row per customer and dimension, and cohorts for
            each value. Default: one dimension `all` with the value `all`.

    Returns:
        The columns of `COLUMNS`, sorted by `KEY`. Rates and averages are NULL until the period is over.
    """
    period_idx, length = GRAINS[grain]
    first_order_date = find_first_order_date(orders, as_of=as_of)
    if first_order_date is None:
        return pl.DataFrame(schema=COLUMNS)
    periods = _periods(calendar, period_idx, length, as_of)
    by_period = sum_purchases_by_customer_period(orders, refunds, calendar, as_of=as_of, period_idx=period_idx)
    needed = select_lazily(by_period, "customer_idx", period_idx, "order_count", "net_sales")
    cells = _cells(read_into_polars(needed).rename({period_idx: "period_idx"}), dimensions)
    starts = periods.select(cohort_idx="period_idx", cohort_start="period_start")
    return (
        _grid(cells, periods)
        .join(
            cells.select(*COHORT, "period_number", "retained_customers", "order_count", "net_sales"),
            on=[*COHORT, "period_number"],
            how="left",
        )
        .join(starts, on="cohort_idx")
        .join(periods, on="period_idx")
        .with_columns(
            pl.col("retained_customers", "order_count").fill_null(0),
            pl.col("net_sales").fill_null(pl.lit(0).cast(MONEY)),
            grain=pl.lit(grain),
            is_left_censored=pl.col("cohort_start") < first_order_date + dt.timedelta(days=lapse_days),
            is_complete=pl.col("period_end") <= as_of,
            as_of=pl.lit(as_of),
        )
        .sort(*COHORT, "period_number")
        .with_columns(cumulative_net_sales=pl.col("net_sales").cum_sum().over(COHORT))
        .with_columns(
            retention_rate=_per_customer("retained_customers"),
            cumulative_net_sales_per_customer=_per_customer("cumulative_net_sales"),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(KEY)
    )


def _per_customer(column: str) -> pl.Expr:
    """Divided by the cohort's size; NULL until the period is over."""
    return pl.when("is_complete").then(pl.col(column).cast(pl.Float64) / pl.col("cohort_size"))


def _periods(calendar: IntoFrame, period_idx: str, length: str, as_of: dt.date) -> pl.DataFrame:
    """`period_idx`, `period_start`, `period_end` of each period that has begun by `as_of`."""
    days = read_into_polars(select_lazily(calendar, "day", period_idx))
    start = pl.col("day").min().dt.truncate(length)
    return (
        days.filter(pl.col("day") <= as_of)
        .group_by(pl.col(period_idx).alias("period_idx"))
        .agg(period_start=start, period_end=start.dt.offset_by(length).dt.offset_by("-1d"))
    )


def _cells(purchases: pl.DataFrame, dimensions: pl.DataFrame | None) -> pl.DataFrame:
    """What each cohort did in each period in which it did anything, with the cohort's size beside it."""
    known = purchases.lazy().filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
    bought = pl.col("order_count") > 0
    first = known.filter(bought).group_by("customer_idx").agg(cohort_idx=pl.col("period_idx").min())
    rows = known.join(first, on="customer_idx").with_columns(
        period_number=(pl.col("period_idx") - pl.col("cohort_idx")).clip(0)
    )
    keys = COHORT
    if dimensions is None:
        keys = ["cohort_idx"]
    else:
        rows = rows.join(dimensions.lazy(), on="customer_idx")
    cells = rows.group_by(*keys, "period_number").agg(
        retained_customers=bought.sum().cast(pl.Int64),
        order_count=pl.col("order_count").sum(),
        net_sales=pl.col("net_sales").sum().cast(MONEY),
    )
    if dimensions is None:
        cells = cells.with_columns(dimension=pl.lit(WHOLE_BASE), dimension_value=pl.lit(WHOLE_BASE))
    return cells.collect(engine="streaming")


def _grid(cells: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Every cohort with its size × every period from its own to the last that has begun."""
    sizes = cells.filter(pl.col("period_number") == 0).select(*COHORT, cohort_size="retained_customers")
    last = periods["period_idx"].max()
    number = pl.int_ranges(0, last - pl.col("cohort_idx") + 1, dtype=pl.Int32)
    return (
        sizes.with_columns(period_number=number)
        .explode("period_number")
        .with_columns(period_idx=pl.col("cohort_idx") + pl.col("period_number"))
    )
