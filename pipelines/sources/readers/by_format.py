"""Reads a delivered file by the reader of its format.

Put here: which reader reads which format. Keep out: reading (`csv_files.py` and its siblings), copying and hashing
(`landing.py`).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.csv_files import lines_of_records, read_csv_file
from regulars.pipelines.sources.readers.decoding import unpack_gzip
from regulars.pipelines.sources.readers.json.json_files import lines_of_objects, read_json_file
from regulars.pipelines.sources.readers.landed_text import Landed
from regulars.pipelines.sources.readers.parquet_files import read_parquet_file
from regulars.pipelines.sources.readers.workbooks.workbook_files import read_workbook, rows_of_records


def read_file(original: Path, file_name: str, file_sha256: str, source: Source, work: Path) -> Landed:
    """Read a file once, into `work/landed.parquet` and, when lines are quarantined, `work/malformed.parquet`.

    Args:
        original: The bytes as delivered.
        file_name: The name to use in sentences.
        file_sha256: Their hash.
        source: How the file is written.
        work: A private, empty folder.

    Raises:
        Refusal: The file cannot be used.
    """
    with _pause_collector():
        return _read(original, file_name, file_sha256, source, work)


def _read(original: Path, file_name: str, file_sha256: str, source: Source, work: Path) -> Landed:
    match source.reader:
        case "delimited":
            return read_csv_file(original, file_name, file_sha256, source, work)
        case "workbook":
            return read_workbook(original, file_name, file_sha256, source, work)
        case "parquet":
            return read_parquet_file(original, file_name, file_sha256, work)
        case _:
            return read_json_file(_unpack(original, file_name, source, work), file_name, file_sha256, source, work)


@contextmanager
def _pause_collector() -> Iterator[None]:
    """Without looking for objects that hold each other.

    What is read holds no such ones, and is so many small objects that Python would look a fifth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def find_record_lines(original: Path, source: Source, records: set[int], work: Path) -> dict[int, int]:
    """The line of the delivered text on which each of some records begins; both count from 1, records after the header.

    Empty where the format has no lines.
    """
    match source.reader:
        case "delimited":
            return lines_of_records(original, source, records, work)
        case "workbook":
            return rows_of_records(original, source, records, work)
        case "parquet":
            return {}
        case _:
            return lines_of_objects(_unpack(original, original.name, source, work), source, records)


def _unpack(original: Path, file_name: str, source: Source, work: Path) -> Path:
    return unpack_gzip(original, file_name, work / "unpacked") if source.is_gzip else original
