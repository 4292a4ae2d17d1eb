"""Recognises what a delivered file is by its bytes, whatever its name and the settings say.

Put here: what a file is, and the sentence for one that is something else than its source says. Keep out: reading it.
"""

import zipfile
from pathlib import Path
from typing import Literal

from regulars.pipelines.settings.sources.file_options import Reader
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.refusal import Refusal

Content = Literal["gzip", "zip", "xlsx", "xlsb", "ods", "xls", "locked", "parquet", "page", "json", "empty", "text"]

_WORKBOOKS: frozenset[Content] = frozenset({"xlsx", "xlsb", "ods", "xls"})
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_START = 4096
_FOLDER_OF_OLD_OFFICE = 1 << 16
_NAMES = {
    "gzip": "gzipped",
    "zip": "a zip archive or a damaged workbook",
    "xlsx": "an Excel workbook",
    "xlsb": "a binary Excel workbook",
    "ods": "an OpenDocument spreadsheet",
    "xls": "an old Excel workbook",
    "locked": "a workbook with a password",
    "parquet": "Parquet",
    "page": "a web page or XML",
    "json": "JSON",
    "text": "text, such as CSV",
}
_WANTED: dict[Reader, str] = {
    "delimited": "CSV",
    "json_lines": "JSON lines",
    "json": "JSON",
    "parquet": "Parquet",
    "workbook": "a workbook",
}

_FITTING: dict[Reader, frozenset[Content]] = {
    "delimited": frozenset({"text"}),
    "json_lines": frozenset({"json", "text"}),
    "json": frozenset({"json"}),
    "parquet": frozenset({"parquet"}),
    "workbook": _WORKBOOKS,
}
"""Of workbooks, the reader itself sees which of them one is."""


def recognise_content(path: Path) -> Content:
    """What the first bytes of a file (of a zip file, its list of parts) say it is; `text` where they say nothing."""
    with path.open("rb") as stream:
        start = stream.read(_START)
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _recognise_package(path)
    if start.startswith(_OLD_OFFICE):
        return _recognise_old_office(path)
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first == b"<":
        return "page"
    if first in (b"{", b"["):
        return "json"
    return "text" if start else "empty"


def _recognise_package(path: Path) -> Content:
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
            if "xl/workbook.bin" in names:
                return "xlsb"
            if any(name.startswith("xl/") and name.endswith(".xml") for name in names):
                return "xlsx"
            if "mimetype" in names and b"opendocument.spreadsheet" in package.read("mimetype")[:200]:
                return "ods"
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, EOFError):
        pass
    return "zip"


def _recognise_old_office(path: Path) -> Content:
    """A workbook with a password is of the old container too, whatever the version of Excel."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(_FOLDER_OF_OLD_OFFICE)
        stream.seek(max(0, size - _FOLDER_OF_OLD_OFFICE))
        both = start + stream.read()
    return "locked" if "EncryptedPackage".encode("utf-16-le") in both else "xls"


def refuse_other_content(path: Path, file_name: str, source: Source) -> None:
    """Refuse a file that is recognised as something else than its source says.

    Raises:
        Refusal: `not_a_table`, with what the file is and what to set.
    """
    found = recognise_content(path)
    if found == "empty" or found in _FITTING[source.reader]:
        return
    raise Refusal(
        "not_a_table", f"{file_name} is {_NAMES[found]}, not {_WANTED[source.reader]}: {_advise(found, source)}"
    )


def _advise(found: Content, source: Source) -> str:
    match found:
        case "gzip":
            packed = f"{source.format}.gz"
            return f"set `format: {packed}`" if source.reader not in ("parquet", "workbook") else "unpack it"
        case "zip":
            return "set `member` to the file in it that is meant, or deliver it again"
        case "locked":
            return "save it without one"
        case "page" if source.reader == "workbook":
            return "many tools give a page the name of a workbook; have it export CSV or a real workbook"
        case "page":
            return "the export has failed; run it again"
        case "json":
            return "the export has failed, or `format` is `jsonl` or `json`"
        case "text":
            return "set `format: csv`, with its `options`"
        case _:
            return f"set `format: {found}`"
