"""Gathers the findings of a run, evaluates them, and publishes them as `meta.findings`.

Put here: which producers there are, and the one evaluation of what they measured. Keep out: measuring (a module per
family beside this one), and what exceeds a threshold (`pipelines/findings`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from regulars.pipelines.audit.findings.broken_rules import find_broken_warnings, find_quarantined_records
from regulars.pipelines.audit.findings.stale_sources import find_stale_sources
from regulars.pipelines.audit.meta_rows import write_rows
from regulars.pipelines.errors import FindingStops
from regulars.pipelines.findings.evaluate import (
    check_acknowledgements,
    evaluate_findings,
    write_stop_sentence,
)
from regulars.pipelines.findings.finding import Finding, Key
from regulars.pipelines.findings.published import list_finding_rows, read_key
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.run.run import Run

TABLE = "meta.findings"

PRODUCERS: Sequence[Callable[[Run], Iterable[Finding]]] = (
    lambda run: find_broken_warnings(run.checks),
    lambda run: find_quarantined_records(run.warehouse.con),
    lambda run: find_stale_sources(run.landed_sources),
)
"""What measures the tables of a run, in any order. What landing found is in `run.findings` already."""


def write_findings(run: Run) -> None:
    """Measure, evaluate and write `meta.findings`; the result is kept in `run.evaluated`.

    Args:
        run: The run, with every other table built and validated.
    """
    for measure in PRODUCERS:
        run.findings.extend(measure(run))
    policy = run.request.finding_policy
    evaluated = evaluate_findings(run.findings, policy)
    evaluated += evaluate_findings(check_acknowledgements(evaluated, policy), policy)
    known = _read_first_seen(run.parent)
    dated = [replace(each, first_seen_generation=known.get(each.finding.key, run.number)) for each in evaluated]
    run.evaluated.extend(dated)
    rows = sorted(list_finding_rows(dated), key=lambda row: str(row["finding_id"]))
    write_rows(run, TABLE, rows)


def raise_stops(run: Run) -> None:
    """End the run when a finding of severity `stop` is neither acknowledged nor allowed.

    Raises:
        FindingStops: With each such finding, and how to let it pass once.
    """
    stops = [each for each in run.evaluated if each.is_stop]
    if stops:
        raise FindingStops(f"{write_stop_sentence(stops)} Nothing was published; the last good generation stays.")


def _read_first_seen(parent: Generation | None) -> Mapping[Key, int]:
    """Finding -> the generation that found it first, as the parent knew."""
    return {read_key(each): each["first_seen_generation"] for each in (parent.manifest.findings if parent else ())}
