"""Opens a file as a table, whatever its delimiter and format: its header, how it is written, and its rows.

Put here: format and delimiter, found from the content and never from the name. Keep out: what a column means.
"""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from regulars.pipelines.command.init.found_files import FoundFile
from regulars.pipelines.sources.readers.header import clean_name

HEAD_BYTES = 262_144
_RECORDS = 60
_DELIMITERS = (",", ";", "\t", "|")
_LEAST_EVEN = 0.8
"""The share of a text's first records that are as wide as its header, from which on it is a table."""
_VALUE = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}|[+-]?[\d.,:/\s-]*\d[\d.,:/\s-]*|\d{4}-\d\d-\d\d.*", re.IGNORECASE)
_PACKED = {b"PK\x03\x04": "a workbook or an archive", b"\xd0\xcf\x11\xe0": "an old workbook", b"%PDF": "a PDF"}


@dataclass(frozen=True)
class TableHead:
    """The beginning of a file.

    Attributes:
        file: The file.
        format: As in the settings.
        delimiter: What separates values; a comma where the format has none.
        header: The header names as they are.
        ends_with_line_end: Whether its last line does.
        reason: Why it is no table that can be read; empty where it is.
    """

    file: FoundFile
    format: str
    delimiter: str
    header: tuple[str, ...]
    ends_with_line_end: bool = True
    reason: str = ""


def read_head(file: FoundFile) -> TableHead:
    """Open a file as a table; `reason` says why it is none."""
    with file.path.open("rb") as stream:
        start = stream.read(HEAD_BYTES)
        stream.seek(max(0, file.path.stat().st_size - 2))
        end = stream.read()
    what = next((what for mark, what in _PACKED.items() if start.startswith(mark)), None)
    if what is not None:
        return _refuse(file, f"{what}: save its table as CSV")
    if start.startswith(b"PAR1"):
        return TableHead(file, "parquet", ",", _read_parquet_header(file.path))
    if start.startswith(b"\x1f\x8b"):
        return _refuse(file, "packed: give `format: csv.gz` by hand, or unpack it")
    text = decode_head(start, is_whole=len(start) < HEAD_BYTES)
    if text is None:
        return _refuse(file, "not a text")
    if text.lstrip()[:1] in ("<", "{", "["):
        return _refuse(file, "a web page, XML or JSON, not a table")
    return _read_text(file, text, end.rstrip(b"\0").endswith((b"\n", b"\r")))


def decode_head(start: bytes, is_whole: bool) -> str | None:
    """The beginning of a text in UTF-8, UTF-16 or else cp1252; None where it is none."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start[: len(start) // 2 * 2].decode("utf-16", errors="replace")
    if b"\0" in start:
        return None
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        return decoder.decode(start, final=is_whole)
    except UnicodeDecodeError:
        return start.decode("cp1252", errors="replace")


def _read_text(file: FoundFile, text: str, ends_with_line_end: bool) -> TableHead:
    best: tuple[float, int, str, list[str]] = (0.0, 0, ",", [])
    for delimiter in _DELIMITERS:
        records = _read_records(text, delimiter)
        if records:
            width = len(records[0])
            even = sum(len(each) == width for each in records) / len(records)
            best = max(best, (even if width > 1 else 0.0, width, delimiter, records[0]))
    even, width, delimiter, header = best
    if width < 2:
        return _refuse(file, "no table: its lines have one value each")
    if even < _LEAST_EVEN:
        return _refuse(file, "no table: its lines have different numbers of values")
    names = [clean_name(cell) for cell in header]
    values = sum(bool(_VALUE.fullmatch(name)) for name in names)
    if values > len(names) / 3 or not any(names):
        return _refuse(file, "its first line is not a header: have the tool write one")
    return TableHead(file, "csv", delimiter, tuple(header), ends_with_line_end)


def _read_records(text: str, delimiter: str) -> list[list[str]]:
    """The first records that are not blank, without the last one, which may be cut."""
    reader = csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline=""), delimiter=delimiter)
    records: list[list[str]] = []
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append(record)
            if len(records) > _RECORDS:
                break
    except csv.Error:
        return []
    return records[:-1] if len(text) >= HEAD_BYTES - 4 and len(records) > 1 else records


def _read_parquet_header(path: Path) -> tuple[str, ...]:
    import pyarrow.parquet as pq

    return tuple(pq.read_schema(path).names)


def _refuse(file: FoundFile, reason: str) -> TableHead:
    return TableHead(file, "csv", ",", (), reason=reason)
