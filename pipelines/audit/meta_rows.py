"""Writes rows of plain values into a table of `meta`.

Put here: that one function. Keep out: which rows a table has.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from regulars.pipelines.run.run import Run

Row = Mapping[str, Any]


def write_rows(run: Run, table: str, rows: Iterable[Row]) -> None:
    """Write rows of plain values; a table without rows still has its columns."""
    columns = run.contracts[table].types
    names = [name for name, _ in columns]
    frame = pl.DataFrame([dict(row) for row in rows], infer_schema_length=None)
    if frame.is_empty():
        frame = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    run.warehouse.write_frame(table, frame.select(names), columns)
