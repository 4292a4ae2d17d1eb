"""Writes the cells of a sheet as the text that a person would type.

Put here: one cell, and one column of cells. Keep out: which row is the header, and which rows are records.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.pipelines.sources.readers.text_arrays import make_text_array

Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"})
"""What a cell shows in place of a value that could not be computed."""
_EXACT_WHOLE = 2**53
_PLAIN = 15
"""Letters of the longest number that needs no second look."""
_TO_THE_END = 2**31 - 1
_NOISE = 3
"""A number that is so many digits shorter when it is rounded to 15 digits was computed, and never typed."""


def write_cell(cell: Cell, decimal: str = ".") -> str | None:
    """The text of a cell; None when it is empty.

    Numbers have the fewest digits that are exact, without exponent: 1 and not 1.0. Where the last digits are noise of
    binary arithmetic, such as 0.30000000000000004, they have the 15 digits that a spreadsheet keeps. Days are
    `2026-01-31`, moments `2026-01-31 14:05:00`, lengths of time `36:00:00`.

    Args:
        cell: The value.
        decimal: The sign between whole and fraction, so that a column may hold numbers and numbers as text.
    """
    match cell:
        case str():
            return cell or None
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case float():
            return write_number(cell).replace(".", decimal)
        case dt.datetime():
            return cell.isoformat(sep=" ")
        case dt.timedelta():
            seconds = round(cell.total_seconds())
            sign = "-" if seconds < 0 else ""
            minutes, second = divmod(abs(seconds), 60)
            return f"{sign}{minutes // 60}:{minutes % 60:02}:{second:02}"
        case _:
            return cell.isoformat()


def write_number(number: float) -> str:
    """The shortest exact text of a number, with a point and without exponent."""
    if number.is_integer():
        return str(int(number))
    text = repr(number)
    if len(text) > _PLAIN or "e" in text:
        rounded = f"{number:.15g}"
        text = rounded if len(rounded) + _NOISE <= len(text) else text
        if "e" in text:
            return _write_without_exponent(text)
    return text


def _write_without_exponent(text: str) -> str:
    mantissa, _, exponent = text.partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    if not exponent.removeprefix("-").isdecimal():
        return text  # infinite, or not a number
    places = -int(exponent)
    return f"{sign}0.{'0' * (places - len(whole))}{whole}{fraction}"


def write_column(cells: Sequence[Cell], decimal: str) -> "pa.Array[pa.StringScalar]":
    """The texts of a column of cells, as `write_cell` writes each; empty ones are NULL.

    Columns of one type, with empty cells or without, are written all at once, which is several times as fast.
    """
    types = set(map(type, cells))
    if types == {str}:
        return make_text_array(cells)  # type: ignore[arg-type]
    if str in types and len(types) > 1 and not any(type(cell) is str and cell for cell in cells):
        return _write_filled(cells, decimal)
    if types == {float} or (types and types <= {dt.datetime, dt.date}):
        at_once: pa.Array[pa.StringScalar] = _write_numbers(cells, decimal) if float in types else _write_moments(cells)
        return at_once
    return pa.array([(cell or None) if type(cell) is str else write_cell(cell, decimal) for cell in cells], pa.string())


def _write_filled(cells: Sequence[Cell], decimal: str) -> "pa.Array[pa.StringScalar]":
    """A column in which texts are nothing but empty cells."""
    is_filled = np.array([type(cell) is not str for cell in cells])
    places = np.cumsum(is_filled) - 1
    texts = write_column([cell for cell in cells if type(cell) is not str], decimal)
    return texts.take(pa.array(places, pa.int64(), mask=~is_filled))


def _write_numbers(cells: Sequence[Cell], decimal: str) -> Any:
    numbers: Any = np.array(cells, np.float64)
    if (numbers == np.trunc(numbers)).all() and (np.abs(numbers) <= _EXACT_WHOLE).all():
        return pc.cast(pa.array(numbers.astype(np.int64)), pa.string())
    written: Any = pc.cast(pa.array(numbers), pa.string())
    texts = _cut_off(written, ".0")
    is_doubtful: Any = pc.or_(pc.match_substring(written, "e"), pc.equal(texts, pa.scalar("-0")))
    is_long: Any = pc.greater(pc.binary_length(written), pa.scalar(_PLAIN))
    if pc.any(is_long).as_py():
        is_doubtful = pc.or_(is_doubtful, pc.and_(is_long, _may_be_noise(written)))
    if pc.any(is_doubtful).as_py():
        looked_at = [write_cell(cells[at]) for at in is_doubtful.to_numpy(zero_copy_only=False).nonzero()[0]]
        texts = pc.replace_with_mask(texts, is_doubtful, pa.array(looked_at, pa.string()))
    return texts if decimal == "." else pc.replace_substring(texts, ".", decimal)


def _may_be_noise(written: Any) -> Any:
    """Whether numbers may be shorter by several digits when they are rounded to 15.

    Their 15th digit is then 0, or a 9 that is rounded up.
    """
    digits = pc.utf8_ltrim(pc.replace_substring(written, ".", ""), characters="-0")
    fifteenth: Any = pc.utf8_slice_codeunits(digits, 14, 15)
    return pc.is_in(fifteenth, value_set=pa.array(["0", "9"]))


def _write_moments(cells: Sequence[Cell]) -> Any:
    """Days, and moments to the second, at once; a moment at midnight is a day, as the reader has it."""
    if all(type(cell) is dt.date for cell in cells):
        return pc.cast(pa.array(cells, pa.date32()), pa.string())
    moments: Any = pa.array(
        [cell if type(cell) is dt.datetime else dt.datetime.combine(cell, dt.time()) for cell in cells],  # type: ignore[arg-type]
        pa.timestamp("us"),  # type: ignore[call-overload]
    )
    try:
        texts: Any = pc.cast(pc.cast(moments, pa.timestamp("s")), pa.string())
    except pa.ArrowInvalid:  # fractions of a second
        return pa.array([write_cell(cell) for cell in cells], pa.string())
    return _cut_off(texts, " 00:00:00")


def _cut_off(texts: Any, ending: str) -> Any:
    """Texts without an ending, which few of them have; a regular expression takes four times as long."""
    has_ending: Any = pc.ends_with(texts, ending)
    if not pc.any(has_ending).as_py():
        return texts
    shorter: Any = pc.binary_replace_slice(texts.filter(has_ending), -len(ending), _TO_THE_END, "")
    return pc.replace_with_mask(texts, has_ending, shorter)
