"""Delivers a generation to PostgreSQL: readers see the old one until one transaction ends, then the new one.

Put here: the order of a delivery, and what is remembered of it. Keep out: connecting and its errors (`connection.py`).
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg
from psycopg import Connection, Cursor, sql

from regulars.pipelines.errors import Busy, StorageFailed
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.publish.targets.postgresql.differences import (
    Load,
    choose_loads,
)
from regulars.pipelines.publish.targets.postgresql.load import load_rows
from regulars.pipelines.publish.targets.postgresql.plan import Plan, PlannedTable, plan_generation
from regulars.pipelines.publish.targets.postgresql.readers import find_still_read, name_blockers
from regulars.pipelines.publish.targets.postgresql.remembered import (
    Known,
    make_remembered,
    read_remembered,
    remember,
)
from regulars.pipelines.publish.targets.postgresql.rows import SCHEMA as ROWS_SCHEMA
from regulars.pipelines.publish.targets.postgresql.rows import Rows, drop_spare, make_rows_table, read_rows
from regulars.pipelines.publish.targets.postgresql.structure import (
    Name,
    Present,
    list_changed,
    read_comments,
    read_present,
    settle_structure,
)
from regulars.pipelines.publish.targets.shape.target import Delivered

LOCK_SECONDS = 30
"""How long a change of a table's structure waits for those who read it."""
PLANNING_SECONDS = 0.5
"""How long readers find a new table for rows empty, for queries on standby servers that were planned before it was
there and do not look into it. Loading takes longer where rows are many: nobody waits then."""
STATISTICS_TARGET = 10
"""How closely the server looks at the columns that tables are joined by: a tenth of the usual effort. By itself it
never does so for a table that others inherit from; its autovacuum looks at all columns of the tables of rows."""
INDEX_MEMORY = "256MB"
"""What an index of a large table may sort in; the usual 64 MB would spill a million keys to the disk."""
WHY_SELECT = "Read its tables by SELECT: COPY of the table itself and ONLY find no rows, which a table under it holds."
ABOUT_SCHEMAS = {
    "marts": "The answers, one table per question, and views of the rows that need no filter. "
    f"{WHY_SELECT} By Regulars.",
    "core": "The shared model: customers, orders, refunds, answers and more: what marts are made of. "
    f"{WHY_SELECT} By Regulars.",
    "meta": "Start here: contracts (purpose) says which table answers which question, doubtful_numbers which numbers "
    "not to trust yet. What columns mean: data_dictionary, metric_definitions, allowed_values, settings_used. The "
    f"proofs of the run: row_accounting, tie_out, checks, findings. {WHY_SELECT} By Regulars.",
    ROWS_SCHEMA: "The rows of the tables of the other schemas, where they are read. For the writer alone. By Regulars.",
}
"""Schema, without its prefix -> the comment that stands on it."""


def deliver_to_database(
    connection: Connection[Any], generation: Generation, *, prefix: str, readers: str | None
) -> Delivered:
    """Make the database hold a generation, all or nothing.

    Args:
        connection: In autocommit.
        generation: What is delivered.
        prefix: Of each schema's name.
        readers: A role that may read everything; None: nobody is granted anything.

    Raises:
        Busy: Another delivery is under way.
        StorageFailed: A name is taken, or somebody keeps a table locked.
    """
    with duckdb.connect(str(generation.duckdb_file), read_only=True) as con:
        plan = plan_generation(con, generation, prefix)
        with _begin(connection, prefix) as cursor:
            before = _read_state(cursor, plan, prefix)
            before.present.comments.update(read_comments(cursor, before.schemas))
        with name_blockers(connection, {*before.schemas, before.rows.schema}):
            unchanged = before.list_unchanged()
            loads = choose_loads(con, plan, generation, unchanged=unchanged, previous=before.generation)
            prepared = _prepare(connection, prefix, before, loads)
            prepared_at = time.monotonic()
            still_read = find_still_read(connection, set(prepared) & set(before.rows.current))
            loads = [each.stay_in_place() if each.name in still_read.tables else each for each in loads]
            with _begin(connection, prefix) as cursor:
                is_new = _settle_all(cursor, plan, prefix, before)
                for load in loads:
                    load_rows(cursor, con, load, before.rows, prepared)
                remember(cursor, f"{prefix}meta", plan, generation, before.known)
                granted = readers is not None and _grant(cursor, sorted(before.schemas), readers)
                if prepared:
                    time.sleep(max(0.0, prepared_at + PLANNING_SECONDS - time.monotonic()))
    _tidy(connection, prefix, [load.table for load in loads if load.needs_table])
    return Delivered(is_new or bool(loads) or granted, still_read.remark)


