"""Who joined and who left the company's own segments, from run to run.

An own segment is an expression over today's data, so its past cannot be recomputed: its history is what the runs saw,
from the first run with the same expression on.
Put here: adding one day to the history of the generation before. Keep out: reading that generation
(`assets/own_segments.py`), month-ends (`transforms/customers/segment_history.py`).
"""

import datetime as dt

import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.customers.segment_history import HISTORY, NOT_MEMBER

MEMBER = "member"
"""The value of a customer who is in an own segment; all others are `NOT_MEMBER`."""

DAYS_KEPT = 400
"""Moves are shown for twelve months; rows that ended before are dropped."""

FOLLOWED: dict[str, PolarsDataType] = {"own_segment": pl.String, "rule": pl.String, "followed_since": pl.Date}
_KEY = ["customer_id", "segmentation"]


def add_followed_since(own_segments: pl.DataFrame, before: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Add `followed_since`: the day of the first run that had the segment with the same expression.

    Args:
        own_segments: One row per segment, with its `rule`.
        before: The columns of `FOLLOWED`, of the generation before.
        as_of: Last day that counts.
    """
    known = before.filter(pl.col("followed_since") < as_of)
    joined = own_segments.join(known, on=["own_segment", "rule"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("followed_since").fill_null(as_of))


def follow_own_segments(
    members: pl.DataFrame,
    own_segments: pl.DataFrame,
    customers: pl.DataFrame,
    before: pl.DataFrame,
    *,
    as_of: dt.date,
) -> pl.DataFrame:
    """Extend the history of own segments by one day.

    Args:
        members: `marts.customer_own_segments`.
        own_segments: `marts.own_segments`; `own_segment`, `followed_since`.
        customers: `core.customers`; `customer_id`. A customer who is no longer in it, merged into another, has no
            history.
        before: `marts.customer_segment_history` of the generation before, or none; another day's run of the same
            `as_of` is replaced.
        as_of: Last day that counts.

    Returns:
        The columns of `HISTORY`: one row per change of each customer who ever was a member. The members
        of the first run of a segment have `is_first_known`.
    """
    followed = own_segments.filter(pl.col("followed_since") < as_of)["own_segment"]
    past = before.filter(
        pl.col("segmentation").is_in(followed.implode()),
        pl.col("customer_id").is_in(customers["customer_id"].implode()),
        pl.col("valid_from") < as_of,
    ).with_columns(valid_to=pl.when(pl.col("valid_to") < as_of).then("valid_to"))
    open_rows = past.filter(pl.col("valid_to").is_null()).select(*_KEY, was="to_value")
    now = members.select("customer_id", segmentation="own_segment", is_now=pl.lit(MEMBER))
    both = open_rows.join(now, on=_KEY, how="full", coalesce=True).with_columns(pl.col("is_now").fill_null(NOT_MEMBER))
    is_followed = pl.col("segmentation").is_in(followed.implode())
    changed = both.with_columns(
        was=pl.when(is_followed).then(pl.col("was").fill_null(NOT_MEMBER)),
        is_first_known=~is_followed,
    ).filter(pl.col("was").ne_missing(pl.col("is_now")))
    new = changed.select(
        *_KEY,
        pl.col("is_first_known"),
        valid_from=pl.lit(as_of),
        valid_to=pl.lit(None, pl.Date),
        from_value="was",
        to_value="is_now",
    )
    closed = past.join(changed.select(*_KEY, is_changed=pl.lit(True)), on=_KEY, how="left").with_columns(
        valid_to=pl.when(pl.col("valid_to").is_null() & pl.col("is_changed")).then(pl.lit(as_of)).otherwise("valid_to")
    )
    rows = pl.concat([closed, new], how="diagonal_relaxed").with_columns(as_of=pl.lit(as_of))
    return rows.filter(~_is_forgotten(as_of)).select(pl.col(name).cast(kind) for name, kind in HISTORY.items())


def _is_forgotten(as_of: dt.date) -> pl.Expr:
    """Whether a row ended before the time that is shown, or the customer was never a member in it."""
    first = as_of - dt.timedelta(days=DAYS_KEPT)
    is_over = pl.col("valid_to").is_not_null() & (pl.col("valid_to") <= first)
    is_out = (pl.col("to_value") == NOT_MEMBER) & (pl.col("valid_from") <= first) & pl.col("valid_to").is_null()
    return is_over | is_out
