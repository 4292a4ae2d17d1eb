"""What every part of the settings is made of: the base of all parts, and the types of values that several parts have.

Put here: such a type. Keep out: any one part (`settings.py`, `source.py`).
"""

import codecs
import datetime as dt
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from regulars.pipelines.definitions.enumerations import CURRENCY_PATTERN


@cache
def _list_zones() -> frozenset[str]:
    """Every zone of this machine: to list them reads six hundred files, so it is done once."""
    return frozenset(available_timezones())


def check_zone(name: str) -> str:
    """The name, if it is that of a time zone.

    Raises:
        ValueError: It is not.
    """
    if name not in _list_zones():
        raise ValueError(f"`{name}` is not a time zone; write one such as `Europe/Berlin` or `UTC`")
    return name


Place = tuple[str | int, ...]
"""Where a value stands in the settings: keys, and numbers in lists, such as `("sources", "shop", "path")`."""

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
SYSTEM_PATTERN = r"^[A-Za-z][A-Za-z0-9_-]*$"
SCHEMA_PREFIX_PATTERN = "^([a-z][a-z0-9_]*)?$"
COUNTRY_CODE_PATTERN = "^[A-Z]{2}$"
LANGUAGE_PATTERN = "^[a-z]{2,3}$"
WEB_ADDRESS_PATTERN = "^https?://[^/]"
LAG_PATTERN = "^[0-9]+[smhd]?$"
TIME_PATTERN = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
CURRENCY_SIGN_PATTERN = r"^[^0-9.,+()\-\s]{0,4}$"
MEMORY_PATTERN = r"^([1-9][0-9]{2,6} ?[Mm]|[1-9][0-9]{0,3}(\.[0-9])? ?[Gg])[Ii]?[Bb]$"
FINGERPRINT_PATTERN = "^SHA256:[A-Za-z0-9+/]{43}=?$"
PATTERNS = {
    CURRENCY_SIGN_PATTERN: "write at most four signs, such as $ or CHF, without digits, blanks or . , + - ( )",
    CURRENCY_PATTERN: "write a currency as three capitals, such as EUR",
    NAME_PATTERN: "write a name in small letters, digits and underscores that begins with a letter",
    SCHEMA_PREFIX_PATTERN: "write small letters, digits and underscores, such as regulars_",
    COUNTRY_CODE_PATTERN: "write a country as two capitals, such as FI",
    LANGUAGE_PATTERN: "write a language as its code in small letters, such as fi or pt",
    WEB_ADDRESS_PATTERN: "write an address that begins with https:// or http://",
    LAG_PATTERN: "write a time such as 90m, 1h or 2d, or a number",
    TIME_PATTERN: "write a time such as 09:00",
    MEMORY_PATTERN: "write an amount of memory such as 4GB or 800MB, 100MB at least",
    FINGERPRINT_PATTERN: "write a fingerprint as `SHA256:` and 43 signs, as ssh-keygen shows it",
    SYSTEM_PATTERN: "write a name of letters, digits, `_` and `-` that begins with a letter",
}
"""Pattern of a text -> what to write."""

Zone = Annotated[str, AfterValidator(check_zone)]
Currency = Annotated[str, Field(pattern=CURRENCY_PATTERN)]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]


def check_encoding(name: str) -> str:
    """The name, if Python knows it as that of an encoding of texts.

    Raises:
        ValueError: It does not.
    """
    try:
        known = codecs.lookup(name)
    except (LookupError, ValueError):
        known = None
    if name != "auto" and (
        known is None or not known._is_text_encoding or known.name.replace("_", "-") in _NO_FILE_ENCODINGS
    ):
        raise ValueError(f"`{name}` is not an encoding; write one such as utf-8, cp1252, iso8859-15 or shift_jis")
    return name


_NO_FILE_ENCODINGS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem", "utf-7"}

Encoding = Annotated[str, AfterValidator(check_encoding)]


def _write_as_text(value: object) -> object:
    """A number, a day, or a yes or no that YAML has made of a text, as a text again."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float | dt.date) else value


PlainText = Annotated[str, BeforeValidator(_write_as_text)]


class Part(BaseModel):
    """A part of the settings: unknown keys are mistakes, values never change.

    The docstrings of parts and fields are the page `docs/settings.md`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