@dataclass(frozen=True)
class _State:
    """What the database holds.

    Attributes:
        schemas: Those of the published tables.
        known: What deliveries made: (schema, name) -> its kind and content.
        generation: The name of the one that is held; None: none yet.
        rows: The tables that hold rows.
        present: The tables, views, keys and comments.
        changed: The tables that are missing, or whose columns or keys are not those of the plan.
    """

    schemas: set[str]
    known: Known
    generation: str | None
    rows: Rows
    present: Present
    changed: set[Name]

    def list_unchanged(self) -> dict[Name, str]:
        """The tables that are as planned, with the content that they hold."""
        names = set(self.rows.current) - self.changed
        return {name: self.known[name][1] for name in names if self.known.get(name, ("", ""))[0] == "table"}


@contextlib.contextmanager
def _begin(connection: Connection[Any], prefix: str) -> Iterator[Cursor[Any]]:
    """A transaction that no other delivery shares its time with."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(f"{LOCK_SECONDS}s")))
        if not _fetch_one(cursor, "select pg_try_advisory_xact_lock(hashtext(%s))", f"regulars {prefix}"):
            raise Busy("another delivery to this database is under way; run `regulars deliver` when it has ended")
        yield cursor


def _read_state(cursor: Cursor[Any], plan: Plan, prefix: str) -> _State:
    """Read what the database holds, without comments."""
    schemas = {each.schema for each in plan.relations} | {f"{prefix}meta"}
    known, generation = read_remembered(cursor, f"{prefix}meta")
    present = read_present(cursor, schemas)
    return _State(schemas, known, generation, read_rows(cursor, prefix), present, list_changed(plan, present))


def _prepare(connection: Connection[Any], prefix: str, state: _State, loads: list[Load]) -> dict[Name, Name]:
    """Make the tables for new rows of tables that are there: each query that is planned from now on knows them.

    Returns:
        Published table -> the empty table for its rows.
    """
    wanted = [load.table for load in loads if load.needs_table and load.name not in state.changed]
    if not wanted:
        return {}
    with _begin(connection, prefix) as cursor:
        known, _ = read_remembered(cursor, f"{prefix}meta")
        _refuse_change((known, read_rows(cursor, prefix)) != (state.known, state.rows))
        _make_schemas(cursor, {state.rows.schema}, prefix)
        return {(each.schema, each.name): make_rows_table(cursor, each, state.rows) for each in wanted}


def _settle_all(cursor: Cursor[Any], plan: Plan, prefix: str, before: _State) -> bool:
    """Make everything but the rows what the plan needs; whether nothing was ever delivered before."""
    now = _read_state(cursor, plan, prefix)
    _refuse_change((now.known, now.rows, now.changed) != (before.known, before.rows, before.changed))
    now.present.comments.update(before.present.comments)
    cursor.execute(sql.SQL("set local maintenance_work_mem = {}").format(sql.Literal(INDEX_MEMORY)))
    # rows come nearly sorted: one process is done soon
    cursor.execute("set local max_parallel_maintenance_workers = 0")
    _make_schemas(cursor, {*before.schemas, before.rows.schema}, prefix)
    is_new = make_remembered(cursor, f"{prefix}meta")
    _drop_rows_of_gone_tables(cursor, plan, now)
    views = {name: content for name, (kind, content) in now.known.items() if kind == "view"}
    settle_structure(cursor, plan, now.present, now.known, views)
    return is_new


def _refuse_change(has_changed: bool) -> None:
    if has_changed:
        raise Busy("the database changed while it was delivered to; run `regulars deliver` again")


def _drop_rows_of_gone_tables(cursor: Cursor[Any], plan: Plan, state: _State) -> None:
    gone = set(state.known) - {(each.schema, each.name) for each in plan.relations}
    for table in sorted(gone & set(state.present.kinds)):
        held = state.rows.of_table(table)
        if held:  # first the table and then its rows, as readers do: otherwise they and we wait for each other
            cursor.execute(sql.SQL("lock table {} in access exclusive mode").format(sql.Identifier(*table)))
        for name in held:
            cursor.execute(sql.SQL("drop table {}").format(sql.Identifier(*name)))


def _tidy(connection: Connection[Any], prefix: str, replaced: list[PlannedTable]) -> None:
    """After the commit: drop the tables whose rows were replaced, and let the server look at the new ones."""
    try:
        with _begin(connection, prefix) as cursor:
            rows = read_rows(cursor, prefix)
        drop_spare(connection, rows)
        connection.execute(sql.SQL("set default_statistics_target = {}").format(sql.Literal(STATISTICS_TARGET)))
        if replaced:
            connection.execute(sql.SQL("analyze {}").format(sql.SQL(", ").join(map(_list_analyzed, replaced))))
    except (Busy, psycopg.Error):
        return  # the generation is there; the next delivery tidies up


def _list_analyzed(table: PlannedTable) -> sql.Composed:
    """A table with the columns by which it is joined, for the server to look at; all of one without keys."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.list_joined_columns()))
    chosen = sql.SQL(" ({})").format(columns) if table.list_joined_columns() else sql.SQL("")
    return sql.SQL("{}{}").format(sql.Identifier(table.schema, table.name), chosen)


