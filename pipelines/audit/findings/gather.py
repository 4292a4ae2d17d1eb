"""Gathers the findings of a run, evaluates them, and publishes them as `meta.findings`.

Put here: which producers there are, and the one evaluation of what they measured. Keep out: measuring (a module per
family beside this one), and what exceeds a threshold (`pipelines/findings`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from regulars.pipelines.audit.findings.broken_rules import find_broken_warnings, find_quarantined_records
from regulars.pipelines.audit.findings.clock import find_clock_gone_back
from regulars.pipelines.audit.findings.days import (
    find_as_of_behind,
    find_days_around_as_of,
    find_old_rates,
    find_orders_before_history,
    find_rates_not_renewed,
    list_days_with_rows,
)
from regulars.pipelines.audit.findings.deliveries.compare import compare_deliveries
from regulars.pipelines.audit.findings.deliveries.delivery_profiles import TABLE as PROFILES
from regulars.pipelines.audit.findings.deliveries.delivery_profiles import read_known_profiles, read_profiles
from regulars.pipelines.audit.findings.landed_files import find_odd_files, find_stale_sources
from regulars.pipelines.audit.findings.measure_tables import measure_tables
from regulars.pipelines.audit.findings.offers import find_beaten_offers
from regulars.pipelines.audit.findings.own_segments import find_undecided_segments
from regulars.pipelines.audit.findings.parent import (
    find_fallen_months,
    find_gone_sources,
    find_missing_parent_files,
    find_risen_months,
    list_ordered_causes,
)
from regulars.pipelines.audit.findings.payments import find_payments_without_success
from regulars.pipelines.audit.findings.silence import find_silent_sources
from regulars.pipelines.audit.findings.value_basis import find_values_of_another_basis
from regulars.pipelines.audit.meta_rows import write_rows
from regulars.pipelines.audit.restatements.parent import ParentGeneration
from regulars.pipelines.errors import FindingStops
from regulars.pipelines.findings.evaluate import (
    ORDER,
    EvaluatedFinding,
    check_acknowledgements,
    evaluate_findings,
    write_stop_sentence,
)
from regulars.pipelines.findings.finding import Finding, Key, Severity
from regulars.pipelines.findings.published import list_finding_rows, read_key
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.run.lineage import changed_settings, read_lineage
from regulars.pipelines.run.run import Run
from regulars.pipelines.sources.formats.format_advice import find_misread_values

TABLE = "meta.findings"
SALES = "marts.sales_new_vs_returning"


def _compare_with_earlier_deliveries(run: Run) -> Iterator[Finding]:
    known = {(each.source, each.kind, each.delivery) for each in read_profiles(read_known_profiles(run))}
    yield from find_odd_files(run.landed_sources, {(source, delivery) for source, _, delivery in known})
    profiles = read_profiles(run.warehouse.con.execute(f"from {PROFILES}").pl())
    new = [place for place, each in enumerate(profiles) if (each.source, each.kind, each.delivery) not in known]
    wholes = {number for each in run.landed_sources for number in each.wholes}
    modes = {name: each.delivery_mode for name, each in run.settings.sources.items()}
    yield from compare_deliveries(profiles, new, modes, wholes)


def _compare_with_parent(run: Run) -> Iterator[Finding]:
    if run.parent is None:
        return
    yield from find_clock_gone_back(run.started_at, run.parent.manifest.created_at)
    systems = {name: source.system or name for name, source in run.settings.sources.items()}
    yield from find_gone_sources(run.parent.manifest.sources, run.parent.manifest.findings, systems)
    parent = ParentGeneration(run.warehouse.con, run.parent)
    yield from find_missing_parent_files(
        run.parent.name, parent.list_missing_files(), can_read_duckdb_file=run.parent.duckdb_file.is_file()
    )
    if parent.has(SALES) and parent.find_path(SALES).is_file():
        ordered = list_ordered_causes(changed_settings(parent.read_lineage(), read_lineage(run.settings)))
        yield from find_fallen_months(run.warehouse.con, run.number, parent.write_scan(SALES), ordered)
        yield from find_risen_months(run.warehouse.con, run.number, parent.as_of)


def _look_at_days(run: Run) -> Iterator[Finding]:
    con, as_of = run.warehouse.con, run.as_of
    is_backfill = run.parent is not None and run.parent.manifest.as_of > as_of
    list_days_with_rows(con, as_of)
    profiles = read_profiles(con.execute(f"from {PROFILES}").pl())
    yield from find_silent_sources(con, as_of, profiles)
    yield from () if is_backfill else (*find_days_around_as_of(con, as_of), *find_as_of_behind(as_of, run.day))
    yield from find_orders_before_history(con, as_of)
    yield from find_old_rates(con, as_of)
    yield from () if is_backfill else find_rates_not_renewed(con, as_of, profiles)


Producer = Callable[[Run], Iterable[Finding]]

PRODUCERS: Sequence[Producer] = (
    lambda run: find_broken_warnings(run.checks),
    lambda run: find_quarantined_records(run.warehouse.con),
    lambda run: find_stale_sources(run.landed_sources),
    lambda run: find_misread_values(run.warehouse.con, run.settings),
    _compare_with_earlier_deliveries,
    _compare_with_parent,
    _look_at_days,
    lambda run: measure_tables(run.warehouse.con),
    lambda run: find_payments_without_success(run.warehouse.con, run.settings.service_risk.failed_payment_statuses),
)
"""What measures the tables of a run, in any order. What landing found is in `run.findings` already."""

PRODUCERS_OF_VALUES: Sequence[Producer] = (
    lambda run: find_values_of_another_basis(run.warehouse.con),
    lambda run: find_beaten_offers(run.warehouse.con),
    lambda run: find_undecided_segments(run.warehouse.con),
)
"""What measures marts of values, offers and own segments, which cost more to build than all that the others read."""


def write_findings(run: Run, producers: Sequence[Producer] = (*PRODUCERS, *PRODUCERS_OF_VALUES)) -> None:
    """Measure, evaluate and write `meta.findings`; the result is kept in `run.evaluated`.

    Args:
        run: The run, with every table built and validated that the producers read.
        producers: What measures.
    """
    for measure in producers:
        run.findings.extend(measure(run))
    policy = run.request.finding_policy
    evaluated = evaluate_findings(run.findings, policy)
    evaluated += evaluate_findings(check_acknowledgements(evaluated, policy), policy)
    known = _read_first_seen(run.parent)
    dated = [_date_finding(each, known, run.number) for each in evaluated]
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


def _read_first_seen(parent: Generation | None) -> Mapping[Key, tuple[int, Severity]]:
    """Finding -> the generation that found it first, and how severe it was, as the parent knew."""
    rows = parent.manifest.findings if parent else ()
    return {read_key(each): (each["first_seen_generation"], each["severity"]) for each in rows}


def _date_finding(each: EvaluatedFinding, known: Mapping[Key, tuple[int, Severity]], number: int) -> EvaluatedFinding:
    """With the generation that found it first; one that is more severe than before is a new one."""
    first, severity = known.get(each.finding.key, (number, each.finding.severity))
    is_risen = ORDER[each.finding.severity] < ORDER[severity]
    return replace(each, first_seen_generation=number if is_risen else first)
