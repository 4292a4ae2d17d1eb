"""Finds subscriptions that are about to end, or lately ended because a payment failed: those a call may still keep.

Put here: which they are, until when, and what they are worth. Keep out: what is done about them (`worklists/`,
`customers/customer_360.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import PAYMENT_DAYS
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

SUBSCRIPTION_COLUMNS = (
    *("customer_idx", "plan", "active_from", "active_until", "end_type", "is_involuntary"),
    *("cancelled_date", "monthly_amount"),
)


def find_ending_subscriptions(subscriptions: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Find what is about to end by a cancellation or at its term, and what lately ended because a payment failed.

    A customer who has begun another subscription of no known end since then is left out.

    Args:
        subscriptions: `core.subscriptions`.
        as_of: Last day that counts.

    Returns:
        `customer_idx`, `reason` (`subscription_ending`|`payment_failed`), `until_date` (the last day on which a call
        helps), `first_end`, `at_stake` (12 monthly amounts) and `plan` (of the first to end), one row per customer and
        reason.
    """
    known = read_into_polars(select_columns(subscriptions, *SUBSCRIPTION_COLUMNS)).filter(
        pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX, pl.col("monthly_amount") > 0
    )
    until = pl.col("active_until")
    is_involuntary = pl.col("is_involuntary").fill_null(value=False)
    is_to_end = until > as_of
    ends = known.filter(
        pl.col("active_from") <= as_of,
        pl.col("end_type").is_in(["cancelled", "ended"]),
        is_to_end | (is_involuntary & (until > as_of - dt.timedelta(days=PAYMENT_DAYS))),
    ).with_columns(
        decided=pl.coalesce(pl.min_horizontal("cancelled_date", until), until),
        reason=pl.when(is_involuntary).then(pl.lit("payment_failed")).otherwise(pl.lit("subscription_ending")),
        last_day=pl.when(is_to_end).then(until).otherwise(until + dt.timedelta(days=PAYMENT_DAYS)),
    )
    begun = known.filter(until.is_null()).group_by("customer_idx").agg(begun=pl.col("active_from").max())
    return (
        ends.join(begun, on="customer_idx", how="left")
        .filter(~(pl.col("begun") >= pl.col("decided")).fill_null(value=False))
        .group_by("customer_idx", "reason")
        .agg(
            until_date=pl.col("last_day").min(),
            first_end=until.min(),
            at_stake=12 * pl.col("monthly_amount").sum(),
            plan=pl.col("plan").sort_by(until, "plan").first(),
        )
    )
