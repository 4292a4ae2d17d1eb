"""Delivers a generation to PostgreSQL: readers see the old one until one transaction ends, then the new one.

Put here: the order of a delivery, and what is remembered of it. Keep out: connecting and its errors (`connection.py`).
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import Connection, Cursor, sql

from regulars.pipelines.errors import Busy, StorageFailed
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.publish.targets.postgresql.differences import (
    Load,
    choose_loads,
    open_generation,
    read_contents,
)
from regulars.pipelines.publish.targets.postgresql.load import load_rows
from regulars.pipelines.publish.targets.postgresql.plan import Plan, PlannedTable, plan_generation
from regulars.pipelines.publish.targets.postgresql.readers import find_still_read, name_blockers
from regulars.pipelines.publish.targets.postgresql.rows import SCHEMA as ROWS_SCHEMA
from regulars.pipelines.publish.targets.postgresql.rows import Rows, drop_spare, make_rows_table, read_rows
from regulars.pipelines.publish.targets.postgresql.structure import (
    Name,
    Present,
    list_changed,
    read_present,
    settle_structure,
)
from regulars.pipelines.publish.targets.shape.target import Delivered

LOCK_SECONDS = 30
"""How long a change of a table's structure waits for those who read it."""
PLANNING_SECONDS = 0.5
"""How long readers find a new table for rows empty, for queries on standby servers that were planned before it was
there and do not look into it. Loading takes longer where rows are many: nobody waits then."""
STATISTICS_TARGET = 20
"""How closely the server looks at new rows for its plans of joins: a fifth of the usual effort."""
INDEX_MEMORY = "256MB"
"""What an index of a large table may sort in; the usual 64 MB would spill a million keys to the disk."""
REMEMBERED = "delivered_tables"
"""The table beside `meta` that says what deliveries made, and from which generation it is."""
ABOUT_REMEMBERED = {
    "": "What Regulars delivered: which tables and views are its own, and which generation they hold.",
    "schema_name": "The schema of the table or view.",
    "table_name": "The name of the table or view.",
    "kind": "Whether it is a table or a view.",
    "content": "Of a table a hash of what it holds, of a view its SELECT.",
    "generation": "The generation that was delivered last.",
    "as_of": "Last day that counts in that generation.",
    "delivered_at": "When that delivery was written.",
}
"""Column, or nothing for the table -> the comment that stands on it."""
ABOUT_SCHEMAS = {
    "marts": "The answers, one table per question, and views of the rows that need no filter. By Regulars.",
    "core": "The shared model: customers, orders, refunds, answers and more: what marts are made of. By Regulars.",
    "meta": "What columns mean (data_dictionary, metric_definitions, allowed_values, settings_used), and the proofs of "
    "the run (row_accounting, tie_out, checks, findings). By Regulars.",
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
    plan = plan_generation(generation, prefix)
    with _begin(connection, prefix) as cursor:
        before = _read_state(cursor, plan, prefix)
    blockers = name_blockers(connection, {*before.schemas, before.rows.schema})
    with blockers, open_generation(generation, before.generation) as con:
        held = read_contents(generation, before.generation)
        loads = choose_loads(con, plan, generation, unchanged=_list_unchanged(plan, before), held=held)
        prepared = _prepare(connection, plan, prefix, before, loads)
        prepared_at = time.monotonic()
        still_read = find_still_read(connection, set(prepared) & set(before.rows.current))
        loads = [replace(each, way="in_place") if each.name in still_read.tables else each for each in loads]
        with _begin(connection, prefix) as cursor:
            now = _read_same(cursor, plan, prefix, before)
            cursor.execute(sql.SQL("set local maintenance_work_mem = {}").format(sql.Literal(INDEX_MEMORY)))
            # rows come sorted: one process is done soon
            cursor.execute("set local max_parallel_maintenance_workers = 0")
            _make_schemas(cursor, {*before.schemas, before.rows.schema}, prefix)
            is_new = _make_remembered(cursor, f"{prefix}meta")
            _drop_rows_of_gone_tables(cursor, plan, now)
            settle_structure(cursor, plan, now.present, now.known, now.views)
            for load in loads:
                load_rows(cursor, con, load, before.rows, prepared)
            _remember(cursor, f"{prefix}meta", plan, generation, before.known)
            granted = readers is not None and _grant(cursor, sorted(before.schemas), readers)
            if prepared:
                time.sleep(max(0.0, prepared_at + PLANNING_SECONDS - time.monotonic()))
    _tidy(connection, prefix, [load.table for load in loads if load.way == "new_table"])
    return Delivered(is_new or bool(loads) or granted, still_read.remark)


@dataclass(frozen=True)
class _State:
    """What the database holds.

    Attributes:
        schemas: Those of the published tables.
        known: What deliveries made: (schema, name) -> its kind and content.
        generation: The name of the one that is held; None: none yet.
        present: The tables, views, keys and comments.
        rows: The tables that hold rows.
    """

    schemas: set[str]
    known: dict[Name, tuple[str, str]]
    generation: str | None
    present: Present
    rows: Rows

    @property
    def views(self) -> dict[Name, str]:
        """The views that deliveries made, each with its SELECT."""
        return {name: content for name, (kind, content) in self.known.items() if kind == "view"}


@contextlib.contextmanager
def _begin(connection: Connection[Any], prefix: str) -> Iterator[Cursor[Any]]:
    """A transaction that no other delivery shares its time with."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(f"{LOCK_SECONDS}s")))
        if not _fetch_one(cursor, "select pg_try_advisory_xact_lock(hashtext(%s))", f"regulars {prefix}"):
            raise Busy("another delivery to this database is under way; run `regulars deliver` when it has ended")
        yield cursor


def _read_state(cursor: Cursor[Any], plan: Plan, prefix: str) -> _State:
    schemas = {each.schema for each in plan.relations} | {f"{prefix}meta"}
    known, generation = _read_remembered(cursor, f"{prefix}meta")
    return _State(schemas, known, generation, read_present(cursor, schemas), read_rows(cursor, prefix))


def _list_unchanged(plan: Plan, state: _State) -> dict[Name, str]:
    """The tables that are as planned, with the content that they hold."""
    names = set(state.rows.current) - list_changed(plan, state.present)
    return {name: state.known[name][1] for name in names if state.known.get(name, ("", ""))[0] == "table"}


def _prepare(
    connection: Connection[Any], plan: Plan, prefix: str, state: _State, loads: list[Load]
) -> dict[Name, Name]:
    """Make the tables for new rows of tables that are there: each query that is planned from now on knows them.

    Returns:
        Published table -> the empty table for its rows.
    """
    changed = list_changed(plan, state.present)
    wanted = [load.table for load in loads if load.way == "new_table"]
    wanted = [each for each in wanted if (each.schema, each.name) not in changed]
    if not wanted:
        return {}
    with _begin(connection, prefix) as cursor:
        _read_same(cursor, plan, prefix, state)
        _make_schemas(cursor, {state.rows.schema}, prefix)
        return {(each.schema, each.name): make_rows_table(cursor, each, state.rows) for each in wanted}


def _read_same(cursor: Cursor[Any], plan: Plan, prefix: str, before: _State) -> _State:
    """Read the state again, and refuse to go on where somebody has changed it meanwhile."""
    now = _read_state(cursor, plan, prefix)
    if (now.known, now.rows, list_changed(plan, now.present)) != (
        before.known,
        before.rows,
        list_changed(plan, before.present),
    ):
        raise Busy("the database changed while it was delivered to; run `regulars deliver` again")
    return now


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
        for table in replaced:
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table.schema, table.name)))
    except (Busy, psycopg.Error):
        return  # the generation is there; the next delivery tidies up


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


def _make_remembered(cursor: Cursor[Any], meta: str) -> bool:
    """Make the table that remembers; whether there was none."""
    table = sql.Identifier(meta, REMEMBERED)
    if _fetch_one(cursor, "select to_regclass(%s)", f'"{meta}".{REMEMBERED}') is not None:
        return False
    cursor.execute(
        sql.SQL(
            "create table {} (schema_name text, table_name text, kind text not null, content text not null, "
            "generation text not null, as_of date not null, delivered_at timestamptz not null default now(), "
            "primary key (schema_name, table_name))"
        ).format(table)
    )
    for column, about in ABOUT_REMEMBERED.items():
        what = (
            sql.SQL("column {}").format(sql.Identifier(meta, REMEMBERED, column))
            if column
            else sql.SQL("table ") + table
        )
        cursor.execute(sql.SQL("comment on ") + what + sql.SQL(" is {}").format(sql.Literal(about)))
    return True


def _read_remembered(cursor: Cursor[Any], meta: str) -> tuple[dict[Name, tuple[str, str]], str | None]:
    """(schema, name) -> its kind and content, of what deliveries made; and the generation that was delivered last."""
    if _fetch_one(cursor, "select to_regclass(%s)", f'"{meta}".{REMEMBERED}') is None:
        return {}, None
    statement = sql.SQL("select schema_name, table_name, kind, content, generation from {}")
    rows = cursor.execute(statement.format(sql.Identifier(meta, REMEMBERED))).fetchall()
    known = {(schema, name): (kind, content) for schema, name, kind, content, _ in rows}
    return known, max((row[-1] for row in rows), default=None)


def _remember(
    cursor: Cursor[Any], meta: str, plan: Plan, generation: Generation, known: Mapping[Name, tuple[str, str]]
) -> None:
    """Write down what is there now, if it differs."""
    now = {(each.schema, each.name): ("table", each.content) for each in plan.tables}
    now |= {(each.schema, each.name): ("view", each.select) for each in plan.views}
    if now == dict(known):
        return
    table = sql.Identifier(meta, REMEMBERED)
    cursor.execute(sql.SQL("delete from {}").format(table))
    cursor.executemany(
        sql.SQL(
            "insert into {} (schema_name, table_name, kind, content, generation, as_of) values (%s, %s, %s, %s, %s, %s)"
        ).format(table),
        [(*name, *facts, generation.name, generation.manifest.as_of) for name, facts in now.items()],
    )


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
