"""Reads a delivered JSON file: an array of objects, or an object with such an array in it.

Put here: where the objects stand. Keep out: their values (`json_values.py`).
The file is read piece by piece, so that it may be larger than memory.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Never

from regulars.pipelines.sources.readers.json.gap_shapes import Grammar
from regulars.pipelines.sources.readers.json.json_columns import read_first_objects
from regulars.pipelines.sources.readers.json.json_lines import MAX_TRIES, JsonPiece, JsonRecord
from regulars.pipelines.sources.readers.json.json_text import JsonText
from regulars.pipelines.sources.readers.json.json_values import (
    JsonPart,
    has_torn_letter,
    may_have_torn_letter,
    scan_value,
    write_json,
)
from regulars.pipelines.sources.readers.records import Record
from regulars.pipelines.sources.readers.refusal import Refusal, did_you_mean, list_columns

_COMMA = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")
_MARK_OR_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_SHOWN_KEYS = 20
_GRAMMAR = Grammar(of_lines=False)


def read_array(text: Path, file_name: str, records: str | None) -> Iterator[JsonRecord]:
    """The objects of an array and what else is in it, in order.

    Args:
        text: The file.
        file_name: The name to use in sentences.
        records: The keys that lead to the array, with dots between; None: the file is the array.

    Raises:
        Refusal: The file is empty, cut off, no JSON, or has no array there.
    """
    pieces = read_pieces(text, file_name, records, tries=0)
    return chain.from_iterable(piece for piece in pieces if not isinstance(piece, JsonPart))


def read_pieces(text: Path, file_name: str, records: str | None, tries: int = MAX_TRIES) -> Iterator[JsonPiece]:
    """The objects of an array and what else is in it, in order, many at a time, as `read_array` has them.

    Args:
        text: The file.
        file_name: The name to use in sentences.
        records: The keys that lead to the array, with dots between; None: the file is the array.
        tries: How many pieces may turn out not to be plain before all are read element by element.
    """
    with text.open("rb") as stream:
        reader = _Reader(stream, file_name, tries)
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


class _Reader(JsonText):
    """Reads the elements of an array, and the keys of the objects around it."""

    def __init__(self, stream: BinaryIO, file_name: str, tries: int = 0) -> None:
        super().__init__(stream, file_name)
        self._tries = tries

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

    def read_elements(self) -> Iterator[JsonPiece]:
        """The elements of the array that begins here, some at a time; it ends behind the array."""
        if self._look() != "[":
            self._refuse_no_array()
        self._move(self._at + 1)
        is_behind_element = is_behind_comma = False
        while (sign := self._look()) != "]" or is_behind_comma:
            if is_behind_element != (sign == ","):
                self._refuse_damaged()
            if not is_behind_element and (part := self._read_part()):
                yield part
                is_behind_element, is_behind_comma = True, False
                continue
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
            if self._look() != '"':
                self._refuse_damaged()
            key = str(self._read_value())
            if self._look() != ":":
                self._refuse_damaged()
            self._move(self._at + 1)
            self._look()
            yield key

    def _read_part(self) -> JsonPart | None:
        """The whole objects in memory, if all are plain; it is behind the last of them afterwards."""
        if not self._tries:
            return None
        text = self._text[self._at :].encode()
        part, end = read_first_objects(text, _GRAMMAR)
        if part:
            self._move(self._at + len(text[:end].decode()))
        elif end:
            self._tries -= 1
        return part

    def _read_plain_elements(self) -> list[JsonRecord]:
        """The next objects in memory that have a comma and more behind them; it is behind that comma afterwards."""
        text, at, line = self._text, self._at, self._line
        found: list[JsonRecord] = []
        may_be_torn = may_have_torn_letter(text)
        try:
            while not may_be_torn:
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
