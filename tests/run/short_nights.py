"""Runs nights that only find what is odd: landing, mapping, quarantine, staging, identity, core, and the findings.

A night is what a run does, by the run's own functions, and leaves a generation that the next night is compared with.
Left out are validating the tables that were built, most marts with the findings about values and offers, the report,
and delivery to targets. It costs about a third of a run.
"""

import datetime as dt
from collections.abc import Iterator
from graphlib import TopologicalSorter

from regulars.assets import identity
from regulars.assets.definitions import blueprints, contracts
from regulars.assets.landing import land, open_landed
from regulars.assets.tables import Blueprint
from regulars.pipelines.audit.findings.gather import PRODUCERS, write_findings
from regulars.pipelines.audit.meta_tables import list_source_rows, write_meta_tables
from regulars.pipelines.audit.restatements.restate import RESTATEMENTS
from regulars.pipelines.findings.evaluate import EvaluatedFinding
from regulars.pipelines.findings.published import list_finding_rows
from regulars.pipelines.home.manifest import Facts
from regulars.pipelines.publish.files.tables import Table
from regulars.pipelines.publish.generation import Contents, publish_generation
from regulars.pipelines.run.fingerprint import compute_fingerprint, find_known_generation
from regulars.pipelines.run.lineage import TABLE as LINEAGE
from regulars.pipelines.run.raw_tables import make_raw_tables
from regulars.pipelines.run.request import RunRequest
from regulars.pipelines.run.run import Run, open_run
from regulars.pipelines.settings.company_tables import write_company_tables

MARTS = ("marts.sales_new_vs_returning", "marts.churn")
"""The marts whose closed months findings compare with the parent's."""

META = ("meta.delivery_profiles", "meta.row_accounting", RESTATEMENTS)
COMPARED = ("meta.contracts", "meta.files", "meta.delivery_profiles", "meta.findings", RESTATEMENTS, *MARTS)
STATE = ("identity.person_map", "identity.records", "identity.events", "identity.owners", LINEAGE)


def run_short_night(request: RunRequest, now: dt.datetime | None = None) -> list[EvaluatedFinding]:
    """Do one night; what it found odd. Where a finding stops, nothing is published; nothing new gives no findings.

    Args:
        request: The settings, the home, the day.
        now: When the night is; default now.
    """
    with open_run(request, lambda _: None, now or dt.datetime.now(dt.UTC)) as run:
        land(run)
        if find_known_generation(run) is not None:
            return []
        open_landed(run)
        write_company_tables(run.warehouse.con, run.settings, run.as_of)
        for results in make_raw_tables(run).values():
            run.checks.extend(results)
        for blueprint in _order_tables():
            if blueprint is None:
                _write_identity(run)
            else:
                blueprint.make(run)
        write_findings(run, PRODUCERS)
        if not any(each.is_stop for each in run.evaluated):
            _publish(run)
        return list(run.evaluated)


def _order_tables() -> Iterator[Blueprint | None]:
    """What is built, each after what it reads; None stands for the tables of identity."""
    known = {each.table: each for each in blueprints}
    wanted = {table for table in known if table.startswith(("staging.", "core."))} | {*META}
    marts = [*MARTS]
    while marts:
        wanted.add(mart := marts.pop())
        marts += [table for table in known[mart].reads if table.startswith("marts.")]
    reads = {table: set(known[table].reads) & wanted for table in wanted - {RESTATEMENTS}}
    reads[RESTATEMENTS] = wanted - {RESTATEMENTS}
    for table in wanted:
        if any(each.startswith("identity.") for each in known[table].reads):
            reads[table].add("identity")
    reads["identity"] = {*identity.READS["identity.records"]}
    for table in TopologicalSorter({table: sorted(reads[table]) for table in sorted(reads)}).static_order():
        yield known.get(table)


def _write_identity(run: Run) -> None:
    for name, frame in identity.find_tables(run).items():
        identity.write(run, f"identity.{name}", frame)


def _publish(run: Run) -> None:
    write_meta_tables(run, [], dt.datetime.now(dt.UTC))
    core = [table for table, contract in contracts.items() if contract.layer == "core"]
    done = publish_generation(
        run.warehouse.con,
        run.request.home,
        Contents(
            tables=[Table(table, contracts[table].key) for table in (*core, *COMPARED)],
            state_tables=[Table(name) for name in STATE],
            comments={},
            facts=Facts(
                fingerprint=compute_fingerprint(run),
                started_at=run.started_at,
                sources=tuple(list_source_rows(run)),
                findings=tuple(list_finding_rows(run.evaluated)),
            ),
            report_html="",
        ),
        number=run.number,
        parent=run.parent,
        as_of=run.as_of,
    )
    run.published.append(done)
