"""Writes out the entries that define many metrics at once, since their columns are alike in everything but the name.

Put here: one entry of several columns -> one entry per metric. Keep out: what an entry means (`metric.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from regulars.pipelines.contracts.odcs.place import Place
from regulars.pipelines.contracts.rule import Column

GROUPS = ("sums", "read_off")
"""Keys of an entry of several columns: those that are added up, and those that are read off their row."""
OWN_KEYS = {"sums": ("expression", "not_additive"), "read_off": ("expression",)}
"""Group -> the keys that the group itself says."""


def write_out_groups(entries: Any, columns: Iterable[Column], place: Place) -> Iterator[Mapping[str, Any]]:
    """The entries of a table's customProperty `metrics`, one per metric.

    Args:
        entries: Of one metric each, or with one of the keys of `GROUPS`: `up`, `down` or `neither` (what is good) ->
            columns, beside what they share, and `synonyms`: column -> what else people call it. The format follows from
            the column's unit where none is written.
        columns: The table's.
        place: Where problems go.
    """
    by_name = {column.name: column for column in columns}
    for entry in entries or ():
        group = next((key for key in GROUPS if key in entry), None)
        if group is None:
            yield entry
            continue
        here = place.at(f"metrics of `{group}`")
        for key in ("name", "good", *OWN_KEYS[group], *(other for other in GROUPS if other != group)):
            if key in entry:
                here.wrong(f"`{key}` may not stand beside `{group}`")
        if not isinstance(entry[group], Mapping):
            here.wrong(f"write `{group}: {{up: […], down: […], neither: […]}}`, by whether more of them is good")
            continue
        own_keys = (*GROUPS, "name", "good", "expression", "synonyms")
        shared = {key: value for key, value in entry.items() if key not in own_keys}
        synonyms = _read_synonyms(entry, group, here)
        for good, names in entry[group].items():
            for name in names:
                own: dict[str, Any] = {"expression": f"sum({name})"} if group == "sums" else {}
                own |= {"synonyms": synonyms[name]} if name in synonyms else {}
                yield {"name": name, "good": good, "format": _choose_format(by_name.get(name))} | own | shared


def _read_synonyms(entry: Mapping[str, Any], group: str, place: Place) -> Mapping[str, list[str]]:
    """What else people call the columns of a group: column -> names."""
    synonyms = entry.get("synonyms", {})
    if not isinstance(synonyms, Mapping):
        place.wrong(f"write `synonyms: {{column: […]}}` beside `{group}`: each column has its own")
        return {}
    columns = {name for names in entry[group].values() for name in names}
    for name in sorted({*synonyms} - columns):
        place.wrong(f"`synonyms` names `{name}`, which is not among its columns")
    return synonyms


def _choose_format(column: Column | None) -> str:
    """How numbers of the column's unit are shown."""
    if column is None:  # which the lint reports
        return "integer"
    unit = column.unit or ""
    if unit.startswith("company currency"):
        return "currency"
    if unit == "probability" or unit.startswith(("ratio", "share")):
        return "percent"
    return "integer" if column.logical_type == "integer" else "decimal1"
