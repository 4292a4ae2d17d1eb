"""Runs a query on the published file and formats the rows.

Put here: `regulars sql`, and tables of text. Keep out: queries of our own.
"""

import json
from collections.abc import Sequence

import duckdb

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.opened import open_published
from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.home.home import Home

MAX_WIDTH = 40


def run_query(home: Home, query: str, *, as_json: bool) -> str:
    """Run one SELECT on the published file and return its rows as text.

    The file is opened read-only, and the query sees no other file.

    Raises:
        StorageFailed: The published file is damaged.
        UsageWrong: DuckDB rejects the query.
    """
    current = find_current(home)
    with open_published(current) as con:
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        try:
            count = len(con.extract_statements(query))
            if count > 1:
                raise UsageWrong(f"write one SELECT; these are {count} statements: ask them one after the other")
            cursor = con.execute(query)
            if not query.strip() or cursor.description is None:
                raise UsageWrong('write one SELECT in quotes, such as "select count(*) from marts.customer_360"')
            columns = [each[0] for each in cursor.description or []]
            rows = cursor.fetchall()
        except duckdb.Error as error:
            raise UsageWrong(str(error)) from None
    if as_json:
        return json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str, indent=1)
    return format_table(columns, rows)


def format_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as aligned text; numbers to the right, long text cut."""
    cells = [list(columns), *[[_format_value(value) for value in row] for row in rows]]
    widths = [max(len(row[number]) for row in cells) for number in range(len(columns))]
    is_right = [
        all(isinstance(row[number], int | float) or row[number] is None for row in rows)
        for number in range(len(columns))
    ]
    lines = [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, is_right, strict=True)
        ).rstrip()
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, f"({len(rows):,} {'row' if len(rows) == 1 else 'rows'})"])


def _format_value(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= MAX_WIDTH else text[: MAX_WIDTH - 1] + "…"
