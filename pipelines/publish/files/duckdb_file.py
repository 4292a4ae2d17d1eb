"""Writes the DuckDB files of a generation: `regulars.duckdb`, for BI tools, and the private state file.

Put here: copying tables and views from the build into a new file, comments, counting the copied rows.
Keep out: file modes and the swap (`generation.py`, `swap.py`); what the tables mean.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from regulars.pipelines import errors
from regulars.pipelines.home.generation import parquet_path
from regulars.pipelines.publish.files.tables import Table, read_columns, select_in_order
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal, quote_table

STORAGE_VERSION = "v1.0.0"  # what DuckDB 1.1 to 2.x, and so every BI client, can open


def write_duckdb_file(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    tables: Sequence[Table],
    *,
    views: Mapping[str, str],
    comments: Mapping[str, str],
    parquet: Path | None = None,
) -> None:
    """Copy tables from the build into a new DuckDB file: rows in the order of the key, columns in the build's order.

    Args:
        con: The build. It may be locked, if the folder of `path` is among its `allowed_directories`.
        path: The file to make; it must not exist.
        tables: What to copy, schemas kept.
        views: View name -> SELECT over the copied tables.
        comments: `layer.table` or `layer.table.column` -> text; names that are not in the file are ignored.
        parquet: The folder where `write_parquet` has put the same tables: reading them in their order takes half the
            time of sorting them again.

    Raises:
        errors.StorageFailed: DuckDB left a log beside the file, so the file is not complete.
    """
    with _attached(con, path) as file:
        for schema in sorted({table.layer for table in tables} | {view.partition(".")[0] for view in views}):
            con.execute(f"create schema if not exists {quote_table(f'{file}.{schema}')}")
        for table in tables:
            select = _select_rows(con, table, parquet)
            con.execute(f"create table {quote_table(f'{file}.{table.name}')} as {select}")
        for view, select in views.items():
            con.execute(f"create view {quote_table(f'{file}.{view}')} as {select}")
        _write_comments(con, file, comments)
    leftover = path.with_name(path.name + ".wal")
    if leftover.exists():  # DuckDB would replay a log into any later file of that name
        raise errors.StorageFailed(f"{path.name} was not closed properly: {leftover.name} is left beside it; run again")


def _select_rows(con: duckdb.DuckDBPyConnection, table: Table, parquet: Path | None) -> str:
    columns = list(read_columns(con, table))
    if parquet is None:
        return select_in_order(con, table, columns)
    names = ", ".join(quote_identifier(column) for column in columns)
    return f"select {names} from read_parquet({quote_literal(parquet_path(parquet, table.name))})"


@contextlib.contextmanager
def _attached(con: duckdb.DuckDBPyConnection, path: Path) -> Iterator[str]:
    """A new file beside the build, filled in one transaction: hundreds of comments cost one flush, not one each."""
    name = "published"
    con.execute(f"attach {quote_literal(path)} as {name} (storage_version {quote_literal(STORAGE_VERSION)})")
    try:
        con.begin()
        yield name
        con.commit()
    except BaseException:
        for undo in ("rollback", f"detach {name}"):
            with contextlib.suppress(duckdb.Error):  # the first error is the one to report
                con.execute(undo)
        raise
    con.execute(f"detach {name}")  # closes the file: checkpoints it and removes its log


def _write_comments(con: duckdb.DuckDBPyConnection, file: str, comments: Mapping[str, str]) -> None:
    relations = con.execute(f"""
        select 'table', schema_name || '.' || table_name
        from duckdb_tables()
        where database_name = {quote_literal(file)} and not internal
        union all
        select 'view', schema_name || '.' || view_name
        from duckdb_views()
        where database_name = {quote_literal(file)} and not internal
    """).fetchall()
    statements = [
        f"comment on {relation_type} {quote_table(f'{file}.{table}')} is {quote_literal(text)}"
        for relation_type, table in relations
        if (text := comments.get(table))
    ]
    columns = con.execute(f"""
        select schema_name || '.' || table_name, column_name
        from duckdb_columns()
        where database_name = {quote_literal(file)} and not internal
    """).fetchall()
    statements += [
        f"comment on column {quote_table(f'{file}.{table}')}.{quote_identifier(column)} is {quote_literal(text)}"
        for table, column in columns
        if (text := comments.get(f"{table}.{column}"))
    ]
    if statements:
        con.execute(";".join(statements))  # two thousand of them at once cost a quarter less


def check_counts(path: Path, expected: Mapping[str, int], views: Sequence[str] = ()) -> None:
    """Reopen a published file as a reader would, and count every table by a scan.

    Args:
        path: The finished file.
        expected: Table -> rows that must be there.
        views: Views that must answer.

    Raises:
        errors.StorageFailed: A table is missing or has other rows than were written.
    """
    with duckdb.connect(str(path), read_only=True) as reader:
        found = {
            f"{schema}.{name}": _count_by_scan(reader, schema, name)
            for schema, name in reader.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        }
        for view in views:
            reader.execute(f"select * from {quote_table(view)}").fetchmany(1)
    if found != dict(expected):
        wrong = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        differences = "; ".join(
            f"{name} has {found.get(name)} rows, {expected.get(name)} were written" for name in wrong
        )
        raise errors.StorageFailed(f"{path.name} does not hold what was written: {differences}; run again")


def _count_by_scan(reader: duckdb.DuckDBPyConnection, schema: str, name: str) -> int:
    # DuckDB may answer count(*) from the table's statistics; reading a column is a scan
    table = quote_table(f"{schema}.{name}")
    first = reader.execute(f"select name from pragma_table_info({quote_literal(table)}) where cid = 0").fetchall()
    column = quote_identifier(first[0][0])
    rows: int = reader.execute(f"""
        select count({column}) + count(*) filter ({column} is null)
        from {table}
    """).fetchall()[0][0]
    return rows
