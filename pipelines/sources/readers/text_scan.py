"""Scans a CSV text for facts against which the reader checks DuckDB's count of records.

Put here: facts that need no parsing, at the speed of memory. Keep out: records, values.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 22
_TAIL = 4096
_LF, _CR = b"\n"[0], b"\r"[0]


@dataclass(frozen=True)
class TextFacts:
    """Facts about a text, if quotes open and close in turn.

    Attributes:
        line_ends: Line feeds outside quotes; of blank lines at the end only the first.
        ends_with_line_end: Whether a line feed follows the last record.
        has_line_ends_in_quotes: Whether there are line feeds in quotes.
        is_doubtful: Whether a quote opens elsewhere than at the beginning of a cell or closes elsewhere than at its
            end, a quote is never closed, or a carriage return outside quotes has no line feed after it. DuckDB may
            then lose or join cells without an error, so its count proves nothing.
        is_blank: Whether the text has no visible character.
        has_only_carriage_returns: Whether lines end with carriage returns alone.
    """

    line_ends: int
    ends_with_line_end: bool
    has_line_ends_in_quotes: bool
    is_doubtful: bool
    is_blank: bool
    has_only_carriage_returns: bool


class _Quotes:
    """The state of quotes between chunks."""

    def __init__(self, quote: str, delimiter: str) -> None:
        self._quote = quote.encode()[0]
        cell_ends = delimiter.encode()
        self._may_open = np.zeros(256, bool)
        self._may_open[[cell_ends[-1], _LF, self._quote]] = True  # a doubled quote closes and opens again
        self._may_close = np.zeros(256, bool)
        self._may_close[[cell_ends[0], _LF, _CR, self._quote]] = True
        self.is_open = self.is_doubtful = False

    def count_line_feeds_outside(self, chunk: bytes) -> int:
        """Count the line feeds outside quotes in the next chunk, and check the characters around its quotes."""
        if self._quote not in chunk and not self.is_open:
            self.is_doubtful = self.is_doubtful or chunk.count(b"\r") != chunk.count(b"\r\n")
            return chunk.count(b"\n")
        letters = np.frombuffer(chunk, np.uint8)
        quotes = np.flatnonzero(letters == self._quote)
        opening, closing = quotes[int(self.is_open) :: 2], quotes[1 - int(self.is_open) :: 2]
        before, behind = letters[opening[opening > 0] - 1], letters[closing[closing < len(letters) - 1] + 1]
        feeds, returns = np.flatnonzero(letters == _LF), np.flatnonzero(letters == _CR)
        lone = returns[(returns == len(letters) - 1) | (letters[np.minimum(returns + 1, len(letters) - 1)] != _LF)]
        self.is_doubtful = bool(
            self.is_doubtful
            or not (self._may_open[before].all() and self._may_close[behind].all())
            or self._count_outside(quotes, lone)
        )
        outside = self._count_outside(quotes, feeds)
        self.is_open ^= bool(len(quotes) & 1)
        return outside

    def _count_outside(self, quotes: npt.NDArray[np.intp], places: npt.NDArray[np.intp]) -> int:
        """How many places have an even number of quotes before them, those of earlier chunks counted."""
        odd = int(np.count_nonzero(np.searchsorted(quotes, places) & 1))
        return odd if self.is_open else len(places) - odd


def scan_text(path: Path, quote: str, delimiter: str) -> TextFacts:
    """Scan a UTF-8 text once.

    Args:
        path: The text.
        quote: The character around cells; ASCII.
        delimiter: The character between cells; ASCII.
    """
    quotes = _Quotes(quote, delimiter)
    outside = line_feeds = carriage_returns = 0
    is_blank, is_torn, tail = True, False, b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK) + stream.readline(_LONGEST_LINE):  # whole lines, so that none is cut in two
            is_torn = is_torn or (not chunk.endswith(b"\n") and bool(stream.peek(1)))
            outside += quotes.count_line_feeds_outside(chunk)
            line_feeds += chunk.count(b"\n")
            carriage_returns += chunk.count(b"\r")
            is_blank = is_blank and not chunk.strip()
            tail = (tail + chunk)[-_TAIL:]
    blank_end = tail[len(tail.rstrip(b" \t\r\n")) :]
    return TextFacts(
        line_ends=outside - max(blank_end.count(b"\n") - 1, 0),
        ends_with_line_end=b"\n" in blank_end,
        has_line_ends_in_quotes=outside != line_feeds,
        is_doubtful=quotes.is_doubtful or quotes.is_open or is_torn,
        is_blank=is_blank,
        has_only_carriage_returns=carriage_returns > 0 and line_feeds == 0,
    )
