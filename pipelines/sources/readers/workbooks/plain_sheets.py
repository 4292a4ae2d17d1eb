"""Reads the sheets of a workbook that tools export: plain ones, out of their XML (`sheet_xml.py`).

Put here: the parts of the workbook, what its styles mean, the table of a plain sheet. Keep out: XML of cells.
What a style means is asked of the general reader, with a workbook of one cell: the rules stand in one place.
"""

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineWorkbook

from regulars.pipelines.sources.readers.workbooks.cells import Cell
from regulars.pipelines.sources.readers.workbooks.package import find_parts, read_part
from regulars.pipelines.sources.readers.workbooks.sheet_table import (
    LONGEST_FOOTER,
    SEARCHED_ROWS,
    SheetTable,
    Tail,
    cut_footer,
    drop_empty_columns,
    find_header,
)
from regulars.pipelines.sources.readers.workbooks.sheet_xml import (
    Meaning,
    NotPlain,
    PlainRows,
    read_rows,
    read_shared_texts,
)

_STYLES, _BOOK = "xl/styles.xml", "xl/workbook.xml"
_COUNTS_FROM_1904 = re.compile(rb"""\bdate1904=["'](?:1|true|on)["']""")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_PROBED_DAY = 45_000.5


class PlainSheets:
    """The plain sheets of an `.xlsx` that has been checked."""

    def __init__(self, path: Path) -> None:
        self._package = zipfile.ZipFile(path)
        self._texts: Any = None
        self._meanings: dict[int, Meaning] = {}

    def close(self) -> None:
        """Close the file."""
        self._package.close()

    def read_table(
        self, sheet: str, wanted: Sequence[Sequence[str]], header_row: int | None, decimal: str
    ) -> SheetTable | None:
        """The table of a sheet, as the general reader has it; None where only that one can read it.

        Args:
            sheet: Its name.
            wanted: The header names of the settings, each with its alternatives.
            header_row: The row of the header where the settings say it.
            decimal: The decimal sign for numbers.
        """
        try:
            part = find_parts(self._package).get(sheet)
            if part is None:
                return None
            if self._texts is None:
                self._texts = read_shared_texts(self._package)
            from_1904 = _COUNTS_FROM_1904.search(self._package.read(_BOOK)) is not None
            pieces = read_part(self._package, part)
            rows = list(read_rows(pieces, self._texts, self._find_meaning, from_1904, decimal))
        except (NotPlain, KeyError, ValueError, zipfile.BadZipFile, zlib.error):
            return None
        return _make_table(rows, wanted, header_row, decimal)

    def _find_meaning(self, style: int) -> Meaning:
        if style not in self._meanings:
            has_styles = _STYLES in self._package.namelist()
            self._meanings[style] = _probe_style(self._package.read(_STYLES), style) if has_styles else "number"
        return self._meanings[style]


def _probe_style(styles: bytes, style: int) -> Meaning:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        sheets = '<sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets>'
        cell = f'<row r="1"><c r="A1" s="{style}"><v>{_PROBED_DAY}</v></c></row>'
        package.writestr("_rels/.rels", _relate({"rId1": ("officeDocument", _BOOK)}))
        links = {"rId1": ("worksheet", "worksheets/sheet1.xml"), "rId2": ("styles", "styles.xml")}
        package.writestr("xl/_rels/workbook.xml.rels", _relate(links))
        package.writestr(_BOOK, f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{sheets}</workbook>')
        package.writestr(_STYLES, styles)
        package.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{_MAIN}"><sheetData>{cell}</sheetData></worksheet>'
        )
    out.seek(0)
    with CalamineWorkbook.from_filelike(out) as workbook:
        [[value]] = workbook.get_sheet_by_index(0).to_python()
    if type(value) is float:
        return "number"
    if type(value) is dt.datetime:
        return "moment"
    raise NotPlain


def _relate(parts: Mapping[str, tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{what}" Target="{target}"/>'
        for name, (what, target) in parts.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>'


def _make_table(
    pieces: list[PlainRows], wanted: Sequence[Sequence[str]], header_row: int | None, decimal: str
) -> SheetTable | None:
    width = max((number for piece in pieces for number in piece.columns), default=0)
    kept = [_keep_filled(piece) for piece in pieces]
    start = _read_start(kept, width, decimal)
    at = find_header([(number, cells) for number, cells, _ in start], wanted, header_row)
    if at is None:
        return None
    number, _, texts = start[at]
    table = SheetTable([text or "" for text in texts], [], [], number, at, numbers=list(range(1, width + 1)))
    numbers = np.concatenate([piece.numbers for piece in kept])
    table.rows = numbers[at + 1 :].tolist()
    for column in range(1, width + 1):
        chunks = [piece.columns.get(column, pa.nulls(len(piece.numbers), pa.string())) for piece in kept]
        table.columns.append(pa.chunked_array(chunks, pa.string()).slice(at + 1))
    tail = Tail()
    last = slice(max(len(table.rows) - LONGEST_FOOTER, 0), len(table.rows))
    filled = sum(
        (each.slice(last.start).is_valid().to_numpy().astype(int) for each in table.columns),
        start=np.zeros(last.stop - last.start, int),
    )
    tail.rows.extend(zip(table.rows[last], filled.tolist(), strict=True))
    cut_footer(table, tail)
    return drop_empty_columns(table)


def _keep_filled(piece: PlainRows) -> PlainRows:
    """Without rows in which every cell is empty."""
    is_filled = np.zeros(len(piece.numbers), bool)
    for column in piece.columns.values():
        is_filled |= column.is_valid().to_numpy(zero_copy_only=False)
    if is_filled.all():
        return piece
    mask = pa.array(is_filled)
    return PlainRows(
        piece.numbers[is_filled],
        {number: column.filter(mask) for number, column in piece.columns.items()},
        {number: texts[is_filled] for number, texts in piece.is_text.items()},
    )


def _read_start(pieces: list[PlainRows], width: int, decimal: str) -> list[tuple[int, list[Cell], list[str | None]]]:
    """The first rows: number, cells, and their texts."""
    start: list[tuple[int, list[Cell], list[str | None]]] = []
    for piece in pieces:
        for at, number in enumerate(piece.numbers[: SEARCHED_ROWS - len(start)].tolist()):
            texts = [piece.columns[each][at].as_py() if each in piece.columns else None for each in range(1, width + 1)]
            cells = [
                text if text and piece.is_text[each][at] else _read_cell(text, decimal)
                for each, text in enumerate(texts, start=1)
            ]
            start.append((number, cells, texts))
        if len(start) == SEARCHED_ROWS:
            break
    return start


def _read_cell(text: str | None, decimal: str) -> Cell:
    """What a text was before it was written; an empty text for none."""
    if text is None:
        return ""
    if text in ("true", "false"):
        return text == "true"
    if text[4:5] == "-":
        return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text)
    return float(text.replace(decimal, "."))
