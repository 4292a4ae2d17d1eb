"""Looks whether everything that a run needs has arrived: something new of every required source, and no file growing.

Put here: which files are new, and when they are complete. Keep out: starting a run (`assets/arrivals.py`), and landing.
Nothing is changed, and the ledger is only read.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from regulars.pipelines.home.durable import hash_file
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.landing import FileState, read_file_state
from regulars.pipelines.sources.source_files import find_files


@dataclass(frozen=True)
class Arrivals:
    """What one look has found.

    Attributes:
        seen: The sizes and times of all files, for the next look.
        run_key: A hash of the new files' content, where a run is due; empty: it is not.
        why: Why no run is due.
    """

    seen: str
    run_key: str = ""
    why: str = ""


@dataclass(frozen=True)
class _Known:
    """What the ledger knows: (source, path, time of change) of each file, and (source, hash) of what landed."""

    places: frozenset[tuple[str, str, object]] = frozenset()
    contents: frozenset[tuple[str, str]] = frozenset()

    def has_place(self, source: str, path: str, state: FileState) -> bool:
        return (source, path, state.modified_at) in self.places


def look_for_arrivals(settings: Settings, data: Path, ledger: Path, seen_before: str) -> Arrivals:
    """Whether every required source has a new file, and no file has changed since the look before.

    Sources that are fetched are not waited for: the run fetches them. Without a required source of files, any new file
    will do. A file that was refused is new again when it has changed.

    Args:
        settings: The company's settings.
        data: The folder that relative paths start from.
        ledger: A copy of the ledger, or a path where there is none.
        seen_before: `seen` of the look before; empty: there was none.
    """
    found = {
        name: [(place, path, read_file_state(path)) for place, path in find_files(source, data)]
        for name, source in settings.sources.items()
        if source.paths
    }
    seen = json.dumps({name: [[place, *_describe(state)] for place, _, state in found[name]] for name in found})
    known = _read_known(ledger)
    new = {
        name: sorted(
            digest
            for place, path, state in files
            if not known.has_place(name, place, state) and (name, digest := hash_file(path)) not in known.contents
        )
        for name, files in (found.items() if seen == seen_before else ())
    }
    required = [name for name in found if settings.sources[name].is_required]
    missing = [name for name in required if not new.get(name)]
    if not any(new.values()) and seen == seen_before:
        return Arrivals(seen, why="nothing new has arrived")
    if seen != seen_before:
        return Arrivals(seen, why="files have changed since the last look: they may still be growing")
    if missing:
        return Arrivals(seen, why=f"nothing new of {', '.join(missing)} yet")
    return Arrivals(seen, run_key=_hash_contents(new))


def _describe(state: FileState) -> tuple[int, int]:
    return state.bytes, state.modified_ns


def _hash_contents(new: Mapping[str, list[str]]) -> str:
    contents = {name: digests for name, digests in sorted(new.items()) if digests}
    return hashlib.sha256(json.dumps(contents).encode()).hexdigest()


def _read_known(ledger: Path) -> _Known:
    if not ledger.exists():
        return _Known()
    with duckdb.connect(ledger) as con:
        rows = con.execute("select source, path, modified_at, file_sha256 from deliveries").fetchall()
    places = {(source, path, modified_at) for source, path, modified_at, _ in rows}
    return _Known(frozenset(places), frozenset((source, digest) for source, _, _, digest in rows if digest))
