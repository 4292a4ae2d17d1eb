"""What both monthly tie-outs need: published marts, the check of every rule, and the rows by month."""

from collections.abc import Mapping
from typing import Any

import duckdb
import polars as pl

from regulars.pipelines.contracts.odcs.load import load_contract
from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.settings.package import ROOT
from tests.builders import rows_of


def write_marts(con: duckdb.DuckDBPyConnection, marts: Mapping[str, pl.DataFrame]) -> None:
    """Write marts as a run does: name -> rows."""
    con.execute("create schema if not exists marts")
    for name, mart in marts.items():
        con.register("made", mart.to_arrow())
        con.execute(f"create table marts.{name} as select * from made")
        con.unregister("made")


def read_checked_rows(con: duckdb.DuckDBPyConnection, table: str, *, keeps_rules: bool) -> list[dict[str, Any]]:
    """The rows of a table of `meta`, after its contract was found to be kept, or broken."""
    layer, name = table.split(".")
    contract = load_contract(ROOT / "data_contracts" / layer / f"{name}.odcs.yaml")
    broken = [rule.id for rule in contract.rules if con.execute(select_failed_count(rule, table)).fetchall()[0][0]]
    assert (not broken) is keeps_rules, broken
    return rows_of(con, table)


def key_by_month(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Month, such as 2026-04 -> row."""
    return {f"{row['month']:%Y-%m}": row for row in rows}
