"""What a company may set about how the files of a source are written.

Put here: forms of files, and the options by which they are read. Keep out: what their columns mean (`columns.py`).
"""

from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from regulars.pipelines.settings.part import CURRENCY_SIGN_PATTERN, Encoding, Part

FileFormat = Literal[
    "csv", "csv.gz", "tsv", "tsv.gz", "jsonl", "jsonl.gz", "json", "json.gz", "parquet", "xlsx", "ods", "xls", "xlsb"
]
Reader = Literal["delimited", "json_lines", "json", "parquet", "workbook"]
READERS: dict[str, Reader] = {
    "csv": "delimited",
    "tsv": "delimited",
    "jsonl": "json_lines",
    "json": "json",
    "parquet": "parquet",
}
"""Form of files, without `.gz` -> what reads it; all others are workbooks."""


class FileOptions(Part):
    """How the files of a source are written. Nothing is guessed from the data but the encoding."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """What stands between two values of a CSV file; write a tab as `"\\t"`, or set `format: tsv`."""
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    """What encloses a value that holds the delimiter or a line end."""
    encoding: Encoding = "auto"
    """How characters are written: any encoding that Python knows, such as `cp1250` or `shift_jis`. `auto` takes a file
    as UTF-8 if it is, as UTF-16 if it begins like it, else as the Windows encoding cp1252; it refuses a file that does
    not look like that, and the run warns where letters of the file are others in cp1250, in cp1254 or on a Mac."""
    decimal: Literal[".", ","] = "."
    """The decimal sign of numbers."""
    thousands: Literal["", ",", ".", " ", "'"] = ""
    """What groups the digits of large numbers, as in `1.234.567,89`; numbers without it are read too."""
    currency_sign: Annotated[str, Field(pattern=CURRENCY_SIGN_PATTERN)] = ""
    """What stands before or behind every amount, such as `$` in `$1,234.50`, `-$12.00` and `($12.00)`, or `Rs` in
    `Rs. 5`; amounts without it are read too. It says nothing of the currency: a file with amounts in several currencies
    has a column for it."""
    datetime_format: str = "iso"
    """How moments are written, in the signs of `strptime`, such as `%d.%m.%Y %H:%M`. `iso` reads `2026-06-30`,
    `2026-06-30 14:05:00` and `2026-06-30T14:05:00+02:00`. Names of months (`%B`, `%b`) may be English or one of twelve
    more European languages, weekdays (`%A`, `%a`) may be in any; an offset (`%z`) may be as short as `+3`."""
    date_format: str = "iso"
    """How days are written, in the same signs. `iso` reads `2026-06-30`."""
    final_newline: Literal["required", "optional"] = "required"
    """A CSV file that does not end with a line end is taken for cut off and is refused. Write `optional` when the tool
    never writes one."""
    sheet: Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=1)] | None = None
    """Which sheet of a workbook: its name, its number from 1, or a glob such as `"20*"` for several sheets of one
    shape, which are read as one table. Without it, the first sheet that is not hidden."""
    header_row: Annotated[int, Field(ge=1)] | None = None
    """The row of a sheet, or the line of a CSV file, that holds the header, from 1: what stands above it is a title,
    and not read. Without it, the row of a sheet that has most of the header names in the settings, of the first 100;
    of a CSV file the first line that is not blank."""
    error_cells: Literal["quarantine", "empty"] = "quarantine"
    """What becomes of a row of a sheet with an error such as `#N/A` in a cell: it is quarantined, or the cell is read
    as empty and the run says how many there were."""
    records: Annotated[str, Field(min_length=1)] | None = None
    """Where the array of records is in a JSON file: the keys that lead to it, such as `data.orders`. Without it, the
    file is an array."""

    rows_of: list[str] = []
    """Arrays within the objects of a JSON file whose elements are rows of their own, such as `line_items` or
    `refunds.data`. Each object is then a row for itself and one for each element, with the element in the place of the
    array (`line_items.sku`). An array may lie in the elements of another one, at any depth: `refunds.lines` is a row
    for each line of each refund, which has its refund's values too (`refunds.id`). The column `row_of` names the array,
    or is `object` for the object itself: `when` chooses by it."""

    _has_real_dates: bool = PrivateAttr(default=False)

    @property
    def has_real_dates(self) -> bool:
        """Whether the files hold days and moments as such, which a reader writes as ISO beside texts in a format."""
        return self._has_real_dates
