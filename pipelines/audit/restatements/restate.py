"""`meta.restatements`: this run's published figures beside the parent generation's, and why they differ.

Put here: reading both generations, and the order of the work. Keep out: which figures (`figures.py`), which records
changed (`changes.py`), and the arithmetic (`replay.py`, `causes.py`).

Most runs change no figure of a past period, and all this costs is reading a few small tables. Only when one changed
are orders, refunds and answers compared, and only of the kinds it is made of. The effect of every cause is found by
running the mart again on the records of the customers concerned, once per cause.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import duckdb
import polars as pl

from regulars.pipelines.audit.restatements.causes import Step, count_records, sentence, shares_of, with_rest
from regulars.pipelines.audit.restatements.changes import Changes
from regulars.pipelines.audit.restatements.evidence import calendar_of, customers_of, read_changes, read_news
from regulars.pipelines.audit.restatements.metrics import KEY, VALUES, list_restated, read_figures, wanted
from regulars.pipelines.audit.restatements.parent import Earlier
from regulars.pipelines.audit.restatements.replay import STEPS, causes_of_records, core_after, steps_taken
from regulars.pipelines.publish.targets.tables import literal
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
KEPT_DAYS = 365
"""How long an earlier run's restatements are carried on, in days of as_of."""

MADE_OF: Mapping[str, tuple[str, ...]] = {
    "marts.sales_new_vs_returning": ("core.orders", "core.refunds"),
    "marts.churn": ("core.orders", "core.refunds", "core.subscriptions"),
    "marts.retention_cohorts": ("core.orders", "core.refunds"),
    "marts.nps": ("core.survey_responses",),
    "marts.mrr_movements": ("core.subscriptions",),
}
"""Mart -> the tables of records that its figures are made of."""

Replay = Callable[[str, Mapping[str, pl.LazyFrame]], pl.DataFrame]
"""A mart's table made again: its name, and the tables of core; those that are not given are empty."""


def write_restatements(run: Run, replay: Replay) -> None:
    """Make `meta.restatements`, and write down what this run is made from for the next one.

    Args:
        run: The run, all marts built.
        replay: Runs a mart on other tables.
    """
    now = read_lineage(run.settings)
    run.warehouse.write_frame(
        TABLE, pl.DataFrame(now.rows(), schema=["part", "name", "value"], orient="row"), TABLE_COLUMNS
    )
    columns = run.contracts[RESTATEMENTS].types
    empty = pl.DataFrame(schema={name: pl.Null for name, _ in columns})
    rows = [empty]
    if run.parent is not None and run.parent.manifest.as_of <= run.as_of:
        earlier = Earlier(run.warehouse.con, run.parent)
        gone = earlier.lost()
        if gone:
            run.report_progress(f"What changed since {run.parent.name} cannot be told: {gone} is gone from it.")
        else:
            rows += [carried_on(earlier, run.as_of), restated(run, earlier, now, replay)]
    run.warehouse.write_frame(RESTATEMENTS, pl.concat(rows, how="diagonal_relaxed").select(empty.columns), columns)


def carried_on(earlier: Earlier, as_of: dt.date) -> pl.DataFrame:
    """The restatements of the runs before, so that one table tells of a year."""
    if not earlier.has(RESTATEMENTS):
        return pl.DataFrame()
    since = as_of - dt.timedelta(days=KEPT_DAYS)
    return earlier.con.sql(f"select * from {earlier.sql(RESTATEMENTS)} where as_of > date '{since}'").pl()


def restated(run: Run, earlier: Earlier, now: Lineage, replay: Replay) -> pl.DataFrame:
    """This run's restatements, as the contract has them."""
    con = run.warehouse.con
    tables = [table for table in MADE_OF if all(map(earlier.has, (table, *MADE_OF[table])))]
    figures = pl.concat([list_restated(*_figures(earlier, table)) for table in tables])
    if figures.is_empty():
        return pl.DataFrame()
    before = earlier.read_lineage()
    others = _others(run, earlier, before, now)
    news = read_news(con, earlier, before, now)
    concerned = sorted({name for table in figures["table_name"].unique() for name in MADE_OF[table]})
    changes = read_changes(con, earlier, concerned, figures["period_end"].max(), news)  # type: ignore[arg-type]
    shares = pl.concat(
        [_shares(con, part, changes, others, replay, earlier) for part in figures.partition_by("table_name")]
    )
    return _described(run, figures, shares, others)


