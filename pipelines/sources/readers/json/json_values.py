"""Parses JSON objects exactly, and turns many of them into columns of text.

Put here: one object, and the columns of many. Keep out: where the objects stand in a file (`json_lines.py`,
`json_arrays.py`).
Python's own parser reads them, because numbers must keep every digit they were written with: DuckDB and polars read
`1.10` as 1.1 and `1e3` as 1000. A number is `bytes` of what was written, which no other value of JSON is.
"""

import json
import re
from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import Any

import pyarrow as pa

from regulars.pipelines.sources.readers.text_arrays import make_text_array

MAX_COLUMNS = 2_000
"""Where objects have more keys than this, as those do whose keys are ids, what lies within objects stays JSON."""

JsonObject = dict[str, Any]


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
            return f"[{', '.join(map(write_json, value))}]"
        case dict():
            return f"{{{', '.join(f'{encode_basestring(key)}: {write_json(each)}' for key, each in value.items())}}}"
    raise TypeError


def make_columns(objects: Sequence[JsonObject]) -> "dict[str, pa.Array[pa.StringScalar]]":
    """The keys of many objects as columns of text, in the order in which they come up.

    What lies in an object within is reached by a dot, as `customer.email`; the object itself, and arrays, are JSON.
    An empty text is NULL.
    """
    columns: dict[str, pa.Array[pa.StringScalar]] = {}
    _add_columns(objects, "", columns)
    return columns


def _add_columns(objects: Sequence[JsonObject], prefix: str, columns: "dict[str, pa.Array[pa.StringScalar]]") -> None:
    keys: dict[str, None] = {}
    shapes = dict.fromkeys(map(tuple, objects))
    for shape in shapes:
        keys.update(dict.fromkeys(shape))
    if prefix and len(columns) + len(keys) > MAX_COLUMNS:
        return
    is_even = len(shapes) == 1
    cells = zip(*map(dict.values, objects), strict=True) if is_even else ([o.get(key) for o in objects] for key in keys)
    for key, values in zip(keys, cells, strict=True):
        name = prefix + key
        while name in columns:  # a key that holds a dot itself
            name += "_2"
        try:
            columns[name] = make_text_array(values)
        except pa.ArrowTypeError:  # yes or no, an array, an object
            columns[name] = pa.array(map(_write_text, values), pa.string())
            if any(type(value) is dict for value in values):
                _add_columns([value if type(value) is dict else {} for value in values], f"{name}.", columns)


def _write_text(value: object) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else write_json(value)
