"""Fetches the files of a source that lie in a bucket or on a server: those that are new or have changed.

Put here: which files are fetched, attempts, the time limit, all or nothing. Keep out: any one place (`in_bucket.py`,
`on_sftp.py`), and landing.
"""

import importlib.util
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.sources.remote_files import BucketFiles, RemoteFiles
from regulars.pipelines.sources.archives.delivered_file import DeliveredFile
from regulars.pipelines.sources.fetching.connection_lost import ConnectionLost
from regulars.pipelines.sources.fetching.remote.remote_place import (
    FileChanged,
    Matches,
    RemoteFile,
    RemotePlace,
    TimeLimit,
)
from regulars.pipelines.sources.landing import FileState
from regulars.pipelines.sources.readers.refusal import Refusal

PAUSES = (1.0, 4.0)
"""Seconds before the second and the third attempt."""
_RECENT_SECONDS = 2
_LOOK_AGAIN_SECONDS = 0.5
_LONGEST_NAME = 255
Result = TypeVar("Result")


@dataclass
class FetchedFiles:
    """The files of a source in order of delivery, and what could not be fetched."""

    files: list[DeliveredFile] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True)
class Fetching:
    """What fetching needs beside the settings.

    Attributes:
        data: The folder that relative paths start from.
        folder: A private folder, for the files.
        known: Path -> version of the files that have landed.
        pause: Waits some seconds.
    """

    data: Path
    folder: Path
    known: Mapping[str, str] = field(default_factory=dict)
    pause: Callable[[float], None] = time.sleep


def fetch_files(way: RemoteFiles, fetching: Fetching) -> FetchedFiles:
    """Fetch the files that are new or have changed; where the connection does not hold, none.

    Raises:
        SettingsWrong: An extra or the variable of a secret is missing.
        Refusal: They cannot be fetched.
    """
    copied: dict[tuple[str, str], Path] = {}

    def fetch_in(place: RemotePlace) -> FetchedFiles:
        found = _list_steady(place, fetching.pause)
        fetched = FetchedFiles(refusals=[*_refuse_missing(found.matches)])
        for file in found.files:
            try:
                fetched.files.append(_fetch_file(file, place, fetching, copied, is_steady=file not in found.growing))
            except FileChanged:
                fetched.refusals.append(
                    Refusal("growing", f"{file.path} is still being written: run again when the delivery is complete")
                )
        return fetched

    return _try_again(way, fetching, fetch_in)


def list_remote_files(way: RemoteFiles, data: Path, *, pause: Callable[[float], None] = time.sleep) -> list[RemoteFile]:
    """The files that a first run would fetch, in order of delivery; nothing is copied.

    Raises:
        SettingsWrong: As for `fetch_files`.
        Refusal: As for `fetch_files`, and where one path or glob has no file.
    """

    def list_in(place: RemotePlace) -> list[RemoteFile]:
        matches = place.list_matches()
        for refusal in _refuse_missing(matches):
            raise refusal
        return _order(matches)

    return _try_again(way, Fetching(data, data, pause=pause), list_in)


def fetch_newest_file(way: RemoteFiles, fetching: Fetching) -> tuple[Path, int]:
    """Copy the file that would be delivered last; its path, and how many files there are.

    Raises:
        SettingsWrong: As for `fetch_files`.
        Refusal: As for `fetch_files`, and where there is none.
    """

    def fetch_in(place: RemotePlace) -> tuple[Path, int]:
        matches = place.list_matches()
        files = _order(matches)
        for refusal in _refuse_missing(matches):
            raise refusal
        try:
            return _fetch_file(files[-1], place, fetching, {}, is_steady=True).path, len(files)
        except FileChanged:
            raise Refusal("growing", f"{files[-1].path} is still being written") from None

    return _try_again(way, fetching, fetch_in)


@dataclass(frozen=True)
class _Found:
    matches: list[Matches]
    files: list[RemoteFile]
    growing: frozenset[RemoteFile]


