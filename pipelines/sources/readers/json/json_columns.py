"""Reads the text of many JSON objects by key at once, without making objects of them.

Put here: objects whose text is plain. Keep out: all others, of which `json_lines.py` and `json_arrays.py` make objects
one by one, and what lies within objects (`json_values.py`).
Quotes divide the text into strings and gaps, and the shapes of the gaps (`gap_shapes.py`) say where the values are.
Text that is not surely one object after another, without a key twice in one, is left to the exact way.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from regulars.pipelines.sources.readers.json.gap_shapes import Codes, Grammar, Ints, NotPlain, Value, find_places
from regulars.pipelines.sources.readers.json.json_values import (
    Cells,
    JsonPart,
    Nested,
    has_torn_letter,
    hold_nested,
    may_have_torn_letter,
    scan_value,
    write_jsons,
)

_SHAPED = bytes.maketrans(b"123456789", b"000000000")
_MAX_TEXT = 1 << 31
_MAX_SHAPES = 2_000
"""More shapes than this, and the text is not of a kind that goes faster this way."""


@dataclass(frozen=True)
class _Values:
    """The values of objects, in the order of the text: where each begins and ends, its kind and key, its object."""

    starts: Ints
    ends: Ints
    kinds: npt.NDArray[np.uint8]
    keys: Ints
    """The number of the string that is the key."""
    rows: Ints
    row_count: int


def read_plain_objects(text: bytes, grammar: Grammar) -> JsonPart | None:
    """The objects of a text of whole ones; None where it is left to the exact way.

    Args:
        text: The objects, and what stands between them.
        grammar: How they stand behind one another.
    """
    return _read(text, _find_marks(text), grammar)


def read_first_objects(text: bytes, grammar: Grammar) -> tuple[JsonPart | None, int]:
    """The whole objects of a text that may end anywhere, and where they end; 0 where none is whole.

    Args:
        text: The text, from the first object of an array on.
        grammar: How the objects stand behind one another.
    """
    marks = _find_marks(text)
    end = _find_last_end(np.frombuffer(text, np.uint8), marks.quotes)
    return (_read(text[:end], marks.cut(end), grammar) if end else None), end


def _read(text: bytes, marks: "_Marks", grammar: Grammar) -> JsonPart | None:
    try:
        text.decode()
        return _Text(text, marks, grammar).read()
    except (NotPlain, KeyError, ValueError, RecursionError, StopIteration):
        return None


@dataclass(frozen=True)
class _Marks:
    """Where the quotes around strings stand in a text, and where the backslashes."""

    quotes: Ints
    slashes: Ints

    def cut(self, end: int) -> "_Marks":
        return _Marks(*(places[: np.searchsorted(places, end)] for places in (self.quotes, self.slashes)))


def _find_marks(text: bytes) -> _Marks:
    letters = np.frombuffer(text, np.uint8)
    slashes = np.flatnonzero(letters == ord("\\"))
    if (np.diff(slashes) == 1).any():  # the second of two does not escape the quote behind it
        letters = np.frombuffer(text.replace(b"\\\\", b"__"), np.uint8)
    quotes = np.flatnonzero(letters == ord('"'))
    if len(slashes):
        quotes = quotes[letters[quotes - 1] != ord("\\")]
    return _Marks(quotes, slashes)


def _find_last_end(letters: npt.NDArray[np.uint8], quotes: Ints) -> int:
    """Where the last whole element ends of an array's text that begins with an element; 0 where none ends."""
    folded = letters | 32  # square brackets become curly ones
    brackets = np.flatnonzero((folded == ord("{")) | (folded == ord("}")))
    brackets = brackets[np.searchsorted(quotes, brackets) % 2 == 0]
    depths = np.cumsum(np.where(folded[brackets] == ord("{"), 1, -1))
    behind = np.flatnonzero(depths < 0)
    ends = np.flatnonzero(depths[: behind[0] if len(behind) else None] == 0)
    return int(brackets[ends[-1]]) + 1 if len(ends) else 0


