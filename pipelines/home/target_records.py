"""Records which generation each target holds, in `home/targets.json`, as the last attempt left it.

Put here: writing and reading that one file, so that `status` asks no target. Keep out: delivering (`publish/`).
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regulars.pipelines.home.durable import write_text

FILE_NAME = "targets.json"


@dataclasses.dataclass(frozen=True)
class TargetRecord:
    """How the last attempt to deliver to a target ended.

    Attributes:
        generation: The name of the generation that the target holds; None when none has reached it.
        tried_at: When, aware.
        failure: Why that attempt failed, without personal values; empty when it did not.
        remark: What to look at though it succeeded, such as who kept a lock; empty: nothing.
    """

    generation: str | None
    tried_at: dt.datetime
    failure: str = ""
    remark: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**dataclasses.asdict(self), "tried_at": self.tried_at.isoformat(timespec="seconds")}


def write_target_records(home: Path, records: Mapping[str, TargetRecord]) -> None:
    """Replace the file in one step.

    Raises:
        OSError: The disk failed.
    """
    write_text(home / FILE_NAME, json.dumps({name: each.as_json() for name, each in records.items()}, indent=1) + "\n")


def read_target_records(home: Path) -> dict[str, TargetRecord]:
    """Target -> how the last attempt ended; empty before the first, or when the file is damaged."""
    try:
        values = json.loads((home / FILE_NAME).read_text(encoding="utf-8"))
        return {
            name: TargetRecord(**{**each, "tried_at": dt.datetime.fromisoformat(each["tried_at"])})
            for name, each in values.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
