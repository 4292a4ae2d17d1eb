"""Words what pydantic finds wrong with the settings, so that nobody has to know pydantic.

Put here: a plain sentence for every type of error that the models can raise, and the keys that have a new name. Keep
out: reading the file and finding its lines (`settings_file.py`).
"""

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from regulars.pipelines.settings.part import PATTERNS, Part, Place
from regulars.pipelines.settings.sources.ways_in import WAYS_IN

RENAMED = {"max_set_aside": "max_quarantined", "survey_kind": "survey_type", "monthly_amount": "amount"}
"""Old name of a key or column -> its name now."""
RENAMED_AT_THE_TOP = {"targets": "scorecard", "metric_targets": "scorecard"}

COLUMN_FORMS = "write a header name, a list of header names, {sql: an expression} or {value: a constant}"

_SENTENCES: Mapping[str, str] = {
    "bool": "write `true` or `false`",
    "int": "write a whole number",
    "float": "write a number",
    "decimal": "write a number",
    "finite": "write a number",
    "date": "write a day as YYYY-MM-DD",
    "string": "write a text; put it in quotes if it looks like a number or a day",
    "list": "write a list, such as `[a, b]`",
    "tuple": "write a list, such as `[a, b]`",
    "dict": "write keys with values below it, such as `key: value`",
    "model": "write keys with values below it, such as `key: value`",
    "invalid": "write a text as the key; put it in quotes if it looks like a number or a yes or no",
}
"""How the type of an error begins -> what to write."""

_LIMITS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda limits: f"write a number above {limits['gt']:g}",
    "greater_than_equal": lambda limits: f"write {limits['ge']:g} or more",
    "less_than": lambda limits: f"write a number below {limits['lt']:g}",
    "less_than_equal": lambda limits: f"write {limits['le']:g} or less",
    "string_too_short": lambda limits: _count("character", limits["min_length"], "at least"),
    "string_too_long": lambda limits: _count("character", limits["max_length"], "at most"),
    "too_short": lambda limits: _count("entry", limits["min_length"], "at least"),
    "too_long": lambda limits: _count("entry", limits["max_length"], "at most"),
    "string_pattern_mismatch": lambda limits: PATTERNS.get(limits["pattern"], "write it another way"),
    "value_error": lambda limits: str(limits["error"]),
}


def word_error(place: Place, details: list[ErrorDetails], shape: type[Part], written: Any) -> str:
    """What to do about the errors at one place of the file.

    Args:
        place: The place.
        details: What pydantic found there; several where a value may be one of several things.
        shape: The model that was read.
        written: The value as it stands in the file; it is shown when it is short and holds nothing secret.
    """
    if "columns" in place[:-1] and len(details) > 1:
        return COLUMN_FORMS
    missing = [str(each["loc"][-1]) for each in details if each["type"] == "missing"]
    if missing:
        return f"`{'`, `'.join(missing)}` is missing"
    detail = details[0]
    if detail["type"] == "extra_forbidden":
        return f"unknown key{_suggest_key(place, shape)}"
    if detail["type"] == "literal_error":
        expected = re.findall(r"'([^']*)'|([\w.]+)", str(detail.get("ctx", {}).get("expected", "")))
        names = [quoted or bare for quoted, bare in expected if (quoted or bare) != "or"]
        names = list(WAYS_IN) if place[-2:] == ("from", "type") else names
        return f"`{_show(written)}` is not known here{suggest(str(written), names)}"
    sentence = _word_type(detail)
    shown = _show(written)
    return sentence if detail["type"] == "value_error" or not shown else f"{sentence} (it is `{shown}`)"


def _word_type(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind in _LIMITS:
        return _LIMITS[kind](detail.get("ctx", {}))
    if kind == "string_type" and detail["input"] is None:
        return "nothing is written here; write a text, or remove the key"
    return _SENTENCES.get(kind.split("_")[0], "this value does not fit here; docs/settings.md shows what does")


def _show(written: Any) -> str:
    """A value as a sentence may show it: short, and not what the environment holds."""
    text = str(written)
    plain = isinstance(written, str | int | float | bool) and "${" not in text
    return text if plain and len(text) <= 60 and text.isprintable() else ""


def _count(noun: str, count: int, limit: str) -> str:
    nouns = noun if count == 1 else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"write {limit} {count} {nouns}"


def _suggest_key(place: Place, shape: type[Part]) -> str:
    key = str(place[-1])
    now = RENAMED_AT_THE_TOP.get(key) if len(place) == 1 else RENAMED.get(key)
    keys = list_keys(place[:-1], shape)
    return f"; it is called `{now}` now" if now in keys else suggest(key, keys)


def suggest(word: str, valid: list[str]) -> str:
    """The nearest valid word, else all of them; a continuation of a sentence."""
    near = difflib.get_close_matches(word, valid, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; known are: {', '.join(valid)}" if valid else ""


def list_keys(place: Place, root: type[Part]) -> list[str]:
    """The keys that the settings, or a part of them, know at a place, such as `("sources", "shop")`."""
    shapes: list[Any] = [root]
    for step in place:
        inner: list[Any] = []
        for shape in shapes:
            if isinstance(shape, type) and issubclass(shape, BaseModel):
                if step in shape.model_fields:
                    inner.append(shape.model_fields[str(step)].annotation)
            elif get_args(shape):
                inner.append(get_args(shape)[-1])
        shapes = [branch for shape in inner for branch in _list_branches(shape)]
    models = [shape for shape in shapes if isinstance(shape, type) and issubclass(shape, BaseModel)]
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def _list_branches(shape: Any) -> list[Any]:
    """The members of a union; anything else is its own only branch."""
    return list(get_args(shape)) if type(shape).__name__ in {"UnionType", "Union", "_UnionGenericAlias"} else [shape]
