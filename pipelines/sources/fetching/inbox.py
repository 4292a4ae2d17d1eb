"""Keeps what was fetched in the home's inbox until it has landed: `home/inbox/<source>/`.

Put here: the inbox, and what a failed fetch means for its source. Keep out: fetching (`fetch.py`), and landing.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.home.durable import make_private_folder
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.sources.api_way import ApiResource
from regulars.pipelines.settings.sources.cursor import Cursor
from regulars.pipelines.settings.sources.ways_in import WayIn
from regulars.pipelines.sources.fetches import Fetch, Fetches
from regulars.pipelines.sources.fetching.api.changed_records import describe_api_cursor_way
from regulars.pipelines.sources.fetching.by_cursor import CursorWay, fetch_by_cursor
from regulars.pipelines.sources.fetching.changed_rows import describe_cursor_way
from regulars.pipelines.sources.fetching.fetch import fetch
from regulars.pipelines.sources.readers.refusal import Refusal


@dataclass(frozen=True)
class Fetched:
    """What was fetched: source -> its file, or why there is none; and what to remember of a fetch by a cursor.

    A source that is fetched by a cursor has no file where nothing new came.
    """

    files: dict[str, Path] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)
    fetches: dict[str, Fetch] = field(default_factory=dict)


@dataclass(frozen=True)
class Remembered:
    """What fetching by a cursor needs to know: how far each source got, and which moment it is.

    Attributes:
        fetches: The ledger's.
        now: UTC without a zone.
        report_progress: Called with a line where everything is fetched, and why.
    """

    fetches: Fetches
    now: dt.datetime
    report_progress: Callable[[str], None] = lambda line: None


@contextmanager
def fetch_sources(
    settings: Settings, data: Path, home: Path, remembered: Remembered, *, pause: Callable[[float], None]
) -> Iterator[Fetched]:
    """Fetch every source that is no file; the inbox is emptied at the end, since landing keeps what landed.

    Args:
        settings: The company's settings.
        data: The folder that relative paths start from.
        home: The company's home, whose lock is held.
        remembered: How far each source got that is fetched by a cursor.
        pause: Waits some seconds between attempts.

    Raises:
        SettingsWrong: An extra or the variable of a password is missing, for a required source.
    """
    ways = {name: source for name, source in settings.sources.items() if source.from_ is not None}
    fetched = Fetched()
    inbox = home / "inbox"
    shutil.rmtree(inbox, ignore_errors=True)  # left by a killed run
    if not ways:
        yield fetched
        return
    make_private_folder(inbox)
    try:
        for name, source in ways.items():
            assert source.from_ is not None
            folder = inbox / name
            make_private_folder(folder)
            try:
                if source.from_.cursor is None:
                    fetched.files[name] = fetch(name, source.from_, data, folder, pause=pause)
                    continue
                way = _describe_way(name, source.from_, source.from_.cursor, data, folder, pause)
                zone = source.timezone or settings.company.timezone
                _fetch_changes(name, way, zone, remembered, fetched)
            except Refusal as refusal:
                fetched.refusals[name] = refusal
            except SettingsWrong as wrong:
                if source.is_required:
                    raise SettingsWrong(
                        f"{settings.locate(('sources', name, 'from'))}sources.{name}: {wrong}"
                    ) from None
                fetched.refusals[name] = Refusal("mapping", str(wrong))
        yield fetched
    finally:
        shutil.rmtree(inbox, ignore_errors=True)


def _describe_way(
    name: str, way: WayIn, cursor: Cursor, data: Path, folder: Path, pause: Callable[[float], None]
) -> CursorWay:
    if isinstance(way, ApiResource):
        return describe_api_cursor_way(name, way, cursor, folder, pause)
    return describe_cursor_way(name, way, cursor, data, folder, pause)


def _fetch_changes(name: str, way: CursorWay, zone: str, remembered: Remembered, fetched: Fetched) -> None:
    progress = remembered.fetches.find_progress(name)
    came = fetch_by_cursor(name, way, progress, remembered.now, zone)
    fetched.fetches[name] = came.fetch
    if came.path is not None:
        fetched.files[name] = came.path
    if came.why:
        remembered.report_progress(f"{name}: fetched whole: {came.why}")
