"""The mart `referrals`: the value of each referrer together with the customers they referred.

Put here: sums per referrer. Keep out: which referrals count (`referral_outcomes.py`), the value of referred customers
beside others (`referral_worth.py`), sums per NPS group (`voice/nps_value.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.referral_outcomes import (
    CIRCLE,
    COUNTED,
    LATE,
    PROSPECT,
    SELF,
    decide_referrals,
    list_known_customers,
)

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "nps_group": pl.String,
    "net_sales_to_date": MONEY,
    "brought_customers": pl.Int64,
    "brought_net_sales": MONEY,
    "net_sales_with_brought": MONEY,
    "second_generation_customers": pl.Int64,
    "second_generation_net_sales": MONEY,
    "chain_depth": pl.Int64,
    "is_brought": pl.Boolean,
    "net_sales_counted_once": MONEY,
    "brought_prospects": pl.Int64,
    "self_referrals": pl.Int64,
    "circular_referrals": pl.Int64,
    "late_referrals": pl.Int64,
    "reason": pl.String,
    "as_of": pl.Date,
}
KINDS = {
    "brought_customers": COUNTED,
    "brought_prospects": PROSPECT,
    "self_referrals": SELF,
    "circular_referrals": CIRCLE,
    "late_referrals": LATE,
}


def referrals(customers: IntoFrame, customer_360: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Sum the value of each referrer and of the customers they referred.

    Args:
        customers: `core.customers`; `customer_id`, `is_own_referrer`.
        customer_360: `marts.customer_360`; the unknown customer is left out.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, one row per customer named as a referrer in a record, sorted by customer_id.
    """
    people = decide_referrals(list_known_customers(customers, customer_360, "net_sales_to_date", "nps_group"))
    counted = people.filter(outcome=COUNTED)
    first = _sum_by_referrer(counted, "brought", pl.lit(1), pl.col("net_sales_to_date"))
    second = _sum_by_referrer(
        counted.join(first, on="customer_id"),
        "second_generation",
        pl.col("brought_customers"),
        pl.col("brought_net_sales"),
    )
    outcomes = (
        people.filter(pl.col("outcome").is_not_null())
        .group_by(customer_id="referrer_id")
        .agg((pl.col("outcome") == kind).sum().cast(pl.Int64).alias(name) for name, kind in KINDS.items())
    )
    return (
        people.join(outcomes, on="customer_id")
        .join(first.drop("brought_customers"), on="customer_id", how="left")
        .join(second, on="customer_id", how="left")
        .with_columns(pl.col("^(brought|second_generation)_.*$").fill_null(0))
        .with_columns(
            net_sales_with_brought=pl.col("net_sales_to_date") + pl.col("brought_net_sales"),
            is_brought=(pl.col("outcome") == COUNTED).fill_null(value=False),
            reason=_give_reason(),
            as_of=pl.lit(as_of),
        )
        .with_columns(
            net_sales_counted_once=pl.when("is_brought").then("brought_net_sales").otherwise("net_sales_with_brought")
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("customer_id")
    )


def _sum_by_referrer(brought: pl.DataFrame, name: str, customers: pl.Expr, net_sales: pl.Expr) -> pl.DataFrame:
    """Sum customers and net sales by `referrer_id`, as `customer_id`; the columns begin with `name`."""
    return (
        brought.with_columns(_customers=customers, _net_sales=net_sales)
        .group_by(customer_id="referrer_id")
        .agg(
            pl.col("_customers").sum().cast(pl.Int64).alias(f"{name}_customers"),
            pl.col("_net_sales").cast(pl.Decimal(38, 4)).sum().alias(f"{name}_net_sales"),
        )
    )


def _give_reason() -> pl.Expr:
    """Which of the customer's referrals were left out, and why; NULL where all count."""
    parts = {
        "self_referrals": "{} of the customer to itself",
        "circular_referrals": "{} in a circle of customers who brought each other",
        "late_referrals": "{} of customers who ordered before the referrer did",
    }
    texts = [pl.when(pl.col(name) > 0).then(pl.format(text, pl.col(name))) for name, text in parts.items()]
    joined = pl.concat_str(texts, separator=", ", ignore_nulls=True)
    return pl.when(joined != "").then(pl.format("referrals left out: {}", joined))
