"""Reads a table or query of a SQLite or DuckDB file as text rows.

Put here: the two databases that are a file. Keep out: servers, and what happens to the rows.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from regulars.pipelines.settings.sources.ways_in import DatabaseTable
from regulars.pipelines.sources.fetching.text_rows import Row, TextRows
from regulars.pipelines.sources.readers.parquet_files import convert_to_text
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.warehouse.sql_text import quote_identifier

BATCH = 20_000


def write_select(way: DatabaseTable) -> str:
    """The statement whose rows are fetched: the query as set, or the whole table."""
    if way.query is not None:
        return way.query.strip().rstrip(";")
    return f"select * from {'.'.join(quote_name(way, part) for part in str(way.table).split('.'))}"


def quote_name(way: DatabaseTable, name: str) -> str:
    """A table's or column's name as the database quotes it."""
    return f"`{name.replace('`', '``')}`" if way.engine == "mysql" else quote_identifier(name)


@contextmanager
def read_sqlite(way: DatabaseTable, path: Path) -> Iterator[TextRows]:
    """The rows of a SQLite file; numbers as SQLite stores them, blobs in hexadecimal digits.

    Raises:
        Refusal: The file cannot be read, or it refuses the statement.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as con:
            cursor = con.execute(write_select(way))
            names = tuple(str(name) for name, *_ in cursor.description or ())
            yield TextRows(names, _read_sqlite_batches(cursor))
    except sqlite3.Error as error:
        raise Refusal("unfetched", f"{way.what} cannot be read: {error}; correct `from`") from None


def _read_sqlite_batches(cursor: sqlite3.Cursor) -> Iterator[list[Row]]:
    while found := cursor.fetchmany(BATCH):
        yield [[_write_sqlite_value(value) for value in row] for row in found]


def _write_sqlite_value(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return str(int(value))
    return str(value)


@contextmanager
def read_duckdb(way: DatabaseTable, path: Path) -> Iterator[TextRows]:
    """The rows of a DuckDB file.

    Raises:
        Refusal: The file cannot be read, or it refuses the statement.
    """
    try:
        with duckdb.connect(path, read_only=True) as con:
            con.execute("set enable_external_access = false")  # a query reads this file and no other
            con.execute("set lock_configuration = true")
            select = write_select(way)
            columns = con.execute(f"describe {select}").fetchall()
            texts = [f"{convert_to_text(quote_identifier(name), str(kind))}" for name, kind, *_ in columns]
            con.execute(f"select {', '.join(texts)} from ({select})")
            yield TextRows(tuple(str(name) for name, *_ in columns), _read_duckdb_batches(con))
    except duckdb.Error as error:
        why = str(error).split("\n", maxsplit=1)[0] if isinstance(error, duckdb.CatalogException) else ""
        raise Refusal(
            "unfetched", f"{way.what} cannot be read: {why or type(error).__name__}; correct `from`"
        ) from None


def _read_duckdb_batches(con: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Row]]:
    while found := con.fetchmany(BATCH):
        yield found
