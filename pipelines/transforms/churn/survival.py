"""How long until something happens, when for many it has not happened yet: Kaplan and Meier's estimate.

Put here: survival curves. Keep out: what happens, and to whom.
"""

from collections.abc import Sequence

import polars as pl


def estimate_survival_curves(waits: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The share for whom it has not happened after so many days, per group.

    Kaplan and Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958), p. 457-481: the product
    over the days d' <= d of 1 − events / at risk. Who is observed for d days only counts as at risk up to and with d.

    Args:
        waits: `keys`; `days` Int32 >= 0, to the event or, where `is_event` is false, to the end of observation.
        keys: The columns that make the groups; at least one.

    Returns:
        `keys`, `days`; Int64 `at_risk` (observed so long without the event), `events` on that day; `survival` Float64,
        0 to 1. One row per group and day on which something ended, sorted.
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
