"""How the report reads a build or a published generation, of which any table may be missing.

Put here: rows out of a connection. Keep out: which ones the report shows (`report_facts.py`, `report_clv_facts.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from regulars.pipelines.publish.targets.tables import literal, quoted

Row = Mapping[str, Any]
Rows = Sequence[Row]


def read_table(con: duckdb.DuckDBPyConnection, table: str, where: str = "true", order: str = "all") -> list[Row]:
    """The rows of a table; none where it is missing."""
    if not has_table(con, table):
        return []
    return read_rows(con, f"select * from {quoted(*table.split('.'))} where {where} order by {order}")


def has_table(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether there is such a table in the connection's own database."""
    schema, name = table.split(".")
    found = con.execute(
        "select count(*) from information_schema.tables where table_catalog = current_database() "
        f"and table_schema = {literal(schema)} and table_name = {literal(name)}"
    ).fetchall()
    return bool(found[0][0])


def read_rows(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """The rows of a query, each a mapping named like the columns."""
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
