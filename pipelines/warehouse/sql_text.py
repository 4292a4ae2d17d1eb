"""Names and values inside SQL: the only place where either is quoted.

Put here: quoting. Keep out: SQL itself.
"""

import datetime as dt
from decimal import Decimal
from pathlib import Path

Literal = str | Path | bool | int | float | Decimal | dt.date | dt.datetime
"""What may stand in SQL as a literal."""


def quote_identifier(name: str) -> str:
    """A table's or column's name as a SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def quote_table(table: str) -> str:
    """`schema.table` as SQL, each part quoted."""
    return ".".join(quote_identifier(part) for part in table.split("."))


def quote_literal(value: Literal) -> str:
    """A value as a SQL literal; around a NUL, at which the parser would stop, a text is put together from pieces."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Decimal):
        return str(value)
    text = str(value)
    if "\0" in text:
        return "(" + " || chr(0) || ".join(quote_literal(part) for part in text.split("\0")) + ")"
    return "'" + text.replace("'", "''") + "'"
