"""Finds the SELECTs of `sql/` and lists the tables that a SELECT reads.

Put here: the files, the order of the layers, the parse tree. Keep out: running a SELECT (`tables.py`).
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.kinds.shape.staging_select import write_money_days_select, write_staging_select
from regulars.pipelines.settings.package import SQL_FOLDER

LAYERS = ("landing", "raw", "staging", "identity", "core", "marts", "published")
"""The one direction in which data flows. A table reads its own layer or an earlier one."""


def sql_files() -> list[Path]:
    """Every `sql/<layer>/<table>.sql`, sorted."""
    return sorted(SQL_FOLDER.glob("*/*.sql"))


def table_selects() -> dict[str, str]:
    """`layer.table` -> its SELECT: made from the kinds, or the file of that name where there is one."""
    made = {f"staging.{name}": write_staging_select(kind) for name, kind in KINDS.items()}
    made["staging.money_days"] = write_money_days_select(KINDS.values())
    return made | {f"{path.parent.name}.{path.stem}": path.read_text(encoding="utf-8") for path in sql_files()}


@cache
def tables_read_by(select: str) -> frozenset[str]:
    """The `schema.table` names that a SELECT reads, from DuckDB's own parse tree.

    Raises:
        ValueError: The text is not one SELECT.
    """
    with _open_parser().cursor() as con:
        tree = json.loads(con.execute("select json_serialize_sql(?)", [select]).fetchall()[0][0])
    if tree.get("error"):
        raise ValueError(f"this is not a single SELECT: {tree.get('error_message')}")
    return frozenset(f"{node['schema_name']}.{node['table_name']}" for node in _find_tables(tree))


@cache
def _open_parser() -> duckdb.DuckDBPyConnection:
    """An empty database that only parses: loading the graph parses ninety SELECTs, and opening one costs 30 ms.

    It has one thread, so that a forked child has all of it.
    """
    return duckdb.connect(config={"threads": 1})


def _find_tables(tree: object) -> Iterator[dict[str, str]]:
    """Every BASE_TABLE node of a serialised SELECT that has a schema; those without one are its own CTEs."""
    if isinstance(tree, dict):
        if tree.get("type") == "BASE_TABLE" and tree["schema_name"]:
            yield tree
        for value in tree.values():
            yield from _find_tables(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _find_tables(value)
