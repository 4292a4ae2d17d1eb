"""Finds subscriptions that a call may still keep: about to end, or lately ended because a payment failed.

Put here: finding them, their last days, their value and how much of it can be kept. Keep out: what follows from them
(`worklists/`, `customers/view/customer_360.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import PAYMENT_DAYS
from regulars.pipelines.transforms.amounts import MONEY, round_to_money
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

ENDS = ("cancelled", "ended")
"""The kinds of end of a period without a next one."""

SUBSCRIPTION_COLUMNS = (
    *("customer_idx", "plan", "active_from", "active_until", "end_type", "is_involuntary"),
    *("cancelled_date", "monthly_amount"),
)


def find_ending_subscriptions(subscriptions: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Find subscriptions that are about to end, by cancellation or at term, or lately ended because a payment failed.

    A customer who has since begun another subscription without a known end is left out.

    Args:
        subscriptions: `core.subscriptions`.
        as_of: Last day that counts.

    Returns:
        `customer_idx`, `reason` (`subscription_ending`|`payment_failed`), `until_date` (the last day on which a call
        helps), `first_end`, `is_charged` (whether any is at `as_of`), `at_stake` (12 monthly amounts), `still_to_keep`
        (in full while charged; after the end × the share of customers who came back in the past), `plan` (of the first
        to end), and the counts of `count_returns`, one row per customer and reason.
    """
    known = read_into_polars(select_columns(subscriptions, *SUBSCRIPTION_COLUMNS)).filter(
        pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX, pl.col("monthly_amount") > 0
    )
    until, year = pl.col("active_until"), 12 * pl.col("monthly_amount")
    is_involuntary = pl.col("is_involuntary").fill_null(value=False)
    is_to_end = until > as_of
    ended_so, came_back = count_returns(known, as_of=as_of)
    share = (came_back + 1) / (ended_so + 2)
    ends = known.filter(
        pl.col("active_from") <= as_of,
        pl.col("end_type").is_in(ENDS),
        is_to_end | (is_involuntary & (until > as_of - dt.timedelta(days=PAYMENT_DAYS))),
    ).with_columns(
        decided=pl.coalesce(pl.min_horizontal("cancelled_date", until), until),
        reason=pl.when(is_involuntary).then(pl.lit("payment_failed")).otherwise(pl.lit("subscription_ending")),
        last_day=pl.when(is_to_end).then(until).otherwise(until + dt.timedelta(days=PAYMENT_DAYS)),
        is_charged=is_to_end,
        still_to_keep=pl.when(is_to_end)
        .then(year.cast(MONEY))
        .otherwise(round_to_money(year.cast(pl.Float64) * share)),
    )
    begun = known.filter(until.is_null()).group_by("customer_idx").agg(begun=pl.col("active_from").max())
    return (
        ends.join(begun, on="customer_idx", how="left")
        .filter(~(pl.col("begun") >= pl.col("decided")).fill_null(value=False))
        .group_by("customer_idx", "reason")
        .agg(
            pl.col("is_charged").any(),
            pl.col("still_to_keep").sum(),
            until_date=pl.col("last_day").min(),
            first_end=until.min(),
            at_stake=year.sum(),
            plan=pl.col("plan").sort_by(until, "plan").first(),
        )
        .with_columns(ended_so=pl.lit(ended_so), came_back=pl.lit(came_back))
    )


def count_returns(known: pl.DataFrame, *, as_of: dt.date) -> tuple[int, int]:
    """Count the subscriptions that ended because a payment failed, and those of them whose customer came back in time.

    Args:
        known: The columns of `SUBSCRIPTION_COLUMNS`; of known customers, and charged.
        as_of: Last day that counts; customers whose subscription ended less than `PAYMENT_DAYS` before may still come
            back.

    Returns:
        The number that ended so, and the number after which another one began within `PAYMENT_DAYS`.
    """
    window = dt.timedelta(days=PAYMENT_DAYS)
    ended = known.filter(
        pl.col("is_involuntary"), pl.col("end_type").is_in(ENDS), pl.col("active_until") <= as_of - window
    )
    once = ended.select("customer_idx", "active_until").unique()  # of several items that ended together, one
    begun = known.select("customer_idx", begun=pl.col("active_from"))
    is_in_time = pl.col("begun").is_between(pl.col("active_until"), pl.col("active_until") + window)
    returned = once.join(begun, on="customer_idx").filter(is_in_time).unique(["customer_idx", "active_until"])
    return len(once), len(returned)
