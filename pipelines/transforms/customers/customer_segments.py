"""The mart `customer_segments`: RFM scores, named segments, value tiers and lifecycle of each customer.

Put here: value tiers, lifecycle, the typical gap between purchases, and where the lifecycle corrects a segment.
Keep out: scores and the names of their combinations (`rfm_scores.py`), predicted value (`customer_clv.py`), what to do
about a customer (`view/customer_360.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.value_tiers import TierSettings
from regulars.pipelines.transforms.amounts import MONEY, round_to_money
from regulars.pipelines.transforms.churn.active_intervals import (
    find_last_active_intervals,
    has_lapsed,
    list_active_intervals,
    list_active_periods,
    list_subscribers,
)
from regulars.pipelines.transforms.clv.purchase_history import summarise_history
from regulars.pipelines.transforms.customers.rfm_scores import (
    RANKED,
    ScoreSettings,
    list_segments_by_score,
    name_segment,
    score_customers,
)
from regulars.pipelines.transforms.customers.signs import find_signs_of_leaving
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.purchases.purchase_days import read_customer_days
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.value_tier import USUAL_TIERS, assign_value_tier

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "recency_days": pl.Int64,
    "frequency": pl.Int64,
    "monetary_value": MONEY,
    "recency_score": pl.Int64,
    "frequency_score": pl.Int64,
    "monetary_score": pl.Int64,
    "rfm_score": pl.String,
    "segment": pl.String,
    "value_tier": pl.String,
    "lifecycle": pl.String,
    "typical_days_between_orders": pl.Float64,
    "as_of": pl.Date,
}
PURCHASE_DAYS_FOR_A_RHYTHM = 3
"""The fewest purchase days for a typical gap: they have two gaps."""


def customer_segments(
    orders: IntoFrame,
    refunds: IntoFrame,
    subscriptions: IntoFrame,
    customers: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    rfm: ScoreSettings = RANKED,
    value_tiers: TierSettings = USUAL_TIERS,
) -> pl.DataFrame:
    """Score and segment every customer with a countable order, one row each.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        subscriptions: `core.subscriptions`; a customer who pays for one has not lapsed.
        customers: `core.customers`; `customer_id`, `customer_idx`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        rfm: The bounds of the scores, the scores of each segment, and the names of segments.
        value_tiers: The shares of customers in the tiers.

    Returns:
        The columns of `COLUMNS`, sorted by customer_id; without the unknown customer.
    """
    days = read_customer_days(orders, refunds, calendar, as_of=as_of)
    names = read_into_polars(select_columns(customers, "customer_id", "customer_idx"))
    segmented = segment_purchases(
        days, subscriptions, as_of=as_of, lapse_days=lapse_days, rfm=rfm, value_tiers=value_tiers
    )
    return (
        segmented.join(names, on="customer_idx")
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("customer_id")
    )


def segment_purchases(
    days: pl.DataFrame,
    subscriptions: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    rfm: ScoreSettings = RANKED,
    value_tiers: TierSettings = USUAL_TIERS,
) -> pl.DataFrame:
    """Score and segment every customer by the purchases up to a day.

    Args:
        days: As `read_customer_days` returns them, none after `as_of`.
        subscriptions: `core.subscriptions`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        rfm: The bounds of the scores, the scores of each segment, and the names of segments.
        value_tiers: The shares of customers in the tiers.

    Returns:
        One row per customer with a countable order: `customer_idx`, and the columns of `COLUMNS` but `customer_id`.
    """
    purchase_days = days.filter(pl.col("order_count") > 0).select("customer_idx", "day_idx")
    active_periods = list_active_periods(purchase_days, subscriptions, as_of=as_of, lapse_days=lapse_days)
    last_active_intervals = find_last_active_intervals(list_active_intervals(active_periods)).drop("return_date")
    subscribers = list_subscribers(active_periods, as_of=as_of)
    known_days = days.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
    buyers = (
        summarise_rhythm(known_days, as_of=as_of)
        .join(_read_monetary_value(known_days, as_of), on="customer_idx", maintain_order="left")
        .join(last_active_intervals, on="customer_idx", maintain_order="left")
    )
    return (
        buyers.with_columns(
            **score_customers(buyers, rfm),
            value_tier=assign_value_tier(pl.col("net_sales_to_date"), value_tiers),
            lifecycle=assign_lifecycle(pl.col("customer_idx").is_in(subscribers.implode()), as_of=as_of),
            as_of=pl.lit(as_of),
        )
        .with_columns(
            rfm_score=pl.format("{}{}{}", "recency_score", "frequency_score", "monetary_score"),
        )
        .join(list_segments_by_score(rfm), on="rfm_score", how="left")
        .with_columns(segment=name_segment(choose_segment(as_of=as_of, lapse_days=lapse_days), rfm))
    )


def summarise_rhythm(days: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Summarise each customer's purchase days: several orders on one day are one purchase.

    Args:
        days: One row per customer and day, as `read_customer_days` returns it.
        as_of: Last day that counts.

    Returns:
        One row per customer with a purchase: `customer_idx`, `recency_days` (last purchase day to `as_of`),
        `frequency` (purchase days after the first), `typical_days_between_orders` (median gap in days, NULL under three
        purchase days), `net_sales_to_date`.
    """
    day, gap = pl.col("day_idx"), pl.col("gap_days")
    is_repeat = pl.col("customer_idx") == pl.col("customer_idx").shift(1)
    rhythm = (
        days.lazy()
        .filter(pl.col("order_count") > 0)
        .select("customer_idx", "day_idx")
        .sort("customer_idx", "day_idx")
        .with_columns(gap_days=pl.when(is_repeat).then(day - day.shift(1)))
        .group_by("customer_idx")
        .agg(
            recency_days=count_days_since_epoch(as_of) - day.max().cast(pl.Int64),
            frequency=gap.count().cast(pl.Int64),
            typical_days_between_orders=gap.median(),
        )
    )
    value = days.lazy().group_by("customer_idx").agg(net_sales_to_date=pl.col("net_sales").sum())
    return (
        rhythm.join(value, on="customer_idx")
        .with_columns(
            typical_days_between_orders=pl.when(pl.col("frequency") + 1 >= PURCHASE_DAYS_FOR_A_RHYTHM).then(
                "typical_days_between_orders"
            ),
        )
        .sort("customer_idx")
        .collect()
    )


