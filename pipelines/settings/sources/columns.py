"""What a company may set about the columns of a source: which of them are ours, and how rows become rows of a kind.

Put here: the ways to write a column, and the mapping of one kind. Keep out: the rest of a source (`source.py`).
"""

from typing import Annotated, Literal

from pydantic import Field

from regulars.pipelines.settings.part import Name, Part, PlainText
from regulars.pipelines.settings.sources.attributes import Attribute


class Derived(Part):
    """A column of ours made by a small SQL expression over the file's own columns (all text)."""

    sql: str
    """The expression, in DuckDB's SQL. It computes with the columns of one row; no subquery, no clock."""


class Constant(Part):
    """A column of ours that has the same value in every row."""

    value: PlainText
    """The value: a text, a number, a day, or `true` or `false`."""


class FillDown(Part):
    """Cells that a tool writes on the first row of a document only, and leaves empty on the rows that continue it."""

    document: str
    """The column that names the document, such as an order's number. A row continues the one before where its cell is
    the same, or empty."""
    columns: Annotated[list[str], Field(min_length=1)]
    """The columns that are filled: an empty cell takes the value of the row above of the same document. Name columns of
    the whole document only, such as its currency and total, never those of its lines."""


Reshape = Literal["order_items"]
"""A way to make rows of columns that repeat."""

Column = str | list[str] | Derived | Constant
"""A header name; several names, of which the first that the file has is used; an expression; or a constant."""


class KindMapping(Part):
    """How the rows of a file become rows of one kind, where a file holds several kinds."""

    columns: dict[str, Column]
    """As `sources.<name>.columns`, for this kind."""
    attributes: dict[Name, Attribute] = {}
    """As `sources.<name>.attributes`; of `customers` only."""
    when: str | None = None
    """Which rows are of this kind: a SQL condition over the file's columns, which are all text. Without it, all are.
    Rows that the only kind of a source does not take are counted as excluded by the rule `when`; rows that none of
    several kinds takes, and rows that would be taken but for a condition that is NULL, are quarantined."""
