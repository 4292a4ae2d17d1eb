"""The DuckDB files of a generation: `regulars.duckdb`, which BI opens, and its state file, which it must not.

Put here: copying tables and views from the build into a fresh file, comments, counting what arrived.
Keep out: file modes and the swap (`generation.py`, `swap.py`); what the tables mean.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from regulars.pipelines import errors
from regulars.pipelines.home.generation import parquet_path
from regulars.pipelines.publish.targets.tables import Table, columns_of, literal, ordered_select, quoted

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
        comments: `layer.table` or `layer.table.column` -> text; what is not in the file is passed over.
        parquet: The folder where `write_parquet` has put the same tables: reading them in their order takes half the
            time of sorting them again.
    """
    with _attached(con, path) as file:
        for schema in sorted({table.layer for table in tables} | {view.partition(".")[0] for view in views}):
            con.execute(f"create schema if not exists {quoted(file, schema)}")
        for table in tables:
            select = _select(con, table, parquet)
            con.execute(f"create table {quoted(file, table.layer, table.short_name)} as {select}")
        for view, select in views.items():
            con.execute(f"create view {quoted(file, *view.split('.'))} as {select}")
        _write_comments(con, file, comments)
    leftover = path.with_name(path.name + ".wal")
    if leftover.exists():  # a log beside the file would be replayed into whatever bears its name
        raise errors.StorageFailed(f"{path.name} was not closed whole: {leftover.name} is left beside it")


def _select(con: duckdb.DuckDBPyConnection, table: Table, parquet: Path | None) -> str:
    columns = list(columns_of(con, table))
    if parquet is None:
        return ordered_select(con, table, columns)
    names = ", ".join(quoted(column) for column in columns)
    return f"select {names} from read_parquet({literal(str(parquet_path(parquet, table.name)))})"


@contextlib.contextmanager
def _attached(con: duckdb.DuckDBPyConnection, path: Path) -> Iterator[str]:
    """A fresh file beside the build, filled in one transaction: hundreds of comments cost one flush, not one each."""
    name = "published"
    con.execute(f"attach {literal(str(path))} as {name} (storage_version '{STORAGE_VERSION}')")
    try:
        con.begin()
        yield name
        con.commit()
    except BaseException:
        for undo in ("rollback", f"detach {name}"):
            with contextlib.suppress(duckdb.Error):  # the first failure is the one to tell
                con.execute(undo)
        raise
    con.execute(f"detach {name}")  # closes the file: checkpoints it and removes its log


def _write_comments(con: duckdb.DuckDBPyConnection, file: str, comments: Mapping[str, str]) -> None:
    here = f"database_name = {literal(file)} and not internal"
    rows = con.execute(
        f"select schema_name, table_name, 'table' from duckdb_tables() where {here} union all "
        f"select schema_name, view_name, 'view' from duckdb_views() where {here}"
    ).fetchall()
    for schema, name, kind in rows:
        if text := comments.get(f"{schema}.{name}"):
            con.execute(f"comment on {kind} {quoted(file, schema, name)} is {literal(text)}")
    columns = con.execute(f"select schema_name, table_name, column_name from duckdb_columns() where {here}").fetchall()
    for schema, name, column in columns:
        if text := comments.get(f"{schema}.{name}.{column}"):
            con.execute(f"comment on column {quoted(file, schema, name, column)} is {literal(text)}")


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
            f"{schema}.{name}": _scanned_rows(reader, schema, name)
            for schema, name in reader.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        }
        for view in views:
            reader.execute(f"select * from {quoted(*view.split('.'))}").fetchmany(1)
    if found != dict(expected):
        wrong = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        told = "; ".join(f"{name} has {found.get(name)} rows, {expected.get(name)} were written" for name in wrong)
        raise errors.StorageFailed(f"{path.name} does not hold what was written: {told}")


def _scanned_rows(reader: duckdb.DuckDBPyConnection, schema: str, name: str) -> int:
    # count(*) alone may be answered from the table's statistics; reading a column is a scan
    column = reader.execute(
        f"select column_name from duckdb_columns() where schema_name = {literal(schema)} "
        f"and table_name = {literal(name)} order by column_index"
    ).fetchall()[0][0]
    query = f"select count({quoted(column)}) + count(*) filter ({quoted(column)} is null) from {quoted(schema, name)}"
    rows: int = reader.execute(query).fetchall()[0][0]
    return rows
