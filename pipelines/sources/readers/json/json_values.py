"""Parses JSON objects exactly, and turns many of them into columns of text.

Put here: one object, and the columns of many. Keep out: where the objects stand in a file (`json_lines.py`,
`json_arrays.py`).
Python's own parser reads them, because numbers must keep every digit they were written with: DuckDB and polars read
`1.10` as 1.1 and `1e3` as 1000. A number is `bytes` of what was written, which no other value of JSON is.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from json.encoder import encode_basestring
from typing import Any, Union

import pyarrow as pa

from regulars.pipelines.sources.readers.text_arrays import make_text_array

MAX_COLUMNS = 2_000
"""Where objects have more keys than this, as those do whose keys are ids, what lies within objects stays JSON."""

JsonObject = dict[str, Any]
Columns = dict[str, "pa.Array[pa.StringScalar]"]


@dataclass(frozen=True)
class Nested:
    """Values among which there are objects, as texts and as `scan_value` makes them."""

    texts: "pa.Array[pa.StringScalar]"
    values: Sequence[Any]


Cells = dict[str, Union["pa.Array[pa.StringScalar]", Nested]]
"""The values of each key."""


@dataclass(frozen=True)
class JsonPart:
    """Objects that stand behind one another, by key, and how many they are."""

    cells: Cells
    count: int


MAX_DEPTH = 100
"""What lies within so many objects stays JSON too."""
_SPACED = re.compile(r'[^"\s,:]*(?:"[^"]*"[^"\s,:]*|[,:] (?!\s)[^"\s,:]*)*')
"""JSON without backslashes as `write_json` writes it: one blank behind every comma and colon, and no other.

Nothing in it is possessive: Python before 3.11.5 loses matches of such groups.
"""
_WITHOUT_BLANKS = dict.fromkeys(map(ord, " \t\r\n"))
_HALF_LETTER = re.compile(r"\\u[dD][89a-fA-F]")


def _refuse_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise KeyError
    return found


scan_value = json.JSONDecoder(
    parse_int=str.encode, parse_float=str.encode, parse_constant=str.encode, object_pairs_hook=_refuse_repeats
).scan_once  # type: ignore[attr-defined]  # the stubs leave it out
"""(text, offset) -> a value and the offset behind it; numbers are bytes of what was written.

Raises:
    KeyError: An object has a key twice.
    StopIteration, ValueError, RecursionError: No JSON begins there, or it is nested too deeply.
"""


def may_have_torn_letter(text: str) -> bool:
    """Whether a JSON text writes halves of letters, each of which may lack its other half."""
    return "\\u" in text and _HALF_LETTER.search(text) is not None


def has_torn_letter(value: object) -> bool:
    """Whether a text holds half of a surrogate pair, which is no letter."""
    try:
        write_json(value).encode()
    except UnicodeError:
        return True
    return False


def write_json(value: object) -> str:
    """JSON of a value whose numbers are bytes."""
    try:
        return _write(value)
    except RecursionError:
        return _write_deep(value)


def _write(value: object) -> str:
    match value:
        case bytes():
            return value.decode()
        case str():
            return encode_basestring(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{', '.join(map(_write, value))}]"
        case dict():
            return f"{{{', '.join(f'{encode_basestring(key)}: {_write(each)}' for key, each in value.items())}}}"
    raise TypeError


def _write_deep(value: object) -> str:
    """The same of values within hundreds of others, more than Python's functions may call themselves."""
    written = []
    left: list[tuple[str, object]] = [("", value)]
    """What is still to be written, the next last: a text, or behind an empty one a value."""
    while left:
        text, each = left.pop()
        if text:
            written.append(text)
        elif isinstance(each, list | dict) and each:
            keys = [f"{encode_basestring(key)}: " for key in each] if isinstance(each, dict) else repeat("")
            items = each.values() if isinstance(each, dict) else each
            opening, closing = "{}" if isinstance(each, dict) else "[]"
            inner: list[tuple[str, object]] = []
            for key, item in zip(keys, items, strict=False):
                inner += [((", " if inner else opening) + key, None), ("", item)]
            left += [(closing, None), *reversed(inner)]
        else:
            written.append(_write(each))
    return "".join(written)


