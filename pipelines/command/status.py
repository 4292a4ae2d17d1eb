"""Shows the status of a home: what readers see, how old it is, how the last run went.

Put here: the check for cron that the last good run is recent. Keep out: anything that opens a database.
"""

import datetime as dt
import json
import re
from typing import Any

from regulars.pipelines.command.findings import list_said
from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.errors import InputRefused, UsageWrong
from regulars.pipelines.findings.published import count_findings
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.target_records import read_target_records
from regulars.pipelines.run.last_run import read_last_run

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def read_status(home: Home, *, max_age: str, as_json: bool, now: dt.datetime) -> tuple[str, int]:
    """The state of a home as text, and an exit code: 0, or 4 when the last good run is older than `max_age`.

    A run that found nothing new is a good run: it has shown that the published generation is up to date.

    Args:
        home: The company's home.
        max_age: Such as `26h`, `90m` or `2d`; empty for no limit.
        as_json: For machines.
        now: An aware moment.
    """
    generation, last, holder = find_current(home), read_last_run(home.path), home.holder()
    manifest = generation.manifest
    is_good = last is not None and last.exit_code == 0
    good_at = max(manifest.created_at, last.ended_at) if last and is_good else manifest.created_at
    age = now - good_at
    limit = _parse_age(max_age) if max_age else None
    facts: dict[str, Any] = {
        "generation": generation.name,
        "as_of": manifest.as_of.isoformat(),
        "published_at": manifest.created_at.isoformat(timespec="seconds"),
        "last_good_run": good_at.isoformat(timespec="seconds"),
        "age_hours": round(age.total_seconds() / 3600, 2),
        "is_too_old": limit is not None and age > limit,
        "rows": sum(table.rows for table in manifest.tables.values()),
        "tables": len(manifest.tables),
        "checks": dict(manifest.checks),
        "findings": count_findings(manifest.findings),
        "said": [sentence for _, sentence in list_said(manifest.findings)],
        "headline": dict(manifest.headline),
        "stale_sources": [each.get("source") for each in manifest.sources if each.get("is_stale")],
        "targets": {name: each.as_json() for name, each in read_target_records(home.path).items()},
        "last_run": last.as_json() if last else None,
        "running": str(holder) if holder else None,
    }
    code = InputRefused.exit_code if facts["is_too_old"] else 0
    return (json.dumps(facts, indent=1, default=str) if as_json else _write_lines(facts)), code


def _write_lines(facts: dict[str, Any]) -> str:
    lines = [
        f"{facts['generation']}, as of {facts['as_of']}, last proven {facts['age_hours']} hours ago"
        + (": TOO OLD" if facts["is_too_old"] else ""),
        f"{count_things(facts['tables'], 'table')}, {count_things(facts['rows'], 'row')}; checks: "
        + ", ".join(f"{count} {what}" for what, count in facts["checks"].items()),
    ]
    lines += [f"warning: {sentence}" for sentence in facts["said"]]
    if facts["stale_sources"]:
        lines.append(f"stale sources: {', '.join(map(str, facts['stale_sources']))}")
    for name, target in facts["targets"].items():
        holds = f"target {name} holds {target['generation'] or 'nothing'}"
        because = f", because the last attempt failed: {target['failure']}" if target["failure"] else ""
        lines.append(holds + (because or (target["remark"] and f"; {target['remark']}")))
    last = facts["last_run"]
    if last and last["exit_code"]:
        lines.append(f"the last run failed at {last['ended_at']} (exit {last['exit_code']}): {last['message']}")
    if facts["running"]:
        lines.append(f"running now: {facts['running']}")
    return "\n".join(lines)


def _parse_age(text: str) -> dt.timedelta:
    match = re.fullmatch(r"(\d+)([mhd])", text)
    if match is None:
        raise UsageWrong(f"--max-age {text}: write a number and m, h or d, such as 26h")
    return dt.timedelta(**{UNITS[match[2]]: int(match[1])})
