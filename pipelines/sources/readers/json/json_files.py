"""Reads a delivered JSON file, of lines or an array, into landed text.

Put here: writing the objects of a file. Keep out: where they stand (`json_lines.py`, `json_arrays.py`), their values
(`json_values.py`), and what their keys mean.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.content import refuse_other_content
from regulars.pipelines.sources.readers.csv_files import write_malformed
from regulars.pipelines.sources.readers.header import name_columns
from regulars.pipelines.sources.readers.json.json_arrays import read_array
from regulars.pipelines.sources.readers.json.json_lines import JsonRecord, read_lines
from regulars.pipelines.sources.readers.json.json_rows import make_rows
from regulars.pipelines.sources.readers.json.json_values import JsonObject, make_columns
from regulars.pipelines.sources.readers.landed_text import Landed, describe_landed
from regulars.pipelines.sources.readers.records import Record
from regulars.pipelines.sources.readers.refusal import Refusal

_BATCH = 20_000


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

    Raises:
        Refusal: The file is empty, cut off, not UTF-8, or without any object.
    """
    refuse_other_content(text, file_name, source)
    bad: list[Record] = []
    pieces = _write_pieces(_read_records(text, file_name, source), bad, work)
    names = list(dict.fromkeys(name for piece in pieces for name in pq.read_schema(piece).names))
    count = sum(pq.read_metadata(piece).num_rows for piece in pieces)
    if not names:
        what = "only what is not an object" if bad else "no object"
        raise Refusal("empty", f"{file_name} holds {what}: see whether the export is finished, and `format` is right")
    landed = Landed(file_sha256, tuple(names), tuple(name_columns(names)), "utf-8", count, len(bad))
    _join_pieces(pieces, landed, work / "landed.parquet")
    if bad:
        write_malformed(bad, work / "malformed.parquet")
    return landed


def lines_of_objects(text: Path, source: Source, records: set[int]) -> dict[int, int]:
    """The line from 1 on which each of some records (numbers from 1) begins."""
    sound = (record[0] for record in _read_records(text, text.name, source) if not isinstance(record, Record))
    return {number: line for number, line in enumerate(sound, start=1) if number in records}


def _read_records(text: Path, file_name: str, source: Source) -> Iterator[JsonRecord]:
    is_array = source.reader == "json"
    records = read_array(text, file_name, source.options.records) if is_array else read_lines(text, file_name)
    return _add_rows(records, source.options.rows_of) if source.options.rows_of else records


def _add_rows(records: Iterator[JsonRecord], arrays: list[str]) -> Iterator[JsonRecord]:
    """The rows of each object, which all begin where it does."""
    for record in records:
        if isinstance(record, Record):
            yield record
        else:
            yield from ((record[0], row) for row in make_rows(record[1], arrays))


def _write_pieces(records: Iterator[JsonRecord], bad: list[Record], work: Path) -> list[Path]:
    """Write batches of objects; a batch with other keys than the one before begins another file."""
    pieces: list[Path] = []
    with ExitStack() as opened:
        writer: pq.ParquetWriter | None = None
        schema = pa.schema([])
        for batch in _make_batches(records, bad):
            columns = make_columns(batch)
            if writer is None or schema.names != list(columns):
                opened.close()
                pieces.append(work / f"piece-{len(pieces)}.parquet")
                schema = pa.schema([(name, pa.string()) for name in columns])
                writer = opened.enter_context(pq.ParquetWriter(pieces[-1], schema, compression="lz4"))
            writer.write_table(pa.table(list(columns.values()), schema=schema))
    return pieces


def _make_batches(records: Iterator[JsonRecord], bad: list[Record]) -> Iterator[list[JsonObject]]:
    batch: list[JsonObject] = []
    for record in records:
        if isinstance(record, Record):
            bad.append(record)
            continue
        batch.append(record[1])
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _join_pieces(pieces: list[Path], landed: Landed, target: Path) -> None:
    schema = pa.schema([(column, pa.string()) for column in landed.columns]).with_metadata(describe_landed(landed))
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for piece in pieces:
            with pq.ParquetFile(piece) as rows:
                for batch in rows.iter_batches(5 * _BATCH):
                    columns = [
                        batch.column(name) if name in batch.schema.names else pa.nulls(len(batch), pa.string())
                        for name in landed.header
                    ]
                    writer.write_table(pa.table(columns, schema=schema))
