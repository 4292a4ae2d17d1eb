"""Checks everything that a run needs and lists all problems at once, each with what to do.

Put here: one function per subject. Keep out: repairing anything.
"""

import datetime as dt
import importlib.metadata
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from regulars.pipelines.command.doctor.lapse_proposal import word_proposal
from regulars.pipelines.command.doctor.open_questions import list_open_questions
from regulars.pipelines.command.doctor.setup_check import Mark, SetupCheck
from regulars.pipelines.command.doctor.source_checks import check_formats, check_source
from regulars.pipelines.command.findings import count_in_words, list_said
from regulars.pipelines.command.opened import open_published, open_state
from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.contracts.company_contracts import load_run_contracts
from regulars.pipelines.contracts.odcs.lint import lint
from regulars.pipelines.contracts.scorecard_targets import refuse_wrong_targets
from regulars.pipelines.errors import RegularsError, SettingsWrong, StorageFailed, UsageWrong
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.target_records import read_target_records
from regulars.pipelines.publish.targets.shape.registry import TARGET_OPTIONS, TARGET_TYPES
from regulars.pipelines.run.request import find_home, refuse_future_day
from regulars.pipelines.segments.expression_checks import find_wrong_segments
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from regulars.pipelines.settings.settings import Settings, find_as_of
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.themes.rules_file import find_theme_rules

SIGNS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}
TESTED = {"duckdb": "1.5.", "polars": "2.", "great-expectations": "1.24.", "dagster": "1.13."}
FEW_BYTES = 1_000_000_000


def check_setup(
    settings: Path, *, data: Path | None, home: Path | None, as_json: bool, now: dt.datetime
) -> tuple[str, int]:
    """All checks as text, and the exit code with which a run would fail (0 when none fails)."""
    checks = list(_run_checks(settings, data=data, home=home, now=now))
    code = max((each.exit_code for each in checks), default=0)
    if as_json:
        return json.dumps([asdict(each) for each in checks], indent=1), code
    lines = [f"{SIGNS[each.mark]}  {each.subject:<22} {each.sentence}" for each in checks]
    problems = sum(each.mark == "problem" for each in checks)
    lines.append(f"\n{count_things(problems, 'problem')}")
    return "\n".join(lines), code


def _run_checks(settings: Path, *, data: Path | None, home: Path | None, now: dt.datetime) -> Iterator[SetupCheck]:
    yield from _check_versions()
    yield from _check_contracts()
    yield from _check_home(find_home(home, settings))
    yield from _check_ledger(find_home(home, settings))
    try:
        company = load_settings(settings, target_types=TARGET_OPTIONS)
    except SettingsWrong as error:
        yield from (SetupCheck("problem", "settings", line, error.exit_code) for line in str(error).splitlines())
        return
    yield SetupCheck(
        "ok", "settings", f"{settings}: {company.company.name}, {count_things(len(company.sources), 'source')}"
    )
    yield from list_open_questions(settings)
    try:
        refuse_future_day(find_as_of(company, now), company, now, f"{settings}: as_of:")
    except UsageWrong as error:
        yield SetupCheck("problem", "as_of", str(error), error.exit_code)
    yield from _check_themes(company, settings.resolve().parent)
    try:
        contracts = load_run_contracts(company)
    except SettingsWrong as error:
        yield from (SetupCheck("problem", "own tables", line, error.exit_code) for line in str(error).splitlines())
    else:
        yield from _check_scorecard(company)
        wrong = find_wrong_segments(company, contracts)
        yield from (SetupCheck("problem", "segments", each, SettingsWrong.exit_code) for each in wrong)
    for name, source in company.sources.items():
        yield from check_source(name, source, (data or settings.parent).resolve(), company.locate)
    yield from check_formats(company, (data or settings.parent).resolve(), now)
    yield from _check_targets(company, find_home(home, settings), settings.resolve().parent)
    yield from _check_findings(find_home(home, settings))
    advice = word_proposal(company.lapse_days, find_home(home, settings))
    if advice:
        yield SetupCheck("ok", "lapse_days", advice)
    yield from _check_schedule(company, now)


def _check_themes(company: Settings, folder: Path) -> Iterator[SetupCheck]:
    try:
        find_theme_rules(company.themes.file, folder)
    except SettingsWrong as error:
        yield from (SetupCheck("problem", "themes", line, error.exit_code) for line in str(error).splitlines())


def _check_versions() -> Iterator[SetupCheck]:
    yield SetupCheck("ok", "python", sys.version.split()[0])
    for package, tested in TESTED.items():
        version = importlib.metadata.version(package)
        if version.startswith(tested):
            yield SetupCheck("ok", package, version)
        else:
            yield SetupCheck(
                "warning",
                package,
                f"{version} is not the version that was tested ({tested}x): install requirements.lock",
            )


