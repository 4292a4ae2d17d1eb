"""Names and texts inside SQL: the only place where either is quoted.

Put here: quoting. Keep out: SQL itself.
"""

from pathlib import Path


def quoted(name: str) -> str:
    """A table or column name as a SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | Path) -> str:
    """A value as a SQL text literal; around a NUL, at which the parser would stop, it is put together from pieces."""
    if "\0" in str(value):
        return "(" + " || chr(0) || ".join(literal(part) for part in str(value).split("\0")) + ")"
    return "'" + str(value).replace("'", "''") + "'"
