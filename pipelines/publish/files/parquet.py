"""Writes published tables as Parquet: one file each, the same bytes for the same rows.

Put here: writing Parquet. Keep out: which tables, and what the hashes mean (`pipelines/home/manifest.py`).
DuckDB writes the files, not polars: for rows in a fixed order it gives the same bytes at any number of threads.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from regulars.pipelines.home.durable import hash_file
from regulars.pipelines.home.generation import parquet_path
from regulars.pipelines.home.manifest import TableFacts
from regulars.pipelines.publish.files.tables import Table, read_columns, select_in_order
from regulars.pipelines.warehouse.sql_text import quote_literal

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
        select = select_in_order(con, table, list(read_columns(con, table)))
        rows = con.execute(f"""
            copy ({select})
            to {quote_literal(path)} (format parquet, compression zstd, row_group_size {ROW_GROUP_SIZE})
        """).fetchall()[0][0]
        facts[table.name] = TableFacts(rows=rows, sha256=hash_file(path))
    return facts
