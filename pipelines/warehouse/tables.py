"""Moves tables into and out of the run's build file.

Put here: writing a SELECT or a frame, reading a table, counting its rows. Keep out: what a table means.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl
import pyarrow as pa
from polars.io.plugins import register_io_source

from regulars.pipelines.errors import ContractBroken
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_table

SCAN_ROWS = 122_880  # one row group of DuckDB

Rows = pl.LazyFrame | pl.DataFrame | Iterator[pl.DataFrame]
"""The rows of a table; as an iterator in pieces."""


@dataclass(frozen=True)
class Warehouse:
    """One open build file. `con` is the only connection of the run; Great Expectations borrows it too."""

    con: duckdb.DuckDBPyConnection

    def write_select(self, table: str, select: str) -> int:
        """Make `table` (`layer.name`) from a SELECT; returns its number of rows."""
        self.con.execute(f"create table {quote_table(table)} as {select}")
        return self.count(table)

    def write_frame(self, table: str, frame: Rows, columns: Sequence[tuple[str, str]]) -> int:
        """Make `table` from a frame, with exactly these columns and types; returns its number of rows.

        Args:
            table: `layer.name`.
            frame: Has exactly the named columns, in any order. As an iterator it is one piece of the rows at a time,
                so that a table of many rows need not lie in memory as a whole.
            columns: Name and DuckDB type, in the order of the table.

        Raises:
            ContractBroken: The frame has other columns.
            duckdb.ConversionException: A value does not fit its type.
        """
        names = [name for name, _ in columns]
        definitions = ", ".join(f"{quote_identifier(name)} {data_type}" for name, data_type in columns)
        self.con.execute(f"create table {quote_table(table)} ({definitions})")
        for rows in _list_pieces(frame):
            if set(rows.columns) != set(names):
                raise ContractBroken(
                    f"{table} has the columns {sorted(set(rows.columns) - set(names))} that its contract does not "
                    f"declare, and lacks {sorted(set(names) - set(rows.columns))}."
                )
            self.con.register("frame_to_write", _stream(rows.select(names)))
            self.con.execute(f"insert into {quote_table(table)} select * from frame_to_write")
            self.con.unregister("frame_to_write")
        return self.count(table)

    def scan(self, table: str) -> pl.LazyFrame:
        """`table` as a lazy frame, of which DuckDB reads only the columns that are asked for.

        Every run of a scan has a cursor of its own. polars reads several frames, or one frame twice, side by side;
        DuckDB ends the open result of a connection when its next query begins: rows were lost without an error.
        """
        # a cursor has the database of the connection, but not its choice among several
        database = self.con.execute("select current_database()").fetchall()[0][0]
        place = f"{quote_identifier(database)}.{quote_table(table)}"

        def read_batches(
            columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
        ) -> Iterator[pl.DataFrame]:
            selected = "*" if columns is None else ", ".join(quote_identifier(name) for name in columns)
            left = n_rows
            with self.con.cursor() as cursor:
                result = cursor.sql(f"select {selected} from {place}")
                for batch in result.to_arrow_reader(batch_size or SCAN_ROWS):
                    frame = pl.DataFrame(batch)
                    frame = frame if predicate is None else frame.filter(predicate)
                    frame = frame if left is None else frame.head(left)
                    left = None if left is None else left - frame.height
                    yield frame
                    if left == 0:
                        return

        schema = self.con.sql(f"select * from {place} limit 0").pl().schema
        return register_io_source(read_batches, schema=schema, is_pure=True)

    def count(self, table: str) -> int:
        """The number of rows."""
        row = self.con.execute(f"select count(*) from {quote_table(table)}").fetchone()
        return int(row[0]) if row else 0

    def columns(self, table: str) -> list[tuple[str, str]]:
        """Name and type of every column."""
        description = self.con.execute(f"describe {quote_table(table)}").fetchall()
        return [(name, data_type) for name, data_type, *_ in description]


def _list_pieces(frame: Rows) -> Iterator[pl.DataFrame]:
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    yield from [frame] if isinstance(frame, pl.DataFrame) else frame


def _stream(frame: pl.DataFrame) -> pa.RecordBatchReader:
    """The rows as Arrow, some at a time: as a whole they would lie in memory twice."""
    pieces = (frame.slice(start, SCAN_ROWS).to_arrow() for start in range(0, frame.height, SCAN_ROWS))
    batches = (batch for piece in pieces for batch in piece.to_batches())
    return pa.RecordBatchReader.from_batches(frame.clear().to_arrow().schema, batches)
