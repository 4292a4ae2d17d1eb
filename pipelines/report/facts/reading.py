"""How the report reads a build or a published generation, of which any table may be missing.

Put here: rows out of a connection. Keep out: which ones the report shows (`report_facts.py`, `predictions.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

Row = Mapping[str, Any]
Rows = Sequence[Row]


def has_tables(con: duckdb.DuckDBPyConnection, *tables: str) -> bool:
    """Whether the connection's own database has all of these tables, each `schema.name`."""
    # asked of each: DuckDB's list of all tables counts the rows of each of them before it filters
    try:
        for table in tables:
            con.table(table)
    except duckdb.CatalogException:
        return False
    return True


def read_rows(con: duckdb.DuckDBPyConnection, query: str, *tables: str, **values: object) -> list[Row]:
    """The rows of a query, each a mapping named like the columns; none where a table is missing.

    Args:
        con: A build or a published generation.
        query: One SELECT.
        tables: Those it reads, as `schema.name`.
        values: What stands for `$name` in the query.
    """
    if not has_tables(con, *tables):
        return []
    cursor = con.execute(query, values or None)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
