"""Findings as a generation holds them: one mapping of plain values each, in its manifest and in `meta.findings`.

Put here: making these mappings, and what may be asked of them without opening a database. Keep out: finding anything.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from regulars.pipelines.findings.catalogue import FINDINGS
from regulars.pipelines.findings.evaluate import EvaluatedFinding
from regulars.pipelines.findings.finding import Key

PublishedFinding = Mapping[str, Any]
"""A row of `meta.findings`: column -> value."""


def list_finding_rows(evaluated: Iterable[EvaluatedFinding]) -> list[PublishedFinding]:
    """The rows of `meta.findings`, in the order of the findings."""
    return [
        {
            "finding_id": "/".join(part or "-" for part in each.finding.key),
            "finding": each.finding.name,
            "severity": each.finding.severity,
            "source": each.finding.source,
            "kind": each.finding.kind,
            "table_name": each.finding.table,
            "found_count": each.finding.count,
            "unit": FINDINGS[each.finding.name].unit,
            "found_share": each.finding.share,
            "threshold": each.finding.threshold,
            "example": each.finding.example,
            "sentence": each.finding.sentence,
            "advice": each.finding.advice,
            "first_seen_generation": each.first_seen_generation,
            "is_acknowledged": each.is_acknowledged,
            "acknowledgement_reason": each.acknowledgement,
        }
        for each in evaluated
    ]


def read_key(row: PublishedFinding) -> Key:
    """What the finding is about."""
    return row["finding"], row["source"], row["kind"], row["table_name"]


def is_said(row: PublishedFinding) -> bool:
    """Whether it is shown as a sentence: not a mere info, and not acknowledged."""
    return row["severity"] != "info" and not row["is_acknowledged"]


def count_findings(rows: Iterable[PublishedFinding]) -> dict[str, int]:
    """How many there are of each severity, and how many are acknowledged; those are in no severity."""
    counts = {"stop": 0, "warning": 0, "info": 0, "acknowledged": 0}
    for row in rows:
        counts["acknowledged" if row["is_acknowledged"] else row["severity"]] += 1
    return counts
