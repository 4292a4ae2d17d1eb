"""Splits a CSV text into records exactly, and finds the line on which each begins.

Put here: the grammar of CSV. Keep out: values, encodings, DuckDB. This splitter is slow and exact: the reader uses it
only when DuckDB refuses a file or counts other records, and to find the line of a record.

Grammar: a record is one line, unless a quoted cell holds line ends. A cell is quoted when a quote is its first
character, or its second after a blank; then a doubled quote is a quote, and only blanks may follow the closing one.
Quotes elsewhere are plain characters. Additional empty cells at the end (trailing delimiters) are allowed. Blank lines
are not records.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

MAX_RECORD = 2_000_000
"""Bytes of the longest record that is read: DuckDB's own limit."""
_MARK_OR_BLANK = b"\xef\xbb\xbf \t"
"""A byte order mark stands before the header of a file that was joined to another."""


@dataclass(frozen=True)
class Record:
    """One record, or one line that is not a record.

    Attributes:
        line: The line it begins on, from 1.
        text: Its bytes without the line end.
        problem: Why it is quarantined; None for a sound record.
    """

    line: int
    text: bytes
    problem: str | None = None


class RecordSplitter:
    """Splits UTF-8 text into records.

    Args:
        delimiter: Between cells, as UTF-8.
        quote: Around cells; one ASCII character.
    """

    def __init__(self, delimiter: str, quote: str) -> None:
        self._delimiter, self._quote = delimiter.encode(), quote.encode()
        d, q = re.escape(self._delimiter), re.escape(self._quote)
        # no possessive group `(...)*+`: Python 3.11.0 to 3.11.4, so Debian 12's own, matches them wrongly
        self._cell = re.compile(rb" ?%b([^%b]*+(?:%b%b[^%b]*+)*)%b *+(%b|\r?\n|\Z)" % (q, q, q, q, q, q, d))
        self._bare = re.compile(rb"([^\n]*?)(%b|\n|\Z)" % d)
        self._opening = re.compile(rb" ?%b" % q)

    def read_header(self, text: bytes | mmap, at: int = 0, line: int = 1) -> tuple[list[str], int, int]:
        """The cells of the first record, the offset after it, and the number of lines before that offset.

        Args:
            text: The whole text.
            at: Where to begin.
            line: The line number of that place, from 1.
        """
        while at < len(text):
            end = _find_line_end(text, at)
            if text[at:end].strip():
                cells, behind, _ = self._read_cells(text, at)
                if cells is None:
                    cells, behind = self._split_plain(text[at:end]), min(end + 1, len(text))
                names = [cell.decode() for cell in cells]
                return names, behind, line - 1 + text[at:behind].count(b"\n")
            at, line = end + 1, line + 1
        return [], len(text), line - 1

    def split(self, text: bytes | mmap, at: int, line: int, header: list[str]) -> Iterator[Record]:
        """Records and bad lines from offset `at` on, in order.

        Args:
            text: The whole text.
            at: Where the first record begins.
            line: The line number of that place, from 1.
            header: The cells of the header, which give the number of cells of a record and show a repeated header.
        """
        width, first = len(header), header[0].strip().encode().lower().lstrip(_MARK_OR_BLANK)
        after_bad_quote = False
        while at < len(text):
            end = _find_line_end(text, at)
            row = text[at:end].removesuffix(b"\r")
            behind = min(end + 1, len(text))
            if self._quote not in row:
                problem = self._find_plain_problem(row, width)
                if (
                    problem is None
                    and row.lstrip(_MARK_OR_BLANK).lower().startswith(first)
                    and self._is_header(self._split_plain(row), header)
                ):
                    problem = "header repeated"
                after_bad_quote = after_bad_quote and problem is not None
                if problem != "":
                    yield Record(line, row, problem)
            else:
                cells, after, has_stray_quote = self._read_cells(text, at)
                if cells is None:
                    problem, after_bad_quote = "quote not closed, or something behind it", True
                else:
                    problem = self._find_quoted_problem(cells, header, after_bad_quote and has_stray_quote)
                    row, behind = text[at:after].removesuffix(b"\n").removesuffix(b"\r"), after
                    after_bad_quote = after_bad_quote and problem is not None
                yield Record(line, row, problem)
            line += text[at:behind].count(b"\n")
            at = behind

    def _read_cells(self, text: bytes | mmap, at: int) -> tuple[list[bytes] | None, int, bool]:
        """The cells of the record at `at`, the offset after it, and whether an unquoted cell holds a quote.

        The cells are None when no record begins there.
        """
        limit = min(at + MAX_RECORD, len(text))
        cells, has_stray_quote = [], False
        while True:
            quoted = self._opening.match(text, at, limit) is not None
            found = (self._cell if quoted else self._bare).match(text, at, limit)
            if found is None or (found.end() == limit < len(text)):
                return None, at, False
            if quoted:
                cell = found[1].replace(self._quote * 2, self._quote)
            else:
                cell = found[1] if found[2] == self._delimiter else found[1].removesuffix(b"\r")
                has_stray_quote = has_stray_quote or self._quote in cell
                if b"\r" in cell:
                    return None, at, False
            cells.append(cell)
            at = found.end()
            if found[2] != self._delimiter:
                return cells, at, has_stray_quote

    def _split_plain(self, row: bytes) -> list[bytes]:
        return row.removesuffix(b"\r").split(self._delimiter)

    def _find_plain_problem(self, row: bytes, width: int) -> str | None:
        """Why a line without quotes is not a record; an empty text when it is blank, None when it is a record."""
        if not row.strip():
            return ""
        if b"\r" in row:
            return "carriage return within the line"
        if len(row) > MAX_RECORD:
            return f"longer than {MAX_RECORD:,} bytes"
        found = row.count(self._delimiter) + 1
        return None if found == width else _find_width_problem(row.split(self._delimiter), width)

    def _find_quoted_problem(self, cells: list[bytes], header: list[str], is_torn: bool) -> str | None:
        if is_torn:
            return "follows a quote that is not closed"
        if self._is_header(cells, header):
            return "header repeated"
        return _find_width_problem(cells, len(header))

    def _is_header(self, cells: list[bytes], header: list[str]) -> bool:
        """Whether these are the names of the header again, in whatever case, perhaps with a byte order mark."""
        names = [_fold_name(cell.decode(errors="replace")) for cell in cells]
        return names[: len(header)] == [_fold_name(name) for name in header] and not any(names[len(header) :])


def _fold_name(name: str) -> str:
    return name.strip("\ufeff \t\r\n").casefold()


def _find_width_problem(cells: list[bytes], width: int) -> str | None:
    if len(cells) == width or (len(cells) > width and not any(cells[width:])):
        return None
    return f"{len(cells)} cells where the header has {width}"


def _find_line_end(text: bytes | mmap, at: int) -> int:
    end = text.find(b"\n", at)
    return len(text) if end < 0 else end
