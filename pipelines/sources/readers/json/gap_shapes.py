"""Says what stands between the strings of a JSON text, such as `": 12.50, "`, and so where its values are.

Put here: the grammar of such gaps. Keep out: finding them in a text (`json_columns.py`).
Gaps that differ in their digits only have one shape, in which every digit is 0: a file has a few dozen shapes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

_BLANK, _BLANK_OF_LINES = rb"[ \t\r\n]*", rb"[ \t\r]*"
_PLAIN = re.compile(rb"(-?0+(?:\.0+)?(?:[eE][-+]?0+)?)|true|false|null|NaN|-?Infinity")
_DEPTHS = {"{": 1, "[": 1, "}": -1, "]": -1}


class NotPlain(Exception):
    """The text is left to the exact way."""


class Next(IntEnum):
    """What comes behind a gap; nothing that may, behind one that cannot stand where it does."""

    KEY, TEXT, INSIDE, END, NOTHING = range(5)


class Value(IntEnum):
    """What value a gap holds or begins: none, the string behind it, one within it, null, one that ends in another."""

    NONE, TEXT, PLAIN, NULL, NESTED, OPEN = range(6)


@dataclass(frozen=True)
class Shape:
    """A gap outside of nested values.

    Attributes:
        is_behind_key: Whether the string before it is a key, not a value.
        value: What value it holds.
        start: Where that value begins within the gap.
        end: Where it ends, if it ends here.
        is_number: Whether it is a number, which may begin with a zero too many.
        next: What comes behind the gap.
        ends_object: Whether another object begins in it.
    """

    is_behind_key: bool
    value: Value
    start: int
    end: int
    is_number: bool
    next: Next
    ends_object: bool


_NOWHERE = Shape(False, Value.NONE, 0, 0, False, Next.NOTHING, False)
"""What stands for a shape that cannot stand outside of nested values."""


@dataclass(frozen=True)
class _Tail:
    """What stands behind a value: what comes next, and whether it is of another object."""

    next: Next
    ends_object: bool


class Grammar:
    """How objects stand behind one another: one a line, or with commas between."""

    def __init__(self, *, of_lines: bool) -> None:
        blank = _BLANK_OF_LINES if of_lines else _BLANK
        between = blank + rb"\n" + _BLANK if of_lines else _BLANK + rb"," + _BLANK
        self._of_lines = of_lines
        self._colon = re.compile(rb'"' + blank + rb":" + blank)
        self._tails = {
            re.compile(blank + rb"," + blank + rb'"'): _Tail(Next.KEY, False),
            re.compile(blank + rb"\}" + between + rb"\{" + blank + rb'"'): _Tail(Next.KEY, True),
            re.compile(blank + rb"\}" + _BLANK): _Tail(Next.END, False),
        }
        self._first = re.compile(_BLANK + rb"\{" + blank + rb'"')

    def begins(self, shape: bytes) -> bool:
        """Whether a shape is what stands before the first key."""
        return self._first.fullmatch(shape) is not None

    def read_shape(self, shape: bytes) -> Shape | None:
        """A shape that stands outside of nested values; None when it cannot stand there."""
        colon = self._colon.match(shape)
        if colon is None:
            return self._finish(shape, Value.NONE, 0, 1) if shape.startswith(b'"') else None
        start = colon.end()
        if shape[start:] == b'"':
            return Shape(True, Value.TEXT, start, start, False, Next.TEXT, False)
        if shape[start : start + 1] in (b"{", b"["):
            end = self.find_end(shape, start, 0)
            if end:
                return self._finish(shape, Value.NESTED, start, end)
            is_open = shape.endswith(b'"') and self.may_be_inside(shape[start:])
            return Shape(True, Value.OPEN, start, 0, False, Next.INSIDE, False) if is_open else None
        plain = _PLAIN.match(shape, start)
        if plain is None:
            return None
        return self._finish(shape, Value.NULL if plain[0] == b"null" else Value.PLAIN, start, plain.end())

    def read_end(self, shape: bytes, depth: int) -> tuple[int, Next, bool]:
        """Where a value ends in which so many brackets are open, what comes next, and whether in another object."""
        end = self.find_end(shape, 0, depth)
        tail = self._read_tail(shape[end:])
        if not end or not tail:
            raise NotPlain
        return end, tail.next, tail.ends_object

    def find_end(self, shape: bytes, start: int, depth: int) -> int:
        """Where the bracket closes that leaves none open; 0 where none does."""
        for at, letter in enumerate(shape[start:].decode("latin-1"), start):
            depth += _DEPTHS.get(letter, 0)
            if depth == 0 and letter in "}]":
                return at + 1 if self.may_be_inside(shape[start : at + 1]) else 0
        return 0

    def may_be_inside(self, part: bytes) -> bool:
        """Whether a part of a gap may stand within a nested value; what it says there is not looked at."""
        return not (self._of_lines and b"\n" in part)

    def _finish(self, shape: bytes, value: Value, start: int, end: int) -> Shape | None:
        tail = self._read_tail(shape[end:])
        if tail is None:
            return None
        is_number = value == Value.PLAIN and shape[start:].lstrip(b"-").startswith(b"0")
        return Shape(value != Value.NONE, value, start, end, is_number, tail.next, tail.ends_object)

    def _read_tail(self, rest: bytes) -> _Tail | None:
        return next((tail for form, tail in self._tails.items() if form.fullmatch(rest)), None)


@dataclass(frozen=True)
class Places:
    """Where values stand in the gaps of a text: of each the gap, where in it the value begins and ends, and so on.

    A value may end in another gap than it begins in (`last_gaps`). `rows` says of which object it is.
    """

    gaps: Ints
    kinds: npt.NDArray[np.uint8]
    starts: Ints
    last_gaps: Ints
    ends: Ints
    are_numbers: npt.NDArray[np.bool_]
    rows: Ints
    row_count: int


def find_places(codes: Codes, shapes: Sequence[bytes], grammar: Grammar) -> Places:
    """Find the values of objects in the gaps of a text.

    Args:
        codes: The number of the shape of each gap.
        shapes: The shapes.
        grammar: How the objects stand behind one another.

    Raises:
        NotPlain: The text is not surely one object after another.
    """
    if not grammar.begins(shapes[codes[0]]):
        raise NotPlain
    read = [grammar.read_shape(shape) or _NOWHERE for shape in shapes]
    outer, depths = _find_outer(codes, shapes, grammar)
    codes = codes if outer is None else codes[outer]
    nexts = np.array([shape.next for shape in read], np.uint8)[codes]
    needed = np.array([Next.KEY if shape.is_behind_key else Next.TEXT for shape in read], np.uint8)[codes]
    kinds = np.array([shape.value for shape in read], np.uint8)[codes]
    end_objects = np.array([shape.ends_object for shape in read])[codes]
    closing = np.flatnonzero(depths > 1)
    closed_at = np.zeros(0, np.int64)
    if len(closing):
        combined, which = np.unique(np.stack((codes[closing], depths[closing])), axis=1, return_inverse=True)
        found = np.array([grammar.read_end(shapes[code], depth - 1) for code, depth in combined.T])
        closed_at, nexts[closing], end_objects[closing] = found[which].T
        needed[closing], kinds[closing] = Next.INSIDE, Value.NONE
    nexts[0], kinds[0] = Next.KEY, Value.NONE
    if nexts[-1] != Next.END or (needed[1:] != nexts[:-1]).any():
        raise NotPlain
    at = np.flatnonzero(kinds)
    kinds, last = kinds[at], at.copy()
    starts, ends = np.array([(shape.start, shape.end) for shape in read])[codes[at]].T
    is_open = kinds == Value.OPEN  # then the next gap outside is the one in which the value ends
    last[is_open], ends[is_open], kinds[is_open] = closing, closed_at, Value.NESTED
    are_numbers = np.array([shape.is_number for shape in read])[codes[at]]
    rows = np.cumsum(end_objects)
    gaps, last_gaps = (at, last) if outer is None else (outer[at], outer[last])
    return Places(gaps, kinds, starts, last_gaps, ends, are_numbers, rows[at] - end_objects[at], int(rows[-1]) + 1)


def _find_outer(codes: Codes, shapes: Sequence[bytes], grammar: Grammar) -> tuple[Ints | None, Ints]:
    """The gaps that are not within nested values, None for all, and how many brackets are open before each."""
    steps, leasts = np.array([_count_brackets(shape) for shape in shapes]).T
    if np.count_nonzero(steps) <= 2 and steps[codes[0]] == 1 and steps[codes[-1]] == -1:
        return None, np.zeros(0, np.int64)
    steps = steps[codes]
    depths = np.cumsum(steps) - steps
    is_outer = depths + leasts[codes] <= 1
    if (depths[1:] < 1).any() or not all(grammar.may_be_inside(shapes[code]) for code in np.unique(codes[~is_outer])):
        raise NotPlain
    outer = np.flatnonzero(is_outer)
    return outer, depths[outer]


def _count_brackets(shape: bytes) -> tuple[int, int]:
    """How many more brackets open than close in a shape, and the least of that number along it."""
    depth = least = 0
    for letter in shape.decode("latin-1"):
        depth += _DEPTHS.get(letter, 0)
        least = min(least, depth)
    return depth, least
