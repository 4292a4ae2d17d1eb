"""Remembers in the database what deliveries made there, so that nothing else is ever touched.

Put here: the table that remembers. Keep out: what is delivered (`delivery.py`).
"""

from collections.abc import Mapping
from typing import Any

from psycopg import Cursor, sql

from regulars.pipelines.home.generation import Generation
from regulars.pipelines.publish.targets.postgresql.plan import Plan
from regulars.pipelines.publish.targets.postgresql.structure import Name

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
Known = Mapping[Name, tuple[str, str]]
"""(schema, name) -> the kind and the content of what deliveries made."""


def make_remembered(cursor: Cursor[Any], meta: str) -> bool:
    """Make the table that remembers; whether there was none."""
    table = sql.Identifier(meta, REMEMBERED)
    if _has_remembered(cursor, meta):
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


def _has_remembered(cursor: Cursor[Any], meta: str) -> bool:
    found = cursor.execute("select to_regclass(%s)", [f'"{meta}".{REMEMBERED}']).fetchone()
    return found is not None and found[0] is not None


def read_remembered(cursor: Cursor[Any], meta: str) -> tuple[Known, str | None]:
    """What deliveries made, and the name of the generation that was delivered last; None: none was."""
    if not _has_remembered(cursor, meta):
        return {}, None
    statement = sql.SQL("select schema_name, table_name, kind, content, generation from {}")
    rows = cursor.execute(statement.format(sql.Identifier(meta, REMEMBERED))).fetchall()
    known = {(schema, name): (kind, content) for schema, name, kind, content, _ in rows}
    return known, max((row[-1] for row in rows), default=None)


def remember(cursor: Cursor[Any], meta: str, plan: Plan, generation: Generation, known: Known) -> None:
    """Write down what is there now, if it differs from what is known."""
    now = {(each.schema, each.name): ("table", each.content) for each in plan.tables}
    now |= {(each.schema, each.name): ("view", each.select) for each in plan.views}
    if now == known:
        return
    table = sql.Identifier(meta, REMEMBERED)
    cursor.execute(sql.SQL("delete from {}").format(table))
    rows = sql.SQL("copy {} (schema_name, table_name, kind, content, generation, as_of) from stdin").format(table)
    with cursor.copy(rows) as copy:
        for name, facts in now.items():
            copy.write_row((*name, *facts, generation.name, generation.manifest.as_of))
