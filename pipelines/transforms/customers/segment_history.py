"""The marts `customer_segment_history` and `segment_moves`: segments at past month-ends, and moves between them.

Every month-end is recomputed from all that is known today, with today's rules (as in `changes.py`): the history does
not depend on when runs took place, and late orders correct it. The company's own segments are known only on the days of
runs (`pipelines/segments/own_segment_history.py`).
Put here: comparing month-ends. Keep out: how a customer is segmented on a day (`customer_segments.py`).
"""

import datetime as dt
from itertools import pairwise

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.value_tiers import TierSettings
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.customer_segments import segment_purchases
from regulars.pipelines.transforms.customers.rfm_scores import RANKED, ScoreSettings
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.purchases.purchase_days import read_customer_days
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.value_tier import USUAL_TIERS

SEGMENTATIONS = ("segment", "value_tier", "lifecycle")
"""The segmentations that are followed."""

MONTHS = 12
"""Month-ends whose moves are shown; the month-end before them is needed too."""

NOT_YET = "none"
"""The `from` of a customer without a countable order at the month-end before."""

NOT_MEMBER = "not_member"
"""The value of a customer who is not in an own segment."""

HISTORY: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "segmentation": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "from_value": pl.String,
    "to_value": pl.String,
    "is_first_known": pl.Boolean,
    "as_of": pl.Date,
}
MOVES: dict[str, PolarsDataType] = {
    "month_end": pl.Date,
    "segmentation": pl.String,
    "from_value": pl.String,
    "to_value": pl.String,
    "has_moved": pl.Boolean,
    "segmented_customers": pl.Int64,
    "total_annual_value": MONEY,
    "as_of": pl.Date,
}


def list_month_ends(as_of: dt.date) -> list[dt.date]:
    """List the last `MONTHS` + 1 month-ends up to `as_of`, in order."""
    first = (as_of + dt.timedelta(days=1)).replace(day=1)
    ends = []
    for _ in range(MONTHS + 1):
        ends.append(first - dt.timedelta(days=1))
        first = ends[-1].replace(day=1)
    return ends[::-1]


