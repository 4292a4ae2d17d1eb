"""Reads a value at a path within JSON, such as `paging.next.after` or `data[-1].id`.

Put here: the path. Keep out: what is found there.
"""

import re
from typing import Any

_STEP = re.compile(r"([^.\[\]]+)|\[(-?[0-9]+)\]")


def read_path(value: Any, path: str) -> Any:
    """The value at a path, a number as its text; None where there is none."""
    for key, position in _STEP.findall(path):
        if key:
            value = value.get(key) if isinstance(value, dict) else None
        else:
            at = int(position)
            inside = isinstance(value, list) and -len(value) <= at < len(value)
            value = value[at] if inside else None
    return value.decode() if isinstance(value, bytes) else value
