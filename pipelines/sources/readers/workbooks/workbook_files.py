"""Reads a delivered workbook (Excel, OpenDocument) into landed text: one sheet, or several of one shape.

Put here: opening a workbook, choosing its sheets, rows with errors. Keep out: where the table is in a sheet
(`sheet_table.py`), and what its columns mean.
"""

import fnmatch
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.content import Content, recognise_content, refuse_other_content
from regulars.pipelines.sources.readers.csv_files import write_malformed
from regulars.pipelines.sources.readers.header import clean_name, name_columns
from regulars.pipelines.sources.readers.landed_text import Landed, Note, write_landed_table
from regulars.pipelines.sources.readers.records import Record
from regulars.pipelines.sources.readers.refusal import Refusal, did_you_mean
from regulars.pipelines.sources.readers.workbooks.cells import ERRORS
from regulars.pipelines.sources.readers.workbooks.package import SheetFacts, check_package, unpack_sheets
from regulars.pipelines.sources.readers.workbooks.sheet_table import SEARCHED_ROWS, SheetTable, read_table

SHEET_COLUMN = "sheet"
"""The column that says from which of several sheets a record is."""
_ERRORS = pa.array(sorted(ERRORS))


@dataclass(frozen=True)
class _ReadSheet:
    name: str
    table: SheetTable
    facts: SheetFacts
    merged: int
    unread: Sequence[str] = ()
    """The other sheets with its header, where the settings name no sheet."""


def read_workbook(original: Path, file_name: str, file_sha256: str, source: Source, work: Path) -> Landed:
    """Read a workbook once, into `work/landed.parquet` and, when rows are quarantined, `work/malformed.parquet`.

    Every column is text: numbers with the `decimal` sign of the options and the fewest exact digits, days and moments
    as ISO, formulas as the value that was saved with them.

    Raises:
        Refusal: It is empty, damaged, has a password, is no workbook, or lacks the sheet.
    """
    sheets, content = _read_sheets(original, file_name, source, work)
    _refuse_other_shapes(sheets, file_name)
    header, is_several = sheets[0].table.header, len(sheets) > 1
    tables, bad = [], []
    notes: list[Note] = []
    for sheet in sheets:
        bad_rows, emptied = _take_errors_out(sheet, source, is_one_of_several=is_several)
        tables.append(_order_columns(sheet, name_columns(header), is_one_of_several=is_several))
        bad += bad_rows
        notes += _note_oddities(sheet, emptied)
    whole = pa.concat_tables(tables)
    landed = Landed(
        file_sha256=file_sha256,
        header=(*header, *([SHEET_COLUMN] if is_several else [])),
        columns=tuple(whole.column_names),
        encoding=content,
        record_count=len(whole),
        malformed_count=len(bad),
        notes=tuple(notes),
    )
    write_landed_table(whole, landed, work / "landed.parquet")
    if bad:
        write_malformed(bad, work / "malformed.parquet")
    return landed


def rows_of_records(original: Path, source: Source, records: set[int], work: Path) -> dict[int, int]:
    """The row of the sheet in which each of some records stands; both count from 1, records over all sheets read."""
    sheets, _ = _read_sheets(original, original.name, source, work)
    rows: list[int] = []
    for sheet in sheets:
        _take_errors_out(sheet, source, is_one_of_several=len(sheets) > 1)
        rows += sheet.table.rows
    return {record: rows[record - 1] for record in records if record <= len(rows)}


def _read_sheets(original: Path, file_name: str, source: Source, work: Path) -> tuple[list[_ReadSheet], Content]:
    if original.stat().st_size == 0:
        raise Refusal("empty", f"{file_name} is empty: deliver it again")
    refuse_other_content(original, file_name, source)
    content = recognise_content(original)
    if content != "xls":
        check_package(original, file_name)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        named = Path(folder) / f"workbook.{content}"
        named.symlink_to(original.resolve())
        copies, facts = unpack_sheets(original, file_name, Path(folder)) if content == "xlsx" else ([], {})
        with _refuse_unreadable(file_name):
            try:
                sheets = _read_books(copies or [named], file_name, source, facts)
            except CalamineError:  # copies are read more strictly
                if not copies:
                    raise
                sheets = _read_books([named], file_name, source, facts)
    filled = [sheet for sheet in sheets if sheet is not None]
    if not filled:
        raise Refusal("empty", f"{file_name} holds no filled cell in the sheet that is read: see `options.sheet`")
    return filled, content


