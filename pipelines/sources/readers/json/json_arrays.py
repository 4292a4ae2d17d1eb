"""Reads a delivered JSON file: an array of objects, or an object with such an array in it.

Put here: where the objects stand. Keep out: their values (`json_values.py`).
The file is read piece by piece, so that it may be larger than memory.
"""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Never

from regulars.pipelines.sources.readers.decoding import CHUNK
from regulars.pipelines.sources.readers.json.json_lines import JsonRecord
from regulars.pipelines.sources.readers.json.json_values import (
    has_torn_letter,
    may_have_torn_letter,
    scan_value,
    write_json,
)
from regulars.pipelines.sources.readers.records import MAX_RECORD, Record
from regulars.pipelines.sources.readers.refusal import Refusal, did_you_mean, list_columns

_BLANK = re.compile(r"[ \t\r\n]*")
_COMMA = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")
_MARK = re.compile(r'["{}\[\]]')
_MARK_OR_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_LONGEST = 8 * MAX_RECORD
_LONGEST_WORD = 8
"""Letters of the longest word of JSON, `-Infinity`, that the text in memory may end within."""
_SHOWN_KEYS = 20


def read_array(text: Path, file_name: str, records: str | None) -> Iterator[JsonRecord]:
    """The objects of an array and what else is in it, in order.

    Args:
        text: The file.
        file_name: The name to use in sentences.
        records: The keys that lead to the array, with dots between; None: the file is the array.

    Raises:
        Refusal: The file is empty, cut off, no JSON, or has no array there.
    """
    return chain.from_iterable(_read_pieces(text, file_name, records))


def _read_pieces(text: Path, file_name: str, records: str | None) -> Iterator[list[JsonRecord]]:
    with text.open("rb") as stream:
        reader = _Reader(stream, file_name)
        reader.refuse_empty()
        path = records.split(".") if records else []
        for depth, key in enumerate(path):
            reader.enter(key, path[:depth])
        yield from reader.read_elements()
        reader.finish(len(path))


def list_keys_of_arrays(stream: BinaryIO, file_name: str) -> list[str]:
    """The keys of the object that a file is whose values are arrays of objects; the file is read to its end.

    Args:
        stream: The file, unpacked.
        file_name: The name to use in sentences.

    Raises:
        Refusal: The file is empty, cut off or no JSON.
    """
    return list(_Reader(stream, file_name).list_arrays())


