"""Unpacks an Excel workbook for its reader, and looks for what that does not tell: errors, formulas, what is hidden.

Put here: the zip file and its XML, read once in pieces. Keep out: the values of cells (`workbook_files.py`).
The XML is searched and never parsed: nothing in it is expanded.
"""

import html
import io
import os
import posixpath
import re
import shutil
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from regulars.pipelines.sources.readers.decoding import CHUNK, MAX_RATIO
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.readers.workbooks.outline import Outline
from regulars.pipelines.sources.readers.zip_parts import list_parts

_MAX_PART = 1 << 32
_MAX_COPY = 1 << 32
"""Bytes of an unpacked workbook that are written to disk; a larger one is read as delivered."""
Target = Path | io.BytesIO
_USUAL_PACKING = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BOOK = "xl/workbook.xml"
_PLAN = (".rels", "workbook.xml")
"""How the names of the parts end that say where the sheets are."""
_RATIO_FLOOR = 1 << 24
_MAX_CELLS = 100_000_000
"""Cells that the reader holds in memory, empty ones between the first and the last counted."""
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_LINK = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_NAME = re.compile(rb'\bname="([^"]*)"')
_LINK_OF_SHEET = re.compile(rb'\b\w+:id="([^"]*)"')
_ID, _TARGET = re.compile(rb'\bId="([^"]*)"'), re.compile(rb'\bTarget="([^"]*)"')
_ERROR = re.compile(rb"""<(?:\w+:)?c\b([^>]*\bt=["']e["'][^>]*)>(.*?)</(?:\w+:)?c>""", re.S)
_PLACE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_CONTENT = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_EMPTY_FORMULA = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^>]*/>)\s*</(?:\w+:)?c>")
_HIDDEN_COLUMN = re.compile(rb"<(?:\w+:)?col\b[^>]*\bhidden=[\"'](?:1|true)[\"'][^>]*>")
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden=[\"'](?:1|true)[\"']")
_FAR_COLUMN = re.compile(rb'r="([A-Z]{2,3})\d')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*\br="(\d+)"')


@dataclass
class SheetFacts:
    """What the XML of a sheet says beside its values.

    Attributes:
        errors: Row from 1 -> letters of a column, and the error that a cell there shows.
        empty_formulas: Formulas whose value was never computed.
        hidden_columns: Columns that are hidden, as first and last number from 1.
        hidden_rows: How many rows are hidden.
    """

    errors: dict[int, tuple[str, str]] = field(default_factory=dict)
    empty_formulas: int = 0
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: int = 0


def check_package(path: Path, file_name: str) -> None:
    """Read every part of a zip file once.

    Raises:
        Refusal: It is damaged or cut off, has a password, or unpacks to far more than any real workbook.
    """
    try:
        with zipfile.ZipFile(path) as package:
            for part in list_parts(package):
                if part.flag_bits & 1:
                    raise Refusal("damaged", f"{file_name} has a password: save it without one")
                _check_size(part, file_name)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise Refusal("truncated", f"{file_name} is cut off or damaged: deliver it again") from error


def unpack_sheets(path: Path, file_name: str, folder: Path) -> tuple[list[Path], dict[str, SheetFacts]]:
    """Unpack an `.xlsx` into packages that are not compressed, and look at its sheets on the way.

    The reader goes through a sheet twice: for its cells, and for merged ones, which are listed behind the cells. In the
    first new package it finds an empty list before the cells, and the true one in the second, which has no cells. What
    cannot be read from them is to be read as it was delivered.

    Returns:
        The two packages, none where they might be read otherwise than the delivered one, or where the disk has no room
        for them; sheet -> what its XML says.

    Raises:
        Refusal: A part is damaged, or a cell lies so far away that the sheet does not fit into memory.
    """
    copies = [folder / "cells.xlsx", folder / "outlines.xlsx"]
    try:
        with zipfile.ZipFile(path) as package:
            try:
                facts, is_sure = _copy_parts(package, file_name, *copies, is_usual=_is_usual(package))
            except OSError:  # a full disk: no copy is needed
                for copy in copies:
                    copy.unlink(missing_ok=True)
                facts, is_sure = _copy_parts(package, file_name, io.BytesIO(), io.BytesIO(), is_usual=False)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError) as error:
        raise Refusal("damaged", f"{file_name} is damaged: deliver it again") from error
    return copies if is_sure else [], facts


def _copy_parts(
    package: zipfile.ZipFile, file_name: str, target: Target, outlines_target: Target, *, is_usual: bool
) -> tuple[dict[str, SheetFacts], bool]:
    """Returns: Sheet -> what its XML says, and whether the copies are surely read like the package."""
    parts = _find_parts(package)
    is_sure = is_usual and len(parts) == len(_SHEET.findall(package.read(_BOOK)))
    facts: dict[str, SheetFacts] = {}
    names: dict[str, str] = {}
    for name, part in parts.items():
        names.setdefault(part, name)
    with zipfile.ZipFile(target, "w") as copy, zipfile.ZipFile(outlines_target, "w") as outlines:
        for part in dict.fromkeys([*names, *package.namelist()]):
            with package.open(part) as packed, _open_copy(copy, part, is_sure=is_sure) as out:
                if part in names:
                    facts[part], outline = _copy_sheet(packed, out, file_name, names[part])
                    is_sure &= outline.is_sure
                    if is_sure:
                        outlines.writestr(part, outline.xml)
                else:
                    shutil.copyfileobj(packed, out, CHUNK)
            if part not in names and part.endswith(_PLAN):
                with package.open(part) as packed, _open_copy(outlines, part, is_sure=is_sure) as out:
                    shutil.copyfileobj(packed, out, CHUNK)
    return {name: facts[part] for name, part in parts.items()}, is_sure


