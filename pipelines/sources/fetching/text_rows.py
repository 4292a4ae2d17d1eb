"""Writes fetched rows into one Parquet file of texts, sorted, so that equal rows make equal bytes.

Put here: the file. Keep out: where rows come from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.pipelines.sources.readers.landed_text import open_private_connection
from regulars.pipelines.warehouse.sql_text import quote_literal

Row = Sequence[str | None]


@dataclass(frozen=True)
class TextRows:
    """Rows of texts: the names of their columns, and batches of rows that are read once."""

    names: tuple[str, ...]
    batches: Iterable[Sequence[Row]]


def write_text_rows(rows: TextRows, target: Path) -> None:
    """Write rows into a Parquet file, sorted by all columns from left to right.

    Args:
        rows: Their names must differ from each other.
        target: The file; its folder must be private, since the rows come to lie beside it for a moment.
    """
    unsorted = target.with_name(f".{target.name}.unsorted.tmp")
    schema = pa.schema([(name, pa.string()) for name in rows.names])
    try:
        with pq.ParquetWriter(unsorted, schema) as writer:
            for batch in rows.batches:
                columns = [pa.array([row[at] for row in batch], pa.string()) for at in range(len(rows.names))]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
        with open_private_connection() as con:
            con.execute(f"""
                copy (from read_parquet({quote_literal(unsorted)}) order by all)
                to {quote_literal(target)} (format parquet)
            """)
    finally:
        unsorted.unlink(missing_ok=True)
