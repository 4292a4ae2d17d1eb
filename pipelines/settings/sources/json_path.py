"""Reads and writes a value at a path within JSON, such as `paging.next.after` or `data[-1].id`.

Put here: the path. Keep out: what is found there.
"""

import re
from typing import Any

_STEP = re.compile(r"([^.\[\]]+)|\[(-?[0-9]+)\]")


def read_path(value: Any, path: str) -> Any:
    """The value at a path, a number of an answer as its text; None where there is none."""
    for step in _list_steps(path):
        if not _has_step(value, step):
            return None
        value = value[step]
    return value.decode() if isinstance(value, bytes) else value


def has_path(value: Any, path: str) -> bool:
    """Whether there is a value at a path; it may be None."""
    for step in _list_steps(path):
        if not _has_step(value, step):
            return False
        value = value[step]
    return True


def list_at_path(value: Any, path: str) -> list[Any]:
    """The values at a path in which `[*]` stands for each element of an array, such as `refunds[*].isDone`."""
    before, each, rest = path.partition("[*]")
    if not each:
        return [read_path(value, path)] if has_path(value, path) else []
    found = read_path(value, before)
    elements = found if isinstance(found, list) else []
    return [inner for element in elements for inner in list_at_path(element, rest.removeprefix("."))]


def put_at_path(value: Any, path: str, new: Any) -> Any:
    """The value with another one at a path, which it must have; what it shares with the old one is not changed.

    Where a whole number stands there, a text of digits is put there as a number.
    """
    steps = _list_steps(path)
    return _put(value, steps, new)


def _put(value: Any, steps: list[str | int], new: Any) -> Any:
    if not steps:
        return int(new) if type(value) is int and re.fullmatch("-?[0-9]+", str(new)) else new
    copy = value.copy()
    copy[steps[0]] = _put(value[steps[0]], steps[1:], new)
    return copy


def _list_steps(path: str) -> list[str | int]:
    return [key or int(position) for key, position in _STEP.findall(path)]


def _has_step(value: Any, step: str | int) -> bool:
    if isinstance(step, int):
        return isinstance(value, list) and -len(value) <= step < len(value)
    return isinstance(value, dict) and step in value
