"""The live periods of `core.subscriptions`, and the runs of periods without a gap, for every subscription mart.

A live period is charged, paused or free time. A day counts by its end: a subscription that starts and ends on one day
does not count. A subscription without a customer is a subscriber of its own, since its revenue is real.

Put here: which periods count, and which follow each other without a gap. Keep out: counting them.
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
    "item_id",
    "customer_idx",
    "plan",
    "active_from",
    "active_until",
    "paused_from",
    "paused_until",
    "is_free_time",
    "monthly_amount",
    "cancelled_date",
    "cancel_reason",
    "is_involuntary",
)
OF_PERIOD = (
    *("subscription", "subscriber", "item_id", "period_number", "plan", "is_charged", "active_from", "active_until"),
    *("monthly_amount", "cancelled_date", "cancel_reason", "is_involuntary"),
)
UNTIL, FROM = pl.col("active_until"), pl.col("active_from")
LASTS = UNTIL.is_null() | (UNTIL > FROM)


def list_live_periods(subscriptions: IntoFrame) -> pl.DataFrame:
    """List the periods in which a subscription is charged, paused or free for now, each at least one day long.

    A row of core with a pause inside is two charged periods and the pause between them. Trials, free plans, and pauses
    and free time before the first charge are left out: they are not a subscription yet.

    Args:
        subscriptions: `core.subscriptions`; the columns of `COLUMNS`.

    Returns:
        Sorted by `run`, active_from, active_until and period_number: `run` Int64 (a number for each run: periods of one
        subscription, of any item, without a day between them), `subscription` Int64 (a number for each), `subscriber`
        Int64 (the customer_idx, or a negative number of its own for a subscription without a customer), `item_id`,
        `period_number`, `plan` (`unknown` where it is not given), `is_charged`, `active_from` Date, `active_until` Date
        (NULL: no end is known), `monthly_amount` Decimal (0 unless charged), `cancelled_date`, `cancel_reason`,
        `is_involuntary`; and whether the item is paused or free until a charged period begins (`continues`) or from its
        end on (`is_interrupted`).
    """
    periods = _number_subscriptions(read_into_polars(select_columns(subscriptions, *COLUMNS)))
    live = _number_runs(pl.concat([_list_charged_periods(periods), _list_interruptions(periods)]).select(OF_PERIOD))
    interruptions = live.filter(~pl.col("is_charged"))
    edge = ["subscription", "item_id"]
    ends = interruptions.select(*edge, active_from="active_until", continues=pl.lit(True)).unique()
    begins = interruptions.select(*edge, active_until="active_from", is_interrupted=pl.lit(True)).unique()
    return (
        live.join(ends, on=[*edge, "active_from"], how="left", nulls_equal=True, maintain_order="left")
        .join(begins, on=[*edge, "active_until"], how="left", nulls_equal=True, maintain_order="left")
        .with_columns(pl.col("continues", "is_interrupted").fill_null(value=False) & pl.col("is_charged"))
    )


def _number_subscriptions(periods: pl.DataFrame) -> pl.DataFrame:
    return (
        periods.sort("system", "subscription_id", "period_number")
        .with_columns(
            subscription=starts_key("system", "subscription_id").cum_sum().cast(pl.Int64),
            plan=pl.col("plan").fill_null(UNKNOWN),
        )
        .with_columns(
            subscriber=pl.when(pl.col("customer_idx") == UNKNOWN_CUSTOMER_IDX)
            .then(-pl.col("subscription"))
            .otherwise(pl.col("customer_idx").cast(pl.Int64))
        )
    )


def _list_charged_periods(periods: pl.DataFrame) -> pl.DataFrame:
    """List charged periods; a row with a pause inside is charged before and after the pause."""
    paid = periods.filter(pl.col("monthly_amount") > 0, LASTS).with_columns(is_charged=pl.lit(True))
    pause_ends = pl.col("paused_until")
    within = (pl.col("paused_from") > FROM) & (pause_ends < UNTIL.fill_null(dt.date.max))
    within = within.fill_null(value=False)
    before = paid.filter(within).with_columns(active_until="paused_from")
    after = paid.filter(within).with_columns(active_from="paused_until")
    return pl.concat([paid.filter(~within), before, after]).filter(LASTS)


def _list_interruptions(periods: pl.DataFrame) -> pl.DataFrame:
    """List pauses and free time."""
    nothing = pl.col("monthly_amount") - pl.col("monthly_amount")
    pauses = periods.filter(pl.col("paused_from").is_not_null()).with_columns(
        active_from="paused_from", active_until="paused_until"
    )
    free = periods.filter("is_free_time")
    return pl.concat([pauses, free]).filter(LASTS).with_columns(is_charged=pl.lit(False), monthly_amount=nothing)


def _number_runs(periods: pl.DataFrame) -> pl.DataFrame:
    """Number the runs, and leave out what comes before the first charged day of each."""
    never = pl.lit(dt.date.max)
    place = ["subscription", "active_from", "active_until", "period_number"]
    first_charged = FROM.filter("is_charged").min().over("run")
    return (
        periods.sort(place, nulls_last=True)
        .with_columns(reach=UNTIL.fill_null(never).cum_max().over("subscription"))
        .with_columns(
            run=(starts_key("subscription") | (pl.col("reach").shift(1) < FROM).fill_null(value=False))
            .cum_sum()
            .cast(pl.Int64)
        )
        .with_columns(first_charged=first_charged)
        .filter(UNTIL.fill_null(never) > pl.col("first_charged"))
        .with_columns(active_from=pl.max_horizontal("active_from", "first_charged"))
        .drop("reach", "first_charged")
        .sort("run", "active_from", "active_until", "period_number", nulls_last=True)
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

    Pauses and free time belong to their run; so does what begins after `as_of`.

    Args:
        periods: As `list_live_periods` returns them.
        as_of: Last day on which a run may begin.

    Returns:
        `subscription`, `subscriber`; `plan` of the first period; `start` Date, the first day charged; `end` Date (first
        day no longer live, may lie in the future; NULL: no end is known); `monthly_amount` of all items together on the
        last day charged; `cancel_reason` and `is_involuntary` of what ended last; `is_cancelled`: whether that was
        cancelled, rather than a term that ended; `cancel_date` Date: the day it was cancelled, its end where that is
        not given, never outside the run; NULL without an end. Sorted by subscription and start.
    """
    never = pl.lit(dt.date.max)
    charged = pl.col("is_charged")
    end, last_charged = UNTIL.fill_null(never), UNTIL.fill_null(never).filter(charged).max()
    is_last = end == end.max()
    told = ("cancelled_date", "cancel_reason", "is_involuntary")
    cancelled = pl.coalesce("cancelled_date", "end")
    return (
        periods.group_by("run", maintain_order=True)
        .agg(
            pl.col("subscription", "subscriber").first(),
            pl.col("plan").filter(charged).first(),
            *(pl.col(name).filter(is_last).drop_nulls().last() for name in told),
            start=FROM.filter(charged).min(),
            end=end.max(),
            monthly_amount=pl.col("monthly_amount").filter(charged & (end == last_charged)).sum(),
        )
        .with_columns(
            end=pl.when(pl.col("end") < never).then("end"),
            is_cancelled=pl.any_horizontal(pl.col(name).is_not_null() for name in told),
        )
        .with_columns(cancel_date=pl.when(pl.col("end").is_not_null()).then(cancelled.clip("start", "end")))
        .filter(pl.col("start") <= as_of)
        .drop("run", "cancelled_date")
    )


def list_months_since(firsts: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List every `month` from the `first` (a Date) of each row to the month of `as_of`, one row each."""
    last = pl.lit(as_of).dt.month_start()
    months = pl.date_ranges(pl.col("first").dt.month_start(), last, "1mo").alias("month")
    return firsts.with_columns(months).explode("month").drop("first")
