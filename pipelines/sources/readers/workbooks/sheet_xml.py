"""Reads the cells of plain sheets out of their XML, many at a time: three times as fast as the general reader.

Put here: sheets of numbers, days, yes or no and shared texts, as tools export them. Keep out: everything else, of which
`NotPlain` is raised, so that the general reader reads it: formulas, errors, texts in cells, formatted texts.

XML is looked at as bytes by numpy: where each `<` stands says where each cell begins. Whatever is not exactly as
expected makes the sheet not plain; nothing is guessed.
"""

import html
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from regulars.pipelines.sources.readers.text_arrays import make_text_array
from regulars.pipelines.sources.readers.workbooks.cells import write_cell

Meaning = Literal["number", "moment"]
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

_PIECE = 1 << 22
_LT, _GT, _QUOTE = b"<"[0], b">"[0], b'"'[0]
_CELL, _VALUE, _END, _ROW = b"c"[0], b"v"[0], b"/"[0], b"r"[0]
_SHARED_TEXT = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_ROW_NUMBER = re.compile(rb'<row r="(\d+)"')
_SUFFIX = re.compile(rb'(?: s="(\d+)")?(?: t="(s|n|b)")?')
_LONGEST_SUFFIX = 16
_LONGEST_NUMBER = 32
_PLAIN_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$"
_PLAIN_LETTERS = 15
_FIRST_DAY = 61
"""Before it, Excel counts a day that never was."""
_DAY_MS = 86_400_000


class NotPlain(Exception):
    """A sheet holds what only the general reader reads."""


@dataclass(frozen=True)
class PlainRows:
    """Rows of a sheet.

    Attributes:
        numbers: The number of each, from 1, rising; rows without a cell may be left out.
        columns: Number of a column of the sheet, from 1 -> its texts.
        is_text: Of the same columns, whether each cell holds a text rather than a number or a day.
    """

    numbers: Places
    columns: Mapping[int, Any]
    is_text: Mapping[int, npt.NDArray[np.bool_]]


def read_shared_texts(package: zipfile.ZipFile) -> Any:
    """The texts that the cells of a workbook share, as an array.

    Raises:
        NotPlain: One is formatted.
    """
    if "xl/sharedStrings.xml" not in package.namelist():
        return pa.array([], pa.string())
    text = package.read("xl/sharedStrings.xml")
    found = _SHARED_TEXT.findall(text)
    if len(found) != text.count(b"<si") or b"_x" in text or b"\r" in text:
        raise NotPlain
    if b"&" in text:
        found = [html.unescape(each.decode()) if b"&" in each else each for each in found]
    try:
        return make_text_array(found)
    except pa.ArrowException:
        raise NotPlain from None


def read_rows(
    pieces: Iterator[bytes], texts: Any, find_meaning: Callable[[int], Meaning], counts_from_1904: bool, decimal: str
) -> Iterator[PlainRows]:
    """The rows of a sheet.

    Args:
        pieces: The XML of the sheet.
        texts: The texts that its cells share.
        find_meaning: What a number of a style is.
        counts_from_1904: Whether days count from 1904.
        decimal: The decimal sign for numbers.

    Raises:
        NotPlain: It holds something else.
    """
    reader = _Reader(texts, find_meaning, counts_from_1904, decimal)
    rest, is_inside = b"", False
    for piece in pieces:
        searched = max(len(rest) - 12, 0)
        rest += piece
        if not is_inside:
            start = rest.find(b"<sheetData>")
            if start < 0:
                continue
            rest, is_inside, searched = rest[start + 11 :], True, 0
        end = rest.find(b"</sheetData>", searched)
        cut = end if end >= 0 else rest.rfind(b"<row ")
        if (len(rest) > _PIECE or end >= 0) and cut > 0:
            yield reader.read(rest[:cut])
            rest = rest[cut:]
        if end >= 0:
            return
    raise NotPlain


