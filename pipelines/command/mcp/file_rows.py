"""Reads rows of the published file with SELECTs of our own, and names what is near a name that it has not.

Put here: that. Keep out: queries that somebody else wrote (`guarded_query.py`).
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

Rows = list[dict[str, Any]]
NEAR_NAMES = 5


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


def name_nearest(wanted: str, names: list[str], what: str) -> str:
    """There is no such name; those that hold it come before those that are written alike."""
    word = wanted.strip().lower()
    held = [name for name in sorted(names, key=len) if len(word) > 1 and word in name]
    alike = difflib.get_close_matches(word, names, n=NEAR_NAMES, cutoff=0.4)
    near = [f"`{name}`" for name in dict.fromkeys([*held, *alike])][:NEAR_NAMES]
    ending = f"; did you mean {' or '.join(near)}?" if near else "."
    return f"There is no {what} `{wanted}`{ending}"


def drop_empty(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without what is empty."""
    return {name: value for name, value in row.items() if value is not None}
