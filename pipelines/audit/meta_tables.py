"""Writes the tables that describe a generation: sources, files, checks, contracts, the dictionary, the run.

Put here: filling `meta.*` from what the run knows. Keep out: the proofs (`accounting.py`), and what belongs into a
contract (`contracts/dictionary.py`).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from regulars.pipelines.audit.meta_rows import Row, write_rows
from regulars.pipelines.audit.used_settings import list_used_settings
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.dictionary import (
    list_allowed_value_rows,
    list_dictionary_rows,
    list_metric_rows,
    list_relationship_rows,
)
from regulars.pipelines.contracts.odcs.names import read_shared_names
from regulars.pipelines.contracts.validation.validate import RuleResult
from regulars.pipelines.run.run import Run, describe_broken_rules
from regulars.pipelines.settings.package import CONTRACTS_FOLDER

SOURCE_ROWS = """
    select
        source, sum(rows_read), sum(rows_loaded), sum(rows_quarantined), sum(rows_superseded), sum(rows_duplicate),
        sum(rows_excluded),
    from meta.row_accounting
    group by source
"""
QUARANTINE_REASONS = """
    select source, kind, rule, count(*)
    from (select source, kind, unnest(string_split(rules, ',')) as rule from quarantine.rows)
    group by all
    order by all
"""
FILES = """
    select source, file_name, file_sha256, bytes, record_count + malformed_count as rows_read, modified_at, landed_at
    from landed.files
"""


NO_RULES_OF_A_CONTRACT = {
    "malformed": "the line is a record: it has as many fields as the header, and every quote is closed",
    "condition_is_null": "each condition of the settings is true or false for the record",
    "unclaimed": "a kind of its source takes the record",
    "document": "all records of the same document are good: a document is loaded whole or not at all",
}
"""What else keeps a record out: its name in the place of a rule -> what is demanded."""

VALIDATED_HERE = (
    "meta.sources",
    "meta.files",
    "meta.quarantine_reasons",
    "meta.contracts",
    "meta.data_dictionary",
    "meta.allowed_values",
    "meta.relationships",
    "meta.metric_definitions",
    "meta.settings_used",
    "meta.runs",
)
"""`meta.checks` holds the checks of all other tables, and so none of its own."""


def write_meta_tables(run: Run, headline: Sequence[Row], now: dt.datetime) -> None:
    """Fill every table of `meta` but the proofs, which stand already.

    Args:
        run: The run, all other tables built.
        headline: The three metrics at the top of the report.
        now: When the run ends, aware.

    Raises:
        ContractBroken: One of them breaks its contract.
    """
    write_rows(run, "meta.sources", list_source_rows(run))
    files = run.warehouse.con.sql(FILES).pl()
    run.warehouse.write_frame("meta.files", files, run.contracts["meta.files"].types)
    write_rows(run, "meta.quarantine_reasons", list_quarantine_reasons(run))
    write_rows(run, "meta.contracts", map(_make_contract_row, run.contracts.values()))
    write_rows(run, "meta.data_dictionary", list_dictionary_rows(run.contracts, read_shared_names(CONTRACTS_FOLDER)))
    write_rows(run, "meta.allowed_values", list_allowed_value_rows(run.contracts))
    write_rows(run, "meta.relationships", list_relationship_rows(run.contracts))
    write_rows(run, "meta.metric_definitions", list_metric_rows(run.contracts))
    write_rows(run, "meta.settings_used", list_used_settings(run.settings))
    write_rows(run, "meta.runs", [_make_run_row(run, headline, now)])
    failure = describe_broken_rules([result for table in VALIDATED_HERE for result in run.validate(table)])
    if failure:
        raise failure
    write_rows(run, "meta.checks", map(_make_check_row, run.checks))
    failure = describe_broken_rules(run.validate("meta.checks"))
    if failure:
        raise failure


def list_source_rows(run: Run) -> list[dict[str, Any]]:
    """One row per source of the settings: what it is, how fresh it is, what became of its rows."""
    counts = {name: rest for name, *rest in run.warehouse.con.execute(SOURCE_ROWS).fetchall()}
    rows = []
    for landed_source in run.landed_sources:
        source = run.settings.sources[landed_source.source]
        read, loaded, quarantined, superseded, duplicate, excluded = counts.get(landed_source.source, (0,) * 6)
        last = max((each.landed_at for each in landed_source.deliveries), default=None)
        rows.append(
            {
                "source": landed_source.source,
                "system": source.system or landed_source.source,
                "kinds": ",".join(source.mappings),
                "delivery": source.delivery_mode,
                "is_required": source.is_required,
                "last_delivered_at": last,
                "is_stale": landed_source.is_stale,
                "reason": "; ".join(landed_source.reasons) or None,
                "rows_read": int(read),
                "rows_loaded": int(loaded),
                "rows_quarantined": int(quarantined),
                "rows_superseded": int(superseded),
                "rows_duplicate": int(duplicate),
                "rows_excluded": int(excluded),
            }
        )
    return rows


def list_quarantine_reasons(run: Run) -> list[dict[str, Any]]:
    """One row per source, kind and rule that records break: how many, and what the rule demands."""
    demands = {
        (contract.name, rule.id): rule.description
        for contract in run.contracts.values()
        if contract.layer == "raw"
        for rule in contract.rules
    }
    return [
        {
            "source": source,
            "kind": kind,
            "rule": rule,
            "rule_description": demands.get((kind, rule)) or NO_RULES_OF_A_CONTRACT.get(rule, rule),
            "records": records,
        }
        for source, kind, rule, records in run.warehouse.con.execute(QUARANTINE_REASONS).fetchall()
    ]


def count_results(checks: Iterable[RuleResult]) -> dict[str, int]:
    """Count the rules that passed, warned and failed."""
    results = list(checks)
    warned = sum(not each.passed and each.rule.severity == "warning" for each in results)
    failed = sum(not each.passed and each.rule.severity == "critical" for each in results)
    return {"passed": len(results) - warned - failed, "warned": warned, "failed": failed}


def _make_contract_row(contract: Contract) -> Row:
    return {
        "table_name": contract.table,
        "version": contract.version,
        "purpose": contract.purpose,
        "description": contract.description,
        "grain": contract.grain,
        "column_count": len(contract.columns),
    }


def _make_check_row(result: RuleResult) -> Row:
    return {
        "table_name": result.rule.table,
        "rule": result.rule.id,
        "severity": result.rule.severity,
        "description": result.rule.description,
        "rows_checked": result.rows_checked,
        "failed_count": result.failed_count,
        "passed": result.passed,
    }


def _make_run_row(run: Run, headline: Sequence[Row], now: dt.datetime) -> Row:
    return {
        "generation": run.number,
        "parent": run.parent.number if run.parent else None,
        "parent_as_of": run.parent.manifest.as_of if run.parent else None,
        "as_of": run.as_of,
        "started_at": run.started_at.replace(tzinfo=None),
        "run_on": run.day,
        "finished_at": now.replace(tzinfo=None),
        "metrics_compared": run.comparison.get("metrics_compared"),
        "metrics_changed": run.comparison.get("metrics_changed"),
        "headline": "; ".join(f"{each['label']}: {each['text']}" for each in headline),
        "overrides": "; ".join(f"{name}: {reason}" for name, reason in sorted(run.request.allow.items())) or None,
    }
