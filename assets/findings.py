"""The findings as an asset: everything odd, after every other table, with a check per severity.

Put here: what Dagster shows of findings. Keep out: measuring and evaluating them (`pipelines/audit/findings`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import dagster as dg

from regulars.assets.tables import asset_key, check_spec, raise_broken_rules, report_table
from regulars.pipelines.audit.findings.gather import TABLE, raise_stops, write_findings
from regulars.pipelines.findings.evaluate import EvaluatedFinding
from regulars.pipelines.run.run import Run

FINDINGS = asset_key(TABLE)
NOTHING_STOPS, NOTHING_WARNS = "nothing_stops", "nothing_warns"


def make_findings_asset(tables: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    """The asset `meta/findings`; it depends on every table, since any table may have a finding."""

    @dg.asset(
        key=FINDINGS,
        deps=[key for each in tables for key in each.keys],
        description="What the run found odd, how severe it is, and what to do about it.",
        group_name="meta",
        kinds={"polars", "duckdb"},
        check_specs=[
            check_spec(TABLE),
            dg.AssetCheckSpec(
                NOTHING_STOPS,
                asset=FINDINGS,
                blocking=True,
                description="No finding of severity `stop` but those that are acknowledged or allowed.",
            ),
            dg.AssetCheckSpec(
                NOTHING_WARNS,
                asset=FINDINGS,
                description="No finding of severity `warning` but those that are acknowledged.",
            ),
        ],
    )
    def findings(run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult[Any]]:
        with run.step(TABLE):
            write_findings(run)
            results = run.validate(TABLE)
            table = report_table(run, TABLE, results)
            checks = [*(table.check_results or ()), *make_severity_checks(run.evaluated)]
            yield dg.MaterializeResult(asset_key=FINDINGS, metadata=table.metadata, check_results=checks)
            raise_stops(run)
            raise_broken_rules(run, results)

    return findings


def make_severity_checks(evaluated: Iterable[EvaluatedFinding]) -> list[dg.AssetCheckResult]:
    """One check for findings that stop and one for those that warn, each with its sentences."""
    said = [each for each in evaluated if not each.is_acknowledged]
    return [
        _make_check(
            NOTHING_STOPS, [each for each in said if each.finding.severity == "stop"], dg.AssetCheckSeverity.ERROR
        ),
        _make_check(
            NOTHING_WARNS, [each for each in said if each.finding.severity == "warning"], dg.AssetCheckSeverity.WARN
        ),
    ]


def _make_check(name: str, found: Sequence[EvaluatedFinding], severity: dg.AssetCheckSeverity) -> dg.AssetCheckResult:
    records = [
        dg.TableRecord({"finding": each.finding.name, "sentence": each.finding.sentence, "advice": each.finding.advice})
        for each in found
    ]
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=FINDINGS,
        passed=not found,
        severity=severity,
        metadata={"findings": dg.TableMetadataValue(records=records, schema=None)} if records else {},
    )
