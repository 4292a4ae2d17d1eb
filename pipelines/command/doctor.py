"""Everything a run needs, looked at before the run: all problems at once, each with what to do.

Put here: one function per thing looked at. Keep out: mending anything.
"""

import datetime as dt
import importlib.metadata
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb

from regulars.pipelines.contracts.lint import lint
from regulars.pipelines.errors import InputRefused, RegularsError, SettingsWrong, StorageFailed
from regulars.pipelines.home.home import Home
from regulars.pipelines.run.request import find_home
from regulars.pipelines.settings.settings import Settings, Source
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.sources.landing import land_file, look_at
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping_checks import check_mapping, check_settings
from regulars.pipelines.sources.readers.landed_text import private_connection
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.source_files import find_files
from regulars.pipelines.warehouse.warehouse import ROOT

Mark = Literal["ok", "warning", "problem"]
SIGNS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}
TESTED = {"duckdb": "1.5.", "polars": "2.", "great-expectations": "1.24.", "dagster": "1.13."}
FEW_BYTES = 1_000_000_000
LAPSE = "select proposed_lapse_days, lapse_days, returns_in_time_rate, reason from marts.lapse_proposal"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    mark: Mark
    subject: str
    sentence: str
    exit_code: int = 0


def examined(
    settings: Path, *, data: Path | None, home: Path | None, as_json: bool, now: dt.datetime
) -> tuple[str, int]:
    """All findings as text, and the exit code a run would end with (0 when nothing stands in its way)."""
    findings = list(_look(settings, data=data, home=home, now=now))
    code = max((each.exit_code for each in findings), default=0)
    if as_json:
        return json.dumps([asdict(each) for each in findings], indent=1), code
    lines = [f"{SIGNS[each.mark]}  {each.subject:<22} {each.sentence}" for each in findings]
    problems = sum(each.mark == "problem" for each in findings)
    lines.append(f"\n{problems} problems" if problems != 1 else "\n1 problem")
    return "\n".join(lines), code


def _look(settings: Path, *, data: Path | None, home: Path | None, now: dt.datetime) -> Iterator[Finding]:
    yield from _versions()
    yield from _contracts()
    yield from _home(find_home(home, settings))
    try:
        company = load_settings(settings)
    except SettingsWrong as error:
        yield from (Finding("problem", "settings", line, error.exit_code) for line in str(error).splitlines())
        return
    yield Finding("ok", "settings", f"{settings}: {company.company.name}, {len(company.sources)} sources")
    for name, source in company.sources.items():
        yield from _source(name, source, (data or settings.parent).resolve())
    yield from _lapse(company, find_home(home, settings))
    yield from _schedule(company, now)


def _versions() -> Iterator[Finding]:
    yield Finding("ok", "python", sys.version.split()[0])
    for package, tested in TESTED.items():
        version = importlib.metadata.version(package)
        if version.startswith(tested):
            yield Finding("ok", package, version)
        else:
            yield Finding(
                "warning", package, f"{version} is not what the tests ran on ({tested}x): use requirements.lock"
            )


def _contracts() -> Iterator[Finding]:
    problems = lint(ROOT / "data_contracts")
    if not problems:
        yield Finding("ok", "contracts", "all are sound")
    yield from (Finding("problem", "contracts", each, 3) for each in problems)


def _home(home: Home) -> Iterator[Finding]:
    path = home.path
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    if not os.access(there, os.W_OK):
        yield Finding("problem", "home", f"{there} cannot be written to", StorageFailed.exit_code)
        return
    free = shutil.disk_usage(there).free
    try:
        current = home.current()
        if current is not None:
            home.check_free_space()
    except RegularsError as error:
        yield Finding("problem", "home", str(error), error.exit_code)
        return
    what = f"{current.name} as of {current.manifest.as_of}" if current else "nothing published yet"
    yield Finding("ok", "home", f"{path}: {what}")
    mark: Mark = "ok" if free > FEW_BYTES else "warning"
    yield Finding(mark, "disk", f"{free / 1e9:,.1f} GB free at {there}")
    holder = home.holder()
    yield Finding("warning", "lock", f"held by {holder}") if holder else Finding("ok", "lock", "free")


