"""The mart `subscription_churn`: how many subscriptions are cancelled month by month, and why.

A cancellation counts on the day it is made, not on the last paid day: that is when it could have been prevented. A term
that ends without one counts on its end day; the dimension `end_type` separates the two. Pauses and free time are not
ends. `mrr_movements` counts the customers and the revenue lost on the last paid day.

Put here: cancellations by month and reason. Keep out: which periods are one run (`subscription_periods.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL, UNKNOWN
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.subscriptions.subscription_periods import (
    list_live_periods,
    list_months_since,
    list_runs,
)

COLUMNS: dict[str, PolarsDataType] = {
    "month": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "active_at_start": pl.Int64,
    "started_subscriptions": pl.Int64,
    "cancelled_subscriptions": pl.Int64,
    "cancelled_from_start": pl.Int64,
    "still_charged_subscriptions": pl.Int64,
    "cancelled_mrr": MONEY,
    "churn_rate": pl.Float64,
    "is_complete": pl.Boolean,
    "as_of": pl.Date,
}
ROW = ["dimension", "dimension_value"]


def subscription_churn(subscriptions: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Count cancellations per month: over all, per reason, per voluntary or involuntary end, and per type of end.

    Args:
        subscriptions: `core.subscriptions`.
        as_of: Last day that counts; its month is counted so far.

    Returns:
        The columns of `COLUMNS`, sorted by dimension, value and month: every value that ever occurs has a row for
        every month from the first charged day to the month of `as_of`. Empty without subscriptions.
    """
    runs = list_runs(list_live_periods(subscriptions), as_of)
    if runs.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    first = runs["start"].min()
    cancelled = list_cancellations(runs, as_of)
    values = pl.concat([pl.DataFrame({"dimension": [ALL], "dimension_value": [ALL]}), cancelled.select(ROW)])
    grid = list_months_since(values.unique().with_columns(first=pl.lit(first)), as_of)
    is_over = pl.col("month").dt.month_end() <= as_of
    rate = pl.col("cancelled_from_start") / pl.col("active_at_start")
    return (
        grid.join(count_live_at_start(runs, as_of), on="month", how="left")
        .join(count_cancellations(cancelled, as_of), on=[*ROW, "month"], how="left")
        .with_columns(pl.col(name).fill_null(0) for name in list(COLUMNS)[3:9])
        .with_columns(
            churn_rate=pl.when(is_over & (pl.col("active_at_start") > 0)).then(rate),
            is_complete=is_over,
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(*ROW, "month")
    )


def list_cancellations(runs: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List every cancellation up to `as_of`, once per dimension, with the columns of its run."""
    involuntary = pl.col("is_involuntary")
    of = {
        ALL: pl.lit(ALL),
        "cancel_reason": pl.col("cancel_reason").fill_null(UNKNOWN),
        "cancel_type": pl.when(involuntary).then(pl.lit("involuntary")).when(~involuntary).then(pl.lit("voluntary")),
    }
    of["end_type"] = pl.when("is_cancelled").then(pl.lit("cancelled")).otherwise(pl.lit("ended"))
    cancelled = runs.filter(pl.col("cancel_date") <= as_of)
    return pl.concat(
        cancelled.with_columns(dimension=pl.lit(name), dimension_value=value.fill_null(UNKNOWN))
        for name, value in of.items()
    )


def count_cancellations(cancelled: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Count cancellations by dimension value and month; also those active at its start and those still charged."""
    month = pl.col("cancel_date").dt.month_start()
    return (
        cancelled.with_columns(month=month)
        .group_by(*ROW, "month")
        .agg(
            cancelled_subscriptions=pl.len().cast(pl.Int64),
            cancelled_from_start=(pl.col("start") < pl.col("month")).sum().cast(pl.Int64),
            still_charged_subscriptions=(pl.col("end") > as_of).sum().cast(pl.Int64),
            cancelled_mrr=pl.col("monthly_amount").sum(),
        )
    )


def count_live_at_start(runs: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Count per month `started_subscriptions` and `active_at_start`: charged and not cancelled when it begins."""
    started = runs.select(month=pl.col("start").dt.month_start(), came=pl.lit(1, pl.Int64), went=pl.lit(0, pl.Int64))
    cancelled = runs.filter(pl.col("cancel_date") <= as_of).select(
        month=pl.col("cancel_date").dt.month_start(), came=pl.lit(0, pl.Int64), went=pl.lit(1, pl.Int64)
    )
    flows = pl.concat([started, cancelled]).group_by("month").agg(pl.col("came", "went").sum())
    months = list_months_since(runs.select(first=pl.col("start").min()), as_of)
    net = pl.col("came") - pl.col("went")
    return (
        months.join(flows, on="month", how="left")
        .with_columns(pl.col("came", "went").fill_null(0))
        .sort("month")
        .select("month", started_subscriptions="came", active_at_start=net.cum_sum() - net)
    )
