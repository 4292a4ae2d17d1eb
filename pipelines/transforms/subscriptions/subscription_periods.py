"""The paid periods of `core.subscriptions`, and the runs of periods without a gap, for every subscription mart.

A day counts by its end: a subscription that starts and ends on one day does not count. A subscription without a
customer is a subscriber of its own, since its revenue is real.

Put here: which periods count, and which follow each other without a gap. Keep out: what is counted of them.
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN, UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

COLUMNS = (
    "system",
    "subscription_id",
    "period_number",
    "customer_idx",
    "plan",
    "active_from",
    "active_until",
    "monthly_amount",
    "cancelled_date",
    "cancel_reason",
    "is_involuntary",
)


def list_paid_periods(subscriptions: IntoFrame) -> pl.DataFrame:
    """List the periods charged for at least one day, future ones included; free periods and trials are left out.

    Args:
        subscriptions: `core.subscriptions`; the columns of `COLUMNS`.

    Returns:
        Sorted by both: `subscription` Int64 (a number for each), `active_from` Date. Beside them `subscriber` Int64
        (the customer_idx, or a negative number of its own for a subscription without a customer), `plan` (`unknown`
        where it is not given), `active_until` Date (NULL: no end is known), `monthly_amount`
        Decimal > 0, `cancelled_date`, `cancel_reason`, `is_involuntary`.
    """
    periods = read_into_polars(select_columns(subscriptions, *COLUMNS))
    until, start = pl.col("active_until"), pl.col("active_from")
    paid = periods.filter(pl.col("monthly_amount") > 0, until.is_null() | (until > start))
    return (
        paid.sort("system", "subscription_id", "active_from")
        .with_columns(
            subscription=starts_key("system", "subscription_id").cum_sum().cast(pl.Int64),
            plan=pl.col("plan").fill_null(UNKNOWN),
        )
        .with_columns(
            subscriber=pl.when(pl.col("customer_idx") == UNKNOWN_CUSTOMER_IDX)
            .then(-pl.col("subscription"))
            .otherwise(pl.col("customer_idx").cast(pl.Int64))
        )
        .select("subscription", "subscriber", *COLUMNS[4:])
    )


def starts_key(*key: str) -> pl.Expr:
    """Whether a row is the first one of its key, in a frame sorted by the key."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in key) | (
        pl.int_range(pl.len()) == 0
    )


def cum_sum_within(value: pl.Expr, begins: pl.Expr) -> pl.Expr:
    """Running sums within each key of a frame sorted by it; much faster than a window, and exact for integers."""
    total = value.cum_sum()
    return total - pl.when(begins).then(total - value).forward_fill()


def list_runs(periods: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List the runs that began by `as_of`, one row each: periods of one subscription without a gap between them.

    Args:
        periods: As `list_paid_periods` returns them; a period after `as_of` belongs to its run.
        as_of: Last day on which a run may begin.

    Returns:
        `subscription`, `subscriber`; `plan` of the first period; `start` Date; `end` Date (first day no longer
        charged, may lie in the future; NULL: no end is known); `monthly_amount`, `cancel_reason` and `is_involuntary`
        of the last period;
        `cancel_date` Date: the day it was cancelled, its end where that is not given, never outside the run; NULL
        without an end. Sorted by subscription and start.
    """
    has_gap = pl.col("active_from").ne_missing(pl.col("active_until").shift(1))
    starts = periods.select(starts_key("subscription") | has_gap).to_series()
    first = periods.filter(starts).select("subscription", "subscriber", "plan", start="active_from")
    last = periods.filter(starts.shift(-1, fill_value=True)).select(
        "monthly_amount", "cancel_reason", "is_involuntary", "cancelled_date", end="active_until"
    )
    cancelled = pl.coalesce("cancelled_date", "end")
    return (
        pl.concat([first, last], how="horizontal")
        .with_columns(cancel_date=pl.when(pl.col("end").is_not_null()).then(cancelled.clip("start", "end")))
        .filter(pl.col("start") <= as_of)
        .drop("cancelled_date")
    )


def list_months_since(firsts: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List every `month` from the `first` (a Date) of each row to the month of `as_of`, one row each."""
    last = pl.lit(as_of).dt.month_start()
    months = pl.date_ranges(pl.col("first").dt.month_start(), last, "1mo").alias("month")
    return firsts.with_columns(months).explode("month").drop("first")
