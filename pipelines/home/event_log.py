"""The home's diary: which generation was published or rolled back to, and when.

Put here: appending to and reading `events.jsonl`. Keep out: decisions. The truth about what readers see is the
symlink `current`; the diary tells how it came to be so, and which numbers were ever used.
"""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

from regulars.pipelines.home.durable import sync

FILE_NAME = "events.jsonl"


def append_event(home: Path, event: str, *, at: dt.datetime, generation: int, **facts: object) -> None:
    """Add one line to the diary and wait until the disk holds it.

    Args:
        home: The company's home.
        event: `published`, `published_aside` or `rolled_back`.
        at: When, aware.
        generation: The generation it is about.
        facts: More of it, as plain JSON values.

    Raises:
        OSError: The line could not be written.
    """
    path = home / FILE_NAME
    line = json.dumps({"at": at.isoformat(timespec="seconds"), "event": event, "generation": generation, **facts})
    torn = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, (("\n" if torn else "") + line + "\n").encode())
    finally:
        os.close(descriptor)
    sync(path)


def read_events(home: Path) -> list[dict[str, Any]]:
    """The diary, oldest first. A line torn by a power cut is passed over."""
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
