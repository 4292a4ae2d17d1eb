"""Words the types of settings: `list of text`, `number from 0 to 1`.

Put here: a type and its limits in words. Keep out: which settings there are (`settings_page.py`).
"""

import datetime as dt
import json
import re
import types
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from regulars.pipelines.definitions.enumerations import CURRENCY_PATTERN
from regulars.pipelines.settings.bucket_access import check_bucket_url
from regulars.pipelines.settings.findings import NAMES_OF_FINDINGS
from regulars.pipelines.settings.part import (
    COUNTRY_CODE_PATTERN,
    CURRENCY_SIGN_PATTERN,
    FINGERPRINT_PATTERN,
    LAG_PATTERN,
    LANGUAGE_PATTERN,
    MEMORY_PATTERN,
    NAME_PATTERN,
    SCHEMA_PREFIX_PATTERN,
    SYSTEM_PATTERN,
    TIME_PATTERN,
    WEB_ADDRESS_PATTERN,
    check_encoding,
    check_zone,
)

WORDS: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Decimal: "amount",
    dt.date: "day, YYYY-MM-DD",
    Any: "any value",
}
VALIDATORS: Mapping[Any, str] = {
    check_zone: "time zone",
    check_encoding: "encoding",
    check_bucket_url: "address in a bucket",
}
PATTERNS = {
    CURRENCY_PATTERN: "three capitals",
    COUNTRY_CODE_PATTERN: "two capitals",
    LANGUAGE_PATTERN: "language code",
    LAG_PATTERN: "time such as 1h, or a number",
    TIME_PATTERN: "time, HH:MM",
    MEMORY_PATTERN: "memory, such as 4GB",
    WEB_ADDRESS_PATTERN: "web address",
    SYSTEM_PATTERN: "a word",
    NAME_PATTERN: "a name",
    CURRENCY_SIGN_PATTERN: "up to four signs",
    FINGERPRINT_PATTERN: "fingerprint",
    SCHEMA_PREFIX_PATTERN: "small letters, or nothing",
}


_MOST_KEYS_SHOWN = 8


def is_part(annotation: Any) -> TypeGuard[type[BaseModel]]:
    """Whether a type is a part of the settings."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def write_value(value: object) -> str:
    """A value as YAML needs it: quotes only where they must be."""
    return value if isinstance(value, str) and re.fullmatch(r"\w[\w.-]*", value) else json.dumps(value)


def describe_type(field: FieldInfo) -> str:
    """The type of a setting, with what its values must keep to."""
    return _limited(_words(field.annotation), field.metadata)


def _words(annotation: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _limited(_words(inner[0]), [each for rule in inner[1:] for each in _rules(rule)])
    if origin is Literal and inner == NAMES_OF_FINDINGS:
        return "finding"
    if origin is Literal:
        return ", ".join(f"`{write_value(value)}`" for value in inner)
    if origin in (Union, types.UnionType):
        several = [each for each in inner if each is not type(None)]
        shown = _words if len(several) == 1 else _words_of_choice
        return " or ".join(dict.fromkeys(shown(each) for each in several))
    if origin is list:
        return f"list of {_words(inner[0])}" if inner[0] is str else f"list of: {_words(inner[0])}"
    if origin is dict:
        return f"{_name_key(inner[0])}: {_words(inner[1])}"
    if is_part(annotation):
        keys = ", ".join(annotation.model_fields)
        return f"`{{{keys}: …}}`" if len(annotation.model_fields) == 1 else "a part of its own, below"
    return WORDS[annotation]


def _words_of_choice(annotation: Any) -> str:
    """The words of a type that is one of several: of a small part its keys, since it has no heading of its own."""
    if get_origin(annotation) in (Annotated, Union):
        return _words(annotation)
    if not is_part(annotation) or len(annotation.model_fields) > _MOST_KEYS_SHOWN:
        return _words(annotation)
    return "`{" + ", ".join(f"{key}: …" for key in annotation.model_fields) + "}`"


def _name_key(annotation: Any) -> str:
    """What stands before the colon of a mapping."""
    if get_origin(annotation) is not Literal:
        return "name"
    return "finding" if get_args(annotation) == NAMES_OF_FINDINGS else "kind"


def _rules(rule: Any) -> list[Any]:
    return rule.metadata if isinstance(rule, FieldInfo) else [rule]


def _limited(words: str, rules: list[Any]) -> str:
    """The words of a type with what its values must keep to."""
    for rule in rules:
        if isinstance(rule, AfterValidator):
            words = VALIDATORS[rule.func]
        elif pattern := getattr(rule, "pattern", None):
            words = PATTERNS[pattern]
        elif getattr(rule, "max_length", None) == 1:
            words = "one character"
        for limit, preposition in (("gt", "above"), ("ge", "from"), ("le", "to")):
            if (value := getattr(rule, limit, None)) is not None:
                words += f" {preposition} {value}"
    return words