class _Reader:
    """Walks through a JSON text of which a piece at a time is in memory."""

    def __init__(self, stream: BinaryIO, file_name: str) -> None:
        self._stream, self._file_name = stream, file_name
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self._line = "", 0, 1
        self._is_whole = self._has_escapes = self._may_be_torn = False

    def refuse_empty(self) -> None:
        """Refuse a file without a visible character."""
        if not self._look(may_end=True):
            raise Refusal("empty", f"{self._file_name} is empty: deliver it again")

    def enter(self, key: str, path: Sequence[str]) -> None:
        """Go to the value of a key of the object that begins here."""
        place = f"at `{'.'.join(path)}`" if path else "in the file"
        if self._look() != "{":
            raise Refusal("not_a_table", f"{self._file_name}: there is no object {place}: correct `options.records`")
        seen = []
        for found in self._read_keys():
            if found == key:
                return
            seen.append(found)
            self._skip_value()
        meant = did_you_mean(key, seen)
        what = f" it has {list_columns(seen[:_SHOWN_KEYS])};" if seen else ""
        raise Refusal(
            "not_a_table",
            f"{self._file_name}: the object {place} has no key `{key}`{meant};{what} correct `options.records`",
        )

    def list_arrays(self) -> Iterator[str]:
        """The keys of the object that begins here whose values are arrays of objects."""
        self.refuse_empty()
        for key in self._read_keys():
            if self._look() != "[":
                self._skip_value()
                continue
            self._move(self._at + 1)
            if self._look() == "{":
                yield key
            self._skip_out_of(1)

    def read_elements(self) -> Iterator[list[JsonRecord]]:
        """The elements of the array that begins here, some at a time; it ends behind the array."""
        if self._look() != "[":
            self._refuse_no_array()
        self._move(self._at + 1)
        is_behind_element = is_behind_comma = False
        while (sign := self._look()) != "]" or is_behind_comma:
            if is_behind_element != (sign == ","):
                self._refuse_damaged()
            if not is_behind_element and (plain := self._read_plain_elements()):
                yield plain
                is_behind_comma = True
                continue
            if is_behind_element:
                self._move(self._at + 1)
            else:
                yield [self._read_element()]
            is_behind_comma, is_behind_element = is_behind_element, not is_behind_element
        self._move(self._at + 1)

    def finish(self, depth: int) -> None:
        """Read what is behind the array, which lies within so many objects, and see that the file is whole."""
        self._skip_out_of(depth)
        if self._look(may_end=True):
            raise Refusal("damaged", f"{self._file_name} goes on behind its end (line {self._line:,}): export it again")

    def _read_keys(self) -> Iterator[str]:
        """The keys of the object that begins here, each read up to its value, which the caller reads."""
        self._move(self._at + 1)
        while (sign := self._look()) != "}":
            if sign == ",":
                self._move(self._at + 1)
                self._look()
            key = self._read_value()
            if not isinstance(key, str) or self._look() != ":":
                self._refuse_damaged()
            self._move(self._at + 1)
            self._look()
            yield key

    def _read_plain_elements(self) -> list[JsonRecord]:
        """The next objects in memory that have a comma and more behind them; it is behind that comma afterwards."""
        text, at, line = self._text, self._at, self._line
        found: list[JsonRecord] = []
        try:
            while not self._may_be_torn:
                value, end = scan_value(text, at)
                comma = _COMMA.match(text, end)
                if type(value) is not dict or comma is None or comma.end() == len(text):
                    break
                found.append((line, value))
                line += text.count("\n", at, comma.end())
                at = comma.end()
        except (KeyError, StopIteration, ValueError, RecursionError):
            pass  # whatever it is, it is read by itself
        self._at, self._line = at, line
        return found

    def _read_element(self) -> JsonRecord:
        line = self._line
        try:
            found = self._read_value()
        except KeyError:
            return Record(line, self._cut_element(), "a key twice in one object")
        if not isinstance(found, dict):
            return Record(line, write_json(found).encode(errors="replace"), "not an object")
        if self._has_escapes and has_torn_letter(found):
            return Record(line, write_json(found).encode(errors="replace"), "not UTF-8")
        return line, found

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

    def _cut_element(self) -> bytes:
        """The text of the element that begins here; it is behind it afterwards."""
        while True:
            depth, at = 0, self._at
            while mark := _MARK_OR_TEXT.search(self._text, at):
                at = mark.end()
                depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(mark[0], 0)
                if depth == 0:
                    element = self._text[self._at : at]
                    self._move(at)
                    return element.encode(errors="replace")
            self._fill()

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
        self._is_whole, self._may_be_torn = not piece, may_have_torn_letter(self._text)

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

    def _refuse_no_array(self) -> Never:
        """Refuse a file, or a place in it, that is no array, and name the keys from which to choose."""
        if self._look() != "{":
            raise Refusal("not_a_table", f"{self._file_name} holds no array of objects: see `options.records`")
        keys = []
        for key in self._read_keys():
            keys.append(key)
            self._skip_value()
            if len(keys) == _SHOWN_KEYS:
                break
        if len(keys) < _SHOWN_KEYS:
            self._move(self._at + 1)
            if self._look(may_end=True) == "{":
                raise Refusal("not_a_table", f"{self._file_name} is one object after another: set `format: jsonl`")
        raise Refusal(
            "not_a_table",
            f"{self._file_name} is an object where an array is wanted; it has {list_columns(keys) or 'no key'}: name "
            "the keys that lead to the array in `options.records`, such as `data.orders`",
        )