def write_jsons(texts: Sequence[str], values: Sequence[object]) -> list[str]:
    """What `write_json` writes of each of many values, given the texts of which they were read."""
    written = ["" if "\\" in text else text for text in texts]
    if not all(map(_SPACED.fullmatch, written)):
        pieces = "\0".join(written).split('"')
        gaps = {gap: gap.translate(_WITHOUT_BLANKS).replace(",", ", ").replace(":", ": ") for gap in set(pieces[::2])}
        pieces[::2] = map(gaps.__getitem__, pieces[::2])
        written = '"'.join(pieces).split("\0")
    return [text or write_json(value) for text, value in zip(written, values, strict=True)]


def make_columns(objects: Sequence[JsonObject]) -> Columns:
    """The keys of many objects as columns of text, in the order in which they come up.

    What lies in an object within is reached by a dot, as `customer.email`; the object itself, and arrays, are JSON.
    An empty text is NULL.
    """
    return join_parts([JsonPart(read_cells(objects), len(objects))])


def join_parts(parts: Sequence[JsonPart]) -> Columns:
    """The columns, as of `make_columns`, of objects that were read in parts."""
    columns: Columns = {}
    for key in dict.fromkeys(key for part in parts for key in part.cells):
        _add_column(columns, key, [part.cells.get(key, pa.nulls(part.count, pa.string())) for part in parts])
    return columns


def read_cells(objects: Sequence[JsonObject], most: int | None = None) -> Cells:
    """The values of many objects by key; none when there are more keys than `most`."""
    keys: dict[str, None] = {}
    shapes = dict.fromkeys(map(tuple, objects))
    for shape in shapes:
        keys.update(dict.fromkeys(shape))
    if most is not None and len(keys) > most:
        return {}
    is_even = len(shapes) == 1
    cells = zip(*map(dict.values, objects), strict=True) if is_even else ([o.get(key) for o in objects] for key in keys)
    return {key: hold(values) for key, values in zip(keys, cells, strict=True)}


def hold(values: Sequence[Any]) -> "pa.Array[pa.StringScalar] | Nested":
    """Values of one key as texts, and as they are if there are objects among them."""
    try:
        return make_text_array(values)
    except pa.ArrowTypeError:  # yes or no, an array, an object
        return hold_nested(values, pa.array(map(_write_text, values), pa.string()))


def hold_nested(values: Sequence[Any], texts: "pa.Array[pa.StringScalar]") -> "pa.Array[pa.StringScalar] | Nested":
    """The same of values whose texts are there already."""
    return Nested(texts, values) if any(type(value) is dict for value in values) else texts


def _add_column(
    columns: Columns, name: str, parts: Sequence["pa.Array[pa.StringScalar] | Nested"], depth: int = 0
) -> None:
    """Add a column, and those of what lies within its objects, which lie within `depth` others."""
    while name in columns:  # a key that holds a dot itself
        name += "_2"
    texts = [part.texts if isinstance(part, Nested) else part for part in parts]
    columns[name] = pa.concat_arrays(texts) if len(texts) > 1 else texts[0]
    if depth == MAX_DEPTH or not any(isinstance(part, Nested) for part in parts):
        return
    values = chain.from_iterable(part.values if isinstance(part, Nested) else [None] * len(part) for part in parts)
    within = [value if type(value) is dict else {} for value in values]
    for key, held in read_cells(within, MAX_COLUMNS - len(columns)).items():
        _add_column(columns, f"{name}.{key}", [held], depth + 1)


def _write_text(value: object) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else write_json(value)
