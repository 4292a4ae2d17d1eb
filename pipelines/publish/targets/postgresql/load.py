"""Brings rows from the generation's DuckDB file to the server by binary COPY, without a file between.

Put here: deleting and inserting rows. Keep out: which rows (`differences.py`), and what the tables look like.
Old rows are deleted and not truncated: a truncated table would make every reader wait for the commit.
"""

from collections.abc import Mapping
from typing import Any

import duckdb
from pgpq import ArrowToPostgresBinaryEncoder
from psycopg import Cursor, sql

from regulars.pipelines.publish.targets.postgresql.differences import Load
from regulars.pipelines.publish.targets.postgresql.plan import PlannedTable
from regulars.pipelines.publish.targets.postgresql.rows import Rows, make_current, make_rows_table
from regulars.pipelines.publish.targets.postgresql.structure import Name
from regulars.pipelines.warehouse.sql_text import quote_identifier

ROWS_AT_ONCE = 4_096
"""Few enough that the network holds some of them: the server reads those while we write the next."""
KEYS_AT_ONCE = 50_000


def load_rows(
    cursor: Cursor[Any], con: duckdb.DuckDBPyConnection, load: Load, rows: Rows, prepared: Mapping[Name, Name]
) -> None:
    """Make the rows of a table those of the generation.

    Args:
        cursor: Inside the delivery's transaction.
        con: The generation's DuckDB file, with what differs.
        load: How.
        rows: The tables that hold rows now.
        prepared: Published table -> the empty table for its rows, where readers had to know it before.
    """
    own = (load.table.schema, load.table.name)
    if load.needs_table:
        name = prepared.get(own) or make_rows_table(cursor, load.table, rows)
        if load.way == "carry_over":
            _delete(cursor, con, load, rows.current[own])
            _carry_over(cursor, load, rows.current[own], name)
        _copy(cursor, con, load, name)
        make_current(cursor, load.table, name, rows)
        return
    name = rows.current[own]
    if load.way == "differences":
        _delete(cursor, con, load, name)
        if load.as_of is not None:
            cursor.execute(sql.SQL("update {} set as_of = %s").format(sql.Identifier(*name)), [load.as_of])
    else:
        cursor.execute(sql.SQL("delete from {}").format(sql.Identifier(*name)))
    _copy(cursor, con, load, name)


def _copy(cursor: Cursor[Any], con: duckdb.DuckDBPyConnection, load: Load, name: Name) -> None:
    columns = [each.name for each in load.table.columns]
    listed = ", ".join(quote_identifier(column) for column in columns)
    reader = con.execute(f"select {listed} from {load.rows}").to_arrow_reader(ROWS_AT_ONCE)
    encoder = ArrowToPostgresBinaryEncoder(reader.schema)
    statement = sql.SQL("copy {} ({}) from stdin with (format binary)").format(
        sql.Identifier(*name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with cursor.copy(statement) as copy:
        copy.write(encoder.write_header())
        for batch in reader:
            copy.write(encoder.write_batch(batch))
        copy.write(encoder.finish())


def _carry_over(cursor: Cursor[Any], load: Load, before: Name, name: Name) -> None:
    """Copy the rows that are left in one table of rows to another, with the day of this generation."""
    columns = [each.name for each in load.table.columns]
    said = [sql.Literal(load.as_of) if each == "as_of" else sql.Identifier(each) for each in columns]
    cursor.execute(
        sql.SQL("insert into {} ({}) select {} from {}").format(
            sql.Identifier(*name),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(said),
            sql.Identifier(*before),
        )
    )


def _delete(cursor: Cursor[Any], con: duckdb.DuckDBPyConnection, load: Load, name: Name) -> None:
    """Delete the rows with the keys that are gone."""
    key = load.table.primary_key
    arrays, matches = _write_arrays(load.table), [sql.SQL("held.{0} = gone.{0}").format(sql.Identifier(k)) for k in key]
    statement = sql.SQL("delete from {} as held using unnest({}) as gone ({}) where {}").format(
        sql.Identifier(*name),
        arrays,
        sql.SQL(", ").join(map(sql.Identifier, key)),
        sql.SQL(" and ").join(matches),
    )
    keys = con.execute(f"select {', '.join(map(quote_identifier, key))} from {load.gone}")
    while batch := keys.fetchmany(KEYS_AT_ONCE):
        cursor.execute(statement, [list(values) for values in zip(*batch, strict=True)])


def _write_arrays(table: PlannedTable) -> sql.Composable:
    types = {each.name: each.type for each in table.columns}
    return sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(types[name])) for name in table.primary_key)
