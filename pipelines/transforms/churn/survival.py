"""The Kaplan-Meier estimate: how long it takes until an event, when many have not had it yet.

Put here: survival curves. Keep out: which event, and of whom.
"""

from collections.abc import Sequence

import polars as pl


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
