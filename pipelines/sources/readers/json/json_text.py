"""Walks through a JSON file of which a piece at a time is in memory.

Put here: values and blanks, one after another. Keep out: what they are for (`json_arrays.py`).
"""

import codecs
import json
import re
from typing import BinaryIO, Never

from regulars.pipelines.sources.readers.decoding import CHUNK
from regulars.pipelines.sources.readers.json.json_values import scan_value
from regulars.pipelines.sources.readers.records import MAX_RECORD
from regulars.pipelines.sources.readers.refusal import Refusal

_BLANK = re.compile(r"[ \t\r\n]*")
_MARK = re.compile(r'["{}\[\]]')
_LONGEST = 8 * MAX_RECORD
_LONGEST_WORD = 8
"""Letters of the longest word of JSON, `-Infinity`, that the text in memory may end within."""


class JsonText:
    """A JSON text, and the place up to which it is read."""

    def __init__(self, stream: BinaryIO, file_name: str) -> None:
        self._stream, self._file_name = stream, file_name
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self._line = "", 0, 1
        self._is_whole = self._has_escapes = False

    def refuse_empty(self) -> None:
        """Refuse a file without a visible character."""
        if not self._look(may_end=True):
            raise Refusal("empty", f"{self._file_name} is empty: deliver it again")

    def _read_value(self) -> object:
        """The value that begins here; it is behind the value afterwards."""
        while True:
            try:
                found, end = scan_value(self._text, self._at)
            except (StopIteration, ValueError) as error:
                self._refuse_unless_cut(error)
            except RecursionError:
                self._refuse_damaged()
            else:
                if end < len(self._text) or self._is_whole:
                    self._has_escapes = self._text.find("\\u", self._at, end) >= 0
                    self._move(end)
                    return found
            self._fill()

    def _skip_value(self) -> None:
        if self._look() in "{[":
            self._move(self._at + 1)
            self._skip_out_of(1)
        else:
            self._read_value()

    def _skip_out_of(self, depth: int) -> None:
        """Go on until so many objects and arrays have ended."""
        while depth:
            mark = _MARK.search(self._text, self._at)
            self._move(mark.start() if mark else len(self._text))
            if mark is None:
                self._fill()
            elif mark[0] == '"':
                self._read_value()
            else:
                depth += 1 if mark[0] in "{[" else -1
                self._move(self._at + 1)

    def _look(self, *, may_end: bool = False) -> str:
        """The next character that is no blank; an empty text at the end, if it may end here."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._move(blank.end() if blank else self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if self._is_whole and may_end:
                return ""
            self._fill()

    def _move(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _fill(self) -> None:
        """Read the next piece; what was read before is given up."""
        rest = self._text[self._at :]
        if self._is_whole:
            raise Refusal(
                "truncated", f"{self._file_name} ends in the middle of its JSON, so it is cut off: deliver it again"
            )
        if len(rest) > _LONGEST:
            self._refuse_damaged()
        piece = self._stream.read(max(CHUNK, len(rest)))
        try:
            self._text, self._at = rest + self._decoder.decode(piece, final=not piece), 0
        except UnicodeError:
            raise Refusal(
                "undecodable",
                f"{self._file_name} is not UTF-8 near line {self._line + rest.count(chr(10)):,}: export it as UTF-8",
            ) from None
        self._is_whole = not piece

    def _refuse_unless_cut(self, error: StopIteration | ValueError) -> None:
        """Refuse what is no JSON, unless it may be so only since the text in memory ends there."""
        at = error.pos if isinstance(error, json.JSONDecodeError) else int(getattr(error, "value", 0) or 0)
        is_open = isinstance(error, json.JSONDecodeError) and error.msg.startswith("Unterminated string")
        if not is_open and at < len(self._text.rstrip()) - _LONGEST_WORD:
            self._refuse_damaged()

    def _refuse_damaged(self) -> Never:
        raise Refusal(
            "damaged", f"{self._file_name} is not JSON from line {self._line:,} on: export it again"
        ) from None
