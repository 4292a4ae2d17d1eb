"""The one way an asset of ours is made: build a table, have its contract judge it, report both.

Put here: what all tables share (row counts, run time, the blocking check, redacted failures).
Keep out: what any table holds, and which tables exist.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import dagster as dg

from assets.resources import NightResource
from pipelines.contracts.contract import Contract
from pipelines.contracts.judge import RuleResult
from pipelines.night import Night, broken
from pipelines.warehouse import tables_read_by

KEEPS_ITS_CONTRACT = "keeps_its_contract"

Make = Callable[[Night], object]


def key(table: str) -> dg.AssetKey:
    """`core.orders` -> the asset `core/orders`."""
    return dg.AssetKey(table.split("."))


def check_spec(table: str) -> dg.AssetCheckSpec:
    """The blocking check of a table that has a contract."""
    return dg.AssetCheckSpec(
        KEEPS_ITS_CONTRACT,
        asset=key(table),
        blocking=True,
        description=f"Every promise is kept of data_contracts/{table.replace('.', '/')}.odcs.yaml.",
    )


def table_asset(
    table: str, *, reads: Iterable[str], description: str, kind: str, contract: Contract | None, make: Make
) -> dg.AssetsDefinition:
    """An asset that builds one table.

    Args:
        table: `layer.name`.
        reads: The tables it reads.
        description: Shown on the asset's page; first the grain.
        kind: `sql` or `polars`, the tag on the page.
        contract: Its promises, if it has a contract.
        make: Builds the table inside the night's warehouse.
    """

    @dg.asset(
        key=key(table),
        deps=[key(name) for name in sorted({*reads, *read_by_the_contract_of(table, contract)})],
        description=description,
        group_name=table.split(".")[0],
        kinds={kind, "duckdb"},
        check_specs=[check_spec(table)] if contract else [],
    )
    def build(night: NightResource) -> Iterator[dg.MaterializeResult[Any]]:
        yield from materialised(night.night, table, lambda: make(night.night), checked=contract is not None)

    return build


def read_by_the_contract_of(table: str, contract: Contract | None) -> set[str]:
    """The tables with which a contract compares its own: they must stand before it can be judged."""
    rules = contract.rules if contract else ()
    queries = [each.arguments["query"].replace("{table}", table) for each in rules if each.type == "query"]
    parents = {each.arguments["table"] for each in rules if each.type == "references"}
    return set().union(parents, *map(tables_read_by, queries)) - {table}


def materialised(
    night: Night, table: str, make: Callable[[], object], *, checked: bool
) -> Iterator[dg.MaterializeResult[Any]]:
    """Build one table, judge it, and say how it went; a broken critical promise ends the night here.

    Raises:
        ContractBroken: After the verdicts have been reported.
    """
    with night.step(table):
        began = time.perf_counter()
        make()
        results = night.judge(table) if checked else []
        yield reported(night, table, results, seconds=time.perf_counter() - began)
        failure = broken(table, results)
        if failure:
            raise failure


def reported(night: Night, table: str, results: list[RuleResult], *, seconds: float = 0.0) -> dg.MaterializeResult[Any]:
    """What Dagster shows of a table: rows, columns, seconds, and every rule with its verdict."""
    rows = night.warehouse.count(table)
    columns = [dg.TableColumn(name, kind) for name, kind in night.warehouse.columns(table)]
    night.say(line(table, rows, seconds))
    return dg.MaterializeResult(
        asset_key=key(table),
        metadata={
            "dagster/row_count": rows,
            "dagster/column_schema": dg.TableSchema(columns),
            "seconds": round(seconds, 3),
        },
        check_results=[verdict(table, results)] if results else [],
    )


def line(name: str, rows: int, seconds: float) -> str:
    """One line of progress."""
    return f"{name:<36} {rows:>12,} rows {seconds:8.2f} s"


def verdict(table: str, results: list[RuleResult]) -> dg.AssetCheckResult:
    """All rules of one contract as one check, its rules as a table (a check per rule costs six times as much)."""
    records = [
        dg.TableRecord(
            {
                "rule": result.rule.id,
                "severity": result.rule.severity,
                "failed": result.failed_count,
                "promise": result.rule.description,
            }
        )
        for result in results
    ]
    return dg.AssetCheckResult(
        check_name=KEEPS_ITS_CONTRACT,
        asset_key=key(table),
        passed=broken(table, results) is None,
        metadata={"rules": dg.TableMetadataValue(records=records, schema=None)} if records else {},
    )
