"""The mart `customer_segments`: RFM scores, named segments, value tiers and lifecycle of each customer.

Put here: RFM scores and the names of their combinations, value tiers, lifecycle, the typical gap between purchases.
Keep out: predicted value (`customer_clv.py`), what to do about a customer (`customer_360.py`).
"""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.amounts import MONEY, round_to_money
from regulars.pipelines.transforms.churn.active_intervals import (
    find_last_active_intervals,
    has_lapsed,
    list_active_intervals,
    list_active_periods,
    list_subscribers,
)
from regulars.pipelines.transforms.clv.purchase_history import summarise_history
from regulars.pipelines.transforms.customers.signs import find_signs_of_leaving
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.purchases.purchases import (
    read_into_polars,
    select_columns,
    sum_purchases_by_customer_day,
)
from regulars.pipelines.transforms.value_tier import assign_value_tier

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
SEGMENTS: tuple[tuple[str, tuple[int, int], tuple[int, int], tuple[int, int]], ...] = (
    ("champions", (4, 5), (4, 5), (3, 5)),  # often and recently, large baskets
    ("loyal", (4, 5), (4, 5), (1, 2)),  # often and recently, small baskets
    ("loyal", (3, 3), (4, 5), (1, 5)),
    ("loyal", (4, 5), (3, 3), (4, 5)),
    ("potential_loyalists", (4, 5), (3, 3), (1, 3)),  # recently, and more than once
    ("potential_loyalists", (4, 5), (2, 2), (1, 5)),
    ("new", (5, 5), (1, 1), (1, 5)),  # least often, most recently
    ("promising", (3, 4), (1, 1), (1, 5)),
    ("needs_attention", (3, 3), (2, 3), (1, 5)),  # average in both
    ("cannot_lose", (1, 2), (4, 5), (4, 5)),  # once among the best, not seen for long
    ("at_risk", (1, 2), (4, 5), (1, 3)),
    ("at_risk", (1, 2), (3, 3), (1, 5)),
    ("hibernating", (2, 2), (1, 2), (1, 5)),
    ("hibernating", (1, 1), (2, 2), (1, 5)),
    ("lost", (1, 1), (1, 1), (1, 5)),
)
"""Segment, and its inclusive ranges of recency, frequency and monetary score; each combination has exactly one.

Scores compare customers with each other, not with the calendar: `choose_segment` puts right what the lifecycle knows
better.
"""

PURCHASE_DAYS_FOR_A_RHYTHM = 3
"""Purchase days that a typical gap needs; there are then two gaps."""

Integers = np.ndarray[Any, np.dtype[np.int64]]


def customer_segments(
    orders: IntoFrame,
    refunds: IntoFrame,
    subscriptions: IntoFrame,
    customers: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
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

    Returns:
        The columns of `COLUMNS`, sorted by customer_id; without the unknown customer.
    """
    days = read_into_polars(sum_purchases_by_customer_day(orders, refunds, calendar, as_of=as_of))
    names = read_into_polars(select_columns(customers, "customer_id", "customer_idx"))
    return segment_purchases(days, subscriptions, names, as_of=as_of, lapse_days=lapse_days)


def segment_purchases(
    days: pl.DataFrame, subscriptions: IntoFrame, names: pl.DataFrame, *, as_of: dt.date, lapse_days: int
) -> pl.DataFrame:
    """Score and segment every customer by the purchases up to a day, as `customer_segments` returns them.

    Args:
        days: As `sum_purchases_by_customer_day` returns them, none after `as_of`.
        subscriptions: `core.subscriptions`.
        names: `customer_id` and `customer_idx` of all customers.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
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
    came_back = pl.when(pl.col("frequency") > 0)
    return (
        buyers.with_columns(
            recency_score=score_in_fifths(-buyers["recency_days"]),
            # A single value scores 3; a customer without a repeat purchase has the lowest score even where all are so.
            frequency_score=came_back.then(score_in_fifths(buyers["frequency"])).otherwise(1),
            monetary_score=came_back.then(score_in_fifths(buyers["monetary_value"].fill_null(0))).otherwise(1),
            value_tier=assign_value_tier(pl.col("net_sales_to_date")),
            lifecycle=assign_lifecycle(pl.col("customer_idx").is_in(subscribers.implode()), as_of=as_of),
            as_of=pl.lit(as_of),
        )
        .with_columns(
            rfm_score=pl.format("{}{}{}", "recency_score", "frequency_score", "monetary_score"),
        )
        .join(list_segments_by_score(), on="rfm_score", how="left")
        .with_columns(segment=choose_segment(as_of=as_of, lapse_days=lapse_days))
        .join(names, on="customer_idx")
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("customer_id")
    )


def summarise_rhythm(days: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Summarise each customer's purchase days: several orders on one day are one purchase.

    Args:
        days: One row per customer and day, as `sum_purchases_by_customer_day` returns it.
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


def score_in_fifths(values: pl.Series) -> pl.Series:
    """Score 1 (lowest) to 5 (highest) in five groups as equal in size as possible; equal values score alike.

    Most customers of most shops bought once, so fixed quintiles would either separate equal customers or leave scores
    unused. Here the groups are cut from below: each takes its share of the rest, up to the nearest boundary between two
    values. All five scores occur whenever there are five distinct values; four values score 1 2 4 5, three 1 3 5, two
    1 5, a single one 3.

    Args:
        values: One number per customer, never NULL.

    Returns:
        Int64 scores, in the order of `values`.
    """
    counts = values.value_counts(name="customers").sort(values.name)
    distinct = counts.height
    if distinct < 5:
        scores = np.array([1 + round(4 * n / (distinct - 1)) if distinct > 1 else 3 for n in range(distinct)])
    else:
        scores = _cut_in_fifths(counts["customers"].cast(pl.Int64).cum_sum().to_numpy())
    scored = counts.with_columns(score=pl.Series(scores, dtype=pl.Int64))
    return values.to_frame().join(scored, on=values.name, how="left", maintain_order="left")["score"]


def _cut_in_fifths(up_to: Integers) -> Integers:
    """Cut distinct values into fifths, given how many customers have at most each value; returns their scores."""
    scores = np.full(len(up_to), 5, dtype=np.int64)
    start, below = 0, 0
    for score in range(1, 5):
        share = (int(up_to[-1]) - below) / (6 - score)
        end = int(np.searchsorted(up_to, below + share))
        if end > start and below + share - up_to[end - 1] < up_to[end] - below - share:
            end -= 1
        end = min(max(end, start), len(up_to) - (6 - score))  # leave a value for each score to come
        scores[start : end + 1] = score
        start, below = end + 1, int(up_to[end])
    return scores


def list_segments_by_score() -> pl.DataFrame:
    """List the `segment` of every `rfm_score`, '111' to '555'."""
    rows = [
        (f"{r}{f}{m}", segment)
        for segment, recency, frequency, monetary in SEGMENTS
        for r in range(recency[0], recency[1] + 1)
        for f in range(frequency[0], frequency[1] + 1)
        for m in range(monetary[0], monetary[1] + 1)
    ]
    return pl.DataFrame(rows, schema={"rfm_score": pl.String, "segment": pl.String}, orient="row")


def choose_segment(*, as_of: dt.date, lapse_days: int) -> pl.Expr:
    """Choose the segment: that of the scores, unless the lifecycle contradicts its name.

    Who has lapsed is lost (lowest recency), hibernating, or among the best, whom a company cannot lose. Nobody active
    is lost; only an active customer with a sign of leaving is at risk; only a new customer is called new.
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
