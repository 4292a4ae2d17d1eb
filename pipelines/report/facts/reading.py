"""How the report reads a build or a published generation, of which any table may be missing.

Put here: rows out of a connection. Keep out: which ones the report shows (`report_facts.py`, `predictions.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

Row = Mapping[str, Any]
Rows = Sequence[Row]

TABLES = """
    select schema_name || '.' || table_name as name
    from duckdb_tables()
    where database_name = current_database()
"""


def list_tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables of the connection's own database, as `schema.name`."""
    return {name for (name,) in con.execute(TABLES).fetchall()}


def read_rows(con: duckdb.DuckDBPyConnection, query: str, *tables: str, **values: object) -> list[Row]:
    """The rows of a query, each a mapping named like the columns; none where a table is missing.

    Args:
        con: A build or a published generation.
        query: One SELECT.
        tables: Those it reads, as `schema.name`.
        values: What stands for `$name` in the query.
    """
    if not set(tables) <= list_tables(con):
        return []
    cursor = con.execute(query, values or None)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
