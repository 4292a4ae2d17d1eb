"""Delivers a generation to PostgreSQL in one transaction: readers see the old one until it ends, then the new one.

Put here: the order of a delivery, and what is remembered of it. Keep out: connecting and its errors (`connection.py`).
"""

from collections.abc import Mapping
from typing import Any

import duckdb
from psycopg import Cursor, sql

from regulars.pipelines.errors import Busy, StorageFailed
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.publish.targets.postgresql.load import replace_rows
from regulars.pipelines.publish.targets.postgresql.plan import Plan, plan_generation
from regulars.pipelines.publish.targets.postgresql.structure import Name, read_present, settle_structure

LOCK_SECONDS = 30
"""How long a change of a table's structure waits for those who read it."""
REMEMBERED = "delivered_tables"
"""The table beside `meta` that says what deliveries made, and from which generation it is."""


def deliver_in_transaction(cursor: Cursor[Any], generation: Generation, *, prefix: str, readers: str | None) -> bool:
    """Make the database hold a generation; the caller commits.

    Args:
        cursor: Of a new transaction.
        generation: What is delivered.
        prefix: Of each schema's name.
        readers: A role that may read everything; None: nobody is granted anything.

    Returns:
        Whether anything was written.

    Raises:
        Busy: Another delivery is under way.
        StorageFailed: A name is taken.
    """
    plan = plan_generation(generation, prefix)
    cursor.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(f"{LOCK_SECONDS}s")))
    if not _fetch_one(cursor, "select pg_try_advisory_xact_lock(hashtext(%s))", f"regulars {prefix}"):
        raise Busy("another delivery to this database is under way; run `regulars deliver` when it has ended")
    schemas = {each.schema for each in plan.relations} | {f"{prefix}meta"}
    is_new = _make_schemas(cursor, schemas, f"{prefix}meta")
    known = _read_remembered(cursor, f"{prefix}meta")
    present = read_present(cursor, schemas)
    views = {name: content for name, (kind, content) in known.items() if kind == "view"}
    changed = settle_structure(cursor, plan, present, known, views)
    loaded = [
        each
        for each in plan.tables
        if (each.schema, each.name) in changed or known.get((each.schema, each.name)) != ("table", each.content)
    ]
    with duckdb.connect(str(generation.duckdb_file), read_only=True) as con:
        replace_rows(cursor, con, loaded)
    _remember(cursor, f"{prefix}meta", plan, generation, known)
    granted = readers is not None and _grant(cursor, sorted(schemas), readers)
    return is_new or bool(loaded) or granted


def _fetch_one(cursor: Cursor[Any], statement: str, *values: object) -> Any:
    row = cursor.execute(statement, values).fetchone()
    return row[0] if row else None


def _make_schemas(cursor: Cursor[Any], schemas: set[str], meta: str) -> bool:
    """Make the schemas that are missing, and the table that remembers; whether there was none."""
    there = {name for (name,) in cursor.execute("select nspname from pg_namespace").fetchall()}
    for schema in sorted(schemas - there):
        cursor.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
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
    comment = "What Regulars delivered: which tables and views are its own, and which generation they hold."
    cursor.execute(sql.SQL("comment on table {} is {}").format(table, sql.Literal(comment)))
    return True


def _read_remembered(cursor: Cursor[Any], meta: str) -> dict[Name, tuple[str, str]]:
    """(schema, name) -> its kind and content, of what deliveries made."""
    statement = sql.SQL("select schema_name, table_name, kind, content from {}")
    rows = cursor.execute(statement.format(sql.Identifier(meta, REMEMBERED))).fetchall()
    return {(schema, name): (kind, content) for schema, name, kind, content in rows}


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
