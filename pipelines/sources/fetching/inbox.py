"""Keeps what was fetched in the home's inbox until it has landed: `home/inbox/<source>/`.

Put here: the inbox, and what a failed fetch means for its source. Keep out: fetching (`fetch.py`), and landing.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.home.durable import make_private_folder
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.sources.remote_files import RemoteFiles
from regulars.pipelines.sources.archives.delivered_file import DeliveredFile
from regulars.pipelines.sources.fetching.fetch import fetch
from regulars.pipelines.sources.fetching.remote.fetch_files import Fetching, fetch_files
from regulars.pipelines.sources.landing import read_file_state
from regulars.pipelines.sources.readers.refusal import Refusal


@dataclass(frozen=True)
class Fetched:
    """What was fetched: source -> its files in order of delivery, and why others are not there."""

    files: dict[str, list[DeliveredFile]] = field(default_factory=dict)
    refusals: dict[str, list[Refusal]] = field(default_factory=dict)


@contextmanager
def fetch_sources(
    settings: Settings,
    data: Path,
    home: Path,
    known: Mapping[str, Mapping[str, str]],
    *,
    pause: Callable[[float], None],
) -> Iterator[Fetched]:
    """Fetch every source that is no file in a folder; the inbox is emptied at the end, since landing keeps what landed.

    Args:
        settings: The company's settings.
        data: The folder that relative paths start from.
        home: The company's home, whose lock is held.
        known: Source -> path -> version of the files that have landed and are not fetched again.
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
                if not isinstance(source.from_, RemoteFiles):
                    path = fetch(name, source.from_, data, folder, pause=pause)
                    place = path.relative_to(home).as_posix()
                    fetched.files[name] = [DeliveredFile(place, path, read_file_state(path))]
                else:
                    done = fetch_files(source.from_, Fetching(data, folder, known.get(name, {}), pause))
                    fetched.files[name], fetched.refusals[name] = done.files, done.refusals
            except Refusal as refusal:
                fetched.refusals[name] = [refusal]
            except SettingsWrong as wrong:
                if source.is_required:
                    raise SettingsWrong(
                        f"{settings.locate(('sources', name, 'from'))}sources.{name}: {wrong}"
                    ) from None
                fetched.refusals[name] = [Refusal("mapping", str(wrong))]
        yield fetched
    finally:
        shutil.rmtree(inbox, ignore_errors=True)