def _read_books(
    paths: list[Path], file_name: str, source: Source, facts: dict[str, SheetFacts]
) -> list[_ReadSheet | None]:
    """The sheets to read: their cells from the first file, merged cells from all."""
    with ExitStack() as stack:
        books = [stack.enter_context(CalamineWorkbook.from_path(path)) for path in paths]
        chosen = _choose_sheets(books[0], file_name, source)
        sheets = [_read_sheet(books, name, source, facts.get(name) or SheetFacts()) for name in chosen]
        if source.options.sheet is None and sheets[0] is not None:
            sheets = [replace(sheets[0], unread=list(_find_sheets_alike(books, sheets[0])))]
    return sheets


@contextmanager
def _refuse_unreadable(file_name: str) -> Iterator[None]:
    try:
        yield
    except CalamineError as error:
        if "password" in str(error).casefold():
            raise Refusal("damaged", f"{file_name} has a password: save it without one") from error
        raise Refusal("damaged", f"{file_name} cannot be read as a workbook: deliver it again") from error
    except OverflowError as error:
        said = "holds a length of time that is longer than any can be: correct that cell, and deliver it again"
        raise Refusal("damaged", f"{file_name} {said}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the reader is not Python, and its panics are no exceptions
            raise
        raise Refusal("damaged", f"{file_name} cannot be read as a workbook: deliver it again") from None


def _choose_sheets(workbook: CalamineWorkbook, file_name: str, source: Source) -> list[str]:
    """The sheets to read, in the order of the workbook."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    names, wanted = [sheet.name for sheet in sheets], source.options.sheet
    if wanted is None:
        visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
        chosen = visible[:1] or names[:1]
    elif isinstance(wanted, int):
        chosen = names[wanted - 1 : wanted]
    else:
        chosen = [name for name in names if name.casefold() == wanted.casefold()]
        chosen = chosen or [name for name in names if fnmatch.fnmatchcase(name.casefold(), wanted.casefold())]
    if not chosen:
        meant = did_you_mean(wanted, names) if isinstance(wanted, str) else ""
        raise Refusal(
            "not_a_table",
            f"{file_name} has no sheet `{wanted}`{meant} among its {len(names)}: correct `options.sheet`",
        )
    return chosen


def _find_sheets_alike(books: list[CalamineWorkbook], chosen: _ReadSheet) -> Iterator[str]:
    """The other sheets that are not hidden, have the header of the chosen one, and have a filled row below it."""
    wanted = {clean_name(name).casefold() for name in chosen.table.header}
    for each in books[0].sheets_metadata:
        is_seen = each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
        if is_seen and each.name != chosen.name:
            rows = _find_sheet(books, each.name)[0].iter_rows()
            searched = islice(rows, SEARCHED_ROWS)
            if any(
                {clean_name(str(cell)).casefold() for cell in row if cell != ""} == wanted for row in searched
            ) and any(cell != "" for row in chain(searched, rows) for cell in row):
                yield each.name


def _read_sheet(books: list[CalamineWorkbook], name: str, source: Source, facts: SheetFacts) -> _ReadSheet | None:
    sheet, merged_to = _find_sheet(books, name)
    if sheet.start is None:
        return None
    options = source.options
    table = read_table(sheet.iter_rows(), sheet.start[1] + 1, source.mapped_names, options.header_row, options.decimal)
    if table is None:
        return None
    return _ReadSheet(name, table, facts, sum(row >= table.header_row for row in merged_to))


def _find_sheet(books: list[CalamineWorkbook], name: str) -> tuple[CalamineSheet, list[int]]:
    """A sheet of the first book, and the last row of each range of merged cells, from 0, by all books."""
    sheets = [book.get_sheet_by_name(name) for book in books]
    return sheets[0], [last[0] for sheet in sheets for _, last in sheet.merged_cell_ranges or []]


def _refuse_other_shapes(sheets: list[_ReadSheet], file_name: str) -> None:
    first = sheets[0]
    wanted = sorted(clean_name(name).casefold() for name in first.table.header)
    for sheet in sheets[1:]:
        if sorted(clean_name(name).casefold() for name in sheet.table.header) != wanted:
            raise Refusal(
                "not_a_table",
                f"{file_name}: the sheets `{first.name}` and `{sheet.name}` have other columns, so that they are not "
                "one table: read them as two sources, each with its `options.sheet`",
            )


def _order_columns(sheet: _ReadSheet, columns: list[str], *, is_one_of_several: bool) -> pa.Table:
    """The records of a sheet with the columns in the order of the first sheet."""
    own = {name.casefold(): at for at, name in enumerate(name_columns(sheet.table.header))}
    arrays = [sheet.table.columns[own[column.casefold()]] for column in columns]
    if is_one_of_several:
        arrays.append(pa.chunked_array([pa.array([sheet.name] * len(sheet.table.rows), pa.string())]))
    return pa.table(arrays, names=name_columns([*columns, *([SHEET_COLUMN] if is_one_of_several else [])]))


def _take_errors_out(sheet: _ReadSheet, source: Source, *, is_one_of_several: bool) -> tuple[list[Record], int]:
    """Take the rows with an error in a cell out of the table, or only the errors: as the options say.

    Returns:
        The rows that are quarantined, and how many rows are read with an empty cell in place of an error.
    """
    errors = _find_errors(sheet)
    table = sheet.table
    if not errors:
        return [], 0
    if source.options.error_cells == "empty":
        table.columns = [pc.if_else(pc.is_in(each, value_set=_ERRORS), None, each) for each in table.columns]
        return [], len(errors)
    is_bad = [row in errors for row in table.rows]
    place = f"sheet {sheet.name}: " if is_one_of_several else ""
    bad = []
    for at in (at for at, bad_row in enumerate(is_bad) if bad_row):
        column, error = errors[table.rows[at]]
        text = json.dumps([each[at].as_py() for each in table.columns], ensure_ascii=False)
        bad.append(Record(table.rows[at], text.encode(), f"{place}{error} in column {column}"))
    sound = pa.array([not bad_row for bad_row in is_bad])
    table.columns = [each.filter(sound) for each in table.columns]
    table.rows = [row for row, bad_row in zip(table.rows, is_bad, strict=True) if not bad_row]
    return bad, 0


def _find_errors(sheet: _ReadSheet) -> dict[int, tuple[str, str]]:
    """Row of a record -> the column and the error of a cell in it, whether the error is a value or a text."""
    table = sheet.table
    rows = set(table.rows) if sheet.facts.errors else set()
    names = dict(zip(table.letters, table.header, strict=True))
    errors = {
        row: (names.get(letters) or letters, error)
        for row, (letters, error) in sheet.facts.errors.items()
        if row in rows
    }
    for name, letters, column in zip(table.header, table.letters, table.columns, strict=True):
        is_error = pc.is_in(column, value_set=_ERRORS).to_numpy()
        for at in map(int, is_error.nonzero()[0]):
            errors.setdefault(table.rows[at], (name or letters, str(column[at])))
    return errors


def _note_oddities(sheet: _ReadSheet, emptied: int) -> Iterator[Note]:
    """What is odd about a sheet and was read in a way of its own."""
    table, facts, where = sheet.table, sheet.facts, f"sheet `{sheet.name}`"
    if table.above or table.below:
        yield Note(
            "rows_outside_table",
            table.above + table.below,
            f"{where}: the header is in row {table.header_row}; {table.above:,} filled rows above it and "
            f"{table.below:,} below the table are not read",
        )
    if sheet.unread:
        named = ", ".join(f"`{name}`" for name in sheet.unread[:3])
        yield Note(
            "sheets_not_read",
            len(sheet.unread),
            f"{where} alone is read, and {len(sheet.unread):,} sheets with the same header are not: {named}"
            + (" …" if len(sheet.unread) > 3 else ""),
        )
    if emptied:
        yield Note("cells_with_errors", emptied, f"{where}: {emptied:,} rows have an error such as #N/A, read as empty")
    if facts.empty_formulas:
        yield Note(
            "formulas_without_value",
            facts.empty_formulas,
            f"{where}: {facts.empty_formulas:,} formulas were never computed and are read as empty",
        )
    columns = sum(first <= number <= last for number in table.numbers for first, last in facts.hidden_columns)
    if columns or facts.hidden_rows:
        yield Note(
            "cells_hidden",
            columns + facts.hidden_rows,
            f"{where}: {columns:,} columns and {facts.hidden_rows:,} rows are hidden; they are read like the others",
        )
    if sheet.merged:
        yield Note(
            "cells_merged",
            sheet.merged,
            f"{where}: {sheet.merged:,} merged cells reach below the header; only the first cell of each has a value",
        )
