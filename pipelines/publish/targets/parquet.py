"""Published tables as Parquet: one file each, the same bytes for the same rows.

Put here: writing Parquet. Keep out: which tables, and the hashes' meaning (`manifest.py`).
DuckDB writes, not polars: its writer gives the same bytes at any number of threads when the rows are ordered.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from regulars.pipelines.home.durable import sha256_of
from regulars.pipelines.home.generation import parquet_path
from regulars.pipelines.home.manifest import TableFacts
from regulars.pipelines.publish.targets.tables import Table, columns_of, literal, ordered_select

ROW_GROUP_SIZE = 122_880


def write_parquet(con: duckdb.DuckDBPyConnection, tables: Sequence[Table], folder: Path) -> dict[str, TableFacts]:
    """Write every table to `folder/<layer>/<table>.parquet`.

    Returns:
        Table name -> rows written and the SHA-256 of its file.
    """
    folder.mkdir()
    facts = {}
    for table in tables:
        path = parquet_path(folder, table.name)
        path.parent.mkdir(exist_ok=True)
        select = ordered_select(con, table, list(columns_of(con, table)))
        rows = con.execute(
            f"copy ({select}) to {literal(str(path))} "
            f"(format parquet, compression zstd, row_group_size {ROW_GROUP_SIZE})"
        ).fetchall()[0][0]
        facts[table.name] = TableFacts(rows=rows, sha256=sha256_of(path))
    return facts