def _is_usual(package: zipfile.ZipFile) -> bool:
    """Whether every reader finds the same parts by their names and can unpack them, and the disk can hold them."""
    parts = package.infolist()
    names = {part.filename.replace("\\", "/").casefold() for part in parts}
    is_packed_as_usual = all(part.compress_type in _USUAL_PACKING for part in parts)
    return len(names) == len(parts) and is_packed_as_usual and sum(part.file_size for part in parts) <= _MAX_COPY


def _open_copy(package: zipfile.ZipFile, part: str, *, is_sure: bool) -> IO[bytes]:
    """Where a part is written to: nowhere when the copy will not be read."""
    return package.open(part, "w", force_zip64=True) if is_sure else Path(os.devnull).open("wb")


def _check_size(part: zipfile.ZipInfo, file_name: str) -> None:
    is_bomb = part.file_size > _RATIO_FLOOR and part.file_size > MAX_RATIO * part.compress_size
    if is_bomb or part.file_size > _MAX_PART:
        raise Refusal(
            "too_large",
            f"{file_name} unpacks to more than {MAX_RATIO} times its size or to more than 4 GiB: it is not an export; "
            "inspect it by hand",
        )


def _find_parts(package: zipfile.ZipFile) -> dict[str, str]:
    """Name of a sheet -> its part of the package."""
    links = {}
    for link in _LINK.findall(package.read("xl/_rels/workbook.xml.rels")):
        name, target = _ID.search(link), _TARGET.search(link)
        if name and target:
            links[name[1]] = posixpath.normpath(posixpath.join("/xl", target[1].decode())).lstrip("/")
    parts = {}
    for sheet in _SHEET.findall(package.read(_BOOK)):
        name, link = _NAME.search(sheet), _LINK_OF_SHEET.search(sheet)
        if name and link and link[1] in links:
            parts[html.unescape(name[1].decode())] = links[link[1]]
    return parts


def _copy_sheet(packed: IO[bytes], out: IO[bytes], file_name: str, sheet: str) -> tuple[SheetFacts, Outline]:
    facts, outline, rest, widest, last_row = SheetFacts(), Outline(), b"", 26, 0
    while chunk := packed.read(CHUNK):
        out.write(outline.add(chunk))
        text = rest + chunk
        cut = max(text.rfind(b"<row"), text.rfind(b":row "), 0)
        whole, rest = (text[:cut], text[cut:]) if cut and len(text) < 8 * CHUNK else (text, b"")
        _note_facts(whole, facts)
        widest, last_row = max(widest, _find_widest(whole)), max(last_row, _find_last_row(whole))
        _refuse_far_cells(widest * last_row, file_name, sheet)
    _note_facts(rest, facts)
    widest, last_row = max(widest, _find_widest(rest)), max(last_row, _find_last_row(rest))
    _refuse_far_cells(widest * last_row, file_name, sheet)
    outline.close()
    return facts, outline


def _find_widest(text: bytes) -> int:
    """The number of the last column that a cell names, where it has two letters or three; 26 where none has."""
    letters = np.frombuffer(text, np.uint8)
    if len(letters) < 3:
        return 26
    is_capital = letters - np.uint8(ord("A")) < 26
    if not ((letters[:-2] == ord('"')) & is_capital[1:-1] & is_capital[2:]).any():
        return 26  # at the speed of memory, where the search below takes as long as to unpack the text
    return max([26, *map(_count_column, set(_FAR_COLUMN.findall(text)))])


def _find_last_row(text: bytes) -> int:
    row = _ROW.search(text, max(text.rfind(b"row ") - 8, 0))
    return int(row[1]) if row else 0


def _refuse_far_cells(cells: int, file_name: str, sheet: str) -> None:
    if cells > _MAX_CELLS:
        raise Refusal(
            "too_large",
            f"{file_name}, sheet `{sheet}`: its last cell lies so far away that the sheet has more than "
            f"{_MAX_CELLS:,} cells: delete what stands outside the table",
        )


def _note_facts(text: bytes, facts: SheetFacts) -> None:
    # one rare letter is looked for at the speed of memory; each word that holds it takes ten times as long
    has_apostrophes, has_f, has_h = b"'" in text, b"f" in text, b"h" in text
    if b't="e"' in text or (has_apostrophes and b"t='e'" in text):
        for attributes, content in _ERROR.findall(text):
            place, shown = _PLACE.search(attributes), _CONTENT.search(content)
            if place:
                facts.errors[int(place[2])] = (place[1].decode(), shown[1].decode() if shown else "#N/A")
    if has_f and (b"<f" in text or b":f" in text):
        facts.empty_formulas += len(_EMPTY_FORMULA.findall(text))
    if has_h and b"hidden=" in text:
        facts.hidden_rows += len(_HIDDEN_ROW.findall(text))
        for column in _HIDDEN_COLUMN.findall(text):
            first, last = re.search(rb'\bmin="(\d+)"', column), re.search(rb'\bmax="(\d+)"', column)
            if first and last:
                facts.hidden_columns.append((int(first[1]), int(last[1])))


def _count_column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number
