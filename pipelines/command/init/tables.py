"""Opens a file as a table, whatever its delimiter and format: its header, how it is written, and its rows.

Put here: format and delimiter, found from the content and never from the name. Keep out: what a column means.
"""

import codecs
import csv
import gzip
import io
import json
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from regulars.pipelines.command.init.found_files import FoundFile
from regulars.pipelines.command.init.json_lists import is_record, list_lists
from regulars.pipelines.settings.sources.file_options import FileFormat
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.landing import land_file, read_file_state
from regulars.pipelines.sources.readers.content import Content, recognise_content
from regulars.pipelines.sources.readers.encodings.text_encodings import (
    EncodingFound,
    find_text_encoding,
    find_utf16,
)
from regulars.pipelines.sources.readers.header import clean_name
from regulars.pipelines.sources.readers.json.json_arrays import list_keys_of_arrays
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.readers.western_text import read_lines_with_letters

HEAD_BYTES = 262_144
_RECORDS = 60
_DELIMITERS = (",", ";", "\t", "|")
_LEAST_RECORDS = 2
"""Of one width: a header and what is below it."""
_MOST_ZEROS = 100
"""One byte of so many may be zero in a text."""
_LEAST_EVEN = 0.8
"""The share of a text's first records that are as wide as its header, from which on it is a table."""
_VALUE = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}|[+-]?[\d.,:/\s-]*\d[\d.,:/\s-]*|\d{4}-\d\d-\d\d.*", re.IGNORECASE)
_REFUSED: Mapping[Content, str] = {
    "zip": "an archive or a damaged workbook: unpack it",
    "locked": "a workbook with a password: save it without one",
    "page": "a web page or XML, not a table",
    "empty": "it is empty",
}
_FORMATS: Mapping[Content, FileFormat] = {
    "xlsx": "xlsx",
    "xlsb": "xlsb",
    "ods": "ods",
    "xls": "xls",
    "parquet": "parquet",
}


@dataclass(frozen=True)
class TableHead:
    """The beginning of a file.

    Attributes:
        file: The file.
        format: As in the settings.
        delimiter: What separates values; a comma where the format has none.
        header: The header names as they are.
        ends_with_line_end: Whether its last line does.
        header_row: The line of the header, from 1, where a title stands above it; None where none does.
        records: The key that leads to the records in a JSON object, as in the settings; None where the file is no
            object with one list.
        reason: Why it is no table that can be read; empty where it is.
        encoding: What the text is in, as the settings write it; empty where it is read without; None where it has
            nothing beyond ASCII, so that any would do.
        found: What its bytes say of the encoding, where it is neither Unicode nor clearly Windows-1252.
    """

    file: FoundFile
    format: str
    delimiter: str
    header: tuple[str, ...]
    ends_with_line_end: bool = True
    reason: str = ""
    header_row: int | None = None
    records: str | None = None
    encoding: str | None = ""
    found: EncodingFound | None = None


def read_head(file: FoundFile) -> TableHead:
    """Open a file as a table; `reason` says why it is none."""
    content = recognise_content(file.path)
    if content in _REFUSED:
        return _refuse(file, _REFUSED[content])
    if content in _FORMATS:
        return _read_by_landing(file, _FORMATS[content])
    with gzip.open(file.path) if content == "gzip" else file.path.open("rb") as stream:
        try:
            start = stream.read(HEAD_BYTES)
        except (OSError, EOFError, zlib.error):
            return _refuse(file, "a damaged gzip file: deliver it again")
    encoding, found = _find_encoding(file.path, start, content)
    text = decode_head(start, len(start) < HEAD_BYTES, encoding or "")
    if text is None:
        return _refuse(file, "not a text, or one in an encoding that cannot be told: have the tool write UTF-8")
    if not text.strip():
        return _refuse(file, "it is empty")
    packed = ".gz" if content == "gzip" else ""
    if text.lstrip()[:1] in ("{", "["):
        return _read_json(file, text, packed, is_whole=len(start) < HEAD_BYTES)
    head = _read_text(file, text, packed != "" or _ends_with_line_end(file.path))
    return replace(head, format=f"csv{packed}", encoding=encoding, found=found)


def _find_encoding(path: Path, start: bytes, content: Content) -> tuple[str | None, EncodingFound | None]:
    """The encoding to write into the settings, and what the bytes say of it, where it has to be asked or said."""
    if start.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "", None
    if start.count(b"\0"):
        return find_utf16(start), None
    if content == "gzip":
        lines = b"".join(line for line in start.splitlines(keepends=True) if not line.isascii())
    else:
        lines = read_lines_with_letters(path)
    if not lines:
        return None, None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(lines)
        return "", None
    except UnicodeDecodeError:
        found = find_text_encoding(start.partition(b"\n")[0], lines)
    return ("", None) if found.is_western else (found.encoding, found)