def _read_monetary_value(days: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """`customer_idx` and `monetary_value`, the number that lifetime models read too."""
    sums = days.select("customer_idx", "day_idx", "order_count", pl.col("net_sales").cast(MONEY))
    history = summarise_history(sums, until=as_of)
    return history.select("customer_idx", monetary_value=round_to_money(pl.col("monetary_value")))


def choose_segment(*, as_of: dt.date, lapse_days: int) -> pl.Expr:
    """Choose the segment: that of the scores, unless the lifecycle contradicts its name.

    A lapsed customer is `lost` (lowest recency), `hibernating`, or one of the best, `cannot_lose`. An active customer
    is never `lost`, is `at_risk` only with a sign of leaving, and is called `new` only if the lifecycle is new.
    """
    scored, is_best = pl.col("segment"), (pl.col("frequency_score") >= 4) & (pl.col("monetary_score") >= 4)
    signs = find_signs_of_leaving(
        may_leave=pl.col("lapse_date").is_not_null(),
        lapses_on="lapse_date",
        since="recency_days",
        as_of=as_of,
        lapse_days=lapse_days,
    )
    of_lapsed = (
        pl.when(is_best)
        .then(pl.lit("cannot_lose"))
        .when(pl.col("recency_score") == 1)
        .then(pl.lit("lost"))
        .otherwise(pl.lit("hibernating"))
    )
    return (
        pl.when(pl.col("lifecycle") == "lapsed")
        .then(of_lapsed)
        .when(scored == "lost")
        .then(pl.lit("hibernating"))
        .when(scored.is_in(["at_risk", "cannot_lose"]) & ~(signs["is_overdue"] | signs["is_near_lapse"]))
        .then(pl.lit("needs_attention"))
        .when((scored == "new") & (pl.col("lifecycle") != "new"))
        .then(pl.lit("promising"))
        .otherwise(scored)
    )


def assign_lifecycle(is_subscribed: pl.Expr, *, as_of: dt.date) -> pl.Expr:
    """Assign `lapsed`, `reactivated`, `new` or `active`, by the last active interval and the purchase days.

    A customer whose last order ended a lapse is `reactivated`; one with a single purchase day and no live subscription
    is `new`.
    """
    last_order_date = pl.lit(as_of) - pl.duration(days=pl.col("recency_days"))
    return (
        pl.when(has_lapsed(as_of))
        .then(pl.lit("lapsed"))
        .when(~pl.col("is_first") & (pl.col("start") == last_order_date))
        .then(pl.lit("reactivated"))
        .when((pl.col("frequency") == 0) & ~is_subscribed)
        .then(pl.lit("new"))
        .otherwise(pl.lit("active"))
    )
