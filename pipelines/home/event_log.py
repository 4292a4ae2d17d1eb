"""Writes and reads the event log of a home: which generation was published or rolled back to, and when.

Put here: appending to and reading `events.jsonl`. Keep out: decisions. What readers see is decided by the symlink
`current`; the log only says how that came about, and which generation numbers were ever used.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from regulars.pipelines.home.durable import append_line

FILE_NAME = "events.jsonl"


def append_event(home: Path, event: str, *, at: dt.datetime, generation: int, **facts: object) -> None:
    """Add one line to the log and wait until the disk holds it.

    Args:
        home: The company's home.
        event: `published`, `published_aside` or `rolled_back`.
        at: When, aware.
        generation: The generation that the event is about.
        facts: Further facts about the event, as plain JSON values.

    Raises:
        OSError: The line could not be written.
    """
    line = json.dumps({"at": at.isoformat(timespec="seconds"), "event": event, "generation": generation, **facts})
    append_line(home / FILE_NAME, line)


def read_events(home: Path) -> list[dict[str, Any]]:
    """The events, oldest first. A line torn by a power cut is left out."""
    path = home / FILE_NAME
    if not path.exists():
        return []
    events = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            events.append(event)
    return events
