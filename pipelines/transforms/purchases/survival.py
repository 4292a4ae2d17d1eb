"""The Kaplan-Meier estimate: how long it takes until an event, when many have not had it yet.

Put here: survival curves, and the median with its interval. Keep out: which events and customers are estimated.
"""

from collections.abc import Sequence

import polars as pl

from regulars.pipelines.models.comparisons.significance import Z_95

ROUNDING = 1e-9
"""Tolerance with which a survival of one half is recognised."""


def estimate_survival_curves(waits: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Estimate the share without the event after each number of days, per group.

    Kaplan and Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958), p. 457-481: the product
    over the days d' <= d of 1 − events / at risk. A row observed for d days is at risk up to and including day d.

    Args:
        waits: `keys`; `is_event` Boolean; `days` Int32, at least 0: to the event or, where `is_event` is false, to the
            end of the observation.
        keys: The columns that define the groups; at least one.

    Returns:
        `keys`, `days`; Int64 `at_risk` (observed for at least that long without the event) and `events` (on that day);
        `survival` Float64, 0 to 1. One row per group and day on which an event or an observation ended, sorted.
    """
    return (
        waits.lazy()
        .group_by(*keys, "days")
        .agg(events=pl.col("is_event").sum().cast(pl.Int64), ended=pl.len().cast(pl.Int64))
        .sort(*keys, "days")
        .with_columns(at_risk=pl.col("ended").cum_sum(reverse=True).over(keys))
        .with_columns(survival=(1 - pl.col("events") / pl.col("at_risk")).cum_prod().over(keys))
        .select(*keys, "days", "at_risk", "events", "survival")
        .collect()
    )


def bound_survival(curves: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Add the ends of the 95 % interval of the survival: that of log(−log survival) with Greenwood's variance.

    Args:
        curves: As `estimate_survival_curves` returns them.
        keys: The columns that define the groups.

    Returns:
        The curves with Float64 `low` and `high`. At a survival of 0 or 1 the method has none: `low` is the survival
        there, and `high` 1.
    """
    at_risk, events, log = pl.col("at_risk"), pl.col("events"), pl.col("survival").log()
    variance = (events / (at_risk * (at_risk - events))).cum_sum().over(keys)
    ratio = (Z_95 * variance.sqrt() / log.abs()).exp()
    is_known = pl.col("survival").is_between(0, 1, closed="none")  # at 0 the variance is infinite, at 1 it is 0
    return curves.with_columns(
        low=pl.when(is_known).then(pl.col("survival").pow(ratio)).otherwise("survival"),
        high=pl.when(is_known).then(pl.col("survival").pow(1 / ratio)).otherwise(1.0),
    )


def find_medians(curves: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Find the first day by which half had the event, with its 95 % interval, per group.

    The interval holds the days at which one half lies in the interval of the survival: that of log(−log survival) with
    Greenwood's variance (Brookmeyer and Crowley, Biometrics 38, 1982; Kalbfleisch and Prentice).

    Args:
        curves: As `estimate_survival_curves` returns them.
        keys: The columns that define the groups.

    Returns:
        `keys`, and Int32 `median`, `low` and `high`, in no particular order: NULL where the survival, or the end of its
        interval, never reaches one half.
    """
    half = {"median": "survival", "low": "low", "high": "high"}
    return (
        bound_survival(curves, keys)
        .group_by(keys)
        .agg(pl.col("days").filter(pl.col(name) <= 0.5 + ROUNDING).min().alias(column) for column, name in half.items())
    )
