"""Changes of what a subscriber pays, by day: per plan and together, with the parts that enter or leave a pause.

Put here: changes and levels of revenue, day by day. Keep out: what a change is called (`mrr_movements.py`).
"""

import datetime as dt

import polars as pl

from regulars.pipelines.transforms.subscriptions.subscription_periods import cum_sum_within, starts_key

UNITS = 10_000
"""Money is computed in integer ten-thousandths: as exact as decimals, and many times faster."""


def list_changes(periods: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List the changes of revenue: one row per subscriber, plan and day up to `as_of` on which it changed.

    Args:
        periods: As `subscription_periods.list_live_periods` returns them.
        as_of: Last day that counts.

    Returns:
        `subscriber`, `plan` (Enum), `day`, `delta`, the part of it that enters a pause (`paused`, positive) or leaves
        one (`resumed`), `plan_before` (revenue of the plan before), all in `UNITS`; and the customer's level as
        `_list_levels` returns it. Sorted by the first three; rows without a change are left out.
    """
    plans = pl.Enum(periods["plan"].unique().sort())
    amount = (pl.col("monthly_amount").cast(pl.Decimal(38, 4)) * UNITS).cast(pl.Int64)
    charged = periods.lazy().filter("is_charged")
    nothing = pl.lit(0, pl.Int64)
    who = ("subscriber", pl.col("plan").cast(plans))
    begun = charged.select(
        *who,
        day="active_from",
        delta=amount,
        paused=nothing,
        resumed=pl.when("continues").then(amount).otherwise(nothing),
    )
    ended = charged.select(
        *who,
        day="active_until",
        delta=-amount,
        paused=pl.when("is_interrupted").then(amount).otherwise(nothing),
        resumed=nothing,
    )
    by_plan = (
        pl.concat([begun, ended])
        .filter(pl.col("day") <= as_of)
        .group_by("subscriber", "plan", "day")
        .agg(pl.col("delta", "paused", "resumed").sum())
        .filter(pl.any_horizontal(pl.col("delta", "paused", "resumed") != 0))
        .collect()
    )
    within_plan = cum_sum_within(pl.col("delta"), starts_key("subscriber", "plan"))
    return (
        by_plan.sort("subscriber", "plan", "day")
        .with_columns(plan_before=within_plan - pl.col("delta"))
        .join(_list_levels(by_plan, periods, as_of), on=["subscriber", "day"], maintain_order="left")
    )


def _list_levels(by_plan: pl.DataFrame, periods: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List what a subscriber pays for all plans `before` and `after` each day with a change, in `UNITS`.

    Returns:
        Also `is_first` (the subscriber's first day), `was_paused` and `is_paused` (whether a subscription of theirs is
        paused or free for now at the end of the day before, and of the day).
    """
    interrupted = periods.lazy().filter(~pl.col("is_charged"))
    events = [by_plan.lazy().select("subscriber", "day", change="delta", pauses=pl.lit(0, pl.Int64))]
    for day, pauses in (("active_from", 1), ("active_until", -1)):
        events.append(
            interrupted.select("subscriber", day=day, change=pl.lit(0, pl.Int64), pauses=pl.lit(pauses, pl.Int64))
        )
    begins = starts_key("subscriber")
    return (
        pl.concat(events)
        .filter(pl.col("day") <= as_of)
        .group_by("subscriber", "day")
        .agg(pl.col("change", "pauses").sum())
        .sort("subscriber", "day")
        .with_columns(
            is_first=begins,
            after=cum_sum_within(pl.col("change"), begins),
            open=cum_sum_within(pl.col("pauses"), begins),
        )
        .select(
            "subscriber",
            "day",
            "is_first",
            "after",
            before=pl.col("after") - pl.col("change"),
            is_paused=pl.col("open") > 0,
            was_paused=pl.col("open") - pl.col("pauses") > 0,
        )
        .collect()
    )
