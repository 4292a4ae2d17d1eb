"""Keeps what was fetched in the home's inbox until it has landed: `home/inbox/<source>/`.

Put here: the inbox, and what a failed fetch means for its source. Keep out: fetching (`fetch.py`), and landing.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.home.durable import make_private_folder
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.fetching.fetch import fetch
from regulars.pipelines.sources.readers.refusal import Refusal


@dataclass(frozen=True)
class Fetched:
    """What was fetched: source -> its file, or why there is none."""

    files: dict[str, Path] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)


@contextmanager
def fetch_sources(settings: Settings, data: Path, home: Path, *, pause: Callable[[float], None]) -> Iterator[Fetched]:
    """Fetch every source that is no file; the inbox is emptied at the end, since landing keeps what landed.

    Args:
        settings: The company's settings.
        data: The folder that relative paths start from.
        home: The company's home, whose lock is held.
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
                fetched.files[name] = fetch(name, source.from_, data, folder, pause=pause)
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
