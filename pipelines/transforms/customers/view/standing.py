"""The state of each customer on a day: purchases, subscriptions, lifecycle, latest NPS answer and risk.

It depends only on what happened up to that day, so the same functions give the state of a week ago.

Put here: joining these facts. Keep out: the rules for risk (`risk.py`), what only today's row has
(`customer_360.py`).
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.transforms.add_columns import add_columns
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.churn.active_intervals import (
    find_last_active_intervals,
    has_lapsed,
    list_active_intervals,
    list_active_periods,
)
from regulars.pipelines.transforms.customers.latest_answers import find_latest_nps
from regulars.pipelines.transforms.customers.view.risk import assess_risk, explain_risk, find_signs
from regulars.pipelines.transforms.purchases.purchases import (
    read_into_polars,
    select_columns,
    sum_purchases_by_customer,
)
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods
from regulars.pipelines.transforms.subscriptions.subscription_revenue import sum_revenue_by_customer

FROM_SEGMENTS = ("segment", "value_tier", "lifecycle", "typical_days_between_orders", "frequency")
SUMS = ["gross_sales", "discounts", "refunds", "net_sales_to_date", "mrr", "subscription_revenue_to_date"]


@dataclass(frozen=True)
class CustomerFacts:
    """The tables of core behind the state of a customer."""

    customers: IntoFrame
    orders: IntoFrame
    refunds: IntoFrame
    subscriptions: IntoFrame
    survey_responses: IntoFrame


def find_standing(facts: CustomerFacts, segments: IntoFrame, *, as_of: dt.date, lapse_days: int) -> pl.DataFrame:
    """Find the state of each customer on `as_of`.

    Args:
        facts: Tables of core; rows after `as_of` do not count.
        segments: `marts.customer_segments` of the same day; `customer_id` and `FROM_SEGMENTS`.
        as_of: The day.
        lapse_days: Days without an order after which a customer has lapsed.

    Returns:
        One row per customer, sorted by customer_id: `customer_idx`, sums and counts (0 where there is nothing),
        `FROM_SEGMENTS`, the latest NPS answer, `is_active`, `lapses_on`, the signs of `find_signs`, `risk` and
        `risk_reason`.
    """
    purchases = read_into_polars(sum_purchases_by_customer(facts.orders, facts.refunds, as_of=as_of))
    people = read_into_polars(
        select_columns(facts.customers, "customer_id", "customer_idx", "is_unknown", "is_deleted")
    )
    joined = add_columns(
        people.sort("customer_id"),
        purchases,
        _find_last_active_intervals(purchases, facts.subscriptions, as_of=as_of, lapse_days=lapse_days),
        sum_revenue_by_customer(list_live_periods(facts.subscriptions), as_of),
        find_latest_nps(facts.survey_responses, as_of=as_of),
        on="customer_idx",
    )
    scored = read_into_polars(select_columns(segments, "customer_id", *FROM_SEGMENTS))
    is_known = ~pl.col("is_unknown")
    return (
        add_columns(joined, scored, on="customer_id")
        .with_columns(
            pl.col("order_count", "nps_response_count").fill_null(0),
            pl.col(SUMS).fill_null(pl.lit(0, MONEY)),
            pl.col("is_subscriber").fill_null(value=False),
            days_since_last_order=pl.when(is_known).then((pl.lit(as_of) - pl.col("last_order_date")).dt.total_days()),
            is_active=pl.col("start").is_not_null() & ~has_lapsed(as_of),
            lapses_on="lapse_date",
            lifecycle=pl.when(is_known).then(pl.coalesce("lifecycle", _assign_lifecycle_without_orders(as_of))),
        )
        .with_columns(**find_signs(as_of=as_of, lapse_days=lapse_days))
        .with_columns(risk=assess_risk(), risk_reason=explain_risk(lapse_days=lapse_days))
    )


def _find_last_active_intervals(
    purchases: pl.DataFrame, subscriptions: IntoFrame, *, as_of: dt.date, lapse_days: int
) -> pl.DataFrame:
    """Find `start` and `lapse_date` of each known customer's last active interval, from the last order alone.

    Earlier orders decide only whether there was a lapse before (`customer_segments`), not when the next lapse is.
    """
    days = purchases.select("customer_idx", day_idx=pl.col("last_order_date").cast(pl.Int32)).drop_nulls()
    active_intervals = list_active_intervals(
        list_active_periods(days, subscriptions, as_of=as_of, lapse_days=lapse_days)
    )
    return find_last_active_intervals(active_intervals).select("customer_idx", "start", "lapse_date")


def _assign_lifecycle_without_orders(as_of: dt.date) -> pl.Expr:
    """Assign the lifecycle of a customer without orders: a prospect, unless there was a subscription."""
    subscribed = pl.when(has_lapsed(as_of)).then(pl.lit("lapsed")).otherwise(pl.lit("active"))
    return pl.when(pl.col("start").is_null()).then(pl.lit("prospect")).otherwise(subscribed)
