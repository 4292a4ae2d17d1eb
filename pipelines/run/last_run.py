"""Records how the last run ended, in `home/last_run.json`: `status`, alerts and the summary of a run read it.

A backfill has a file of its own, `last_backfill.json`: that an earlier day could be built says nothing about a nightly
run that failed, and must not hide it.
Put here: writing and reading those two files. Keep out: what decides the outcome.
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regulars.pipelines.home.durable import write_text

FILE_NAME, BACKFILL_FILE_NAME = "last_run.json", "last_backfill.json"


@dataclasses.dataclass(frozen=True)
class LastRun:
    """How one run ended.

    Attributes:
        ended_at: When, aware.
        exit_code: 0, or that of the mistake that stopped it.
        message: A sentence without personal values.
        generation: The generation it published or found repeated; None when it failed.
        is_new: Whether the run made that generation.
        is_backfill: Whether it built an earlier day; readers do not see such a generation.
        undelivered: Target that could not be brought up to date -> why.
        findings: How many findings of each severity the generation has, and how many that are acknowledged.
        new_findings: Sentences of those that the generation before had not, of severity `warning` and not acknowledged.
    """

    ended_at: dt.datetime
    exit_code: int
    message: str
    generation: int | None = None
    is_new: bool = False
    is_backfill: bool = False
    undelivered: Mapping[str, str] = dataclasses.field(default_factory=dict)
    findings: Mapping[str, int] = dataclasses.field(default_factory=dict)
    new_findings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**dataclasses.asdict(self), "ended_at": self.ended_at.isoformat(timespec="seconds")}


def write_last_run(home: Path, run: LastRun) -> None:
    """Replace the file in one step, so that `status` never reads half of it."""
    write_text(home / _name_file(run.is_backfill), json.dumps(run.as_json(), indent=1) + "\n")


def read_last_run(home: Path, *, is_backfill: bool = False) -> LastRun | None:
    """How the last run ended, or the last backfill; None before the first, or when the file is damaged."""
    try:
        values = json.loads((home / _name_file(is_backfill)).read_text(encoding="utf-8"))
        values["ended_at"] = dt.datetime.fromisoformat(values["ended_at"])
        return LastRun(**{**values, "new_findings": tuple(values.get("new_findings", ()))})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def read_latest(home: Path) -> LastRun | None:
    """How the run or backfill ended that was the last of both."""
    found = [each for each in (read_last_run(home), read_last_run(home, is_backfill=True)) if each is not None]
    return max(found, key=lambda each: each.ended_at, default=None)


def _name_file(is_backfill: bool) -> str:
    return BACKFILL_FILE_NAME if is_backfill else FILE_NAME
