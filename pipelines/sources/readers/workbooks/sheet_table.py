"""Finds the table in a sheet: its header, its records, and what stands above and below.

Put here: which rows are what. Keep out: opening a workbook (`workbook_files.py`), and the text of a cell (`cells.py`).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import pyarrow as pa

from regulars.pipelines.sources.readers.header import clean_name
from regulars.pipelines.sources.readers.workbooks.cells import Cell, write_cell, write_column

SEARCHED_ROWS = 100
_BATCH = 500
"""Rows taken from the reader at once: lists of cells that live for a moment cost a third of those that stay."""
_WRITTEN = 20_000
"""Rows whose cells are written at once, column by column."""
_LONGEST_FOOTER = 20


@dataclass
class SheetTable:
    """The table of one sheet.

    Attributes:
        header: The header cells as text; of a nameless column, an empty text.
        columns: The columns as text, in the order of the header.
        rows: The number of the row of each record, from 1.
        header_row: The row of the header, from 1.
        above: Filled rows above the header.
        below: Filled rows below the table.
        numbers: The number of each column in the sheet, from 1.
    """

    header: list[str]
    columns: "list[pa.ChunkedArray[pa.StringScalar]]"
    rows: list[int]
    header_row: int
    above: int
    below: int = 0
    numbers: list[int] = field(default_factory=list)

    @property
    def letters(self) -> list[str]:
        """The letters of each column in the sheet."""
        return [name_sheet_column(number) for number in self.numbers]


@dataclass
class _Tail:
    """The last filled rows: number and how many cells are filled."""

    rows: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=_LONGEST_FOOTER))


@dataclass
class _Column:
    """The cells of a column, of which most are written already."""

    decimal: str
    _cells: list[Cell] = field(default_factory=list)
    _written: "list[pa.Array[pa.StringScalar]]" = field(default_factory=list)

    def add(self, cells: Sequence[Cell]) -> None:
        """Take the next cells."""
        self._cells += cells
        if len(self._cells) >= _WRITTEN:
            self._write_cells()

    def write(self) -> "pa.ChunkedArray[pa.StringScalar]":
        """The whole column as text."""
        if self._cells:
            self._write_cells()
        return pa.chunked_array(self._written, pa.string())

    def _write_cells(self) -> None:
        self._written.append(write_column(self._cells, self.decimal))
        self._cells = []


def read_table(
    rows: Iterable[list[Cell]], first_column: int, wanted: Sequence[Sequence[str]], header_row: int | None, decimal: str
) -> SheetTable | None:
    """Read the table of a sheet; None when the sheet is empty.

    Args:
        rows: The rows of the sheet from its first, all equally long; an empty cell is an empty text.
        first_column: The number of the column in which they begin, from 1.
        wanted: The header names of the settings, each with its alternatives.
        header_row: The row of the header where the settings say it.
        decimal: The decimal sign for numbers.
    """
    filled = _read_filled_rows(iter(rows))
    numbers: list[int] = []
    cells: list[list[Cell]] = []
    while len(cells) < SEARCHED_ROWS and (more := next(filled, None)):
        numbers += more[0]
        cells += more[1]
    at = _find_header(list(zip(numbers, cells, strict=True))[:SEARCHED_ROWS], wanted, header_row)
    if at is None:
        return None
    table = SheetTable([write_cell(cell) or "" for cell in cells[at]], [], [], numbers[at], at)
    table.numbers = list(range(first_column, first_column + len(table.header)))
    columns = [_Column(decimal) for _ in table.header]
    tail = _Tail()
    for found, batch in chain([(numbers[at + 1 :], cells[at + 1 :])], filled):
        if batch:
            table.rows += found
            last = zip(found[-_LONGEST_FOOTER:], batch[-_LONGEST_FOOTER:], strict=True)
            tail.rows.extend((number, sum(cell != "" for cell in row)) for number, row in last)
            for column, values in zip(columns, zip(*batch, strict=True), strict=True):
                column.add(values)
    table.columns = [column.write() for column in columns]
    _cut_footer(table, tail)
    return _drop_empty_columns(table)


def _read_filled_rows(rows: Iterator[list[Cell]]) -> Iterator[tuple[Sequence[int], Sequence[list[Cell]]]]:
    """The rows that are not empty, many at a time: their numbers, and their cells."""
    number = 1
    while batch := list(islice(rows, _BATCH)):
        numbers: Sequence[int] = range(number, number + len(batch))
        number += len(batch)
        blank: list[Cell] = [""] * len(batch[0])
        if blank in batch:
            numbers = [each for each, row in zip(numbers, batch, strict=True) if row != blank]
            batch = [row for row in batch if row != blank]
        yield numbers, batch


def _find_header(
    start: list[tuple[int, list[Cell]]], wanted: Sequence[Sequence[str]], header_row: int | None
) -> int | None:
    """The index of the header among the first filled rows: the first of those with most of the wanted names.

    Without any wanted name, the first row of several cells that are all text, else the first one.
    """
    if header_row is not None:
        return next((at for at, (number, _) in enumerate(start) if number >= header_row), None)
    scores = [_count_names(row, wanted) for _, row in start]
    if max(scores, default=0) > 0:
        return scores.index(max(scores))
    filled = [[cell for cell in row if cell != ""] for _, row in start]
    all_text = (
        at for at, cells in enumerate(filled) if len(cells) > 1 and all(isinstance(cell, str) for cell in cells)
    )
    return next(all_text, 0) if start else None


def _count_names(row: list[Cell], wanted: Sequence[Sequence[str]]) -> int:
    names = {clean_name(write_cell(cell) or "").casefold() for cell in row}
    return sum(any(clean_name(name).casefold() in names for name in each) for each in wanted)


def _cut_footer(table: SheetTable, tail: _Tail) -> None:
    """Cut off the last rows, where an empty row stands before them and they fill at most a third of the columns."""
    width = sum(bool(name) for name in table.header)
    cut = 0
    found = list(tail.rows)
    for back in range(1, len(found) + 1):
        number, filled = found[-back]
        if 3 * filled > max(width, 3):
            break
        before = found[-back - 1][0] if back < len(found) else table.header_row
        if number - before > 1 and len(table.rows) > back:
            cut = back
    if cut:
        table.rows = table.rows[:-cut]
        table.columns = [column.slice(0, len(table.rows)) for column in table.columns]
        table.below = cut


def _drop_empty_columns(table: SheetTable) -> SheetTable:
    """Without columns that have neither a name nor a value."""
    kept = [
        at
        for at, (name, column) in enumerate(zip(table.header, table.columns, strict=True))
        if name or column.null_count < len(column)
    ]
    table.header = [table.header[at] for at in kept]
    table.columns = [table.columns[at] for at in kept]
    table.numbers = [table.numbers[at] for at in kept]
    return table


def name_sheet_column(number: int) -> str:
    """The letters of a column of a sheet: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
