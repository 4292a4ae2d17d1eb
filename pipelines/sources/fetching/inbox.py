"""Keeps what was fetched in the home's inbox until it has landed: `home/inbox/<source>/`.

Put here: the inbox, and what a failed fetch means for its source. Keep out: fetching (`fetch.py`), and landing.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.home.durable import make_private_folder
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.sources.api_way import ApiResource
from regulars.pipelines.settings.sources.cursor import Cursor
from regulars.pipelines.settings.sources.remote_files import RemoteFiles
from regulars.pipelines.settings.sources.ways_in import RecordsWay
from regulars.pipelines.sources.archives.delivered_file import DeliveredFile
from regulars.pipelines.sources.fetching.api.changed_records import describe_api_cursor_way
from regulars.pipelines.sources.fetching.by_cursor import CursorWay, fetch_by_cursor
from regulars.pipelines.sources.fetching.changed_rows import describe_cursor_way
from regulars.pipelines.sources.fetching.fetch import fetch
from regulars.pipelines.sources.fetching.fetches import Fetch, Fetches
from regulars.pipelines.sources.fetching.remote.fetch_files import Fetching, fetch_files
from regulars.pipelines.sources.landing import read_file_state
from regulars.pipelines.sources.readers.refusal import Refusal


@dataclass(frozen=True)
class Fetched:
    """What was fetched: source -> its files in order of delivery, and why others are not there.

    A source that is fetched by a cursor has no file where nothing new came.

    Attributes:
        files: Source -> its files.
        refusals: Source -> why others are not there.
        fetches: Source -> what to remember of a fetch by a cursor.
        mistakes: Why the settings keep required sources from being fetched: a missing extra, or a password's variable.
    """

    files: dict[str, list[DeliveredFile]] = field(default_factory=dict)
    refusals: dict[str, list[Refusal]] = field(default_factory=dict)
    fetches: dict[str, Fetch] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Remembered:
    """What the ledger remembers of earlier fetches.

    Attributes:
        files: Source -> path -> version of the files that have landed and are not fetched again.
        fetches: How far each source got that is fetched by a cursor.
        now: The moment of this fetch, UTC without a zone.
        report_progress: Called with a line where a source with a cursor is fetched whole, and why.
    """

    files: Mapping[str, Mapping[str, str]]
    fetches: Fetches
    now: dt.datetime
    report_progress: Callable[[str], None] = lambda line: None


@contextmanager
def fetch_sources(
    settings: Settings, data: Path, home: Path, remembered: Remembered, *, pause: Callable[[float], None]
) -> Iterator[Fetched]:
    """Fetch every source that is no file in a folder; the inbox is emptied at the end, since landing keeps what landed.

    Args:
        settings: The company's settings.
        data: The folder that relative paths start from.
        home: The company's home, whose lock is held.
        remembered: What was fetched before.
        pause: Waits some seconds between attempts.
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
                if isinstance(source.from_, RemoteFiles):
                    done = fetch_files(source.from_, Fetching(data, folder, remembered.files.get(name, {}), pause))
                    fetched.files[name], fetched.refusals[name] = done.files, done.refusals
                    continue
                if source.from_.cursor is None:
                    fetched.files[name] = [_describe(fetch(name, source.from_, data, folder, pause=pause), home)]
                    continue
                way = _describe_way(name, source.from_, source.from_.cursor, data, folder, pause)
                zone = source.timezone or settings.company.timezone
                came = fetch_by_cursor(name, way, remembered.fetches.find_progress(name), remembered.now, zone)
                fetched.fetches[name] = came.fetch
                fetched.files[name] = [] if came.path is None else [_describe(came.path, home)]
                if came.why:
                    remembered.report_progress(f"{name}: fetched whole: {came.why}")
            except Refusal as refusal:
                fetched.refusals[name] = [refusal]
            except SettingsWrong as wrong:
                if source.is_required:
                    fetched.mistakes.append(f"{settings.locate(('sources', name, 'from'))}sources.{name}: {wrong}")
                else:
                    fetched.refusals[name] = [Refusal("mapping", str(wrong))]
        yield fetched
    finally:
        shutil.rmtree(inbox, ignore_errors=True)


def _describe(path: Path, home: Path) -> DeliveredFile:
    return DeliveredFile(path.relative_to(home).as_posix(), path, read_file_state(path))


def _describe_way(
    name: str, way: RecordsWay, cursor: Cursor, data: Path, folder: Path, pause: Callable[[float], None]
) -> CursorWay:
    if isinstance(way, ApiResource):
        return describe_api_cursor_way(name, way, cursor, folder, pause)
    return describe_cursor_way(name, way, cursor, data, folder, pause)
