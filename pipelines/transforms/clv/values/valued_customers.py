"""The customers that `customer_clv` values, with their revenue to date.

Put here: buyers and subscribers as one list. Keep out: their values (`simple_formula.py`, `value_basis.py`).
"""

import datetime as dt

import polars as pl

from regulars.pipelines.transforms.clv.values.subscription_value import list_subscribers_without_orders
from regulars.pipelines.transforms.subscriptions.subscription_revenue import (
    NO_MONEY,
    add_subscription_revenue,
    sum_revenue_by_customer,
)


def list_valued_customers(
    buyers: pl.DataFrame, periods: pl.DataFrame, facts: pl.DataFrame, *, as_of: dt.date, is_in_orders: bool
) -> pl.DataFrame:
    """List buyers and subscribers with their revenue to date; without subscribers where orders include their revenue.

    Args:
        buyers: As `sum_by_customer` returns them.
        periods: As `list_live_periods` returns them.
        facts: `customer_idx`, `lapse_date` and attributes of known customers.
        as_of: Last day that counts.
        is_in_orders: Whether net sales include subscription revenue.
    """
    subscribers = list_subscribers_without_orders(periods, buyers, as_of)
    if is_in_orders:
        subscribers = subscribers.clear()
    return (
        pl.concat([buyers, subscribers.select(buyers.columns)])
        .join(facts, on="customer_idx")
        .join(sum_revenue_by_customer(periods, as_of), on="customer_idx", how="left")
        .with_columns(
            pl.col("subscription_revenue_to_date", "mrr").fill_null(NO_MONEY),
            pl.col("is_subscriber").fill_null(value=False),
        )
        .with_columns(total_revenue_to_date=add_subscription_revenue("net_sales_to_date", is_in_orders))
    )