def _list_steady(place: RemotePlace, pause: Callable[[float], None]) -> _Found:
    """What is there; where files can grow, one that was changed just now is looked at twice."""
    matches = place.list_matches()
    files = _order(matches)
    now_ns = time.time_ns()
    if not place.may_grow or all(abs(now_ns - file.modified_ns) > _RECENT_SECONDS * 1e9 for file in files):
        return _Found(matches, files, frozenset())
    pause(_LOOK_AGAIN_SECONDS)
    matches = place.list_matches()
    again = _order(matches)
    return _Found(matches, again, frozenset(again) - frozenset(files))


def _order(matches: list[Matches]) -> list[RemoteFile]:
    """The files in order of delivery: the list of the settings first; one that fits twice at its first place."""
    return list({file.path: file for each in matches for file in each.files}.values())


def _refuse_missing(matches: list[Matches]) -> Iterator[Refusal]:
    for each in matches:
        if not each.files:
            passed = f" ({', '.join(each.unfinished[:3])} is an upload that is not finished)" if each.unfinished else ""
            yield Refusal("missing", f"no file at {each.pattern}{passed}: deliver it, or correct `from`")


def _fetch_file(
    file: RemoteFile,
    place: RemotePlace,
    fetching: Fetching,
    copied: dict[tuple[str, str], Path],
    *,
    is_steady: bool,
) -> DeliveredFile:
    """The file as landing takes it; it is copied unless it has landed, or an attempt before has copied it."""
    if fetching.known.get(file.path) == file.version:
        state = FileState(file.bytes, file.modified_ns)
        return DeliveredFile(file.path, fetching.folder / file.name, state, version=file.version, is_here=False)
    if not is_steady:
        raise FileChanged
    if len(os.fsencode(file.name)) > _LONGEST_NAME or "\0" in file.name:
        raise Refusal("unfetched", f"a file of {file.path.rpartition('/')[0]} has a name that no file here can have")
    target = copied.get((file.path, file.version))
    if target is None:
        target = fetching.folder / str(len(list(fetching.folder.iterdir()))) / file.name
        target.parent.mkdir()
        place.copy(file, target)
        os.utime(target, ns=(file.modified_ns, file.modified_ns))
        copied[file.path, file.version] = target
    state = FileState(file.bytes, target.stat().st_mtime_ns)
    return DeliveredFile(file.path, target, state, version=file.version)


def _try_again(way: RemoteFiles, fetching: Fetching, work: Callable[[RemotePlace], Result]) -> Result:
    """Do work in the place, three times where the connection is lost."""
    limit = TimeLimit(way.what, time.monotonic() + 60 * way.time_limit_minutes)
    for seconds in (*PAUSES, None):
        try:
            with _open(way, fetching.data, limit) as place:
                return work(place)
        except ConnectionLost as lost:
            if seconds is None or limit.seconds < seconds:
                raise Refusal("unfetched", f"{lost}; see that it runs and `from` is right") from None
            fetching.pause(seconds)
    raise AssertionError


@contextmanager
def _open(way: RemoteFiles, data: Path, limit: TimeLimit) -> Iterator[RemotePlace]:
    if isinstance(way, BucketFiles):
        if importlib.util.find_spec("obstore") is None:
            raise SettingsWrong("files in a bucket need obstore: `pip install 'regulars[buckets]'`")
        from regulars.pipelines.sources.fetching.remote.in_bucket import InBucket

        yield InBucket(way, limit)
        return
    if importlib.util.find_spec("asyncssh") is None:
        raise SettingsWrong("files on an SFTP server need asyncssh: `pip install 'regulars[sftp]'`")
    from regulars.pipelines.sources.fetching.remote.on_sftp import OnSftp

    with OnSftp(way, data / Path(way.known_hosts).expanduser(), limit) as server:
        yield server
