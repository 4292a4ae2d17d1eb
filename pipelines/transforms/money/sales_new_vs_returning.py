"""The mart `sales_new_vs_returning`: each month's sales, divided into those of new and of returning customers.

Put here: sales by month and by new or returning customers, and by whether they were won in the same year. Keep out:
cohorts, churn; which order is a customer's first (`core.orders`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR, find_first_day_of_month, number_months
from regulars.pipelines.transforms.purchases.purchases import (
    read_into_polars,
    sum_net_sales_by_month_and_first_month,
    sum_refunds_by_month,
    sum_sales_by_month_and_buyer,
)
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods
from regulars.pipelines.transforms.subscriptions.subscription_revenue import sum_revenue_by_month

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
    "refunded_shipping": MONEY,
    "refunded_tax": MONEY,
    "refunded_otherwise": MONEY,
    "net_sales": MONEY,
    "won_this_year_net_sales": MONEY,
    "won_earlier_net_sales": MONEY,
    "unattributed_net_sales": MONEY,
    "new_subscriber_revenue": MONEY,
    "returning_subscriber_revenue": MONEY,
    "unknown_subscriber_revenue": MONEY,
    "subscription_revenue": MONEY,
    "total_revenue": MONEY,
    "is_complete": pl.Boolean,
    "as_of": pl.Date,
}
COUNTS = [name for name, kind in COLUMNS.items() if kind == pl.Int64]
SUMMED = ("net_sales", "subscription_revenue", "total_revenue")
AMOUNTS = [name for name, kind in COLUMNS.items() if kind == MONEY and name not in SUMMED]


def sales_new_vs_returning(
    orders: IntoFrame,
    refunds: IntoFrame,
    subscriptions: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    subscription_revenue_is_in_orders: bool,
) -> pl.DataFrame:
    """Sum sales per month, from the first order, refund or charged day to the month of `as_of`, with zeros in between.

    An order is *new* when it is the first countable order of its customer and *returning* when it is a later one, even
    on the same day. So a customer may be new and returning in one month. Orders of the unknown customer are neither.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        subscriptions: `core.subscriptions`.
        calendar: `core.calendar`; `day`, `month_idx`.
        as_of: Last day that counts.
        subscription_revenue_is_in_orders: Whether net sales include it already, so that it is not added to the total.

    Returns:
        The columns of `COLUMNS`, sorted by month. The last month is counted so far; `is_complete` is false until it is
        over.
    """
    by_month = _count_by_month(orders, calendar, as_of)
    returned = read_into_polars(sum_refunds_by_month(refunds, calendar, as_of=as_of))
    subscribed = _sum_subscription_revenue(subscriptions, as_of)
    won = _split_by_year_won(orders, refunds, calendar, as_of)
    month = find_first_day_of_month(pl.col("month_idx"))
    sold = pl.col("new_customer_sales") + pl.col("returning_customer_sales") + pl.col("unknown_customer_sales")
    return (
        _list_months(pl.concat([frame["month_idx"] for frame in (by_month, returned, subscribed)]), as_of)
        .join(by_month, on="month_idx", how="left")
        .join(returned, on="month_idx", how="left")
        .join(subscribed, on="month_idx", how="left")
        .join(won, on="month_idx", how="left")
        .with_columns(pl.col(COUNTS).fill_null(0), pl.col(AMOUNTS).cast(MONEY).fill_null(pl.lit(0).cast(MONEY)))
        .with_columns(
            month=month,
            net_sales=sold - pl.col("refunds"),
            subscription_revenue=pl.sum_horizontal("^.*_subscriber_revenue$"),
            is_complete=month.dt.month_end() <= as_of,
            as_of=pl.lit(as_of),
        )
        .with_columns(
            total_revenue=pl.col("net_sales")
            if subscription_revenue_is_in_orders
            else pl.col("net_sales") + pl.col("subscription_revenue")
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("month")
    )


def _count_by_month(orders: IntoFrame, calendar: IntoFrame, as_of: dt.date) -> pl.DataFrame:
    """Count customers and orders, and sum sales, per `month_idx`: new, returning and of the unknown customer."""
    sales = read_into_polars(sum_sales_by_month_and_buyer(orders, calendar, as_of=as_of))
    unknown, new = pl.col("is_unknown"), ~pl.col("is_unknown") & pl.col("is_first_order")
    returning = ~pl.col("is_unknown") & ~pl.col("is_first_order")
    return sales.group_by("month_idx").agg(
        new_customers=pl.col("customer_count").filter(new).sum(),
        customers_with_repeat_orders=pl.col("customer_count").filter(returning).sum(),
        new_orders=pl.col("order_count").filter(new).sum(),
        returning_orders=pl.col("order_count").filter(returning).sum(),
        unknown_customer_orders=pl.col("order_count").filter(unknown).sum(),
        new_customer_sales=pl.col("sales").filter(new).sum(),
        returning_customer_sales=pl.col("sales").filter(returning).sum(),
        unknown_customer_sales=pl.col("sales").filter(unknown).sum(),
    )


def _split_by_year_won(orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, as_of: dt.date) -> pl.DataFrame:
    """Split net sales per `month_idx` by whether the customer's first order is in the calendar year of the month.

    A refund before the customer's first order, which is in a later year, is one of this year: nobody was won before it.
    """
    sums = read_into_polars(sum_net_sales_by_month_and_first_month(orders, refunds, calendar, as_of=as_of))
    first, amount = pl.col("first_month_idx"), pl.col("net_sales")
    is_earlier = first // MONTHS_PER_YEAR < pl.col("month_idx") // MONTHS_PER_YEAR
    return sums.group_by("month_idx").agg(
        won_this_year_net_sales=amount.filter(~is_earlier).sum(),
        won_earlier_net_sales=amount.filter(is_earlier).sum(),
        unattributed_net_sales=amount.filter(first.is_null()).sum(),
    )


def _sum_subscription_revenue(subscriptions: IntoFrame, as_of: dt.date) -> pl.DataFrame:
    """Sum subscription revenue per `month_idx`: of new (first charged in it), returning and unknown subscribers."""
    revenue, is_known = pl.col("subscription_revenue"), pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX
    by_customer = sum_revenue_by_month(list_live_periods(subscriptions), as_of)
    return by_customer.group_by(month_idx=number_months(pl.col("month"))).agg(
        new_subscriber_revenue=revenue.filter(is_known & pl.col("is_new")).sum(),
        returning_subscriber_revenue=revenue.filter(is_known & ~pl.col("is_new")).sum(),
        unknown_subscriber_revenue=revenue.filter(~is_known).sum(),
    )


def _list_months(used: pl.Series, as_of: dt.date) -> pl.DataFrame:
    """List every `month_idx` from the first one used to that of `as_of`; empty where none is used."""
    first = used.min()
    last = as_of.year * MONTHS_PER_YEAR + as_of.month - 1
    numbers = range(first, last + 1) if isinstance(first, int) else range(0)
    return pl.DataFrame({"month_idx": numbers}, schema={"month_idx": pl.Int32})
