"""Finds the SELECTs of `sql/` and lists the tables that a SELECT reads.

Put here: the files, the order of the layers, the parse tree. Keep out: running a SELECT (`tables.py`).
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import duckdb

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.kinds.shape.staging_select import write_money_days_select, write_staging_select
from regulars.pipelines.settings.company_folder import SQL
from regulars.pipelines.settings.package import SQL_FOLDER

LAYERS = ("landing", "raw", "staging", "identity", "core", "marts", "published")
"""The one direction in which data flows. A table reads its own layer or an earlier one."""


def sql_files() -> list[Path]:
    """Every `sql/<layer>/<table>.sql`, sorted."""
    return sorted(SQL_FOLDER.glob("*/*.sql"))


def table_selects(company: Path | None = None) -> dict[str, str]:
    """`layer.table` -> its SELECT: made from the kinds, or the file of that name where there is one.

    Args:
        company: The folder `company/` of a company, whose files go before ours.
    """
    made = {f"staging.{name}": write_staging_select(kind) for name, kind in KINDS.items()}
    made["staging.money_days"] = write_money_days_select(KINDS.values())
    return made | _read_selects(sql_files()) | list_company_selects(company)


def list_company_selects(company: Path | None) -> dict[str, str]:
    """`layer.table` -> SELECT of a company's own files; none without a folder."""
    return {} if company is None else _read_selects(sorted((company / SQL).glob("*/*.sql")))


def _read_selects(paths: Iterable[Path]) -> dict[str, str]:
    return {f"{path.parent.name}.{path.stem}": path.read_text(encoding="utf-8") for path in paths}


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
    if len(tree["statements"]) != 1:
        raise ValueError(f"this is not a single SELECT: it holds {len(tree['statements'])} statements")
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
