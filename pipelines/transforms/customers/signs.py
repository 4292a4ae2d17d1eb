"""The signs that an active customer is about to leave, from the days since the last order.

Put here: what counts as a sign. Keep out: the risk and the next step that follow (`view/`), the segments that depend on
them (`customer_segments.py`).
"""

import datetime as dt

import polars as pl

OVERDUE_FACTOR = 2
OVERDUE_DAYS = 7
"""A customer is overdue after this many times the typical gap and more than this many days without an order."""

NEAR_LAPSE = 0.25
"""A customer is near lapse when at most this fraction of `lapse_days` is left."""


def find_signs_of_leaving(
    *, may_leave: pl.Expr, lapses_on: str, since: str, as_of: dt.date, lapse_days: int
) -> dict[str, pl.Expr]:
    """Find `is_overdue` and `is_near_lapse`, never NULL.

    Reads `typical_days_between_orders`.

    Args:
        may_leave: Whether the customer is active and does not pay for a subscription without a known end.
        lapses_on: The column with the first day on which the customer has lapsed.
        since: The column with the days since the last order.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
    """
    days_left = (pl.col(lapses_on) - pl.lit(as_of)).dt.total_days()
    is_overdue = (pl.col(since) > OVERDUE_FACTOR * pl.col("typical_days_between_orders")) & (
        pl.col(since) > OVERDUE_DAYS
    )
    return {
        "is_overdue": (may_leave & is_overdue).fill_null(value=False),
        "is_near_lapse": (may_leave & (days_left <= NEAR_LAPSE * lapse_days)).fill_null(value=False),
    }


def is_lapse_by_subscription(lapse_days: int) -> pl.Expr:
    """Whether `lapses_on` is the end of a subscription, and later than the last order alone would make it; never NULL.

    Args:
        lapse_days: Days without an order after which a customer has lapsed.
    """
    by_order = pl.col("last_order_date") + dt.timedelta(days=lapse_days)
    return pl.col("lapses_on").is_not_null() & (pl.col("lapses_on") > by_order).fill_null(value=True)