def _fetch_one(cursor: Cursor[Any], statement: str, *values: object) -> Any:
    row = cursor.execute(statement, values).fetchone()
    return row[0] if row else None


def _make_schemas(cursor: Cursor[Any], schemas: set[str], prefix: str) -> None:
    """Make the schemas that are missing, and say what is in them."""
    there = {name for (name,) in cursor.execute("select nspname from pg_namespace").fetchall()}
    for schema in sorted(schemas - there):
        cursor.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        about = ABOUT_SCHEMAS.get(schema.removeprefix(prefix))
        if about:
            cursor.execute(sql.SQL("comment on schema {} is {}").format(sql.Identifier(schema), sql.Literal(about)))


def _grant(cursor: Cursor[Any], schemas: list[str], readers: str) -> bool:
    """Let a role read all tables and views of the schemas; whether it could not before."""
    if _fetch_one(cursor, "select oid from pg_roles where rolname = %s", readers) is None:
        raise StorageFailed(f'there is no role {readers}; make it with `create role "{readers}"`, or correct `readers`')
    unread = _fetch_one(
        cursor,
        """
        select count(*)
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = any(%s) and c.relkind in ('r', 'v')
            and not (has_schema_privilege(%s, n.oid, 'usage') and has_table_privilege(%s, c.oid, 'select'))
        """,
        schemas,
        readers,
        readers,
    )
    if not unread:
        return False
    listed, role = sql.SQL(", ").join(map(sql.Identifier, schemas)), sql.Identifier(readers)
    cursor.execute(sql.SQL("grant usage on schema {} to {}").format(listed, role))
    cursor.execute(sql.SQL("grant select on all tables in schema {} to {}").format(listed, role))
    return True