class _Reader:
    def __init__(
        self, texts: Any, find_meaning: Callable[[int], Meaning], counts_from_1904: bool, decimal: str
    ) -> None:
        self._texts, self._find_meaning, self._decimal = texts, find_meaning, decimal
        self._first_day = np.datetime64("1904-01-01" if counts_from_1904 else "1899-12-30", "ms")
        self._least = 0 if counts_from_1904 else _FIRST_DAY

    def read(self, xml: bytes) -> PlainRows:
        """The rows in a piece of XML that begins with a row and ends behind one."""
        a: Bytes = np.frombuffer(xml + bytes(_LONGEST_NUMBER), np.uint8)
        tags: Places = np.flatnonzero(a == _LT)
        kinds = a[tags + 1]
        is_cell = (kinds == _CELL) & (a[tags + 2] == b" "[0])
        known = is_cell | (kinds == _END)
        known |= (kinds == _VALUE) & (a[tags + 2] == _GT)
        is_row = kinds == _ROW
        if not (known | is_row).all():
            raise NotPlain
        numbers = np.array(_ROW_NUMBER.findall(xml), np.int64)
        if len(numbers) != np.count_nonzero(is_row) or (np.diff(numbers) <= 0).any():
            raise NotPlain
        at = np.flatnonzero(is_cell)
        row = np.cumsum(is_row)[at] - 1
        column, behind = self._read_places(a, tags[at], numbers[row])
        is_filled = kinds[at + 1] == _VALUE if len(at) else np.zeros(0, bool)
        at, row, column, behind = at[is_filled], row[is_filled], column[is_filled], behind[is_filled]
        end_of_tag = tags[at + 1] - 1
        start, stop = tags[at + 1] + 3, tags[at + 2]
        is_whole = (a[end_of_tag] == _GT) & (a[stop + 1] == _END) & (a[stop + 2] == _VALUE) & (stop > start)
        if not is_whole.all():
            raise NotPlain
        written, is_text = self._read_values(a, start, stop, self._find_kinds(xml, behind, end_of_tag))
        return self._place(numbers, row, column, written, is_text)

    def _read_places(self, a: Bytes, cells: Places, rows: Places) -> tuple[Places, Places]:
        """The number of the column of each cell, and where what follows its place begins."""
        is_named = (a[cells + 3] == _ROW) & (a[cells + 4] == b"="[0]) & (a[cells + 5] == _QUOTE)
        first, second, third = (a[cells + offset].astype(np.int64) - 64 for offset in (6, 7, 8))
        has_second = second > 0
        has_third = has_second & (third > 0)
        column = np.where(
            has_third, 676 * first + 26 * second + third, np.where(has_second, 26 * first + second, first)
        )
        letters = 1 + has_second.astype(np.int64) + has_third
        digits = np.searchsorted(10 ** np.arange(1, 9), rows, side="right") + 1
        behind = cells + 6 + letters + digits + 1
        if not (is_named & (first > 0) & (first <= 26) & (a[behind - 1] == _QUOTE)).all():
            raise NotPlain
        return column, behind

    def _find_kinds(self, xml: bytes, start: Places, stop: Places) -> npt.NDArray[np.int8]:
        """Of each cell: 0 a number, 1 a moment, 2 a shared text, 3 yes or no; by its style and type."""
        length = stop - start
        if (length < 0).any() or (length > _LONGEST_SUFFIX).any():
            raise NotPlain
        words = np.ndarray((len(xml) + 1,), "<u8", buffer=xml + bytes(32), strides=(1,))
        masks = np.array([(1 << 8 * each) - 1 for each in range(9)], np.uint64)
        low = words[start] & masks[np.minimum(length, 8)]
        high = words[np.minimum(start + 8, len(xml))] & masks[np.clip(length - 8, 0, 8)]
        mark = low ^ (high * np.uint64(0x9E3779B97F4A7C15))
        found = np.full(len(start), -1, np.int8)
        while (left := np.flatnonzero(found < 0)).size:
            one = left[0]
            same = mark == mark[one]
            if not ((low[same] == low[one]).all() and (high[same] == high[one]).all()):
                raise NotPlain
            found[same] = self._choose_kind(xml[start[one] : stop[one]])
        return found

    def _choose_kind(self, suffix: bytes) -> int:
        read = _SUFFIX.fullmatch(suffix)
        if read is None:
            raise NotPlain
        if read[2] in (b"s", b"b"):
            return 2 if read[2] == b"s" else 3
        return 1 if self._find_meaning(int(read[1] or 0)) == "moment" else 0

    def _read_values(
        self, a: Bytes, start: Places, stop: Places, kinds: npt.NDArray[np.int8]
    ) -> tuple[Any, npt.NDArray[np.bool_]]:
        """The text of each cell, and whether it was one before."""
        slices = _cut_texts(a, start, stop)
        order, parts = [], []
        for kind, write in enumerate((self._write_numbers, self._write_moments, self._find_texts, _write_flags)):
            where = np.flatnonzero(kinds == kind)
            if len(where):
                order.append(where)
                parts.append(write(slices.take(pa.array(where))))
        if not parts:
            return pa.array([], pa.string()), np.zeros(0, bool)
        places = np.empty(len(kinds), np.int64)
        places[np.concatenate(order)] = np.arange(len(kinds))
        return pa.concat_arrays(parts).take(pa.array(places)), kinds == 2

    def _write_numbers(self, texts: Any) -> Any:
        is_plain = pc.and_(
            pc.less_equal(pc.binary_length(texts), pa.scalar(_PLAIN_LETTERS)),
            pc.and_(pc.match_substring_regex(texts, _PLAIN_NUMBER), pc.not_equal(texts, pa.scalar("-0"))),
        )
        is_doubtful = pc.invert(is_plain)
        if pc.any(is_doubtful).as_py():
            written = [write_cell(number) for number in _read_doubles(texts.filter(is_doubtful)).tolist()]
            texts = pc.replace_with_mask(texts, is_doubtful, pa.array(written, pa.string()))
        return texts if self._decimal == "." else pc.replace_substring(texts, ".", self._decimal)

    def _write_moments(self, texts: Any) -> Any:
        days = _read_doubles(texts)
        if (days < self._least).any() or (days > 2_958_465).any():
            raise NotPlain
        ms = np.round(days * _DAY_MS).astype(np.int64)
        if (ms % 1000 != 0).any():
            raise NotPlain
        moments: Any = pa.array(self._first_day + ms.astype("timedelta64[ms]"))
        written: Any = pc.cast(pc.cast(moments, pa.timestamp("s")), pa.string())
        return pc.replace_substring_regex(written, " 00:00:00$", "")

    def _find_texts(self, numbers: Any) -> Any:
        try:
            return self._texts.take(pc.cast(numbers, pa.int64()))
        except pa.ArrowException:
            raise NotPlain from None

    def _place(
        self, numbers: Places, row: Places, column: Places, written: Any, is_text: npt.NDArray[np.bool_]
    ) -> PlainRows:
        columns: dict[int, Any] = {}
        texts: dict[int, npt.NDArray[np.bool_]] = {}
        for each in range(1, int(column.max(initial=0)) + 1):
            where = np.flatnonzero(column == each)
            places = np.full(len(numbers), -1, np.int64)
            places[row[where]] = where
            if np.count_nonzero(places >= 0) < len(where):
                raise NotPlain
            columns[each] = written.take(pa.array(places, pa.int64(), mask=places < 0))
            texts[each] = (places >= 0) & is_text[np.maximum(places, 0)] if len(is_text) else places >= 0
        return PlainRows(numbers, columns, texts)


def _cut_texts(a: Bytes, start: Places, stop: Places) -> Any:
    """An array of the texts between each two places."""
    length = stop - start
    if (length > _LONGEST_NUMBER).any():
        raise NotPlain
    offsets = np.zeros(len(length) + 1, np.int64)
    np.cumsum(length, out=offsets[1:])
    letters = a[np.repeat(start - offsets[:-1], length) + np.arange(offsets[-1])]
    if (letters > 127).any() or (letters == b"&"[0]).any():
        raise NotPlain
    small: Any = offsets.astype(np.int32)
    return pa.StringArray.from_buffers(len(length), pa.py_buffer(small), pa.py_buffer(letters))


def _read_doubles(texts: Any) -> npt.NDArray[np.float64]:
    try:
        numbers: npt.NDArray[np.float64] = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowException:
        raise NotPlain from None
    if not np.isfinite(numbers).all():
        raise NotPlain
    return numbers


def _write_flags(texts: Any) -> Any:
    is_true = pc.equal(texts, pa.scalar("1"))
    if not pc.all(pc.or_(is_true, pc.equal(texts, pa.scalar("0")))).as_py():
        raise NotPlain
    return pc.if_else(is_true, pa.scalar("true"), pa.scalar("false"))
