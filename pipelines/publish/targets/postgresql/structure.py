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
    changed = list_changed(plan, present)
    gone = ours - {(each.schema, each.name) for each in plan.relations}
    stale = [
        each
        for each in plan.views
        if (each.schema, each.table) in changed or known_views.get((each.schema, each.name)) != each.select
    ]
    for name in {*gone, *((each.schema, each.name) for each in stale)}:
        if present.kinds.get(name) == "v":
            cursor.execute(sql.SQL("drop view {}").format(sql.Identifier(*name)))
    for name in sorted(gone):
        if present.kinds.get(name) == "r":
            cursor.execute(sql.SQL("drop table {}").format(sql.Identifier(*name)))
    if changed & set(present.kinds):
        _drop_references(cursor, ours, present)
    for table in plan.tables:
        if (table.schema, table.name) in changed:
            _settle_table(cursor, table, present)
    for table in plan.tables:
        _settle_references(cursor, table, present)
    missing = [each for each in plan.views if each in stale or (each.schema, each.name) not in present.kinds]
    for view in missing:
        _make_view(cursor, view)
        present.comments.pop((view.schema, view.name), None)
    comments = [comment for each in plan.relations for comment in _write_comments(each, present)]
    if comments:
        cursor.execute(sql.SQL("; ").join(comments))  # some three thousand, which take longer one by one


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


def _settle_table(cursor: Cursor[Any], table: PlannedTable, present: Present) -> None:
    """Make a table, or change what differs; its rows are deleted first, since they are loaded again."""
    name = sql.Identifier(table.schema, table.name)
    own = (table.schema, table.name)
    if own not in present.kinds:
        columns = [_define(each) for each in table.columns]
        cursor.execute(sql.SQL("create table {} ({})").format(name, sql.SQL(", ").join(columns)))
    else:
        cursor.execute(sql.SQL("delete from {}").format(name))
        _drop_keys(cursor, table, present)
        for statement in _list_column_changes(table, present.columns[own]):
            cursor.execute(sql.SQL("alter table {} ").format(name) + statement)
    for kind, key in sorted(_list_keys(table) - set(present.constraints[own])):
        words = sql.SQL("primary key" if kind == "p" else "unique")
        cursor.execute(sql.SQL("alter table {} add {} ({})").format(name, words, _list_names(key)))


def _list_names(columns: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _drop_references(cursor: Cursor[Any], ours: set[Name], present: Present) -> None:
    """Drop the foreign keys of our tables: a table cannot be changed while checks of its deleted rows are pending."""
    for name in ours & set(present.constraints):
        for key in [each for each in present.constraints[name] if each[0] == "f"]:
            constraint = sql.Identifier(present.constraints[name].pop(key))
            cursor.execute(sql.SQL("alter table {} drop constraint {}").format(sql.Identifier(*name), constraint))


def _drop_keys(cursor: Cursor[Any], table: PlannedTable, present: Present) -> None:
    own = (table.schema, table.name)
    for key in [each for each in present.constraints[own] if each[0] in "pu" and each not in _list_keys(table)]:
        constraint = sql.Identifier(present.constraints[own].pop(key))
        cursor.execute(sql.SQL("alter table {} drop constraint {}").format(sql.Identifier(*own), constraint))


def _define(column: Column) -> sql.Composable:
    required = sql.SQL(" not null") if column.is_required else sql.SQL("")
    return sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.type)) + required


def _list_column_changes(table: PlannedTable, present: Mapping[str, Column]) -> list[sql.Composable]:
    wanted = {each.name: each for each in table.columns}
    changes: list[sql.Composable] = [
        sql.SQL("drop column {}").format(sql.Identifier(name)) for name in present if name not in wanted
    ]
    for column in wanted.values():
        name = sql.Identifier(column.name)
        before = present.get(column.name)
        if before is None:
            changes.append(sql.SQL("add column ") + _define(column))
            continue
        if before.type != column.type:
            kind = sql.SQL(column.type)
            changes.append(sql.SQL("alter column {} type {} using null").format(name, kind))
        if before.is_required != column.is_required:
            verb = sql.SQL("set" if column.is_required else "drop")
            changes.append(sql.SQL("alter column {} {} not null").format(name, verb))
    return changes


def _settle_references(cursor: Cursor[Any], table: PlannedTable, present: Present) -> None:
    """Make foreign keys that are missing; they are checked at the commit, and rows from before are not."""
    name = sql.Identifier(table.schema, table.name)
    own = (table.schema, table.name)
    wanted = {("f", each.columns): each for each in table.references}
    for key, reference in wanted.items():
        if key not in present.constraints[own]:
            cursor.execute(
                sql.SQL(
                    "alter table {} add foreign key ({}) references {} ({}) deferrable initially deferred not valid"
                ).format(
                    name,
                    _list_names(reference.columns),
                    sql.Identifier(reference.schema, reference.table),
                    _list_names(reference.to),
                )
            )
    for key in [each for each in present.constraints[own] if each[0] == "f" and each not in wanted]:
        constraint = sql.Identifier(present.constraints[own][key])
        cursor.execute(sql.SQL("alter table {} drop constraint {}").format(name, constraint))


def _make_view(cursor: Cursor[Any], view: PlannedView) -> None:
    select = sql.SQL(view.select)
    cursor.execute(sql.SQL("create view {} as ").format(sql.Identifier(view.schema, view.name)) + select)


def _write_comments(each: PlannedTable | PlannedView, present: Present) -> Iterator[sql.Composable]:
    """The statements that write the comments that differ."""
    before = present.comments[each.schema, each.name]
    for column, comment in each.comments.items():
        if before.get(column) != comment:
            if column:
                what = sql.SQL("column {}").format(sql.Identifier(each.schema, each.name, column))
            else:
                kind = sql.SQL("table" if isinstance(each, PlannedTable) else "view")
                what = kind + sql.SQL(" {}").format(sql.Identifier(each.schema, each.name))
            yield sql.SQL("comment on ") + what + sql.SQL(" is {}").format(sql.Literal(comment))
