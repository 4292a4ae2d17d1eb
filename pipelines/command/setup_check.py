"""Defines one line of what the doctor says, and checks whether a source that is no file can be fetched.

Put here: that line, and that check. Keep out: what else is checked (`doctor.py`), and fetching (`sources/fetching/`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.errors import InputRefused, SettingsWrong
from regulars.pipelines.settings.source import Source
from regulars.pipelines.settings.ways_in import DatabaseTable
from regulars.pipelines.sources.fetching.fetch import list_columns
from regulars.pipelines.sources.readers.refusal import Refusal

Mark = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class SetupCheck:
    """The result of one check."""

    mark: Mark
    subject: str
    sentence: str
    exit_code: int = 0


def check_fetched_source(name: str, source: Source, way: DatabaseTable, data: Path) -> SetupCheck:
    """Whether a source can be fetched, and what would come."""
    try:
        columns = list_columns(way, data)
    except (Refusal, SettingsWrong) as error:
        code = error.exit_code if isinstance(error, SettingsWrong) else InputRefused.exit_code
        mark: Mark = "problem" if source.is_required else "warning"
        return SetupCheck(mark, f"source {name}", str(error), code if source.is_required else 0)
    feeds = ", ".join(source.mappings)
    return SetupCheck("ok", f"source {name}", f"{way.what}: {count_things(len(columns), 'column')}, feeds {feeds}")
