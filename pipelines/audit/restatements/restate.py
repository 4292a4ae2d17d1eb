"""Makes `meta.restatements`: which published metrics changed since the parent generation, and why.

Put here: reading both generations, and the order of the work. Keep out: which metrics (`metrics.py`), which records
changed (`changes.py`), and the arithmetic (`replay.py`, `causes.py`).

Most runs change no metric of a past period, and then this only reads a few small tables. Only when a metric changed
are the records compared that it is computed from. The effect of each cause is found by running the mart again on the
records of the customers concerned, once per cause.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb
import polars as pl

from regulars.pipelines.audit.restatements.causes import (
    Step,
    add_unexplained,
    compute_shares,
    count_records,
    format_reason,
)
from regulars.pipelines.audit.restatements.changes import Changes
from regulars.pipelines.audit.restatements.evidence import read_calendar, read_changes, read_customers, read_new_inputs
from regulars.pipelines.audit.restatements.metrics import (
    KEY,
    VALUES,
    count_compared,
    find_restated,
    list_wanted_values,
    read_metrics,
)
from regulars.pipelines.audit.restatements.parent import ParentGeneration
from regulars.pipelines.audit.restatements.replay import STEPS, build_core, list_record_causes, list_steps
from regulars.pipelines.definitions.windows import RESTATEMENTS_KEPT_DAYS
from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.verify import find_damage
from regulars.pipelines.run.lineage import (
    TABLE,
    TABLE_COLUMNS,
    Lineage,
    changed_settings,
    changed_versions,
    read_lineage,
)
from regulars.pipelines.run.run import Run

RESTATEMENTS = "meta.restatements"

INPUTS: Mapping[str, tuple[str, ...]] = {
    "marts.sales_new_vs_returning": ("core.orders", "core.refunds", "core.subscriptions"),
    "marts.churn": ("core.orders", "core.refunds", "core.subscriptions"),
    "marts.retention_cohorts": ("core.orders", "core.refunds"),
    "marts.nps": ("core.survey_responses",),
    "marts.mrr_movements": ("core.subscriptions",),
}
"""Mart -> the tables of records that its metrics are computed from."""

Replay = Callable[[str, Mapping[str, pl.LazyFrame]], pl.DataFrame]
"""Runs a mart again: takes its name and tables of core (the others are empty), returns its rows."""


def write_restatements(run: Run, replay: Replay) -> None:
    """Make `meta.restatements`, count what was compared, and record the lineage of this run for the next one.

    Args:
        run: The run; all marts are built.
        replay: Runs a mart again on other tables.
    """
    now = read_lineage(run.settings)
    run.warehouse.write_frame(
        TABLE, pl.DataFrame(now.rows(), schema=["part", "name", "value"], orient="row"), TABLE_COLUMNS
    )
    columns = run.contracts[RESTATEMENTS].types
    empty = pl.DataFrame(schema={name: pl.Null for name, _ in columns})
    rows = [empty]
    if run.parent is not None and run.parent.manifest.as_of <= run.as_of:
        parent = ParentGeneration(run.warehouse.con, run.parent)
        missing = parent.list_missing_files()
        if missing:
            run.report_progress(
                f"Changes since {run.parent.name} cannot be explained: its file {missing[0]} is missing; "
                "`regulars verify` checks a generation."
            )
        else:
            with explain_damage(parent):
                rows += [read_parent_restatements(parent, run.as_of), find_restatements(run, parent, now, replay)]
    run.warehouse.write_frame(RESTATEMENTS, pl.concat(rows, how="diagonal_relaxed").select(empty.columns), columns)


@contextmanager
def explain_damage(parent: ParentGeneration) -> Iterator[None]:
    """Say that the parent generation is damaged where that is why it cannot be read.

    Raises:
        StorageFailed: A file of it is not what was published.
    """
    try:
        yield
    except duckdb.Error:
        damage = find_damage(parent.generation)
        if not damage:
            raise
        name = parent.generation.name
        raise StorageFailed(
            f"{name} is damaged: {damage[0]}. `regulars rollback` goes back to the generation before it."
        ) from None


def read_parent_restatements(parent: ParentGeneration, as_of: dt.date) -> pl.DataFrame:
    """Read the restatements of the runs before from the parent, so that one table covers a year."""
    if not parent.has(RESTATEMENTS):
        return pl.DataFrame()
    since = as_of - dt.timedelta(days=RESTATEMENTS_KEPT_DAYS)
    query = f"""
        select *
        from {parent.write_scan(RESTATEMENTS)}
        where as_of > $since
    """
    return parent.con.execute(query, {"since": since}).pl()


def find_restatements(run: Run, parent: ParentGeneration, now: Lineage, replay: Replay) -> pl.DataFrame:
    """The restatements of this run, with the columns of the contract; counts in `run.comparison` what was compared."""
    con = run.warehouse.con
    tables = [table for table in INPUTS if all(map(parent.has, (table, *INPUTS[table])))]
    if not tables:  # an older version published none of them, or not what they are made of
        run.comparison.update(metrics_compared=0, metrics_changed=0)
        return pl.DataFrame()
    both = [_read_table_metrics(parent, table) for table in tables]
    metrics = pl.concat([find_restated(*pair) for pair in both])
    run.comparison.update(metrics_compared=sum(count_compared(*pair) for pair in both), metrics_changed=metrics.height)
    if metrics.is_empty():
        return pl.DataFrame()
    before = parent.read_lineage()
    others = _find_other_causes(run, parent, before, now)
    news = read_new_inputs(con, parent, before, now)
    concerned = sorted({name for table in metrics["table_name"].unique() for name in INPUTS[table]})
    changes = read_changes(con, parent, concerned, metrics["period_end"].max(), news)  # type: ignore[arg-type]
    shares = pl.concat(
        [_explain_table(con, part, changes, others, replay, parent) for part in metrics.partition_by("table_name")]
    )
    return _make_rows(run, metrics, shares, others)


def _read_table_metrics(parent: ParentGeneration, table: str) -> list[pl.DataFrame]:
    """The metrics of periods that were over when the parent was published: the parent's, and this run's.

    Only metrics whose columns both have: a metric that an older version did not publish is not restated.
    """
    sources = [parent.write_scan(table), table]
    columns = [parent.con.sql(f"select * from {source} limit 0").columns for source in sources]
    found = []
    for source, own in zip(sources, columns, strict=True):
        wanted = list_wanted_values(table, own)
        conditions = " and ".join(f"list_contains(${name}::varchar[], {name})" for name in wanted) or "true"
        shared = [name for name in own if name in wanted or all(name in each for each in columns)]
        query = f"""
            select {", ".join(shared)}
            from {source}
            where {conditions}
        """
        rows = parent.con.execute(query, {name: sorted(values) for name, values in wanted.items()}).pl()
        found.append(read_metrics(rows, table).filter(pl.col("period_end") <= parent.as_of))
    return found


def _find_other_causes(run: Run, parent: ParentGeneration, before: Lineage, now: Lineage) -> dict[str, dict[str, str]]:
    """Table -> cause other than records that may have changed its metrics -> a sentence."""
    settings, versions = changed_settings(before, now) if before.code else [], changed_versions(before, now)
    contracts = f"select table_name, version from {parent.write_scan('meta.contracts')}"
    old = dict(parent.con.execute(contracts).fetchall())
    sentences: dict[str, dict[str, str]] = {}
    for table in INPUTS:
        sentences[table] = {}
        if settings:
            sentences[table]["settings"] = f"Settings changed: {_join_names(settings)}."
        if table in old and old[table] != run.contracts[table].version:
            change = f"{old[table]} → {run.contracts[table].version}"
            sentences[table]["definition"] = f"The definition of {table} changed: {change}; its contract says how."
        elif before.code != now.code or versions:
            sentences[table]["code_version"] = f"The code that makes the metrics changed{_write_in_brackets(versions)}."
    return sentences


def _join_names(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _write_in_brackets(names: Sequence[str]) -> str:
    return f" ({_join_names(names)})" if names else ""


def _explain_table(
    con: duckdb.DuckDBPyConnection,
    metrics: pl.DataFrame,
    changes: Sequence[Changes],
    others: Mapping[str, Mapping[str, str]],
    replay: Replay,
    parent: ParentGeneration,
) -> pl.DataFrame:
    """The causes of the restated metrics of one table: shares and counts of records."""
    table = str(metrics["table_name"][0])
    own_changes = [each for each in changes if each.of.table in INPUTS[table]]
    customers, calendar = read_customers(con, parent, own_changes), read_calendar(con, parent)

    def compute_metrics(step: int) -> pl.DataFrame:
        core = {**build_core(step, own_changes, customers), "core.calendar": calendar}
        return read_metrics(replay(table, {name: frame.lazy() for name, frame in core.items()}), table)

    steps = [Step(cause, compute_metrics(STEPS.index(cause) + 1)) for cause in list_steps(own_changes)]
    shares = compute_shares(metrics, compute_metrics(0) if steps else pl.DataFrame(schema=VALUES), steps)
    return count_records(
        metrics, add_unexplained(metrics, shares, list(others[table])), list_record_causes(own_changes)
    )


def _make_rows(
    run: Run, metrics: pl.DataFrame, shares: pl.DataFrame, others: Mapping[str, Mapping[str, str]]
) -> pl.DataFrame:
    """The rows of the contract: every metric once per cause, the cause with the largest share first."""
    parent = run.parent
    if parent is None:
        raise RuntimeError("metrics are restated only where there is a parent generation")
    rows = shares.join(metrics, on=list(KEY)).with_columns(size=pl.col("explained_change").abs())
    worded = ["cause", "record_count", "window", "table_name"]
    words = [
        format_reason(cause, count, window, parent.name, others[table])
        for cause, count, window, table in rows.select(worded).iter_rows()
    ]
    metric_key = ["table_name", *KEY]
    return (
        rows.with_columns(
            pl.Series("reason", words, dtype=pl.String),
            generation=pl.lit(run.number),
            parent_generation=pl.lit(parent.number),
            as_of=pl.lit(run.as_of),
            change=_round_amounts(pl.col("value_after") - pl.col("value_before")),
            explained_change=_round_amounts(pl.col("explained_change")),
        )
        .sort(*metric_key, "size", "cause", descending=[False] * len(metric_key) + [True, False], nulls_last=True)
        .with_columns(cause_rank=pl.int_range(1, pl.len() + 1).over(metric_key))
        .drop("size", "window", "of_before", "of_after", "per_before", "per_after")
    )


def _round_amounts(change: pl.Expr) -> pl.Expr:
    """Round amounts and counts to the four decimals that their inputs have, which drops errors of doubles."""
    is_rate = pl.col("unit").is_in(["ratio", "points"])
    return pl.when(is_rate).then(change).otherwise(change.round(4))
