"""Makes rows of the arrays within objects, such as the lines of an order.

Put here: the rows of one object. Keep out: parsing (`json_values.py`), and where objects stand in a file.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from regulars.pipelines.sources.readers.json.json_values import JsonObject

ROW_OF = "row_of"
"""The column that says which array a row is an element of; `object` for the object itself."""


def make_rows(record: JsonObject, arrays: Sequence[str]) -> Iterator[JsonObject]:
    """The object itself, and for each element of each array the object with the element in the place of the array.

    A path may lead through arrays: what is `refunds.lines` in the settings is each refund's own array, and its rows
    hold their one refund in the place of all. Where a path leads nowhere there is no row.

    Args:
        record: The object.
        arrays: Paths to arrays, such as `line_items`, `refunds.data` or `refunds.lines`.
    """
    yield {**record, ROW_OF: "object"}
    paths = {path: path.split(".") for path in arrays}
    for path, keys in paths.items():
        bare = record
        for other in paths.values():
            shorter = min(len(keys), len(other))
            if keys[:shorter] != other[:shorter]:  # an array that holds this one, or lies in it, stays
                bare = _empty(bare, other)
        for row in _take_each(bare, keys):
            yield {**row, ROW_OF: path}


def _take_each(record: JsonObject, keys: Sequence[str]) -> Iterator[JsonObject]:
    """Copies of an object, one for each element of the arrays at a path, with nothing else there."""
    key, *rest = keys
    inner = record.get(key)
    if not rest:
        elements: Iterable[Any] = inner if isinstance(inner, list) else []
    else:
        elements = (row for each in _list_objects(inner) for row in _take_each(each, rest))
    return ({**record, key: element} for element in elements)


def _list_objects(value: Any) -> Iterator[JsonObject]:
    """The object, or those of an array, of arrays within it too."""
    if isinstance(value, list):
        for each in value:
            yield from _list_objects(each)
    elif isinstance(value, dict):
        yield value


def _empty(value: Any, keys: Sequence[str]) -> Any:
    """A copy with null for the arrays at a path; the same where the path leads nowhere."""
    if isinstance(value, list):
        return [_empty(each, keys) for each in value]
    if not isinstance(value, dict) or keys[0] not in value:
        return value
    key, *rest = keys
    return {**value, key: _empty(value[key], rest) if rest else None}