def _source(name: str, source: Source, data: Path) -> Iterator[Finding]:
    subject = f"source {name}"
    with private_connection() as con:
        checker = ExpressionChecker(con)
        wrong = [mistake.sentence for mistake in check_settings(name, source, checker)]
        files = find_files(source, data)
        if not files:
            mark: Mark = "problem" if source.is_required else "warning"
            what = "" if source.is_required else "; it is optional"
            yield Finding(
                mark,
                subject,
                f"no file matches {', '.join(source.paths)} in {data}{what}",
                InputRefused.exit_code if source.is_required else 0,
            )
        yield from (Finding("problem", subject, each, SettingsWrong.exit_code) for each in wrong)
        if wrong or not files:
            return
        size = sum(path.stat().st_size for _, path in files)
        fine = f"{len(files)} files, {size / 1e6:,.1f} MB, feeds {', '.join(source.mappings)}"
        found = list(_newest_file(name, source, files[-1][1], checker))
        yield from found or [Finding("ok", subject, fine)]


def _newest_file(name: str, source: Source, path: Path, checker: ExpressionChecker) -> Iterator[Finding]:
    """Read the newest file as the run would, into a folder that is thrown away."""
    subject = f"source {name}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            landed = land_file(path, path.name, look_at(path), source, Path(folder))
        except Refusal as refusal:
            mark: Mark = "problem" if source.is_required else "warning"
            yield Finding(mark, subject, refusal.sentence, InputRefused.exit_code if source.is_required else 0)
            return
    for mistake in check_mapping(name, source, landed.header, landed.columns, checker):
        yield Finding(
            "warning" if mistake.code == "warning" else "problem",
            subject,
            f"{path.name}: {mistake.sentence}",
            0 if mistake.code == "warning" else InputRefused.exit_code,
        )
    if landed.malformed_count:
        yield Finding("warning", subject, f"{path.name}: {landed.malformed_count} lines are no records")


def _lapse(company: Settings, home: Home) -> Iterator[Finding]:
    """What the last run found out about `lapse_days`: advice, so never a problem."""
    try:
        current = home.current()
        if current is None:
            return
        with duckdb.connect(current.duckdb_file, read_only=True) as con:
            found = con.execute(LAPSE).fetchone()
    except (RegularsError, duckdb.Error):  # said under `home`; or published before there were proposals
        return
    if found is not None:
        yield Finding("ok", "lapse_days", _advice(company.lapse_days, *found))


def _advice(lapse_days: int, proposed: int | None, validated: int, in_time: float | None, reason: str | None) -> str:
    """The setting and the proposal in a sentence.

    Args:
        lapse_days: The present setting.
        proposed: `marts.lapse_proposal`, proposed_lapse_days.
        validated: The setting of the last run.
        in_time: The share of returning customers, 0 to 1, who come back within `validated` days; None when not known.
        reason: Why nothing is proposed, or why the proposal may grow.
    """
    if proposed is None:
        return f"lapse_days is {lapse_days}; nothing is proposed yet: {reason}"
    because = f"90 % of those who come back at all do so within {proposed} days"
    if in_time is not None:
        because += f", {in_time:.1%} within {validated}"
    return f"lapse_days is {lapse_days}; your customers' gaps suggest {proposed}, because {because}" + (
        f" ({reason})" if reason else ""
    )


def _schedule(company: Settings, now: dt.datetime) -> Iterator[Finding]:
    zone = company.company.timezone
    local = now.astimezone(ZoneInfo(zone))
    yield Finding("ok", "schedule", f"{company.schedule.cron} in {zone} (there it is {local:%Y-%m-%d %H:%M})")
    dagster_home = os.environ.get("DAGSTER_HOME")
    if not dagster_home:
        yield Finding("ok", "dagster", "DAGSTER_HOME is not set: runs leave no history beside the generations")
    elif not (Path(dagster_home) / "dagster.yaml").is_file():
        yield Finding("warning", "dagster", f"{dagster_home} has no dagster.yaml; copy the shipped one there")
    else:
        yield Finding("ok", "dagster", f"history in {dagster_home}")
