"""Each customer's purchase days: read once for all marts, or linked to the first and the next one for cohorts.

Put here: the columns, the order of the rows, and the links between the days of a customer. Keep out: the scan over all
orders (`purchases.py`), counting.
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.purchases.purchases import (
    read_into_polars,
    select_columns,
    sum_purchases_by_customer_day,
)


def read_customer_days(orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Read what most marts need of `sum_purchases_by_customer_day`, in half of its memory.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.

    Returns:
        One row per customer and day with a countable order or refund, in no particular order: `customer_idx` Int32
        (`UNKNOWN_CUSTOMER_IDX` is included), `day_idx` Int32 (days since 1970), `order_count` Int64 (0 on a day with
        refunds only) and `net_sales` Decimal(38, 4).
    """
    sums = sum_purchases_by_customer_day(orders, refunds, calendar, as_of=as_of)
    return read_into_polars(select_columns(sums, "customer_idx", "day_idx", "order_count", "net_sales"))


def link_purchase_days(orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """List and link the days with an order or a refund: one row per day and known customer with a countable order.

    The rows of a customer are consecutive: first the days with an order, by day, then those with refunds only. So the
    first row of a customer is the first purchase, and the row before a later purchase is the previous one.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.

    Returns:
        `customer_idx` Int32; `day_idx`, `first_day` (the customer's first with an order) and `next_day` (the next with
        an order; NULL: none yet, or a row of refunds only), Int32 days since 1970; `is_first` (the row of the first
        purchase), `is_purchase`; `order_count` Int64; Decimal(38, 4) `refunds` and `net_sales` (less refunds).
    """
    sums = sum_purchases_by_customer_day(orders, refunds, calendar, as_of=as_of)
    days = read_into_polars(
        select_columns(sums, "customer_idx", "day_idx", "order_count", "refunds", "net_sales")
    ).filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
    # Sorting by one number that encodes all three keys is many times faster than sorting by three columns.
    place = pl.col("customer_idx").cast(pl.Int64) * 2**32 + (pl.col("order_count") == 0).cast(pl.Int64) * 2**31
    rows = days.sort(place + pl.col("day_idx")).lazy()
    starts = (pl.col("customer_idx") != pl.col("customer_idx").shift(1)).fill_null(True)
    follows = ~pl.col("starts").shift(-1, fill_value=True) & pl.col("is_purchase").shift(-1, fill_value=False)
    never = pl.lit(None, pl.Int32)
    return (
        rows.with_columns(is_purchase=pl.col("order_count") > 0, starts=starts)
        .with_columns(
            is_first=pl.col("starts") & pl.col("is_purchase"),
            next_day=pl.when(follows & pl.col("is_purchase")).then(pl.col("day_idx").shift(-1)).otherwise(never),
            first_day=pl.when("starts").then("day_idx"),
            is_buyer=pl.when("starts").then("is_purchase"),
        )
        .with_columns(pl.col("first_day", "is_buyer").forward_fill())
        .filter("is_buyer")
        .drop("starts", "is_buyer")
        .collect()
    )
