"""The mart `sales_new_vs_returning`: each month's sales, divided into those of new and of returning customers.

Put here: sales by month and by who bought. Keep out: cohorts, churn; which order is a customer's first (`core.orders`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR, find_first_day_of_month
from regulars.pipelines.transforms.purchases.purchases import (
    read_into_polars,
    sum_refunds_by_month,
    sum_sales_by_month_and_buyer,
)

COLUMNS: dict[str, PolarsDataType] = {
    "month": pl.Date,
    "new_customers": pl.Int64,
    "customers_with_repeat_orders": pl.Int64,
    "new_orders": pl.Int64,
    "returning_orders": pl.Int64,
    "unknown_customer_orders": pl.Int64,
    "new_customer_sales": MONEY,
    "returning_customer_sales": MONEY,
    "unknown_customer_sales": MONEY,
    "refunds": MONEY,
    "net_sales": MONEY,
    "is_complete": pl.Boolean,
    "as_of": pl.Date,
}
COUNTS = [name for name, kind in COLUMNS.items() if kind == pl.Int64]
AMOUNTS = [name for name, kind in COLUMNS.items() if kind == MONEY and name != "net_sales"]


def sales_new_vs_returning(
    orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date
) -> pl.DataFrame:
    """Sum sales per month, from the first order or refund to the month of `as_of`, with zeros where nothing was sold.

    An order is *new* when it is the first countable order of its customer and *returning* when it is a later one, even
    on the same day. So a customer may be new and returning in one month. Orders of the unknown customer are neither.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `month_idx`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by month. The last month is counted so far; `is_complete` is false until it is
        over.
    """
    sales = read_into_polars(sum_sales_by_month_and_buyer(orders, calendar, as_of=as_of))
    returned = read_into_polars(sum_refunds_by_month(refunds, calendar, as_of=as_of))
    unknown, new = pl.col("is_unknown"), ~pl.col("is_unknown") & pl.col("is_first_order")
    returning = ~pl.col("is_unknown") & ~pl.col("is_first_order")
    by_month = sales.group_by("month_idx").agg(
        new_customers=pl.col("customer_count").filter(new).sum(),
        customers_with_repeat_orders=pl.col("customer_count").filter(returning).sum(),
        new_orders=pl.col("order_count").filter(new).sum(),
        returning_orders=pl.col("order_count").filter(returning).sum(),
        unknown_customer_orders=pl.col("order_count").filter(unknown).sum(),
        new_customer_sales=pl.col("sales").filter(new).sum(),
        returning_customer_sales=pl.col("sales").filter(returning).sum(),
        unknown_customer_sales=pl.col("sales").filter(unknown).sum(),
    )
    month = find_first_day_of_month(pl.col("month_idx"))
    sold = pl.col("new_customer_sales") + pl.col("returning_customer_sales") + pl.col("unknown_customer_sales")
    return (
        _list_months(pl.concat([by_month["month_idx"], returned["month_idx"]]), as_of)
        .join(by_month, on="month_idx", how="left")
        .join(returned, on="month_idx", how="left")
        .with_columns(pl.col(COUNTS).fill_null(0), pl.col(AMOUNTS).cast(MONEY).fill_null(pl.lit(0).cast(MONEY)))
        .with_columns(
            month=month,
            net_sales=sold - pl.col("refunds"),
            is_complete=month.dt.month_end() <= as_of,
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("month")
    )


def _list_months(used: pl.Series, as_of: dt.date) -> pl.DataFrame:
    """List every `month_idx` from the first one used to that of `as_of`; empty where none is used."""
    first = used.min()
    last = as_of.year * MONTHS_PER_YEAR + as_of.month - 1
    numbers = range(first, last + 1) if isinstance(first, int) else range(0)
    return pl.DataFrame({"month_idx": numbers}, schema={"month_idx": pl.Int32})
