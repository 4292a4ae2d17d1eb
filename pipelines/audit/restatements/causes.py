"""Computes how much of each restated metric's change each cause explains, and what remains unexplained.

Put here: shares of a change and the words for them. Frames in, frames out. Keep out: finding the changed records
(`changes.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars.pipelines.audit.restatements.metrics import KEY, SAME, divide

UNEXPLAINED = "unexplained"

WORDINGS: Mapping[str, tuple[str, str, str]] = {
    "late_order": ("order", "orders", "reached us only after {parent}"),
    "changed_order": ("order", "orders", "delivered again with another amount, day, state or customer"),
    "removed_order": ("order", "orders", "no longer delivered, or quarantined"),
    "late_refund": ("refund", "refunds", "reached us only after {parent}"),
    "changed_refund": (
        "refund",
        "refunds",
        "delivered again with another amount, day or customer, or with another part of goods since their order changed",
    ),
    "removed_refund": ("refund", "refunds", "no longer delivered, or quarantined"),
    "late_answer": ("answer", "answers", "reached us only after {parent}"),
    "changed_answer": ("answer", "answers", "delivered again with another score, day or person"),
    "removed_answer": ("answer", "answers", "no longer delivered, or quarantined"),
    "late_subscription": ("subscription", "subscriptions", "reached us only after {parent}"),
    "changed_subscription": (
        "subscription",
        "subscriptions",
        "delivered again with another amount, day, plan or customer",
    ),
    "removed_subscription": ("subscription", "subscriptions", "no longer delivered, or quarantined"),
    "erasure": ("record", "records", "gone together with the customer, of whom nothing is delivered any more"),
    "customers_merged": ("record", "records", "of customers who turned out to be one with another"),
    "customers_split": ("record", "records", "of customers who turned out to be several"),
    "exchange_rate": ("record", "records", "converted at another exchange rate than before"),
}
"""Cause -> one record, several records, and what became of them."""

SHARES: dict[str, type[pl.DataType]] = {
    "metric": pl.String,
    "key": pl.String,
    "period_start": pl.Date,
    "cause": pl.String,
    "explained_change": pl.Float64,
    "record_count": pl.Int64,
}


@dataclass(frozen=True)
class Step:
    """One cause, and the metrics of the customers concerned after it and all causes before it."""

    cause: str
    metrics: pl.DataFrame


def compute_shares(restated: pl.DataFrame, start: pl.DataFrame, steps: Sequence[Step]) -> pl.DataFrame:
    """Compute how much each step changed each restated metric.

    A metric after some steps is its old value plus what these steps changed in the sums of the customers concerned; a
    rate is computed from both of its sums. The difference between two steps is the later step's share.

    Args:
        restated: The result of `find_restated`.
        start: The metrics of the customers concerned before all steps; a result of `read_metrics`.
        steps: The steps, in their order.

    Returns:
        The columns of `SHARES` without `record_count`, for steps that changed either sum. `explained_change` is NULL
        where the metric was or is unknown.
    """
    key = list(KEY)
    at_first = start.select(*key, of_0="of", per_0="per")
    last = restated.select(*key, of="of_before", per="per_before", at="value_before")
    was_known = restated.select(
        *key, is_known=pl.col("value_before").is_not_null() & pl.col("value_after").is_not_null()
    )
    found = [pl.DataFrame(schema={name: kind for name, kind in SHARES.items() if name != "record_count"})]
    whole = restated.select(*key, "of_before", "per_before", plain=~pl.col("unit").is_in(["ratio", "points"]))
    for step in steps:
        moved = (
            whole.join(at_first, on=key, how="left")
            .join(step.metrics.select(*key, of_1="of", per_1="per"), on=key, how="left")
            .with_columns(pl.col("of_0", "of_1", "per_0", "per_1").fill_null(0.0))
            .select(
                *key,
                of=pl.col("of_before") + pl.col("of_1") - pl.col("of_0"),
                per=pl.when("plain").then(1.0).otherwise(pl.col("per_before") + pl.col("per_1") - pl.col("per_0")),
            )
            .with_columns(at=divide(pl.col("of"), pl.col("per")))
        )
        both = moved.join(last, on=key, suffix="_last").join(was_known, on=key)
        moves = [
            (pl.col(name) - pl.col(f"{name}_last")).abs() > SAME * (1 + pl.col(name).abs()) for name in ("of", "per")
        ]
        found.append(
            both.filter(pl.any_horizontal(moves)).select(
                *key,
                cause=pl.lit(step.cause),
                explained_change=pl.when("is_known").then(pl.col("at") - pl.col("at_last")),
            )
        )
        last = moved
    return pl.concat(found)


def add_unexplained(restated: pl.DataFrame, shares: pl.DataFrame, others: Sequence[str]) -> pl.DataFrame:
    """Add the change that no record explains: to settings, definition or code if one changed, else `unexplained`.

    Args:
        restated: The result of `find_restated`.
        shares: The result of `compute_shares`.
        others: Which of `settings`, `definition`, `code_version` may have changed the metrics.

    Returns:
        The columns of `SHARES` without `record_count`. Several such causes of one metric cannot be separated: their
        `explained_change` is NULL.
    """
    explained = shares.group_by(KEY).agg(
        explained=pl.col("explained_change").sort().sum(),  # sorted: the last digit depends on the order
        causes=pl.len(),
    )
    change = pl.col("value_after") - pl.col("value_before")
    rest = restated.join(explained, on=list(KEY), how="left").select(
        *KEY,
        "causes",
        rest=change - pl.col("explained").fill_null(0.0),
        dust=10 * SAME * (1 + pl.col("value_before").abs() + pl.col("value_after").abs()),
    )
    # a metric that appeared or disappeared has no shares; settings and code may be causes too
    is_open = pl.col("rest").is_null() & (pl.col("causes").is_null() | pl.lit(bool(others)))
    left = rest.filter(is_open | (pl.col("rest").abs() > pl.col("dust")))
    causes = pl.DataFrame({"cause": list(others) or [UNEXPLAINED]})
    alone = len(causes) == 1
    return pl.concat(
        [
            shares,
            left.join(causes, how="cross").select(
                *KEY, "cause", explained_change="rest" if alone else pl.lit(None, pl.Float64)
            ),
        ]
    )


def count_records(restated: pl.DataFrame, shares: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Count the changed records behind each share: those of the period, or all up to the period's end.

    Args:
        restated: The result of `find_restated`.
        shares: The result of `add_unexplained`.
        records: `cause`, `day_before`, `day_after`: one row per changed record and cause.

    Returns:
        `shares` with `record_count`: NULL where the cause is not a change of records.
    """
    windows = shares.join(restated.select(*KEY, "period_end", "window"), on=list(KEY))
    asked = (
        windows.select("cause", "window", "period_start", "period_end").unique().sort("cause", "window", "period_end")
    )
    days = {
        str(cause[0]): [group[side].cast(pl.Int32).to_numpy() for side in ("day_before", "day_after")]
        for cause, group in records.group_by("cause")
    }
    counts = []
    for cause, window, start, end in asked.iter_rows():
        first = -np.inf if window == "history" else float(pl.Series([start]).cast(pl.Int32)[0])
        last = float(pl.Series([end]).cast(pl.Int32)[0])
        within = [(each >= first) & (each <= last) for each in days.get(cause, [])]
        counts.append(int(np.logical_or(*within).sum()) if within else None)
    counted = asked.with_columns(pl.Series("record_count", counts, dtype=pl.Int64))
    return windows.join(counted, on=["cause", "window", "period_start", "period_end"], how="left").select(list(SHARES))


def format_reason(cause: str, count: int | None, window: str, parent: str, others: Mapping[str, str]) -> str:
    """Word the cause of a change.

    Args:
        cause: A key of `WORDINGS` or of `others`, or `unexplained`.
        count: How many records.
        window: `period` or `history`.
        parent: The parent generation's name.
        others: Cause other than records -> its sentence.
    """
    if cause not in WORDINGS:
        return others.get(cause, "Neither a delivery, nor settings, nor code explain this.")
    one, many, fate = WORDINGS[cause]
    when = "of the period" if window == "period" else "of the time up to the period's end"
    clause = f"{one if count == 1 else many} {when} {fate.format(parent=parent)}"
    return f"{count:,} {clause}." if count else f"{clause[:1].upper()}{clause[1:]}."
