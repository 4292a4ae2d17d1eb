"""The one way an asset of ours is made: build a table, have its contract judge it, report both.

Put here: what all tables share (row counts, run time, the blocking check, redacted failures).
Keep out: what any table holds, and which tables exist.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg

from assets.contract_checks import Step
from assets.resources import NightResource
from pipelines.accounting import missing_rate
from pipelines.contracts.judge import RuleResult
from pipelines.errors import ContractBroken
from pipelines.night import Night, broken
from pipelines.publish.report_pictures import picture_of

CONVERTED = {
    "core.orders",
    "core.order_lines",
    "core.refunds",
    "core.adjustments",
    "core.payments",
    "core.subscriptions",
}
"""Where amounts are told in the company's currency too."""

KEEPS_ITS_CONTRACT = "keeps_its_contract"


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


@dataclass(frozen=True)
class Blueprint:
    """A table that is to become an asset.

    Attributes:
        table: `layer.name`.
        reads: The tables it is built from.
        description: Shown on the asset's page; first the grain.
        kind: `sql` or `polars`, the tag on the page.
        make: Builds the table inside the night's warehouse.
    """

    table: str
    reads: frozenset[str]
    description: str
    kind: str
    make: Callable[[Night], object]


def table_asset(blueprint: Blueprint, step: Step, *, checked: bool) -> dg.AssetsDefinition:
    """The asset that builds one table and judges every promise that can be judged once it stands.

    Args:
        blueprint: The table.
        step: What to wait for, and which promises are due.
        checked: Whether the table has a contract.
    """
    table = blueprint.table

    @dg.asset(
        key=key(table),
        deps=[key(name) for name in sorted(step.reads)],
        description=blueprint.description,
        group_name=table.split(".")[0],
        kinds={blueprint.kind, "duckdb"},
        check_specs=[check_spec(table)] if checked else [],
    )
    def build(night: NightResource) -> Iterator[dg.MaterializeResult[Any]]:
        the_night = night.night
        with the_night.step(table):
            began = time.perf_counter()
            blueprint.make(the_night)
            results = [result for each, rules in step.due.items() for result in the_night.judge(each, rules)]
            yield reported(the_night, table, results if checked else [], seconds=time.perf_counter() - began)
            refuse_broken(the_night, results)

    return build


def refuse_broken(night: Night, results: list[RuleResult]) -> None:
    """End the night when a critical promise is broken; a missing exchange rate, the usual cause, is named."""
    failure = broken(results)
    if failure is None:
        return
    tables = {result.rule.table for result in results if not result.passed}
    rate = missing_rate(night.warehouse.con) if tables & CONVERTED else None
    raise ContractBroken(f"{rate} {failure}") if rate else failure


def reported(night: Night, table: str, results: list[RuleResult], *, seconds: float = 0.0) -> dg.MaterializeResult[Any]:
    """What Dagster shows of a table: rows, columns, seconds, its picture if any, and every rule with its verdict."""
    rows = night.warehouse.count(table)
    columns = [dg.TableColumn(name, kind) for name, kind in night.warehouse.columns(table)]
    picture = picture_of(night.warehouse.con, table)
    night.say(line(table, rows, seconds))
    return dg.MaterializeResult(
        asset_key=key(table),
        metadata={
            "dagster/row_count": rows,
            "dagster/column_schema": dg.TableSchema(columns),
            "seconds": round(seconds, 3),
            **({"picture": dg.MetadataValue.md(picture)} if picture else {}),
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
        passed=broken(results) is None,
        metadata={"rules": dg.TableMetadataValue(records=records, schema=None)} if records else {},
    )
