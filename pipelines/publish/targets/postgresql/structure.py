"""Makes schemas, tables, keys, comments and views of a database what a generation needs, changing as little as it can.

Put here: comparing what is there with the plan, and the statements that mend the difference. Keep out: rows
(`load.py`).
A night without a new column changes nothing here, so that no reader waits: most of these statements lock a table.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Cursor, sql

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.publish.targets.postgresql.plan import (
    Column,
    Plan,
    PlannedTable,
    PlannedView,
)
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_COLUMNS = """
    select n.nspname, c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname = any(%s) and c.relkind in ('r', 'v', 'p', 'm', 'f')
"""
_CONSTRAINTS = """
    select
        n.nspname,
        c.relname,
        k.conname,
        k.contype,
        array(
            select a.attname::text
            from unnest(k.conkey) with ordinality as key(number, place)
            join pg_attribute as a on a.attrelid = c.oid and a.attnum = key.number
            order by key.place
        )
    from pg_constraint as k
    join pg_class as c on c.oid = k.conrelid
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = any(%s) and k.contype in ('p', 'u', 'f')
"""
_COMMENTS = """
    select n.nspname, c.relname, coalesce(a.attname::text, ''), d.description
    from pg_description as d
    join pg_class as c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass
    join pg_namespace as n on n.oid = c.relnamespace
    left join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0
    where n.nspname = any(%s)
