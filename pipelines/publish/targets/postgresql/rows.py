"""Keeps the rows of each published table in a table of their own, which inherits from it.

Put here: making, finding and dropping the tables that hold rows. Keep out: which rows they hold (`load.py`).

A published table is itself empty: it has the columns, keys, foreign keys, comments and grants, and whoever selects from
it reads the rows of the tables that inherit from it. So a new generation of its rows is loaded without an index to
keep up and without a check for each row, and the old rows go by dropping one table.

The comment of a table of rows says whose rows it holds, or when they were deleted. A transaction that began before
(`repeatable read`) still finds them, if the table is there: it is dropped by a delivery an hour later or more. One
without a comment was made for a delivery that was killed, and holds nothing that anybody sees.
"""

import contextlib
import itertools
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection, Cursor, errors, sql

from regulars.pipelines.publish.targets.postgresql.plan import PlannedTable
from regulars.pipelines.publish.targets.postgresql.structure import Name

SCHEMA = "published_rows"
"""The schema of the tables that hold rows, after the prefix; nobody but the writer may enter it."""
_LONGEST_NAME = 50
"""Letters of a name that are kept, so that a number fits behind them: PostgreSQL cuts names off at 63 bytes."""
_DROP_MILLISECONDS = 200
"""How long the drop of an empty table waits for those who still read it, and others who come behind it."""
KEPT_MINUTES = 60
"""How long deleted rows stay for transactions that began before; how old others' are, a writer may not see."""
_CURRENT, _EMPTIED = "The rows of", "Emptied at"
_ROWS = f"""
    select
        n.nspname,
        p.relname,
        c.relname,
        coalesce(said.comment like '{_CURRENT} %%', false),
        coalesce(
            substring(said.comment from '{_EMPTIED} ([^;]+);')::timestamptz > now() - %s * interval '1 minute', false
        )
    from pg_inherits as i
    join pg_class as p on p.oid = i.inhparent
    join pg_namespace as n on n.oid = p.relnamespace
    join pg_class as c on c.oid = i.inhrelid
    cross join lateral (select obj_description(c.oid, 'pg_class') as comment) as said
    where c.relnamespace = to_regnamespace(%s)
    order by c.oid
"""


@dataclass(frozen=True)
class Rows:
    """The tables that hold rows.

    Attributes:
        schema: Where they lie.
        current: Published table -> the table that holds its rows.
        spare: Table that holds none -> the published table that it inherits from.
        kept: Those of `spare` whose rows a transaction that began before may still read.
    """

    schema: str
    current: dict[Name, Name] = field(default_factory=dict)
    spare: dict[Name, Name] = field(default_factory=dict)
    kept: set[Name] = field(default_factory=set, compare=False)  # changes by itself as time goes by

    def of_table(self, table: Name) -> list[Name]:
        """All tables that inherit from a published one."""
        spare = [name for name, parent in self.spare.items() if parent == table]
        return [*spare, self.current[table]] if table in self.current else spare


def read_rows(cursor: Cursor[Any], prefix: str) -> Rows:
    """Find the tables that hold the rows of published tables."""
    rows = Rows(f"{prefix}{SCHEMA}")
    found = cursor.execute(_ROWS, [KEPT_MINUTES, f'"{rows.schema}"']).fetchall()
    for schema, table, name, is_current, is_kept in found:
        if is_current:
            rows.current[schema, table] = (rows.schema, name)
            continue
        rows.spare[rows.schema, name] = (schema, table)
        if is_kept:
            rows.kept.add((rows.schema, name))
    return rows


def make_rows_table(cursor: Cursor[Any], table: PlannedTable, rows: Rows) -> Name:
    """Make an empty table for the rows of a published table, and add it to `rows.spare`; no reader waits for that.

    Readers must know it before it holds anything: where they can read the published table already, it is made in a
    transaction before the one that fills it.
    """
    taken = {name for _, name in (*rows.current.values(), *rows.spare)}
    stem = f"{table.schema}_{table.name}"[:_LONGEST_NAME]
    free = next(number for number in itertools.count(1) if f"{stem}_{number}" not in taken)
    name = (rows.schema, f"{stem}_{free}")
    parent = sql.Identifier(table.schema, table.name)
    cursor.execute(sql.SQL("create table {} () inherits ({})").format(sql.Identifier(*name), parent))
    rows.spare[name] = (table.schema, table.name)
    return name


def make_current(cursor: Cursor[Any], table: PlannedTable, name: Name, rows: Rows) -> None:
    """Let a filled table hold the rows of a published one: index its key, and delete the rows that were there."""
    own, filled = (table.schema, table.name), sql.Identifier(*name)
    statements: list[sql.Composable] = []
    if table.primary_key:
        columns = sql.SQL(", ").join(map(sql.Identifier, table.primary_key))
        statements.append(sql.SQL("create unique index on {} ({})").format(filled, columns))
    # an older version kept them there
    statements.append(sql.SQL("delete from only {}").format(sql.Identifier(*own)))
    before = rows.current.get(own)
    if before is not None:
        (now,) = cursor.execute("select now()::text").fetchall()[0]
        emptied = sql.Literal(f"{_EMPTIED} {now}; a later delivery drops it.")
        statements.append(sql.SQL("delete from {}").format(sql.Identifier(*before)))
        statements.append(sql.SQL("comment on table {} is {}").format(sql.Identifier(*before), emptied))
    comment = sql.Literal(f"{_CURRENT} {table.schema}.{table.name}; read them there.")
    statements.append(sql.SQL("comment on table {} is {}").format(filled, comment))
    cursor.execute(sql.SQL("; ").join(statements))


def drop_spare(connection: Connection[Any], rows: Rows) -> None:
    """Drop tables that hold no rows for anybody; one that somebody still reads stays for the next delivery."""
    for name in rows.spare.keys() - rows.kept:
        with contextlib.suppress(errors.LockNotAvailable), connection.transaction(), connection.cursor() as cursor:
            cursor.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(f"{_DROP_MILLISECONDS}ms")))
            cursor.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(*name)))