class _Text:
    """A text divided by its quotes into gaps and strings. A gap includes the quotes; string n is behind gap n."""

    def __init__(self, text: bytes, marks: _Marks, grammar: Grammar) -> None:
        self._text, self._marks, self._grammar = text, marks, grammar
        quotes = marks.quotes
        if len(quotes) % 2 or not len(quotes) or len(text) >= _MAX_TEXT:
            raise NotPlain
        self._begins = np.append(0, quotes[1::2])
        self._ends = np.append(quotes[0::2] + 1, len(text))
        self._codes, self._shapes = self._read_gaps()

    def read(self) -> JsonPart:
        """All objects."""
        values = self._find_values()
        parts = self._cut(values.starts, values.ends)
        escaped = self._find_escaped(values.starts)
        keys, key_of = self._read_keys(values.keys)
        cells: Cells = {}
        for key, members in zip(keys, _group(key_of, len(keys)), strict=True):
            rows, kinds = values.rows[members], values.kinds[members]
            if (rows[1:] <= rows[:-1]).any():  # twice in one object
                raise NotPlain
            places = np.full(values.row_count, -1)
            places[rows] = members
            is_null = (kinds == Value.NULL) | (values.starts[members] == values.ends[members])
            places[rows[is_null]] = -1
            texts = parts.take(pa.array(places * 2, mask=places < 0))
            plain = _unescape(texts, escaped[places] & (places >= 0) & (values.kinds[places] == Value.TEXT))
            is_nested = (values.kinds[places] == Value.NESTED) & (places >= 0)
            cells[key] = _parse(texts, plain, is_nested) if is_nested.any() else plain
        return JsonPart(cells, values.row_count)

    def _cut(self, starts: Ints, ends: Ints) -> Any:
        """The parts of the text from each start to its end, at even places; at odd ones what is between them."""
        offsets: Any = np.empty(2 * len(starts), np.int32)
        offsets[0::2], offsets[1::2] = starts, ends
        buffers: Any = [None, pa.py_buffer(offsets), pa.py_buffer(self._text)]
        return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)

    def _read_gaps(self) -> tuple[Codes, list[bytes]]:
        """The number of each gap's shape, and the shapes."""
        gaps = self._cut(self._begins, self._ends).take(pa.array(np.arange(0, 2 * len(self._begins), 2)))
        shaped = gaps.buffers()[2].to_pybytes().translate(_SHAPED)
        if _count_controls(shaped) != _count_controls(self._text):  # some within a string
            raise NotPlain
        buffers = [None, gaps.buffers()[1], pa.py_buffer(shaped)]
        coded: Any = pa.Array.from_buffers(pa.binary(), len(gaps), buffers).dictionary_encode()
        if len(coded.dictionary) > _MAX_SHAPES:
            raise NotPlain
        return coded.indices.to_numpy(), coded.dictionary.to_pylist()

    def _find_values(self) -> _Values:
        found = find_places(self._codes, self._shapes, self._grammar)
        starts = self._begins[found.gaps] + found.starts
        ends = self._begins[found.last_gaps] + found.ends
        texts = np.flatnonzero(found.kinds == Value.TEXT)
        strings = found.gaps[texts]
        starts[texts], ends[texts] = self._ends[strings], self._begins[strings + 1]
        self._refuse_leading_zeros(starts[found.are_numbers])
        return _Values(starts, ends, found.kinds, found.gaps - 1, found.rows, found.row_count)

    def _refuse_leading_zeros(self, starts: Ints) -> None:
        letters = np.frombuffer(self._text, np.uint8)
        starts = starts + (letters[starts] == ord("-"))
        behind = letters[starts + 1]
        if ((letters[starts] == ord("0")) & (behind >= ord("0")) & (behind <= ord("9"))).any():
            raise NotPlain

    def _find_escaped(self, starts: Ints) -> npt.NDArray[np.bool_]:
        r"""Of each value that begins somewhere, whether there is a letter in it that is written as `\n` or so."""
        escaped = np.zeros(len(starts), bool)
        escaped[np.searchsorted(starts, self._marks.slashes, "right") - 1] = True
        return escaped

    def _read_keys(self, numbers: Ints) -> tuple[list[str], Codes]:
        """The keys that come up, and of each value which of them it has."""
        strings = self._cut(self._ends[numbers], self._begins[numbers + 1])
        coded = strings.take(pa.array(np.arange(0, 2 * len(numbers), 2))).dictionary_encode()
        written = np.array(["\\" in key for key in coded.dictionary.to_pylist()])
        keys: list[str] = _unescape(coded.dictionary, written).to_pylist()
        if len(set(keys)) < len(keys):
            raise NotPlain
        return keys, coded.indices.to_numpy()


def _group(key_of: Codes, count: int) -> Iterator[Ints]:
    """Of each key, which values have it."""
    if len(key_of) % count == 0 and (key_of.reshape(-1, count) == np.arange(count)).all():
        for key in range(count):
            yield np.arange(key, len(key_of), count)
        return
    order = np.argsort(key_of, kind="stable")
    yield from np.split(order, np.cumsum(np.bincount(key_of, minlength=count))[:-1])


def _parse(written: Any, plain: Any, is_nested: npt.NDArray[np.bool_]) -> "pa.Array[pa.StringScalar] | Nested":
    """The values of one key, of which some are arrays and objects."""
    texts = written.filter(pa.array(is_nested)).to_pylist()
    whole = f"[{','.join(texts)}]"
    found, end = scan_value(whole, 0)
    if end != len(whole) or len(found) != len(texts) or (may_have_torn_letter(whole) and has_torn_letter(found)):
        raise NotPlain
    as_json = pa.array(write_jsons(texts, found), pa.string())
    values: npt.NDArray[np.object_] = np.full(len(is_nested), None)
    values[is_nested] = np.fromiter(found, object, len(found))
    return hold_nested(list(values), pc.replace_with_mask(plain, pa.array(is_nested), as_json))


def _unescape(texts: Any, escaped: npt.NDArray[np.bool_]) -> Any:
    r"""Texts in which the letters of some, written as `\n` or `\u00e9`, are those letters."""
    if not escaped.any():
        return texts
    written = texts.filter(pa.array(escaped)).to_pylist()
    meant: list[str] = json.loads('["' + '","'.join(written) + '"]')
    return pc.replace_with_mask(texts, pa.array(escaped), pa.array(meant, pa.string()))


def _count_controls(text: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) < ord(" ")))
