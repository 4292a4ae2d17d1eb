"""Reads the parent generation: its published tables and its lineage.

Put here: where its tables are. Keep out: comparing them with this run's.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.state_file import read_state
from regulars.pipelines.run.lineage import TABLE, Lineage
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal


class ParentGeneration:
    """The parent generation, read from its Parquet files, so that no reader of its DuckDB file can block the run."""

    def __init__(self, con: duckdb.DuckDBPyConnection, generation: Generation) -> None:
        self.con, self.generation = con, generation
        self.as_of = generation.manifest.as_of

    def has(self, table: str) -> bool:
        """Whether the parent published the table."""
        return table in self.generation.manifest.tables

    def find_path(self, table: str) -> Path:
        """The Parquet file of a table."""
        return self.generation.parquet_file(table)

    def list_missing_files(self) -> list[str]:
        """The names of the Parquet files that are missing on disk."""
        paths = [self.find_path(table) for table in sorted(self.generation.manifest.tables)]
        return [path.name for path in paths if not path.is_file()]

    def write_scan(self, table: str) -> str:
        """SQL that reads a table, to stand after `from`."""
        return f"read_parquet({quote_literal(self.find_path(table))})"

    def can_read(self, table: str, columns: Collection[str]) -> bool:
        """Whether the parent has the table with these columns, and a file of it."""
        with self._open(table) as (con, relation):
            return relation is not None and _has_columns(con, relation, columns)

    def read_columns(self, table: str, columns: Mapping[str, PolarsDataType]) -> pl.DataFrame:
        """Some columns of a table, from the DuckDB file where the Parquet file is missing.

        No rows where the parent has no such table, or one without these columns, and where both files are missing.
        """
        with self._open(table) as (con, relation):
            if relation is None or not _has_columns(con, relation, columns):
                return pl.DataFrame(schema=columns)
            names = ", ".join(map(quote_identifier, columns))
            return con.sql(f"select {names} from {relation}").pl().cast(dict(columns))  # type: ignore[arg-type]

    @contextmanager
    def _open(self, table: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, str | None]]:
        """A connection and what to read the table from, None where there is nothing."""
        if self.has(table) and self.find_path(table).is_file():
            yield self.con, self.write_scan(table)
        elif self.has(table) and self.generation.duckdb_file.is_file():
            with duckdb.connect(self.generation.duckdb_file, read_only=True) as con:
                yield con, table
        else:
            yield self.con, None

    def read_lineage(self) -> Lineage:
        """The lineage of the parent; empty where it did not record one."""
        with read_state(self.generation) as con:
            found = con.execute(
                "select 1 from duckdb_tables() where schema_name || '.' || table_name = $table", {"table": TABLE}
            ).fetchall()
            if not found:
                return Lineage()
            return Lineage.of_rows(con.execute(f"select part, name, value from {TABLE}").fetchall())


def _has_columns(con: duckdb.DuckDBPyConnection, relation: str, columns: Collection[str]) -> bool:
    return set(columns) <= set(con.sql(f"select * from {relation} limit 0").columns)
