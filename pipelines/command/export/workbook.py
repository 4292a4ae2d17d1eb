"""Writes tables as an Excel workbook: one sheet per table with typed cells, and one that says what each column means.

Put here: cells, formats, sheets. Keep out: which tables (`export.py`). The only module that imports `xlsxwriter`.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from regulars.pipelines.errors import UsageWrong

MOST_ROWS = 1_048_575
"""The rows of a sheet below its header."""
LONGEST_NAME = 31
DEFINITIONS = "definitions"
NUMBER_FORMATS = {
    "percent": "0.0%",
    "integer": "#,##0",
    "decimal1": "0.0",
    "decimal2": "0.00",
    "currency": "#,##0.00",
    "amount": "#,##0.00",
    "number": "#,##0.####",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm:ss",
}
"""How a column is shown -> Excel's format."""


@dataclasses.dataclass(frozen=True)
class Sheet:
    """One table to write.

    Attributes:
        table: `layer.name`.
        rows: Its rows; text, numbers, booleans, days and UTC moments.
        formats: Column -> one of `NUMBER_FORMATS`; columns that are not named are shown by their type.
    """

    table: str
    rows: pl.DataFrame
    formats: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of the sheet: that of the table without its layer, as long as Excel allows."""
        return self.table.partition(".")[2][:LONGEST_NAME]


def write_workbook(path: Path, sheets: Sequence[Sheet], definitions: pl.DataFrame, *, as_of: dt.date) -> None:
    """Write a workbook; the same tables give the same bytes.

    Text stays text: nothing that begins with `=` becomes a formula, and nothing becomes a link.

    Args:
        path: The file; an existing one is replaced.
        sheets: The tables, in the order of the sheets.
        definitions: Table, column, what it means; written as the last sheet.
        as_of: The last day counted, which stands as the day on which the file was made.

    Raises:
        UsageWrong: A table has more rows than a sheet, or two sheets would have one name.
    """
    _refuse_what_does_not_fit(sheets)
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": NUMBER_FORMATS["date"],
    }
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": "Regulars", "created": dt.datetime.combine(as_of, dt.time())})
        formats = {name: book.add_format({"num_format": code}) for name, code in NUMBER_FORMATS.items()}
        header = book.add_format({"bold": True, "bottom": 1})
        for sheet in sheets:
            _write_sheet(book, sheet, formats, header)
        _write_sheet(book, Sheet(f".{DEFINITIONS}", definitions, {}), formats, header)


def _refuse_what_does_not_fit(sheets: Sequence[Sheet]) -> None:
    names = [DEFINITIONS, *(sheet.name.casefold() for sheet in sheets)]
    for sheet in sheets:
        if sheet.rows.height > MOST_ROWS:
            raise UsageWrong(
                f"{sheet.table} has {sheet.rows.height:,} rows, and a sheet of Excel holds {MOST_ROWS:,}; "
                "export it with --format csv or parquet"
            )
        if names.count(sheet.name.casefold()) > 1:
            raise UsageWrong(f"two sheets would be called `{sheet.name}`; export {sheet.table} into a file of its own")


def _write_sheet(book: Workbook, sheet: Sheet, formats: Mapping[str, Format], header: Format) -> None:
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(1, 0)
    shown = {column: formats.get(_find_format(sheet, column)) for column in sheet.rows.columns}
    for number, (column, data_type) in enumerate(sheet.rows.schema.items()):
        title = f"{column} (UTC)" if isinstance(data_type, pl.Datetime) else column
        page.set_column(number, number, min(60, max(10, len(title) + 2)), shown[column])
        page.write_string(0, number, title, header)
    for row, values in enumerate(sheet.rows.iter_rows(), 1):
        for number, (value, cell_format) in enumerate(zip(values, shown.values(), strict=True)):
            _write_cell(page, row, number, value, cell_format)
    if sheet.rows.height:
        page.autofilter(0, 0, sheet.rows.height, max(sheet.rows.width - 1, 0))


def _find_format(sheet: Sheet, column: str) -> str:
    data_type = sheet.rows.schema[column]
    if isinstance(data_type, pl.Datetime):
        return "moment"
    if isinstance(data_type, pl.Date):
        return "date"
    if isinstance(data_type, pl.Decimal):
        return sheet.formats.get(column, "amount")
    if data_type.is_numeric():
        return sheet.formats.get(column, "integer" if data_type.is_integer() else "number")
    return ""


def _write_cell(page: Worksheet, row: int, column: int, value: Any, cell_format: Format | None) -> None:
    match value:
        case None:
            return
        case bool():
            page.write_boolean(row, column, value, cell_format)
        case int() | Decimal():
            page.write_number(row, column, float(value) if isinstance(value, Decimal) else value, cell_format)
        case float():
            if value == value and abs(value) != float("inf"):
                page.write_number(row, column, value, cell_format)
            else:
                page.write_string(row, column, str(value))
        case dt.datetime() | dt.date():
            page.write_datetime(row, column, value, cell_format)
        case _:
            page.write_string(row, column, str(value))