def _figures(earlier: Earlier, table: str) -> list[pl.DataFrame]:
    """The figures of periods that were over when the parent was published: its own, and this run's.

    Only those that both have the columns of: what an older version did not tell yet is no restatement.
    """
    sources = [earlier.sql(table), table]
    columns = [earlier.con.sql(f"select * from {source} limit 0").columns for source in sources]
    found = []
    for source, own in zip(sources, columns, strict=True):
        narrow = {name: ", ".join(map(literal, sorted(values))) for name, values in wanted(table, own).items()}
        where = " and ".join(f"{name} in ({values})" for name, values in narrow.items()) or "true"
        shared = [name for name in own if name in narrow or all(name in each for each in columns)]
        rows = earlier.con.sql(f"select {', '.join(shared)} from {source} where {where}").pl()
        found.append(read_figures(rows, table).filter(pl.col("period_end") <= earlier.as_of))
    return found


def _others(run: Run, earlier: Earlier, before: Lineage, now: Lineage) -> dict[str, dict[str, str]]:
    """Table -> what but records may have changed its figures -> a sentence about it."""
    settings, versions = changed_settings(before, now) if before.code else [], changed_versions(before, now)
    old = dict(earlier.rows(f"select table_name, version from {earlier.sql('meta.contracts')}"))
    said: dict[str, dict[str, str]] = {}
    for table in MADE_OF:
        said[table] = {}
        if settings:
            said[table]["settings"] = f"Settings changed: {_listed(settings)}."
        if table in old and old[table] != run.contracts[table].version:
            change = f"{old[table]} → {run.contracts[table].version}"
            said[table]["definition"] = f"The definition of {table} changed: {change}; its contract says how."
        elif before.code != now.code or versions:
            said[table]["code_version"] = f"The code that makes the figures changed{_in_brackets(versions)}."
    return said


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _in_brackets(names: Sequence[str]) -> str:
    return f" ({_listed(names)})" if names else ""


def _shares(
    con: duckdb.DuckDBPyConnection,
    figures: pl.DataFrame,
    changes: Sequence[Changes],
    others: Mapping[str, Mapping[str, str]],
    replay: Replay,
    earlier: Earlier,
) -> pl.DataFrame:
    """Why the restated figures of one table changed: shares and counts of records."""
    table = str(figures["table_name"][0])
    mine = [each for each in changes if each.of.table in MADE_OF[table]]
    customers, calendar = customers_of(con, earlier, mine), calendar_of(con, earlier)

    def again(step: int) -> pl.DataFrame:
        core = {**core_after(step, mine, customers), "core.calendar": calendar}
        return read_figures(replay(table, {name: frame.lazy() for name, frame in core.items()}), table)

    steps = [Step(cause, again(STEPS.index(cause) + 1)) for cause in steps_taken(mine)]
    shares = shares_of(figures, again(0) if steps else pl.DataFrame(schema=VALUES), steps)
    return count_records(figures, with_rest(figures, shares, list(others[table])), causes_of_records(mine))


def _described(
    run: Run, figures: pl.DataFrame, shares: pl.DataFrame, others: Mapping[str, Mapping[str, str]]
) -> pl.DataFrame:
    """The rows as the contract has them: every figure once per cause, the cause with the largest share first."""
    parent = run.parent
    if parent is None:
        raise RuntimeError("a figure is restated only where an earlier generation told it")
    rows = shares.join(figures, on=list(KEY)).with_columns(size=pl.col("explained_change").abs())
    told = ["cause", "record_count", "window", "table_name"]
    words = [
        sentence(cause, count, window, parent.name, others[table])
        for cause, count, window, table in rows.select(told).iter_rows()
    ]
    figure = ["table_name", *KEY]
    return (
        rows.with_columns(
            pl.Series("reason", words, dtype=pl.String),
            generation=pl.lit(run.number),
            parent_generation=pl.lit(parent.number),
            as_of=pl.lit(run.as_of),
            change=_plain(pl.col("value_after") - pl.col("value_before")),
            explained_change=_plain(pl.col("explained_change")),
        )
        .sort(*figure, "size", "cause", descending=[False] * len(figure) + [True, False], nulls_last=True)
        .with_columns(cause_rank=pl.int_range(1, pl.len() + 1).over(figure))
        .drop("size", "window", "of_before", "of_after", "per_before", "per_after")
    )


def _plain(change: pl.Expr) -> pl.Expr:
    """Money and counts without the dust of doubles; what they are made of has four decimals at most."""
    is_rate = pl.col("unit").is_in(["ratio", "points"])
    return pl.when(is_rate).then(change).otherwise(change.round(4))
