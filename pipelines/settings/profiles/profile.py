"""The shape of a profile: how an export of a tool is recognised, and what its columns mean.

Put here: what a profile file may say. Keep out: finding the files (`profile_files.py`), and recognising an export
(`pipelines/sources/recognition/`).
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from regulars.pipelines.settings.part import Part
from regulars.pipelines.settings.sources.source import Source

NOT_IN_A_PROFILE = ("path", "profile", "required", "max_age_hours", "max_quarantined")
"""Keys of a source that only the company knows."""


class Recognise(Part):
    """By which header names an export is recognised. Case and outer blanks do not count, and order does not."""

    all: Annotated[list[str], Field(min_length=1)]
    """Names that every file has, in one of the ways that `headers` lists. A file without one of them is not read."""
    none: list[str] = []
    """Names of which no file has one: those by which another export of the tool is told apart."""
    like: str | None = None
    """A regular expression that at least one other name contains, where the tool's own names say too little: a form is
    recognised by a question too."""

    @field_validator("like")
    @classmethod
    def _is_an_expression(cls, written: str | None) -> str | None:
        try:
            re.compile(written or "")
        except re.error as error:
            raise ValueError(f"`{written}` is not a regular expression: {error}") from None
        return written


class Profile(Part):
    """One export of one tool. The other keys of the file are those of a source, in `mapping`."""

    name: str
    """The folder and the file's name, such as `shopify_orders`."""
    tool: str
    """The tool's name, as people write it."""
    export: str
    """What the export is called in the tool."""
    seen: Literal["real file", "vendor's sample", "documented"]
    """How sure the header is: a real file of a customer, a sample of the vendor, or documentation."""
    recognise: Recognise
    ask: dict[str, str] = {}
    """What the file cannot say: a key of the source, and why it must be asked; the profile's value is an assumption."""
    find: dict[str, Literal["score", "comment"]] = {}
    """Names of `headers` for columns that the tool's operator named: whether the column holds the answer in numbers, or
    what people wrote. `regulars init` looks for it by words and values."""
    header_rows: Annotated[int, Field(ge=0, le=2)] = 0
    """How many records below the header are headers too, with the wording of the questions."""
    mapping: dict[str, Any]
    """The keys of the source, as they are written."""

    @model_validator(mode="after")
    def _source_is_complete(self) -> Self:
        for key in NOT_IN_A_PROFILE:
            if key in self.mapping:
                raise ValueError(f"`{key}` belongs to the settings, not to a profile")
        try:
            self.make_source()
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(step) for step in first["loc"])
            raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from None
        return self

    def make_source(self) -> Source:
        """The source of a company that sets nothing but the path."""
        return Source.model_validate({**self.mapping, "path": "*"})
