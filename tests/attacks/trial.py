"""A small company with one fault in its exports, carried through to core and to what a run says about it.

Put here: from files and settings to an outcome, without publishing, as cheap as it goes. Keep out: what an attack
expects (the tables of attacks beside this module).

Everything up to the findings is what a run does; marts, Great Expectations on them, the parent generation and the
report are left out.
"""

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from regulars.assets.identity import find_tables, write
from regulars.pipelines.audit.accounting import write_row_accounting
from regulars.pipelines.audit.findings.broken_rules import find_quarantined_records
from regulars.pipelines.audit.findings.days import (
    find_days_around_as_of,
    find_orders_before_history,
    list_days_with_rows,
)
from regulars.pipelines.audit.findings.landed_files import find_odd_files, find_stale_sources
from regulars.pipelines.audit.findings.measure_tables import measure_tables
from regulars.pipelines.contracts.violations import write_condition
from regulars.pipelines.errors import FindingStops, RegularsError
from regulars.pipelines.findings.evaluate import EvaluatedFinding, evaluate_findings, write_stop_sentence
from regulars.pipelines.run.raw_tables import make_raw_tables
from regulars.pipelines.run.request import make_request
from regulars.pipelines.run.run import Run, open_run
from regulars.pipelines.settings.company_tables import write_company_tables
from regulars.pipelines.sources.deliveries import land_sources, refuse_required
from regulars.pipelines.sources.formats.format_advice import find_misread_values
from regulars.pipelines.sources.landed_rows import write_landed_rows
from regulars.pipelines.warehouse.sql_files import table_selects, tables_read_by

NOW = dt.datetime(2026, 4, 1, 6, 0, tzinfo=dt.UTC)
AS_OF = dt.date(2026, 3, 31)


@dataclass
class Outcome:
    """How a trial ended.

    Attributes:
        code: The exit code.
        said: Everything that a person would read: progress, findings that warn, the error.
        findings: Names of the findings that are said, with their counts.
        listed: Names of findings of severity info.
        evaluated: Every finding that is said or listed.
        numbers: What was asked.
        trace: An error that is none of ours; it must not happen.
    """

    code: int = 0
    said: str = ""
    findings: dict[str, int | None] = field(default_factory=dict)
    listed: dict[str, int | None] = field(default_factory=dict)
    evaluated: list[EvaluatedFinding] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)
    trace: BaseException | None = None


def try_company(
    folder: Path,
    nights: Sequence[Mapping[str, bytes | str | None]],
    settings: str,
    asked: Mapping[str, str],
    hours: float = 2,
) -> Outcome:
    """Run a company night after night, up to core.

    Args:
        folder: An empty folder.
        nights: Per night, file name -> its bytes; None removes the file.
        settings: The text of `regulars.yaml`.
        asked: Name -> SQL of one value over the tables of the last night.
        hours: Between two nights.
    """
    (folder / "regulars.yaml").write_text(settings, encoding="utf-8")
    outcome = Outcome()
    for number, files in enumerate(nights):
        moment = NOW - dt.timedelta(hours=hours * (len(nights) - 1 - number))
        for name, content in files.items():
            _deliver(folder / name, content, moment - dt.timedelta(hours=1))
        outcome = _run(folder, moment, asked)
        if outcome.trace is not None:
            return outcome
    return outcome


def _deliver(path: Path, content: bytes | str | None, moment: dt.datetime) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.utime(path, (moment.timestamp(), moment.timestamp()))


def _run(folder: Path, now: dt.datetime, asked: Mapping[str, str]) -> Outcome:
    said: list[str] = []
    outcome = Outcome()
    try:
        request = make_request(folder / "regulars.yaml", now=now)
        with open_run(request, said.append, now) as run, run.step("trial"):
            _land(run)
            _build(run)
            evaluated = evaluate_findings(_measure(run), request.finding_policy)
            outcome.evaluated = evaluated
            for each in evaluated:
                names = outcome.listed if each.finding.severity == "info" else outcome.findings
                names[each.finding.name] = each.finding.count
                said.append(f"{each.finding.severity}: {each.finding.sentence} {each.finding.advice}")
            said += _list_broken_rules(run)
            con = run.warehouse.con
            outcome.numbers = {name: con.execute(query).fetchall()[0][0] for name, query in asked.items()}
            stops = [each for each in evaluated if each.is_stop]
            if stops:
                raise FindingStops(write_stop_sentence(stops))
    except RegularsError as error:
        outcome.code = error.exit_code
        said.append(f"exit {error.exit_code}: {error}")
    except Exception as error:
        outcome.trace = error
        outcome.code = 70
    outcome.said = "\n".join(said)
    return outcome


def _land(run: Run) -> None:
    request = run.request
    landed = land_sources(
        run.settings,
        request.data,
        request.home.path,
        run.started_at,
        policy=request.finding_policy,
        pause=lambda seconds: None,
        report_progress=run.report_progress,
    )
    run.landed_sources.extend(landed)
    refuse_required(run.settings, landed)
    for each in landed:
        run.findings.extend(each.findings)
    run.findings.extend(write_landed_rows(run.warehouse.con, run.settings, landed, request.home.path))
    run.lock_down()
    write_company_tables(run.warehouse.con, run.settings, run.as_of)
    make_raw_tables(run)


def _build(run: Run) -> None:
    con: duckdb.DuckDBPyConnection = run.warehouse.con
    for table, select in _list_selects():
        if table.startswith("staging."):
            con.execute(f"create table {table} as {select}")
    for name, frame in find_tables(run).items():
        write(run, f"identity.{name}", frame)
    for table, select in _list_selects():
        if table.startswith("core."):
            con.execute(f"create table {table} as {select}")
    write_row_accounting(con)


def _list_broken_rules(run: Run) -> list[str]:
    """The critical rules about one row of core that stop a run, each with a source that breaks it."""
    con, said = run.warehouse.con, []
    for table, contract in run.contracts.items():
        if not table.startswith("core.") or "source" not in dict(contract.types):
            continue
        for rule in contract.rules:
            if rule.severity == "critical" and rule.is_about_one_row:
                rows = con.execute(f"select distinct source from {table} where {write_condition(rule)}").fetchall()
                said += [f"stop: {source}: a row of {table} breaks the rule {rule.id}" for (source,) in rows]
    return said


@cache
def _list_selects() -> list[tuple[str, str]]:
    """Every table of staging and core with its SELECT, each after those that it reads."""
    selects = table_selects()
    sorter = TopologicalSorter({table: tables_read_by(select) for table, select in selects.items()})
    return [(table, selects[table]) for table in sorter.static_order() if table in selects]


def _measure(run: Run) -> list[Any]:
    con, as_of = run.warehouse.con, run.as_of
    list_days_with_rows(con, as_of)
    return [
        *run.findings,
        *find_quarantined_records(con),
        *find_stale_sources(run.landed_sources),
        *find_misread_values(con, run.settings),
        *find_odd_files(run.landed_sources, set()),
        *find_days_around_as_of(con, as_of),
        *find_orders_before_history(con, as_of),
        *measure_tables(con),
    ]
