"""Lands one delivered file: copies and hashes its bytes, reads its text once, and makes both durable.

Put here: copying, hashing, growing files, choosing the reader. Keep out: the ledger, and what a refusal means.
"""

import datetime as dt
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.durable import put_in_place
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.archives.members import Member, copy_member
from regulars.pipelines.sources.readers.by_format import find_record_lines, read_file
from regulars.pipelines.sources.readers.header import find_column
from regulars.pipelines.sources.readers.landed_text import (
    Landed,
    malformed_path,
    open_private_connection,
    original_path,
    read_landed,
    readable_text_path,
    text_path,
)
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.reworking.reworked_text import rework_text

_CHUNK = 1 << 20
_WORK = ".landing-"


@dataclass(frozen=True)
class FileState:
    """The state of a file at one moment: its size in bytes and the time of its last change."""

    bytes: int
    modified_ns: int

    @property
    def modified_at(self) -> dt.datetime:
        """UTC, without a zone, to the microsecond."""
        return dt.datetime.fromtimestamp(0, dt.UTC).replace(tzinfo=None) + dt.timedelta(
            microseconds=self.modified_ns // 1000
        )


def read_file_state(path: Path) -> FileState:
    """Size and time of change of a file, symlinks followed."""
    found = path.stat()
    return FileState(found.st_size, found.st_mtime_ns)


def check_unchanged(path: Path, file_name: str, before: FileState) -> None:
    """Check that a file has not changed since `before`.

    Raises:
        Refusal: It has changed, or is gone.
    """
    try:
        grown = read_file_state(path) != before
    except FileNotFoundError:
        grown = True
    if grown:
        raise Refusal("growing", f"{file_name} is still being written: run again when the delivery is complete")


def land_file(
    path: Path, file_name: str, before: FileState, source: Source, landing: Path, member: Member | None = None
) -> Landed:
    """Copy a file into the landing and read it, unless both was done before.

    Args:
        path: The delivered file, or the archive that it is in.
        file_name: The name to use in sentences.
        before: The state of the file before; it must not change meanwhile.
        source: How the file is written.
        landing: The folder of landed files; made when absent.
        member: Which file of the archive it is.

    Raises:
        Refusal: The file cannot be used. Nothing of it stays in the landing.
    """
    with _make_private_folder(landing) as work:
        copy = work / "original"
        file_sha256 = _copy(path, copy) if member is None else copy_member(path, member, copy)
        check_unchanged(path, file_name, before)
        return _read(copy, file_name, file_sha256, source, landing, work)


def read_landed_file(
    con: duckdb.DuckDBPyConnection, file_sha256: str, file_name: str, source: Source, landing: Path
) -> Landed:
    """Describe a file that landed before; read its original again where the reader or its options have changed.

    Raises:
        Refusal: With the new reader or options the file cannot be used.
        StorageFailed: Both its text and its original are gone.
    """
    found = read_landed(con, readable_text_path(landing, file_sha256, source))
    original = original_path(landing, file_sha256)
    if found is not None and (_has_mapped_header(found, source) or not original.exists()):
        return found
    if not original.exists():
        raise StorageFailed(
            f"the landed text of {file_name} ({file_sha256[:12]}) is gone and so is its original: deliver the file "
            "again, or restore the landing from a backup"
        )
    with _make_private_folder(landing) as work:
        copy = work / "original"
        shutil.copyfile(original, copy)
        return _read(copy, file_name, file_sha256, source, landing, work)


def find_lines(records: set[int], file_sha256: str, source: Source, landing: Path) -> dict[int, int]:
    """The line of the delivered text on which each record begins; both count from 1, records after the header.

    Where the original is gone, or the format has no lines, the mapping is empty.

    Args:
        records: Numbers of sound records, as in `_row`.
        file_sha256: The file.
        source: How it is written.
        landing: The folder of landed files.
    """
    original = original_path(landing, file_sha256)
    if source.reshape is not None or not original.exists():
        return {}
    with _make_private_folder(landing) as work:
        return find_record_lines(original, source, records, work)


def sweep_originals(landing: Path, landed_before: dt.datetime) -> int:
    """Remove originals that landed before an aware moment; an original without landed text stays.

    Returns:
        How many were removed.
    """
    old = [
        path
        for path in landing.glob("*.orig")
        if path.stat().st_mtime < landed_before.timestamp() and any(landing.glob(f"{path.stem}-r*.parquet"))
    ]
    for path in old:
        path.unlink()
    return len(old)


def sweep_unfinished(landing: Path) -> None:
    """Remove the work folders of killed runs. The caller holds the home's lock."""
    for folder in landing.glob(f"{_WORK}*"):
        shutil.rmtree(folder)


def _read(copy: Path, file_name: str, file_sha256: str, source: Source, landing: Path, work: Path) -> Landed:
    target = text_path(landing, file_sha256, source)
    with open_private_connection() as con:
        known = read_landed(con, target)
    is_kept = known is not None and (known.secret_columns or original_path(landing, file_sha256).exists())
    if known is not None and is_kept and _has_mapped_header(known, source):
        return known
    ready = rework_text(read_file(copy, file_name, file_sha256, source, work), source, work)
    landed = ready.landed
    if not landed.secret_columns:
        put_in_place(copy, original_path(landing, file_sha256))
    if landed.malformed_count:
        put_in_place(ready.malformed, malformed_path(target))
    put_in_place(ready.text, target)  # last: where it is, the others are too
    return landed


def _has_mapped_header(landed: Landed, source: Source) -> bool:
    """Whether a header that was found in a sheet by the names in the settings still fits them."""
    if source.reader != "workbook" or not source.mapped_names:
        return True
    return any(find_column(name, landed.columns) for names in source.mapped_names for name in names)


def _copy(path: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream, target.open("wb") as out:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


@contextmanager
def _make_private_folder(landing: Path) -> Iterator[Path]:
    """A private folder beside the landed files, so that one rename puts them in place. They hold personal data."""
    landing.mkdir(parents=True, exist_ok=True)
    landing.chmod(0o700)
    with tempfile.TemporaryDirectory(prefix=_WORK, dir=landing) as work:
        yield Path(work)