"""
Name = tuple[str, str]
"""(schema, table or view)."""


@dataclass
class Present:
    """What the schemas of the plan hold now."""

    kinds: dict[Name, str] = field(default_factory=dict)
    columns: dict[Name, dict[str, Column]] = field(default_factory=lambda: defaultdict(dict))
    constraints: dict[Name, dict[tuple[str, tuple[str, ...]], str]] = field(default_factory=lambda: defaultdict(dict))
    comments: dict[Name, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))


def read_present(cursor: Cursor[Any], schemas: Iterable[str]) -> Present:
    """Read the tables, views and keys of some schemas."""
    present, names = Present(), list(schemas)
    for schema, table, kind, column, of_type, is_required in cursor.execute(_COLUMNS, [names]).fetchall():
        present.kinds[schema, table] = kind
        if column is not None:
            present.columns[schema, table][column] = Column(column, of_type, is_required)
    for schema, table, constraint, kind, columns in cursor.execute(_CONSTRAINTS, [names]).fetchall():
        present.constraints[schema, table][kind, tuple(columns)] = constraint
    return present


def read_comments(cursor: Cursor[Any], schemas: Iterable[str]) -> dict[Name, dict[str, str]]:
    """Read the comments in some schemas: table or view -> column -> comment; its own under `""`."""
    comments: dict[Name, dict[str, str]] = defaultdict(dict)
    for schema, table, column, comment in cursor.execute(_COMMENTS, [list(schemas)]).fetchall():
        comments[schema, table][column] = comment
    return comments


def settle_structure(
    cursor: Cursor[Any], plan: Plan, present: Present, owned: Iterable[Name], known_views: Mapping[Name, str]
) -> None:
    """Make tables and views those of the plan.

    Args:
        cursor: Inside the delivery's transaction.
        plan: What shall be there.
        present: What is there.
        owned: The tables and views that earlier deliveries made; nothing else is touched.
        known_views: View -> its SELECT when a delivery made it.

    Raises:
        StorageFailed: A name is taken by something that no delivery made.
    """
    ours = set(owned)
    for each in plan.relations:
        if (each.schema, each.name) in present.kinds and (each.schema, each.name) not in ours:
            raise StorageFailed(
                f"{each.schema}.{each.name} is there already and is not ours; choose a `schema_prefix`, or rename it"
            )
    statements = _list_statements(plan, present, ours, known_views)
    if statements:
        # of a first delivery some three thousand, which take longer one by one; as the server's standard has texts
        cursor.execute("set local standard_conforming_strings = on")
        cursor.execute(sql.SQL(";\n".join(statements)))


def _list_statements(plan: Plan, present: Present, ours: set[Name], known_views: Mapping[Name, str]) -> list[str]:
    """The statements that mend what differs, in their order; `present` forgets what they drop."""
    changed = list_changed(plan, present)
    gone = ours - {(each.schema, each.name) for each in plan.relations}
    stale = [
        each
        for each in plan.views
        if (each.schema, each.table) in changed or known_views.get((each.schema, each.name)) != each.select
    ]
    dropped_views = {*gone, *((each.schema, each.name) for each in stale)}
    statements = [f"drop view {_quote(name)}" for name in sorted(dropped_views) if present.kinds.get(name) == "v"]
    statements += [f"drop table {_quote(name)}" for name in sorted(gone) if present.kinds.get(name) == "r"]
    if changed & set(present.kinds):
        statements += _drop_references(ours, present)
    for table in plan.tables:
        if (table.schema, table.name) in changed:
            statements += _settle_table(table, present)
    for table in plan.tables:
        statements += _settle_references(table, present)
    for view in plan.views:
        own = (view.schema, view.name)
        if view in stale or own not in present.kinds:
            statements.append(f"create view {_quote(own)} as {view.select}")
            present.comments.pop(own, None)
    return [*statements, *(comment for each in plan.relations for comment in _write_comments(each, present))]


def list_changed(plan: Plan, present: Present) -> set[Name]:
    """The tables that are missing, or whose columns or keys are not those of the plan."""
    return {(each.schema, each.name) for each in plan.tables if _needs_change(each, present)}


def _needs_change(table: PlannedTable, present: Present) -> bool:
    name = (table.schema, table.name)
    keys = {key for key in present.constraints[name] if key[0] in "pu"}
    return present.columns[name] != {each.name: each for each in table.columns} or keys != _list_keys(table)


def _list_keys(table: PlannedTable) -> set[tuple[str, tuple[str, ...]]]:
    keys = {("u", columns) for columns in table.unique}
    return keys | ({("p", table.primary_key)} if table.primary_key else set())


def _settle_table(table: PlannedTable, present: Present) -> Iterator[str]:
    """Make a table, or change what differs; its rows are deleted first, since they are loaded again."""
    own = (table.schema, table.name)
    name, keys = _quote(own), _list_keys(table)
    if own not in present.kinds:
        parts = [*map(_define, table.columns), *(_define_key(key) for key in sorted(keys))]
        yield f"create table {name} ({', '.join(parts)})"
        return
    yield f"delete from {name}"
    for key in [each for each in present.constraints[own] if each[0] in "pu" and each not in keys]:
        yield _drop_constraint(own, present.constraints[own].pop(key))
    for change in _list_column_changes(table, present.columns[own]):
        yield f"alter table {name} {change}"
    for key in sorted(keys - set(present.constraints[own])):
        yield f"alter table {name} add {_define_key(key)}"


def _quote(name: Name) -> str:
    return ".".join(map(quote_identifier, name))


def _list_names(columns: Iterable[str]) -> str:
    return ", ".join(map(quote_identifier, columns))


def _drop_references(ours: set[Name], present: Present) -> Iterator[str]:
    """Drop the foreign keys of our tables: a table cannot be changed while checks of its deleted rows are pending."""
    for name in sorted(ours & set(present.constraints)):
        for key in [each for each in present.constraints[name] if each[0] == "f"]:
            yield _drop_constraint(name, present.constraints[name].pop(key))


def _drop_constraint(name: Name, constraint: str) -> str:
    return f"alter table {_quote(name)} drop constraint {quote_identifier(constraint)}"


def _define(column: Column) -> str:
    return f"{quote_identifier(column.name)} {column.type}{' not null' if column.is_required else ''}"


def _define_key(key: tuple[str, tuple[str, ...]]) -> str:
    kind, columns = key
    return f"{'primary key' if kind == 'p' else 'unique'} ({_list_names(columns)})"


def _list_column_changes(table: PlannedTable, present: Mapping[str, Column]) -> Iterator[str]:
    wanted = {each.name: each for each in table.columns}
    for name in present:
        if name not in wanted:
            yield f"drop column {quote_identifier(name)}"
    for column in wanted.values():
        name = quote_identifier(column.name)
        before = present.get(column.name)
        if before is None:
            yield f"add column {_define(column)}"
            continue
        if before.type != column.type:
            yield f"alter column {name} type {column.type} using null"
        if before.is_required != column.is_required:
            yield f"alter column {name} {'set' if column.is_required else 'drop'} not null"


def _settle_references(table: PlannedTable, present: Present) -> Iterator[str]:
    """Make foreign keys that are missing; they are checked at the commit, and rows from before are not."""
    own = (table.schema, table.name)
    wanted = {("f", each.columns): each for each in table.references}
    for key, reference in wanted.items():
        if key not in present.constraints[own]:
            yield (
                f"alter table {_quote(own)} add foreign key ({_list_names(reference.columns)}) "
                f"references {_quote((reference.schema, reference.table))} ({_list_names(reference.to)}) "
                "deferrable initially deferred not valid"
            )
    for key in [each for each in present.constraints[own] if each[0] == "f" and each not in wanted]:
        yield _drop_constraint(own, present.constraints[own][key])


def _write_comments(each: PlannedTable | PlannedView, present: Present) -> Iterator[str]:
    """The statements that write the comments that differ."""
    before = present.comments[each.schema, each.name]
    own = _quote((each.schema, each.name))
    kind = "table" if isinstance(each, PlannedTable) else "view"
    for column, comment in each.comments.items():
        if before.get(column) != comment:
            what = f"column {own}.{quote_identifier(column)}" if column else f"{kind} {own}"
            yield f"comment on {what} is {quote_literal(comment)}"
