"""What a company keeps about its customers beyond our columns, such as their industry.

Put here: the shape of `attributes` of a source, and the attributes of all sources together. Keep out: reading them
from files (`pipelines/sources/mapping/`), and the tables that hold them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import model_validator

from regulars.pipelines.kinds.shape.kind import Form
from regulars.pipelines.settings.part import Part

AttributeType = Literal["text", "number", "date", "boolean"]

ATTRIBUTES_OF = "customers"
"""The kind whose records have attributes."""


class TypedAttribute(Part):
    """An attribute that is no text, or is made by an expression."""

    column: str | list[str] | None = None
    """The file's column; of several header names the first that the file has."""
    sql: str | None = None
    """Instead of a column, a SQL expression over the file's columns, as in `columns`."""
    type: AttributeType = "text"
    """What the values are: numbers with at most four decimals, days, or yes and no, written as `options` say."""
    description: str = ""
    """What it means, for the data dictionary."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.column is None) == (self.sql is None):
            raise ValueError("give either `column` or `sql`")
        return self

    @property
    def form(self) -> Form:
        """How its values are written when they are landed."""
        return self.type


Attribute = str | list[str] | TypedAttribute
"""A header name, several of which the first counts, or a type with a column or an expression."""

DATABASE_TYPES: Mapping[AttributeType, str] = {
    "text": "VARCHAR",
    "number": "DECIMAL(18,4)",
    "date": "DATE",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True)
class CustomerAttribute:
    """An attribute of customers, whatever sources have it.

    Attributes:
        name: Its column.
        type: What its values are.
        description: What it means, in the company's words; empty: nobody said.
    """

    name: str
    type: AttributeType
    description: str = ""

    @property
    def database_type(self) -> str:
        """The DuckDB type of its column."""
        return DATABASE_TYPES[self.type]


def type_attribute(written: Attribute) -> TypedAttribute:
    """An attribute in its long form."""
    return written if isinstance(written, TypedAttribute) else TypedAttribute(column=written)


def list_attributes(written: Mapping[str, Attribute]) -> Iterator[CustomerAttribute]:
    """The attributes of one source, in the order of the settings."""
    for name, each in written.items():
        typed = type_attribute(each)
        yield CustomerAttribute(name, typed.type, typed.description)