def list_past_segments(
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
    """List the segments of each customer, each from one month-end to another.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        subscriptions: `core.subscriptions`.
        customers: `core.customers`; `customer_id`, `customer_idx`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        rfm: As `customer_segments` takes them.
        value_tiers: Likewise.

    Returns:
        The columns of `HISTORY`: one row per customer, segmentation and change, sorted so. The first row of a customer
        who had orders at the first month-end has `is_first_known`: its beginning is not known.
    """
    days = read_customer_days(orders, refunds, calendar, as_of=as_of)
    names = read_into_polars(select_columns(customers, "customer_id", "customer_idx"))
    month_ends = list_month_ends(as_of)
    states = pl.concat(
        [
            segment_purchases(
                days.filter(pl.col("day_idx") <= count_days_since_epoch(month_end)),
                subscriptions,
                as_of=month_end,
                lapse_days=lapse_days,
                rfm=rfm,
                value_tiers=value_tiers,
            ).select("customer_idx", pl.col(*SEGMENTATIONS).cast(pl.Categorical), month_end=pl.lit(month_end))
            for month_end in month_ends
        ]
    ).sort("customer_idx", "month_end")
    changes = pl.concat([_list_changes(states, segmentation, month_ends[0]) for segmentation in SEGMENTATIONS])
    return (
        changes.join(names, on="customer_idx")
        .with_columns(as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in HISTORY.items())
        .sort("customer_id", "segmentation", "valid_from")
    )


def _list_changes(states: pl.DataFrame, segmentation: str, first_end: dt.date) -> pl.DataFrame:
    """List the month-ends at which a customer's value differs from the one before.

    Args:
        states: `customer_idx`, `month_end` and the segmentations, sorted by the first two.
        segmentation: The one to follow.
        first_end: The first month-end.

    Returns:
        `customer_idx`, `segmentation`, `valid_from`, `valid_to`, `from_value`, `to_value` and `is_first_known`.
    """
    idx, value = pl.col("customer_idx"), pl.col(segmentation)
    is_known_before, is_followed = idx == idx.shift(1), idx == idx.shift(-1)
    is_first_known = pl.col("from_value").is_null() & (pl.col("valid_from") == first_end)
    return (
        states.select("customer_idx", value, "month_end", from_value=pl.when(is_known_before).then(value.shift(1)))
        .filter(pl.col("from_value").ne_missing(value))
        .select(
            "customer_idx",
            segmentation=pl.lit(segmentation),
            valid_from="month_end",
            valid_to=pl.when(is_followed).then(pl.col("month_end").shift(-1)),
            from_value=pl.col("from_value").cast(pl.String),
            to_value=value.cast(pl.String),
        )
        .with_columns(is_first_known=is_first_known)
        .with_columns(from_value=pl.when(~pl.col("is_first_known")).then(pl.col("from_value").fill_null(NOT_YET)))
    )


def segment_moves(
    customer_segment_history: IntoFrame, customer_clv: IntoFrame, own_segments: IntoFrame, *, as_of: dt.date
) -> pl.DataFrame:
    """Count the customers who moved between two values, or stayed, from each month-end to the next.

    Args:
        customer_segment_history: `marts.customer_segment_history`.
        customer_clv: `marts.customer_clv`; `customer_id`, `avg_annual_value_total`.
        own_segments: `marts.own_segments`; `own_segment`, `followed_since`.
        as_of: Last day that counts.

    Returns:
        The columns of `MOVES`, one row per month-end, segmentation, from and to. Customers from `NOT_YET` placed their
        first order; customers never leave, so the rows of a month-end add up to all customers with an order. The rows
        of an own segment are its members and those who left it, from the second month-end on since it is followed.
    """
    worth = read_into_polars(select_columns(customer_clv, "customer_id", "avg_annual_value_total"))
    own = read_into_polars(select_columns(own_segments, "own_segment", "followed_since"))
    history = read_into_polars(customer_segment_history).join(
        own, left_on="segmentation", right_on="own_segment", how="left"
    )
    counted = [_count_moves(history, before, end, worth) for before, end in pairwise(list_month_ends(as_of))]
    return (
        pl.concat(counted)
        .with_columns(as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in MOVES.items())
        .sort("month_end", "segmentation", "from_value", "to_value")
    )


def _count_moves(history: pl.DataFrame, before: dt.date, month_end: dt.date, worth: pl.DataFrame) -> pl.DataFrame:
    """Compare one month-end with the one before; an own segment without a move has no row."""
    key = ["customer_id", "segmentation"]
    is_known = pl.col("followed_since").is_null() | (pl.col("followed_since") <= before)
    nowhere = pl.when(pl.col("followed_since").is_null()).then(pl.lit(NOT_YET)).otherwise(pl.lit(NOT_MEMBER))
    stood = _take_valid(history, before).select(*key, from_value="to_value")
    return (
        _take_valid(history.filter(is_known), month_end)
        .select(*key, "to_value", nowhere.alias("nowhere"))
        .join(stood, on=key, how="left")
        .join(worth, on="customer_id", how="left")
        .with_columns(pl.col("from_value").fill_null(pl.col("nowhere")), month_end=pl.lit(month_end))
        .filter((pl.col("from_value") != NOT_MEMBER) | (pl.col("to_value") != NOT_MEMBER))
        .with_columns(has_moved=pl.col("from_value") != pl.col("to_value"))
        .group_by("month_end", "segmentation", "from_value", "to_value", "has_moved")
        .agg(segmented_customers=pl.len(), total_annual_value=pl.col("avg_annual_value_total").sum())
    )


def _take_valid(history: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    is_over = pl.col("valid_to").is_not_null() & (pl.col("valid_to") <= day)
    return history.filter(pl.col("valid_from") <= day, ~is_over)
