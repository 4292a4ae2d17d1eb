"""Subscription revenue over time: monthly amounts, spread evenly over the charged days.

Put here: revenue by subscriber and month, and what a subscriber pays on a day. Keep out: invoices and payments, which
have dates of their own; movements of revenue (`mrr_movements.py`).
"""

import datetime as dt

import polars as pl

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.subscriptions.revenue_changes import UNITS

NO_MONEY = pl.lit(0).cast(MONEY)


def sum_revenue_by_month(periods: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Sum the revenue of each customer's subscriptions by month; a month charged in part counts by days.

    Args:
        periods: As `subscription_periods.list_live_periods` returns them.
        as_of: Last day that counts.

    Returns:
        `customer_idx` Int32 (the unknown customer has what names nobody), `month` Date (its first day),
        `subscription_revenue` Decimal(18, 4), each period and month rounded half up; `is_new`: whether it is the
        month in which the customer was first charged. Sorted by both.
    """
    end = as_of + dt.timedelta(days=1)
    charged = periods.filter(pl.col("is_charged"), pl.col("active_from") <= as_of).select(
        customer_idx=find_customer(),
        start="active_from",
        end=pl.min_horizontal(pl.col("active_until").fill_null(end), pl.lit(end)),
        units=(pl.col("monthly_amount").cast(pl.Decimal(38, 4)) * UNITS).cast(pl.Int64),
    )
    last_day = pl.col("end").dt.offset_by("-1d")
    months = pl.date_ranges(pl.col("start").dt.month_start(), last_day.dt.month_start(), "1mo").alias("month")
    following = pl.col("month").dt.offset_by("1mo")
    days = (pl.min_horizontal("end", following) - pl.max_horizontal("start", "month")).dt.total_days()
    in_month = (following - pl.col("month")).dt.total_days()
    whole, rest = pl.col("units") // in_month, pl.col("units") % in_month
    revenue = whole * days + (2 * rest * days + in_month) // (2 * in_month)
    return (
        charged.with_columns(months)
        .explode("month")
        .with_columns(revenue=revenue)
        .group_by("customer_idx", "month")
        .agg(pl.col("revenue").sum())
        .sort("customer_idx", "month")
        .with_columns(is_new=pl.col("month") == pl.col("month").min().over("customer_idx"))
        .select("customer_idx", "month", subscription_revenue=_convert_to_money(pl.col("revenue")), is_new="is_new")
    )


def sum_revenue_by_customer(periods: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Sum the revenue of each customer's subscriptions up to `as_of`, and their MRR on that day.

    Returns:
        `customer_idx` Int32 (the unknown customer has what names nobody), Decimal(18, 4)
        `subscription_revenue_to_date` and `mrr`, and `is_subscriber` (whether one is live on the day: charged, paused
        or free for now). One row per customer with a live period that began by `as_of`.
    """
    to_date = (
        sum_revenue_by_month(periods, as_of)
        .group_by("customer_idx")
        .agg(subscription_revenue_to_date=pl.col("subscription_revenue").sum())
    )
    is_on = pl.col("active_until").is_null() | (pl.col("active_until") > as_of)
    return (
        periods.filter(pl.col("active_from") <= as_of)
        .group_by(customer_idx=find_customer())
        .agg(mrr=pl.col("monthly_amount").filter(is_on & pl.col("is_charged")).sum(), is_subscriber=is_on.any())
        .join(to_date, on="customer_idx", how="left")
        .select(
            "customer_idx",
            pl.col("subscription_revenue_to_date", "mrr").fill_null(NO_MONEY).cast(MONEY),
            is_subscriber=pl.col("is_subscriber") & (pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX),
        )
        .sort("customer_idx")
    )


def add_subscription_revenue(net_sales: str, is_in_orders: bool) -> pl.Expr:
    """Total revenue to date: net sales and subscription revenue, or net sales alone where orders include both."""
    return pl.col(net_sales) if is_in_orders else pl.col(net_sales) + pl.col("subscription_revenue_to_date")


def find_customer() -> pl.Expr:
    """The `customer_idx` of a `subscriber`: the unknown customer where the subscription names no customer."""
    return pl.col("subscriber").clip(lower_bound=UNKNOWN_CUSTOMER_IDX).cast(pl.Int32)


def _convert_to_money(units: pl.Expr) -> pl.Expr:
    return (units.cast(pl.Decimal(38, 4)) / UNITS).cast(MONEY)
