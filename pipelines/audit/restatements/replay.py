"""Builds core as if only some of this run's changes had happened, so that marts can run on it step by step.

Put here: combining records before and after. Frames in, frames out. Keep out: which records changed (`changes.py`),
and how much the steps explain (`causes.py`).
"""

from collections.abc import Sequence

import polars as pl

from regulars.pipelines.audit.restatements.changes import ERASED, MERGED, RATE, RECORD_KINDS, SPLIT, UNKNOWN, Changes

STEPS = (
    MERGED,
    SPLIT,
    RATE,
    *(f"{what}_{of.kind}" for what in ("changed", "removed") for of in RECORD_KINDS),
    ERASED,
    *(f"late_{of.kind}" for of in RECORD_KINDS),
)
"""The assumed order of changes; the shares of a metric that is not a plain sum depend on it."""

NEVER = len(STEPS) + 1
"""The step of a change that no delivery explains."""


def list_steps(changes: Sequence[Changes]) -> list[str]:
    """The causes that occur, in the order of `STEPS`."""
    found = {cause for each in changes for name in ("cause", "who_cause") for cause in each.records[name]}
    return [step for step in STEPS if step in found]


def list_record_causes(changes: Sequence[Changes]) -> pl.DataFrame:
    """`cause`, `day_before`, `day_after`: one row per changed record and cause that a delivery explains."""
    return pl.concat(
        [
            each.records.filter(pl.col(name).fill_null("") != "").select("day_before", "day_after", cause=name)
            for each in changes
            for name in ("cause", "who_cause")
        ]
    )


def build_core(step: int, changes: Sequence[Changes], customers: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Build the tables of core for the customers concerned, after the first steps.

    Args:
        step: How many of `STEPS` have happened; 0: the parent's core.
        changes: The changes of every kind.
        customers: `core.customers` of this run, and customers of the parent that are gone; each customer_id once.

    Returns:
        Table -> its rows, with new values of `customer_idx` (0: the unknown customer) and `is_first_order`.
    """
    rows = {each.of.table: _apply_steps(step, each) for each in changes}
    ids = pl.concat([customers["customer_id"], *(each["customer_id"].cast(pl.String) for each in rows.values())])
    distinct = ids.drop_nulls().unique().sort()
    known = distinct.filter(distinct != UNKNOWN).to_frame().with_row_index("customer_idx", offset=1)
    numbered = pl.concat([known, pl.DataFrame({"customer_idx": [0], "customer_id": [UNKNOWN]}, schema=known.schema)])
    numbered = numbered.with_columns(pl.col("customer_idx").cast(pl.Int32))
    tables = {table: _number_customers(frame, numbered) for table, frame in rows.items()}
    if "core.orders" in tables:
        tables["core.orders"] = _mark_first_orders(tables["core.orders"])
    return {**tables, "core.customers": _number_customers(customers, numbered)}


def _apply_steps(step: int, changes: Changes) -> pl.DataFrame:
    """Each record with its old or new values, and its old or new customer."""
    ranks = {name: place for place, name in enumerate(STEPS, 1)} | {"": NEVER}
    key, who = list(changes.of.key), changes.of.who
    records = changes.records.select(
        *key,
        *[f"{name}_{side}" for name in who for side in ("before", "after")],
        rank=pl.col("cause").replace_strict(ranks, return_dtype=pl.Int32),
        who_rank=pl.col("who_cause").replace_strict(ranks, return_dtype=pl.Int32),
    )
    rank = pl.col("rank")
    kept = changes.before.join(records, on=key, how="left").filter(rank > step)
    come = changes.after.join(records, on=key, how="left").filter(rank.is_null() | (rank <= step))
    rows = pl.concat([come, kept.select(name for name in kept.columns if name in come.columns)], how="diagonal_relaxed")
    moved = pl.col("who_rank")
    whose = [
        pl.when(moved.is_null())
        .then(name)
        .when(moved <= step)
        .then(f"{name}_after")
        .otherwise(f"{name}_before")
        .alias(name)
        for name in who
    ]
    return rows.with_columns(whose).select(changes.after.columns)


def _number_customers(rows: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
    columns = rows.columns
    return rows.drop("customer_idx").join(numbered, on="customer_id", how="left").select(columns)


def _mark_first_orders(orders: pl.DataFrame) -> pl.DataFrame:
    """Of several orders at one moment the one with the lowest system and id is the first, as in `core.orders`."""
    of_known_customers = orders.filter(pl.col("is_countable") & (pl.col("customer_idx") > 0))
    first = (
        of_known_customers.sort("ordered_at", "system", "order_id")
        .unique("customer_idx", keep="first", maintain_order=True)
        .select("system", "order_id", is_first=pl.lit(True))
    )
    return (
        orders.join(first, on=["system", "order_id"], how="left")
        .with_columns(is_first_order=pl.col("is_first").fill_null(False))
        .select(orders.columns)
    )
