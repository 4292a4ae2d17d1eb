"""The marts `churned_customers` and `reactivated_customers`: who lapsed or returned, when, and with what value.

Put here: lists of customers. Keep out: counts by month (`churn.py`), and what an active interval is
(`active_intervals.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNASSIGNED
from regulars.pipelines.definitions.windows import LAST_ACTIVE_DAYS
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.churn.active_intervals import (
    find_last_active_intervals,
    has_lapsed,
    list_active_intervals,
    list_active_periods,
)
from regulars.pipelines.transforms.purchases.purchase_days import read_customer_days
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

CHURNED_COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "first_order_date": pl.Date,
    "last_order_date": pl.Date,
    "lapsed_on": pl.Date,
    "order_count": pl.Int64,
    "net_sales_to_date": MONEY,
    "net_sales_last_active_year": MONEY,
    "country": pl.String,
    "customer_type": pl.String,
    "owner": pl.String,
    "as_of": pl.Date,
}
REACTIVATED_COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "returned_on": pl.Date,
    "lapsed_on": pl.Date,
    "days_lapsed": pl.Int32,
    "order_count_since": pl.Int64,
    "net_sales_since": MONEY,
    "has_stayed": pl.Boolean,
    "country": pl.String,
    "customer_type": pl.String,
    "owner": pl.String,
    "as_of": pl.Date,
}


def churned_customers(
    orders: IntoFrame,
    refunds: IntoFrame,
    subscriptions: IntoFrame,
    calendar: IntoFrame,
    customers: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
) -> pl.DataFrame:
    """List the customers who have lapsed and not returned by `as_of`, one row each, with the value lost.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        subscriptions: `core.subscriptions`.
        calendar: `core.calendar`; `day`, `day_idx`.
        customers: `core.customers`; `customer_idx`, `customer_id`, `country`, `customer_type`, `owner`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.

    Returns:
        The columns of `CHURNED_COLUMNS`, sorted by customer_id; without the unknown customer. The order dates of
        customers who only ever subscribed are NULL.
    """
    days = read_customer_days(orders, refunds, calendar, as_of=as_of).lazy()
    ordered = (
        days.filter(pl.col("order_count") > 0)
        .group_by("customer_idx")
        .agg(first_day=pl.col("day_idx").min(), last_day=pl.col("day_idx").max())
        .collect(engine="streaming")
    )
    # The last order alone decides when a customer lapses, so the earlier ones need not be listed.
    last_days = ordered.select("customer_idx", day_idx="last_day")
    active_intervals = list_active_intervals(
        list_active_periods(last_days, subscriptions, as_of=as_of, lapse_days=lapse_days)
    )
    lapsed = (
        find_last_active_intervals(active_intervals)
        .filter(has_lapsed(as_of))
        .select("customer_idx", lapsed_on="lapse_date")
        .join(ordered, on="customer_idx", how="left")
    )
    # Refunds after the last order reduce the sales of that year, so the days up to as_of belong to it.
    in_last_year = (pl.col("day_idx") > pl.col("last_day") - LAST_ACTIVE_DAYS).fill_null(True)
    return (
        lapsed.lazy()
        .join(days, on="customer_idx", how="left")
        .group_by("customer_idx", "lapsed_on", "first_day", "last_day")
        .agg(
            order_count=pl.col("order_count").sum(),
            net_sales_to_date=pl.col("net_sales").sum(),
            net_sales_last_active_year=pl.when(in_last_year).then("net_sales").sum(),
        )
        .join(_read_attributes(customers).lazy(), on="customer_idx")
        .with_columns(
            first_order_date=pl.col("first_day").cast(pl.Date),
            last_order_date=pl.col("last_day").cast(pl.Date),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in CHURNED_COLUMNS.items())
        .sort("customer_id")
        .collect(engine="streaming")
    )


def reactivated_customers(
    orders: IntoFrame,
    refunds: IntoFrame,
    subscriptions: IntoFrame,
    calendar: IntoFrame,
    customers: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
) -> pl.DataFrame:
    """List every return after a lapse, one row each: the customers whom `marts.churn` counts as reactivated.

    A return is an order, or the start of a paid subscription.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        subscriptions: `core.subscriptions`.
        calendar: `core.calendar`; `day`, `day_idx`.
        customers: `core.customers`; `customer_idx`, `customer_id`, `country`, `customer_type`, `owner`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.

    Returns:
        The columns of `REACTIVATED_COLUMNS`, sorted by customer_id and returned_on; without the unknown customer.
        Orders and refunds count towards the latest return before them.
    """
    days = read_customer_days(orders, refunds, calendar, as_of=as_of)
    bought = days.filter(pl.col("order_count") > 0).select("customer_idx", "day_idx")
    active_intervals = list_active_intervals(
        list_active_periods(bought, subscriptions, as_of=as_of, lapse_days=lapse_days)
    )
    # The row before a return is the previous active interval of the same customer.
    returns = active_intervals.with_columns(lapsed_on=pl.col("lapse_date").shift(1)).filter(~pl.col("is_first"))
    since = (
        days.join(returns.select("customer_idx").unique(), on="customer_idx", how="semi")
        .with_columns(day=pl.col("day_idx").cast(pl.Date))
        .sort("day")
        .join_asof(
            returns.select("customer_idx", start=pl.col("start")).sort("start"),
            left_on="day",
            right_on="start",
            by="customer_idx",
            check_sortedness=False,
        )
        .group_by("customer_idx", "start")
        .agg(order_count_since=pl.col("order_count").sum(), net_sales_since=pl.col("net_sales").sum())
    )
    return (
        returns.join(since, on=["customer_idx", "start"], how="left")
        .join(_read_attributes(customers), on="customer_idx")
        .with_columns(
            returned_on="start",
            days_lapsed=(pl.col("start") - pl.col("lapsed_on")).dt.total_days(),
            order_count_since=pl.col("order_count_since").fill_null(0),
            net_sales_since=pl.col("net_sales_since").fill_null(pl.lit(0, MONEY)),
            has_stayed=~has_lapsed(as_of),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in REACTIVATED_COLUMNS.items())
        .sort("customer_id", "returned_on")
    )


def _read_attributes(customers: IntoFrame) -> pl.DataFrame:
    """Read each customer's id, country, type and owner, by `customer_idx`."""
    names = ("customer_idx", "customer_id", "country", "customer_type", "owner")
    return read_into_polars(select_columns(customers, *names)).with_columns(pl.col("owner").fill_null(UNASSIGNED))
