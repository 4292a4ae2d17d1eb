"""Lists and copies the files of a source that lie in buckets.

Put here: what is particular to buckets as a source. Keep out: requests and credentials (`pipelines/servers/buckets/`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regulars.pipelines.servers.buckets.bucket import Bucket, ObjectChanged, StoredObject
from regulars.pipelines.servers.buckets.failures import BucketLost, BucketRefused
from regulars.pipelines.settings.sources.remote_files import BucketFiles
from regulars.pipelines.sources.fetching.connection_lost import ConnectionLost
from regulars.pipelines.sources.fetching.remote.remote_place import (
    FileChanged,
    Matches,
    RemoteFile,
    TimeLimit,
    match_listed,
)
from regulars.pipelines.sources.names.name_patterns import find_fixed_folder
from regulars.pipelines.sources.readers.refusal import Refusal


class InBucket:
    """The buckets that the settings of a source name.

    Args:
        way: Where the files are.
        limit: Until when fetching may go on.

    Raises:
        SettingsWrong: The variable of a key is not set.
    """

    may_grow = False
    """An object is seen whole or not at all."""

    def __init__(self, way: BucketFiles, limit: TimeLimit) -> None:
        self._way, self._limit = way, limit
        self._buckets: dict[str, Bucket] = {}
        self._listed: dict[str, StoredObject] = {}

    def list_matches(self) -> list[Matches]:
        """What fits each address or glob, as `RemotePlace` has it."""
        found = []
        for pattern in self._way.patterns:
            self._limit.check()
            scheme, _, rest = pattern.partition("://")
            bucket, _, key_pattern = rest.partition("/")
            place = f"{scheme}://{bucket}"
            with _say_failures():
                files = list(self._list_files(place, key_pattern))
            found.append(match_listed(pattern, key_pattern, files))
        return found

    def copy(self, file: RemoteFile, target: Path) -> None:
        """Copy an object, as `RemotePlace` has it."""
        place = file.path.removesuffix(f"/{file.key}")
        with _say_failures():
            try:
                self._buckets[place].download(self._listed[file.path], target, self._limit.check)
            except ObjectChanged:
                raise FileChanged from None

    def _list_files(self, place: str, key_pattern: str) -> Iterator[RemoteFile]:
        if place not in self._buckets:
            self._buckets[place] = Bucket(place, self._way)
        for each in self._buckets[place].list_objects(find_fixed_folder(key_pattern)):
            path = f"{place}/{each.key}"
            self._listed[path] = each
            modified_ns = int(each.modified_at.timestamp() * 1_000_000) * 1000
            yield RemoteFile(path, each.key, each.bytes, modified_ns, each.e_tag or "")


@contextmanager
def _say_failures() -> Iterator[None]:
    try:
        yield
    except BucketLost as lost:
        raise ConnectionLost(str(lost)) from None
    except BucketRefused as refused:
        raise Refusal("unfetched", str(refused)) from None
