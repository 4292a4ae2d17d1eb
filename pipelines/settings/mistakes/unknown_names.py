"""Finds names in the settings that should name something else of the settings, and name nothing.

Put here: names that would do nothing in silence. Keep out: names of a fixed list, which the shape of a part knows.
"""

from collections.abc import Iterator
from typing import Any

from regulars.pipelines.definitions.enumerations import DIMENSIONS
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.part import Place
from regulars.pipelines.settings.wording import suggest


def find_unknown_names(data: Any) -> Iterator[tuple[Place, str]]:
    """Place and sentence of each such name.

    Args:
        data: The settings as YAML gives them, with profiles put in; their shape need not be right.
    """
    yield from _check_dimensions(data)
    yield from _check_survivors(data)
    yield from _check_doubtful(data)
    yield from _check_systems(data)
    yield from _check_acknowledged(data)


def _check_dimensions(data: Any) -> Iterator[tuple[Place, str]]:
    """The dimensions of cohorts that are neither ours nor an attribute of a source."""
    known = [*DIMENSIONS, *_list_attribute_names(data)]
    for number, dimension in enumerate(_get_list(data, "cohorts", "dimensions")):
        if isinstance(dimension, str) and dimension not in known:
            yield ("cohorts", "dimensions", number), f"`{dimension}` is not known here{suggest(dimension, known)}"


def _check_survivors(data: Any) -> Iterator[tuple[Place, str]]:
    """The attributes that have a rule for customers of several records and that no source has."""
    known = list(_list_attribute_names(data))
    place = ("identity", "survivorship", "attributes")
    for name in _get_dict(data, *place):
        if str(name) not in known:
            yield (*place, name), f"no source has the attribute `{name}`{suggest(str(name), known)}"


def _check_doubtful(data: Any) -> Iterator[tuple[Place, str]]:
    """The names of `doubtful` that are not the name of a rule of their source."""
    for name, source in _get_dict(data, "sources").items():
        rules = [str(rule) for key in ("exclude", "include") for rule in _get_dict(source, key)]
        for doubtful in _get_dict(source, "doubtful"):
            if isinstance(doubtful, str) and doubtful not in rules:
                sentence = f"`{doubtful}` is the name of no rule in `exclude` or `include`{suggest(doubtful, rules)}"
                yield ("sources", name, "doubtful", doubtful), sentence


def _check_systems(data: Any) -> Iterator[tuple[Place, str]]:
    """The systems whose values are believed that are the system of no source."""
    sources = _get_dict(data, "sources")
    known = sorted({str(_get_dict(data, "sources", name).get("system") or name) for name in sources})
    for number, system in enumerate(_get_list(data, "identity", "survivorship", "systems")):
        if isinstance(system, str) and system not in known:
            place = ("identity", "survivorship", "systems", number)
            yield place, f"`{system}` is the system of no source{suggest(system, known)}"


def _check_acknowledged(data: Any) -> Iterator[tuple[Place, str]]:
    """The sources and kinds of acknowledged findings that are none."""
    known = {"source": [str(name) for name in _get_dict(data, "sources")], "kind": list(KINDS)}
    for number, acknowledged in enumerate(_get_list(data, "findings", "acknowledged")):
        for key, names in known.items():
            written = _get_dict(acknowledged).get(key)
            if isinstance(written, str) and written not in names:
                place = ("findings", "acknowledged", number, key)
                yield place, f"`{written}` is the name of no {key}{suggest(written, names)}"


def _list_attribute_names(data: Any) -> Iterator[str]:
    """The names of all attributes of sources, as they are written."""
    for source in _get_dict(data, "sources").values():
        for part in (source, *_get_dict(source, "kinds").values()):
            yield from (str(name) for name in _get_dict(part, "attributes"))


def _get_dict(data: Any, *keys: Any) -> dict[Any, Any]:
    """The mapping at a place; an empty one where there is none."""
    found = _get(data, keys)
    return found if isinstance(found, dict) else {}


def _get_list(data: Any, *keys: str) -> list[Any]:
    found = _get(data, keys)
    return found if isinstance(found, list) else []


def _get(data: Any, keys: tuple[Any, ...]) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data
