"""Finds the lists of records in a JSON object from its beginning, which may be all of the file that is in memory.

Put here: which keys lead to a list of objects. Keep out: reading the records (`sources/readers/json/`).
"""

import json
import re
from collections.abc import Iterator

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
MOST_KEYS = 8
"""An object with more keys is a record."""
DEEPEST = 4
"""Lists within so many objects are looked for; deeper ones belong to a record."""


def list_lists(text: str) -> list[str]:
    """The keys, with dots between, that lead to lists of objects in the object with which a text begins.

    A list within a list is part of its records, and does not count; neither does a list without an object in it.

    Args:
        text: The beginning of a file; it may be cut anywhere.
    """
    return list(dict.fromkeys(path for what, path in _walk(text) if what == "list"))


def is_record(text: str) -> bool:
    """Whether the object with which a text begins is a record itself, such as an order with its lines.

    What holds records has few keys of its own, and none of them is its id.
    """
    keys = {path.casefold() for what, path in _walk(text) if what == "key"}
    return "id" in keys or len(keys) > MOST_KEYS


def _walk(text: str) -> Iterator[tuple[str, str]]:
    """Each list of objects as `list` and its path, and each key of the whole object as `key`.

    On the way, `keys` are those of the objects that are open, and `lists` is how many lists are.
    """
    keys: list[str] = []
    last = pending = ""
    lists = 0
    opened = ""
    for match in _TOKEN.finditer(text.lstrip("\ufeff")):
        token = match[0]
        if token == "[":
            lists += 1
            opened = ".".join([*keys[1:], pending])
        elif token == "]":
            lists -= 1
        elif token == "{":
            if lists == 1 and last == "[" and opened and len(keys) <= DEEPEST:
                yield "list", opened
            if not lists:
                keys.append(pending)
        elif token == "}":
            if not lists and keys:
                keys.pop()
            if not keys:
                return
        elif token == ":" and not lists:
            pending = _read_key(last)
            if len(keys) == 1:
                yield "key", pending
        last = token


def _read_key(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return token
