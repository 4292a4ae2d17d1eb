"""The parent generation as a run reads it: what it published, and what it was made from.

Put here: where its tables are. Keep out: comparing them with this run's.
"""

from pathlib import Path
from typing import Any

import duckdb

from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.state_file import read_state
from regulars.pipelines.run.lineage import TABLE, Lineage
from regulars.pipelines.warehouse.sql_text import quote_literal


class Earlier:
    """The parent generation, read from its Parquet: no reader of its DuckDB file can be in the way."""

    def __init__(self, con: duckdb.DuckDBPyConnection, generation: Generation) -> None:
        self.con, self.generation = con, generation
        self.as_of = generation.manifest.as_of

    def has(self, table: str) -> bool:
        """Whether it published the table."""
        return table in self.generation.manifest.tables

    def path(self, table: str) -> Path:
        """The table's file."""
        return self.generation.parquet_file(table)

    def lost(self) -> str | None:
        """The first file of it that is missing on the disk."""
        tables = sorted(self.generation.manifest.tables)
        return next((self.path(each).name for each in tables if not self.path(each).is_file()), None)

    def sql(self, table: str) -> str:
        """What stands after `from`."""
        return f"read_parquet({quote_literal(str(self.path(table)))})"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer to a query."""
        return self.con.execute(query).fetchall()

    def read_lineage(self) -> Lineage:
        """What it was made from; empty where it did not write that down."""
        with read_state(self.generation) as con:
            if not con.execute(
                f"select 1 from duckdb_tables() where schema_name || '.' || table_name = '{TABLE}'"
            ).fetchall():
                return Lineage()
            return Lineage.of_rows(con.execute(f"select part, name, value from {TABLE}").fetchall())
