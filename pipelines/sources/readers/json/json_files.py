"""Reads a delivered JSON file, of lines or an array, into landed text.

Put here: writing the objects of a file. Keep out: where they stand (`json_lines.py`, `json_arrays.py`), their values
(`json_values.py`), and what their keys mean.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.content import refuse_other_content
from regulars.pipelines.sources.readers.csv_files import write_malformed
from regulars.pipelines.sources.readers.header import name_columns
from regulars.pipelines.sources.readers.json import json_arrays, json_lines
from regulars.pipelines.sources.readers.json.json_lines import JsonPiece, JsonRecord
from regulars.pipelines.sources.readers.json.json_rows import make_rows
from regulars.pipelines.sources.readers.json.json_values import JsonObject, JsonPart, join_parts, read_cells
from regulars.pipelines.sources.readers.landed_text import Landed, describe_landed, write_landed_table
from regulars.pipelines.sources.readers.records import Record
from regulars.pipelines.sources.readers.refusal import Refusal

_BATCH = 20_000
_NO_COLUMNS = pa.table({"nothing": pa.array([], pa.string())})
"""What lies in the landing for a file without any object: Parquet needs a column."""


def read_json_file(text: Path, file_name: str, file_sha256: str, source: Source, work: Path) -> Landed:
    """Read a JSON file into `work/landed.parquet` and, when records are quarantined, `work/malformed.parquet`.

    A key within an object is a column of its own, as `customer.email`; objects and arrays are JSON too. What is not an
    object, or has a key twice, is quarantined.

    Args:
        text: The file, unpacked.
        file_name: The name to use in sentences.
        file_sha256: The hash of the bytes.
        source: How the file is written.
        work: A private folder.

    Returns:
        What landed; of a file without any object, such as `[]`, no columns.

    Raises:
        Refusal: The file is cut off, not UTF-8, or holds only what is not an object.
    """
    refuse_other_content(text, file_name, source)
    bad: list[Record] = []
    with ExitStack() as opened:
        pieces = _write_pieces(_read_parts(text, file_name, source, bad), work, opened)
        names = list(dict.fromkeys(name for piece in pieces for name in piece.keys))
        count = sum(piece.count for piece in pieces)
        if not names and bad:
            raise Refusal(
                "empty",
                f"{file_name} holds only what is not an object: see whether the export is finished, and `format` is "
                "right",
            )
        landed = Landed(file_sha256, tuple(names), tuple(name_columns(names)), "utf-8", count, len(bad))
        if len(pieces) == 1:
            pieces[0].describe(landed)
    if len(pieces) == 1:
        pieces[0].path.rename(work / "landed.parquet")
    elif pieces:
        _join_pieces(pieces, landed, work / "landed.parquet")
    else:
        write_landed_table(_NO_COLUMNS, landed, work / "landed.parquet")
    if bad:
        write_malformed(bad, work / "malformed.parquet")
    return landed


def lines_of_objects(text: Path, source: Source, records: set[int]) -> dict[int, int]:
    """The line from 1 on which each of some records (numbers from 1) begins."""
    sound = (record[0] for record in _read_records(text, text.name, source) if not isinstance(record, Record))
    return {number: line for number, line in enumerate(sound, start=1) if number in records}


def _read_records(text: Path, file_name: str, source: Source) -> Iterator[JsonRecord]:
    is_array = source.reader == "json"
    records = (
        json_arrays.read_array(text, file_name, source.options.records)
        if is_array
        else json_lines.read_lines(text, file_name)
    )
    return _add_rows(records, source.options.rows_of) if source.options.rows_of else records


def _add_rows(records: Iterator[JsonRecord], arrays: list[str]) -> Iterator[JsonRecord]:
    """The rows of each object, which all begin where it does."""
    for record in records:
        if isinstance(record, Record):
            yield record
        else:
            yield from ((record[0], row) for row in make_rows(record[1], arrays))


class _Piece:
    """A Parquet file of objects that have the keys of its first ones, while it is written."""

    def __init__(self, path: Path, keys: Iterable[str]) -> None:
        self.path, self.keys, self.count = path, list(keys), 0
        self._schema = pa.schema([(name, pa.string()) for name in name_columns(self.keys)])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, columns: "Mapping[str, pa.Array[pa.StringScalar]]") -> None:
        rows = len(next(iter(columns.values())))
        nulls = pa.nulls(rows, pa.string())
        self._writer.write_table(pa.table([columns.get(key, nulls) for key in self.keys], schema=self._schema))
        self.count += rows

    def describe(self, landed: Landed) -> None:
        self._writer.add_key_value_metadata(describe_landed(landed))

    def close(self) -> None:
        self._writer.close()


def _read_parts(text: Path, file_name: str, source: Source, bad: list[Record]) -> Iterator[JsonPart]:
    """The objects of a file in parts; what is none joins the bad records."""
    pieces: Iterator[JsonPiece]
    if source.options.rows_of:
        records = _read_records(text, file_name, source)
        pieces = iter(lambda: list(islice(records, _BATCH)), [])
    elif source.reader == "json":
        pieces = json_arrays.read_pieces(text, file_name, source.options.records)
    else:
        pieces = json_lines.read_pieces(text, file_name)
    objects: list[JsonObject] = []
    for piece in pieces:
        if not isinstance(piece, JsonPart):
            bad += (record for record in piece if isinstance(record, Record))
            objects += (record[1] for record in piece if not isinstance(record, Record))
        if objects and (isinstance(piece, JsonPart) or len(objects) >= _BATCH):
            part, objects = JsonPart(read_cells(objects), len(objects)), []
            yield part
        if isinstance(piece, JsonPart):
            yield piece
    yield JsonPart(read_cells(objects), len(objects))


def _write_pieces(parts: Iterator[JsonPart], work: Path, opened: ExitStack) -> list[_Piece]:
    """Write batches of objects; a batch with keys that the one before has not begins another file."""
    pieces: list[_Piece] = []
    for batch in _make_batches(parts):
        columns = join_parts(batch)
        if not columns:
            continue
        if not pieces or not columns.keys() <= set(pieces[-1].keys):
            opened.close()
            pieces.append(_Piece(work / f"piece-{len(pieces)}.parquet", columns))
            opened.callback(pieces[-1].close)
        pieces[-1].write(columns)
    return pieces


def _make_batches(parts: Iterator[JsonPart]) -> Iterator[list[JsonPart]]:
    batch: list[JsonPart] = []
    for part in parts:
        batch.append(part)
        if sum(each.count for each in batch) >= _BATCH:
            yield batch
            batch = []
    yield batch


def _join_pieces(pieces: Sequence[_Piece], landed: Landed, target: Path) -> None:
    schema = pa.schema([(column, pa.string()) for column in landed.columns]).with_metadata(describe_landed(landed))
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for piece in pieces:
            places = {key: place for place, key in enumerate(piece.keys)}
            with pq.ParquetFile(piece.path) as rows:
                for batch in rows.iter_batches(5 * _BATCH):
                    nulls = pa.nulls(len(batch), pa.string())
                    columns = [batch.column(places[key]) if key in places else nulls for key in landed.header]
                    writer.write_table(pa.table(columns, schema=schema))
