"""Makes a table an asset: builds it, validates it by its contract, and reports both.

Put here: what all tables share (row counts, run time, the blocking check, redacted failures).
Keep out: what any table holds, and which tables exist.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg

from regulars.assets.validation_plan import Step
from regulars.pipelines.audit.accounting import find_missing_rate
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.validation.validate import RuleResult
from regulars.pipelines.errors import ContractBroken
from regulars.pipelines.kinds.shape.registry import KINDS, list_core_amounts
from regulars.pipelines.report.pictures import draw_pictures
from regulars.pipelines.run.run import Run, describe_broken_rules

CONVERTED = {amount.table for amount in list_core_amounts(KINDS.values())}
"""Tables with amounts in the company's currency too."""

KEEPS_ITS_CONTRACT = "keeps_its_contract"


def asset_key(table: str) -> dg.AssetKey:
    """`core.orders` -> the asset `core/orders`."""
    return dg.AssetKey(table.split("."))


def check_spec(table: str) -> dg.AssetCheckSpec:
    """The blocking check of a table that has a contract."""
    return dg.AssetCheckSpec(
        KEEPS_ITS_CONTRACT,
        asset=asset_key(table),
        blocking=True,
        description=f"Checks every rule of data_contracts/{table.replace('.', '/')}.odcs.yaml.",
    )


def describe_contract(contract: Contract) -> str:
    """The description of a table on its page: its purpose, its description, and what one row is."""
    return "\n\n".join(text for text in (contract.purpose, contract.description, contract.grain) if text)


@dataclass(frozen=True)
class Blueprint:
    """A table that is to become an asset.

    Attributes:
        table: `layer.name`.
        reads: The tables it is built from.
        kind: `sql` or `polars`, the tag on the page.
        make: Builds the table inside the run's warehouse.
        description: Shown on the page of a table that has no contract.
    """

    table: str
    reads: frozenset[str]
    kind: str
    make: Callable[[Run], object]
    description: str = ""


def make_table_asset(blueprint: Blueprint, step: Step, contract: Contract | None) -> dg.AssetsDefinition:
    """The asset that builds one table and validates every rule that can be validated once the table exists.

    Args:
        blueprint: The table.
        step: The tables to wait for, and the rules to validate.
        contract: Its contract; None: it has none.
    """
    table = blueprint.table

    @dg.asset(
        key=asset_key(table),
        deps=[asset_key(name) for name in sorted(step.reads)],
        description=describe_contract(contract) if contract else blueprint.description,
        group_name=table.split(".")[0],
        kinds={blueprint.kind, "duckdb"},
        check_specs=[check_spec(table)] if contract else [],
    )
    def build(run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult[Any]]:
        with run.step(table):
            began = time.perf_counter()
            blueprint.make(run)
            results = [result for each, rules in step.due.items() for result in run.validate(each, rules)]
            yield report_table(run, table, results if contract else [], seconds=time.perf_counter() - began)
            raise_broken_rules(run, results)

    return build


def raise_broken_rules(run: Run, results: list[RuleResult]) -> None:
    """End the run when a critical rule is broken; a missing exchange rate, the usual cause, is named."""
    failure = describe_broken_rules(results)
    if failure is None:
        return
    tables = {result.rule.table for result in results if not result.passed}
    rate = find_missing_rate(run.warehouse.con) if tables & CONVERTED else None
    raise ContractBroken(f"{rate} {failure}") if rate else failure


def report_table(run: Run, table: str, results: list[RuleResult], *, seconds: float = 0.0) -> dg.MaterializeResult[Any]:
    """The result that Dagster shows: rows, columns, seconds, a picture if there is one, and the check of every rule."""
    rows = run.warehouse.count(table)
    contract = run.contracts.get(table)
    meanings = {column.name: column.description for column in contract.columns} if contract else {}
    columns = [dg.TableColumn(name, kind, meanings.get(name)) for name, kind in run.warehouse.columns(table)]
    picture = draw_pictures(run.warehouse.con, table, run.settings.report.language)
    run.report_progress(format_progress(table, rows, seconds))
    return dg.MaterializeResult(
        asset_key=asset_key(table),
        metadata={
            "dagster/row_count": rows,
            "dagster/column_schema": dg.TableSchema(columns),
            "seconds": round(seconds, 3),
            **({"picture": dg.MetadataValue.md(picture)} if picture else {}),
        },
        check_results=[make_check_result(table, results)] if results else [],
    )


def format_progress(name: str, rows: int, seconds: float) -> str:
    """One line of progress."""
    return f"{name:<36} {rows:>12,} rows {seconds:8.2f} s"


def make_check_result(table: str, results: list[RuleResult]) -> dg.AssetCheckResult:
    """All rules of one contract as one check, its rules as a table (a check per rule costs six times as much)."""
    records = [
        dg.TableRecord(
            {
                "rule": result.rule.id,
                "severity": result.rule.severity,
                "failed": result.failed_count,
                "description": result.rule.description,
            }
        )
        for result in results
    ]
    return dg.AssetCheckResult(
        check_name=KEEPS_ITS_CONTRACT,
        asset_key=asset_key(table),
        passed=describe_broken_rules(results) is None,
        metadata={"rules": dg.TableMetadataValue(records=records, schema=None)} if records else {},
    )
