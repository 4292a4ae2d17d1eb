"""What every part of the settings is made of: the base of all parts, and the types of values that several parts have.

Put here: such a type. Keep out: any one part (`settings.py`, `source.py`).
"""

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from regulars.pipelines.definitions.enumerations import CURRENCY_PATTERN


@cache
def _list_zones() -> frozenset[str]:
    """Every zone of this machine: to list them reads six hundred files, so it is done once."""
    return frozenset(available_timezones())


def _check_zone(name: str) -> str:
    if name not in _list_zones():
        raise ValueError(f"`{name}` is not a time zone; write one such as `Europe/Berlin` or `UTC`")
    return name


Zone = Annotated[str, AfterValidator(_check_zone)]
Currency = Annotated[str, Field(pattern=CURRENCY_PATTERN)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Part(BaseModel):
    """A part of the settings: unknown keys are mistakes, values never change.

    The docstrings of parts and fields are the page `docs/settings.md`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