def _check_contracts() -> Iterator[SetupCheck]:
    problems = lint(CONTRACTS_FOLDER)
    if not problems:
        yield SetupCheck("ok", "contracts", "all are valid")
    yield from (SetupCheck("problem", "contracts", each, 3) for each in problems)


def _check_scorecard(company: Settings) -> Iterator[SetupCheck]:
    """Whether every target is about a metric that exists."""
    if not company.scorecard:
        return
    try:
        refuse_wrong_targets(company, load_run_contracts(company))
    except SettingsWrong as error:
        yield from (SetupCheck("problem", "scorecard", line, error.exit_code) for line in str(error).splitlines())
    else:
        yield SetupCheck("ok", "scorecard", count_things(len(company.scorecard), "target"))


def _open_files(current: Generation) -> None:
    """Open the two DuckDB files of a generation that the next run and readers need.

    Raises:
        StorageFailed: One of them is missing or damaged.
    """
    with open_state(current), open_published(current):
        pass


def _check_home(home: Home) -> Iterator[SetupCheck]:
    path = home.path
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        yield SetupCheck(
            "problem",
            "home",
            f"{existing} cannot be written to: change its permissions, or name another --home",
            StorageFailed.exit_code,
        )
        return
    free = shutil.disk_usage(existing).free
    try:
        current = home.current()
        if current is not None:
            home.check_free_space()
            _open_files(current)
    except RegularsError as error:
        yield SetupCheck("problem", "home", str(error), error.exit_code)
        return
    what = f"{current.name} as of {current.manifest.as_of}" if current else "nothing published yet"
    yield SetupCheck("ok", "home", f"{path}: {what}")
    mark: Mark = "ok" if free > FEW_BYTES else "warning"
    yield SetupCheck(mark, "disk", f"{free / 1e9:,.1f} GB free at {existing}")
    holder = home.holder()
    yield SetupCheck("warning", "lock", f"held by {holder}") if holder else SetupCheck("ok", "lock", "free")


def _check_ledger(home: Home) -> Iterator[SetupCheck]:
    """Whether the ledger opens; a run that is under way holds it, which is no problem."""
    if not home.ledger.exists() or home.holder():
        return
    try:
        duckdb.connect(home.ledger, read_only=True).close()
    except duckdb.Error:
        sentence = f"{home.ledger} cannot be opened: see that no other program holds it, else restore it from a backup"
        yield SetupCheck("problem", "ledger", sentence, StorageFailed.exit_code)
    else:
        yield SetupCheck("ok", "ledger", "opens")


def _check_targets(company: Settings, home: Home, base: Path) -> Iterator[SetupCheck]:
    """What each target holds and whether it can be written to; a run does not need it, so it is never a problem."""
    known = read_target_records(home.path)
    for name, target in company.publish.targets.items():
        last, of_type = known.get(name), TARGET_TYPES[target.type]
        fault = of_type.check(of_type.options.model_validate(target.options), base) if of_type.check else None
        failure = f"the last attempt failed: {last.failure}" if last and last.failure else None
        if doubt := fault or failure or (last and last.remark):
            yield SetupCheck("warning", f"target {name}", doubt)
        else:
            holds = last.generation if last else "nothing yet"
            yield SetupCheck("ok", f"target {name}", f"a {target.type}, which holds {holds}")


def _check_findings(home: Home) -> Iterator[SetupCheck]:
    """What the last run found odd; it was published all the same, so it is never a problem."""
    try:
        current = home.current()
    except RegularsError:  # reported by the check of `home`
        return
    if current is not None:
        findings = current.manifest.findings
        yield SetupCheck("ok", "findings", f"{current.name}: {count_in_words(findings)}")
        yield from (SetupCheck("warning", name, sentence) for name, sentence in list_said(findings))


def _check_schedule(company: Settings, now: dt.datetime) -> Iterator[SetupCheck]:
    zone = company.company.timezone
    local = now.astimezone(ZoneInfo(zone))
    yield SetupCheck("ok", "schedule", f"{company.schedule.cron} in {zone} (local time {local:%Y-%m-%d %H:%M})")
    dagster_home = os.environ.get("DAGSTER_HOME")
    if not dagster_home:
        yield SetupCheck("ok", "dagster", "DAGSTER_HOME is not set: runs leave no history beside the generations")
    elif not (Path(dagster_home) / "dagster.yaml").is_file():
        yield SetupCheck("warning", "dagster", f"{dagster_home} has no dagster.yaml; copy the shipped one there")
    else:
        yield SetupCheck("ok", "dagster", f"history in {dagster_home}")
