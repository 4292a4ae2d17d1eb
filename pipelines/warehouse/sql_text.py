"""Quotes names and values for SQL text: the only place that does so.

Put here: quoting. Keep out: SQL itself. Where DuckDB takes parameters, bind the value instead of quoting it; COPY,
ATTACH, SET and COMMENT take none.
"""

from pathlib import Path


def quote_identifier(name: str) -> str:
    """A table or column name as a SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def quote_table(name: str) -> str:
    """A dotted name, such as `core.orders` or `published.core.orders`, with each part quoted."""
    return ".".join(quote_identifier(part) for part in name.split("."))


def quote_literal(value: str | Path) -> str:
    """A text or a path as a SQL text literal. The parser stops at a NUL, so text that holds one is concatenated."""
    if "\0" in str(value):
        return "(" + " || chr(0) || ".join(quote_literal(part) for part in str(value).split("\0")) + ")"
    return "'" + str(value).replace("'", "''") + "'"
