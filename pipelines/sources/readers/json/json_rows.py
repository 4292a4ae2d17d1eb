"""Makes rows of the arrays within objects, such as the lines of an order.

Put here: the rows of one object. Keep out: parsing (`json_values.py`), and where objects stand in a file.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from regulars.pipelines.sources.readers.json.json_values import JsonObject

ROW_OF = "row_of"
"""The column that says which array a row is an element of; `object` for the object itself."""


def make_rows(record: JsonObject, arrays: Sequence[str]) -> Iterator[JsonObject]:
    """The object itself, and for each element of each array the object with the element in the place of the array.

    Args:
        record: The object.
        arrays: Paths to arrays, such as `line_items` or `refunds.data`.
    """
    yield {**record, ROW_OF: "object"}
    bare = record
    for path in arrays:
        bare = _replace(bare, path.split("."), None)
    for path in arrays:
        for element in _find(record, path):
            yield {**_replace(bare, path.split("."), element), ROW_OF: path}


def _find(record: JsonObject, path: str) -> list[Any]:
    """The elements of the array at a path; none where there is no array."""
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def _replace(record: JsonObject, keys: Sequence[str], value: Any) -> JsonObject:
    """A copy with another value at a path; the same where the path leads nowhere."""
    inner = record.get(keys[0])
    if len(keys) == 1:
        return {**record, keys[0]: value} if keys[0] in record else record
    return {**record, keys[0]: _replace(inner, keys[1:], value)} if isinstance(inner, dict) else record
