"""Which rules of its contract a mart breaks, by the SQL that the run sets beside Great Expectations' count."""

from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.load import load_contract
from regulars.pipelines.contracts.violations import select_failed_count

CONTRACTS = Path(__file__).parents[2] / "data_contracts" / "marts"


@cache
def contract_of(mart: str) -> Contract:
    """The contract of a mart."""
    return load_contract(CONTRACTS / f"{mart}.odcs.yaml")


def write_tables(con: duckdb.DuckDBPyConnection, mart: str, frame: pl.DataFrame, core: dict[str, pl.DataFrame]) -> None:
    """`core.*` and `marts.<mart>`, the mart with the columns and types that its contract declares, in that order.

    Tables named `marts.…` among the core tables are written too: some rules compare a mart with another.
    """
    con.execute("create schema if not exists core; create schema if not exists marts")
    columns = contract_of(mart).columns
    named = {name if "." in name else f"core.{name}": rows for name, rows in core.items()}
    for name, rows in (named | {f"marts.{mart}": frame}).items():
        con.register("rows_of_test", rows.to_arrow())
        con.execute(f"create or replace table {name} as from rows_of_test")
        con.unregister("rows_of_test")
    typed = ", ".join(f"cast({column.name} as {column.type}) as {column.name}" for column in columns)
    con.execute(f"create or replace table marts.{mart} as select {typed} from marts.{mart}")


@cache
def _open_database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def empty_database() -> duckdb.DuckDBPyConnection:
    """A database without `core` and `marts`, the same for all tests: emptying it costs a tenth of making another."""
    con = _open_database()
    con.execute("drop schema if exists core cascade; drop schema if exists marts cascade")
    return con


def breaks_rule(mart: str, name: str, frame: pl.DataFrame) -> bool:
    """Whether a mart breaks one of its rules, which looks at no other table."""
    con = empty_database()
    write_tables(con, mart, frame, {})
    (rule,) = [each for each in contract_of(mart).rules if each.id.partition(".")[2] == name]
    return con.execute(select_failed_count(rule, f"marts.{mart}")).fetchall() != [(0,)]


def broken_rules(mart: str, frame: pl.DataFrame, core: dict[str, pl.DataFrame]) -> set[str]:
    """The names of the rules that the mart breaks, without the table's name."""
    con = empty_database()
    write_tables(con, mart, frame, core)
    failed = {
        rule.id.partition(".")[2]
        for rule in contract_of(mart).rules
        for (count,) in con.execute(select_failed_count(rule, f"marts.{mart}")).fetchall()
        if count
    }
    declared = [column.name for column in contract_of(mart).columns]
    return failed | ({"structure"} if frame.columns != declared else set())
