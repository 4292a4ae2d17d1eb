"""How the last night ended, in `home/last_night.json`: for `status`, for alerts, and for the closing words of a run.

Put here: writing and reading that one file. Keep out: what decides the outcome.
"""

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

FILE_NAME = "last_night.json"


@dataclasses.dataclass(frozen=True)
class LastNight:
    """The end of one night.

    Attributes:
        ended_at: When, aware.
        exit_code: 0, or that of the mistake that stopped it.
        message: A sentence without personal values.
        generation: The generation it published or found repeated; None when it failed.
        is_new: Whether that generation was made by it.
        is_backfill: Whether it built an earlier day aside; then it says nothing about what readers see.
    """

    ended_at: dt.datetime
    exit_code: int
    message: str
    generation: int | None = None
    is_new: bool = False
    is_backfill: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**dataclasses.asdict(self), "ended_at": self.ended_at.isoformat(timespec="seconds")}


def write_last_night(home: Path, night: LastNight) -> None:
    """Replace the file in one step, so that `status` never reads half of it."""
    fresh = home / f".{FILE_NAME}.fresh"
    fresh.write_text(json.dumps(night.as_json(), indent=1) + "\n", encoding="utf-8")
    fresh.replace(home / FILE_NAME)


def read_last_night(home: Path) -> LastNight | None:
    """How the last night ended; None before the first, or when the file is damaged."""
    try:
        values = json.loads((home / FILE_NAME).read_text(encoding="utf-8"))
        return LastNight(**{**values, "ended_at": dt.datetime.fromisoformat(values["ended_at"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
