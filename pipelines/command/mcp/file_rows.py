"""Reads rows of the published file with SELECTs of our own.

Put here: that. Keep out: queries that somebody else wrote (`guarded_query.py`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

Rows = list[dict[str, Any]]


def read_rows(file: Path, query: str, named: Mapping[str, str] | None = None) -> Rows:
    """The rows of a query, each as column -> value.

    Args:
        file: The published DuckDB file.
        query: One SELECT.
        named: Its parameters.
    """
    with duckdb.connect(file, read_only=True) as con:
        cursor = con.execute(query, dict(named or {}))
        columns = [each[0] for each in cursor.description or []]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