def decode_head(start: bytes, is_whole: bool, encoding: str = "") -> str | None:
    """The beginning of a text, without an encoding in UTF-8, UTF-16 or else cp1252; None where it is none.

    A few zeros are damage.
    """
    if encoding:
        return codecs.getincrementaldecoder(encoding)("replace").decode(start)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start[: len(start) // 2 * 2].decode("utf-16", errors="replace")
    if _MOST_ZEROS * start.count(b"\0") > len(start):
        return None
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        return decoder.decode(start, final=is_whole)
    except UnicodeDecodeError:
        return start.decode("cp1252", errors="replace")


def _read_text(file: FoundFile, text: str, ends_with_line_end: bool) -> TableHead:
    best: tuple[float, int, str, int, list[str]] = (0.0, 0, ",", 1, [])
    for delimiter in _DELIMITERS:
        numbered = _drop_title(_read_records(text, delimiter))
        if numbered:
            line, header = numbered[0]
            width = len(header)
            even = sum(len(each) >= width and not any(each[width:]) for _, each in numbered) / len(numbered)
            best = max(best, (even if width > 1 else 0.0, width, delimiter, line, header))
    even, width, delimiter, line, header = best
    if width < 2:
        return _refuse(file, "no table: its lines have one value each")
    if even < _LEAST_EVEN:
        return _refuse(file, "no table: its lines have different numbers of values")
    names = [clean_name(cell) for cell in header]
    values = sum(bool(_VALUE.fullmatch(name)) for name in names)
    if values > len(names) / 3 or not any(names):
        return _refuse(file, "its first line is not a header: have the tool write one")
    above = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[: line - 1]
    below_title = line if any(each.strip() for each in above) else None
    return TableHead(file, "csv", delimiter, tuple(header), ends_with_line_end, header_row=below_title)


def _drop_title(numbered: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The records from the header on: without lines at the start that fill few of the cells that most records have."""
    widths = Counter(len(cells) for _, cells in numbered)
    width = max(widths, key=lambda each: (widths[each], each), default=0)
    if widths[width] < _LEAST_RECORDS:
        return numbered
    start = next((at for at, (_, cells) in enumerate(numbered) if not _is_title(cells, width)), 0)
    return numbered[start:]


def _is_title(cells: list[str], width: int) -> bool:
    """Whether a record is a line of a title: one or two cells, or few, where most records have many more.

    A survey's header of full width may have few names, since the choices of a question have none.
    """
    filled = sum(bool(cell.strip()) for cell in cells)
    if len(cells) == width:
        return filled <= 2 and 4 * filled <= width
    return width > 1 and filled <= max(width / 3, min(2, width - 1))


def _read_records(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The first records that are not blank, each with its line from 1, without the last one, which may be cut."""
    reader = csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline=""), delimiter=delimiter)
    records: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append((line, record))
            line = reader.line_num + 1
            if len(records) > _RECORDS:
                break
    except csv.Error:
        return []
    return records[:-1] if len(text) >= HEAD_BYTES - 4 and len(records) > 1 else records


def _ends_with_line_end(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 2))
        return stream.read().rstrip(b"\0").endswith((b"\n", b"\r"))


def _choose_json(text: str) -> str:
    """`jsonl` for one object per line, else `json`."""
    first = text.strip().partition("\n")[0].strip()
    try:
        return "jsonl" if isinstance(json.loads(first), dict) else "json"
    except ValueError:
        return "json"


def _read_json(file: FoundFile, text: str, packed: str, *, is_whole: bool) -> TableHead:
    """The header of JSON: of lines, of an array, or of the one list of objects in an object."""
    form = _choose_json(text)
    if form == "jsonl" and _has_one_object(text) and list_lists(text) and not is_record(text):
        form = "json"  # the whole file on one line
    if form == "jsonl" or text.lstrip().startswith("["):
        return _read_by_landing(file, f"{form}{packed}")
    found = [] if is_record(text) else list_lists(text)
    if len(found) == 1 and "." not in found[0] and not is_whole:
        found = _list_arrays(file, packed) or found  # there may be others behind the beginning
    if len(found) == 1 and "." not in found[0]:
        return replace(_read_by_landing(file, f"json{packed}", found[0]), records=found[0])
    if not found:
        return _refuse(file, "a JSON object without a list of records in it: have the tool write an array")
    listed = ", ".join(f"`{each}`" for each in found)
    what = "holds its records deeper" if len(found) == 1 else "holds several lists"
    return _refuse(
        file, f"a JSON object that {what}: write the source by hand, with `options: {{records: …}}` as one of {listed}"
    )


def _list_arrays(file: FoundFile, packed: str) -> list[str]:
    """The lists of a whole file; one that is damaged is refused when it is read."""
    try:
        with gzip.open(file.path) if packed else file.path.open("rb") as stream:
            return list_keys_of_arrays(cast("BinaryIO", stream), file.name)
    except (Refusal, OSError, EOFError, zlib.error):
        return []


def _has_one_object(text: str) -> bool:
    """Whether a text that begins with an object on its first line holds nothing else."""
    return not text.strip().partition("\n")[2].strip()


def _read_by_landing(file: FoundFile, form: str, records: str | None = None) -> TableHead:
    """The header of a file that only its own reader can open."""
    options = {"options": {"records": records}} if records else {}
    probe = Source.model_validate(
        {"path": "*", "format": form, "kind": "products", "columns": {"product_id": {"value": "1"}}, **options}
    )
    with tempfile.TemporaryDirectory(prefix="regulars-init-") as landing:
        try:
            landed = land_file(file.path, file.name, read_file_state(file.path), probe, Path(landing))
        except Refusal as refusal:
            return _refuse(file, refusal.sentence)
    return TableHead(file, form, ",", landed.columns) if landed.columns else _refuse(file, "it holds no record")


def _refuse(file: FoundFile, reason: str) -> TableHead:
    return TableHead(file, "csv", ",", (), reason=reason)
