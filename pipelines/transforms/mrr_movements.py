"""The mart `mrr_movements`: how recurring revenue grows and shrinks month by month, and how much of it stays.

Every change of what a customer pays a month is one movement, on the day it happens, of all subscriptions of the
customer together: from nothing (new, or reactivation for who was here before), to nothing (churn), up (expansion) or
down (contraction). By plan the same change is told within the plan, and what comes from or goes to another plan of a
customer who stays is a switch: without it no plan's month would add up.

Put here: movements, and what is left of last year's revenue. Keep out: cancellations (`subscription_churn.py`).
"""

import datetime as dt
from decimal import Decimal

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from pipelines.transforms.purchases import MONEY
from pipelines.transforms.subscription_periods import dense_months, list_paid_periods

MOVEMENTS = ("new", "reactivation", "expansion", "switched_in", "contraction", "switched_out", "churned")
GAINS = MOVEMENTS[:4]
COUNTED = {
    "new": "new_customers",
    "reactivation": "reactivated_customers",
    "switched_in": "switched_in_customers",
    "switched_out": "switched_out_customers",
    "churned": "churned_customers",
}
"""Movement -> the customers whom it brings or takes."""

COLUMNS: dict[str, PolarsDataType] = {
    "month": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "opening_mrr": MONEY,
    **{f"{movement}_mrr": MONEY for movement in MOVEMENTS},
    "closing_mrr": MONEY,
    "opening_customers": pl.Int64,
    **dict.fromkeys(COUNTED.values(), pl.Int64),
    "closing_customers": pl.Int64,
    "base_mrr_12m": MONEY,
    "retained_mrr_12m": MONEY,
    "current_mrr_12m": MONEY,
    "base_customers_12m": pl.Int64,
    "retained_customers_12m": pl.Int64,
    "gross_revenue_retention_12m": pl.Float64,
    "net_revenue_retention_12m": pl.Float64,
    "customer_retention_12m": pl.Float64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
MONTHS = 12
NOTHING = Decimal(0)
YEAR_AGO = ("base_mrr_12m", "retained_mrr_12m", "current_mrr_12m", "base_customers_12m", "retained_customers_12m")
ROW = ["dimension", "dimension_value"]


def mrr_movements(subscriptions: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """One row per month and plan, and per month over all plans, from the first charged day to the month of `as_of`.

    Args:
        subscriptions: `core.subscriptions`.
        as_of: Last day that counts; its month is told so far.

    Returns:
        The columns of `COLUMNS`, sorted by dimension, value and month. Empty without subscriptions. Movements are
        positive; closing = opening + new + reactivation + expansion + switched_in − contraction − switched_out −
        churned.
    """
    changes = list_changes(list_paid_periods(subscriptions), as_of)
    if changes.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    moved = pl.concat([movements_of_all(changes), movements_by_plan(changes)])
    firsts = moved.group_by(ROW).agg(first=pl.col("day").min())
    months = dense_months(firsts, as_of)
    for part in (sum_movements(moved), compare_with_last_year(changes)):
        months = months.join(part, on=[*ROW, "month"], how="left")
    return _told(_running(months), as_of).select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def list_changes(periods: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """By how much the revenue of each subscriber and plan changed on each day up to `as_of`, where it did.

    Args:
        periods: As `subscription_periods.list_paid_periods` gives them.
        as_of: Last day that counts.

    Returns:
        `subscriber`, `plan`, `day`, `delta` (≠ 0), `plan_before` (of this plan until then), and of the subscriber's
        plans together `before` and `after`; `is_first`: the subscriber's first day. Sorted by the first three.
    """
    amount = pl.col("monthly_amount").cast(pl.Decimal(38, 4))
    begun = periods.filter(pl.col("active_from") <= as_of).select("subscriber", "plan", day="active_from", delta=amount)
    over = periods.filter(pl.col("active_until") <= as_of)
    ended = over.select("subscriber", "plan", day="active_until", delta=-amount)
    by_plan = (
        pl.concat([begun, ended])
        .group_by("subscriber", "plan", "day")
        .agg(pl.col("delta").sum())
        .filter(pl.col("delta") != 0)
        .sort("subscriber", "plan", "day")
        .with_columns(plan_before=pl.col("delta").cum_sum().over("subscriber", "plan") - pl.col("delta"))
    )
    together = (
        by_plan.group_by("subscriber", "day")
        .agg(change=pl.col("delta").sum())
        .sort("subscriber", "day")
        .with_columns(after=pl.col("change").cum_sum().over("subscriber"))
        .with_columns(
            before=pl.col("after") - pl.col("change"), is_first=pl.col("day") == pl.col("day").min().over("subscriber")
        )
        .drop("change")
    )
    return by_plan.join(together, on=["subscriber", "day"], maintain_order="left")


def movements_of_all(changes: pl.DataFrame) -> pl.DataFrame:
    """One row per subscriber and day whose revenue changed: `dimension` … `day`, `movement`, `amount` > 0."""
    change = pl.col("after") - pl.col("before")
    within = pl.when(change > 0).then(pl.lit("expansion")).otherwise(pl.lit("contraction"))
    return (
        changes.unique(["subscriber", "day"])
        .filter(change != 0)
        .select(
            "day",
            dimension=pl.lit("all"),
            dimension_value=pl.lit("all"),
            movement=_movement(within),
            amount=pl.when(change > 0).then(change).otherwise(-change),
        )
    )


def movements_by_plan(changes: pl.DataFrame) -> pl.DataFrame:
    """The same within each plan; a switch is what comes from, or goes to, another plan of a customer who stays."""
    delta, before = pl.col("delta"), pl.col("plan_before")
    within = (
        pl.when(before == 0)
        .then(pl.lit("switched_in"))
        .when(before + delta == 0)
        .then(pl.lit("switched_out"))
        .when(delta > 0)
        .then(pl.lit("expansion"))
        .otherwise(pl.lit("contraction"))
    )
    return changes.select(
        "day",
        dimension=pl.lit("plan"),
        dimension_value=pl.col("plan"),
        movement=_movement(within),
        amount=pl.when(delta > 0).then(delta).otherwise(-delta),
    )


def _movement(within: pl.Expr) -> pl.Expr:
    """What a change is for the customer as a whole, or `within` for a customer who was here and stays."""
    return (
        pl.when(pl.col("is_first"))
        .then(pl.lit("new"))
        .when(pl.col("before") == 0)
        .then(pl.lit("reactivation"))
        .when(pl.col("after") == 0)
        .then(pl.lit("churned"))
        .otherwise(within)
    )


def sum_movements(moved: pl.DataFrame) -> pl.DataFrame:
    """Amounts and customers by movement, per dimension value and month."""
    of = {movement: pl.col("movement") == movement for movement in MOVEMENTS}
    return (
        moved.with_columns(month=pl.col("day").dt.month_start())
        .group_by(*ROW, "month")
        .agg(
            *(pl.col("amount").filter(is_it).sum().alias(f"{movement}_mrr") for movement, is_it in of.items()),
            *(of[movement].sum().cast(pl.Int64).alias(name) for movement, name in COUNTED.items()),
        )
    )


def compare_with_last_year(changes: pl.DataFrame) -> pl.DataFrame:
    """By how much the columns of `YEAR_AGO` change in each month, per dimension value.

    What a customer paid a year ago changes twelve months after what the customer pays changes: so both are told at the
    few month-ends at which either changes, and nobody is looked at in between.
    """
    everything = changes.with_columns(dimension=pl.lit("all"), dimension_value=pl.lit("all"))
    by_plan = changes.with_columns(dimension=pl.lit("plan"), dimension_value=pl.col("plan"))
    who = [*ROW, "subscriber"]
    now = (
        pl.concat([everything, by_plan])
        .group_by(*who, pl.col("day").dt.month_start().alias("month"))
        .agg(now=pl.col("delta").sum())
    )
    ago = now.with_columns(pl.col("month").dt.offset_by(f"{MONTHS}mo")).rename({"now": "ago"})
    levels = (
        pl.concat([now, ago], how="diagonal")
        .group_by(*who, "month")
        .agg(pl.col("now", "ago").sum())
        .sort(*who, "month")
        .with_columns(pl.col("now", "ago").cum_sum().over(who))
    )
    was_there = pl.col("ago") > 0
    told = levels.select(
        *who,
        "month",
        base_mrr_12m="ago",
        retained_mrr_12m=pl.min_horizontal("ago", "now"),
        current_mrr_12m=pl.when(was_there).then("now").otherwise(pl.lit(NOTHING)),
        base_customers_12m=was_there.cast(pl.Int64),
        retained_customers_12m=(was_there & (pl.col("now") > 0)).cast(pl.Int64),
    )
    first = pl.col("month") == pl.col("month").first().over(who)
    by_how_much = [
        pl.when(first).then(name).otherwise(pl.col(name) - pl.col(name).shift(1)).alias(name) for name in YEAR_AGO
    ]
    return told.with_columns(by_how_much).group_by(*ROW, "month").agg(pl.col(YEAR_AGO).sum())


def _running(months: pl.DataFrame) -> pl.DataFrame:
    """Fill the months in which nothing happened, and add up what was there before."""
    flows = [name for name in months.columns if name not in (*ROW, "month")]
    gained = pl.sum_horizontal(f"{movement}_mrr" for movement in GAINS)
    lost = pl.sum_horizontal(f"{movement}_mrr" for movement in MOVEMENTS if movement not in GAINS)
    came = pl.sum_horizontal(COUNTED[movement] for movement in GAINS if movement in COUNTED)
    went = pl.sum_horizontal(COUNTED[movement] for movement in MOVEMENTS[4:] if movement in COUNTED)
    return (
        months.with_columns(pl.col(flows).fill_null(0))
        .sort(*ROW, "month")
        .with_columns(
            pl.col(YEAR_AGO).cum_sum().over(ROW),
            closing_mrr=(gained - lost).cum_sum().over(ROW),
            closing_customers=(came - went).cum_sum().over(ROW),
        )
        .with_columns(
            opening_mrr=pl.col("closing_mrr") - gained + lost,
            opening_customers=pl.col("closing_customers") - came + went,
        )
    )


def _told(months: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Rates where they are known, and why where they are not."""
    is_over = pl.col("month").dt.month_end() <= as_of
    is_known = is_over & (pl.col("base_customers_12m") > 0)
    known_from = pl.col("month").min().over(ROW).dt.offset_by(f"{MONTHS}mo")

    def rate(part: str, whole: str) -> pl.Expr:
        return pl.when(is_known).then(pl.col(part).cast(pl.Float64) / pl.col(whole).cast(pl.Float64))

    return months.with_columns(
        gross_revenue_retention_12m=rate("retained_mrr_12m", "base_mrr_12m"),
        net_revenue_retention_12m=rate("current_mrr_12m", "base_mrr_12m"),
        customer_retention_12m=rate("retained_customers_12m", "base_customers_12m"),
        is_complete=is_over,
        reason=pl.when(is_known)
        .then(None)
        .when(~is_over)
        .then(pl.lit("the month is not over"))
        .when(pl.col("month") < known_from)
        .then(pl.format("history too short: known from {} on", known_from.dt.month_end().dt.to_string("iso")))
        .otherwise(pl.lit("nobody paid 12 months before")),
        as_of=pl.lit(as_of),
    )
