"""Copies the beginning of delivered files into a temporary folder, so that large files can be looked at in seconds.

Put here: which files of a source are looked at, and where they are cut. Keep out: reading them (`pipelines/sources`).
"""

import codecs
import dataclasses
import gzip
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.pipelines.settings.sources.api_way import ApiResource
from regulars.pipelines.settings.sources.remote_files import RemoteFiles
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.archives.delivered_file import DeliveredFile, open_archive
from regulars.pipelines.sources.archives.members import copy_member
from regulars.pipelines.sources.fetching.changed_rows import ask_for_first_rows
from regulars.pipelines.sources.fetching.fetch import fetch, fetch_sample
from regulars.pipelines.sources.fetching.remote.fetch_files import Fetching, fetch_newest_file
from regulars.pipelines.sources.landing import read_file_state
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.source_files import find_files

WHOLE_BYTES = 32_000_000
"""Files of a source up to so many bytes together are read whole."""
SAMPLE_BYTES = 4_000_000
_SAMPLE_ROWS = 20_000
_CUTS_TRIED = 200


@dataclass(frozen=True)
class Sample:
    """What is looked at of one source.

    Attributes:
        source: Its settings, with the paths of the copies.
        names: The names of the files, in order of delivery.
        file_count: How many files the source has.
        is_whole: Whether all that the next run would read of it is looked at.
        is_cut: Whether only the beginning of a file is.
    """

    source: Source
    names: tuple[str, ...]
    file_count: int
    is_whole: bool
    is_cut: bool

    @property
    def extent(self) -> str:
        """What was looked at, in words."""
        if not self.names:
            return "no file"
        if self.is_cut:
            return f"the beginning of {self.names[-1]}"
        if self.is_whole:
            return f"all of {self.names[0]}" if len(self.names) == 1 else f"all of {len(self.names)} files"
        return f"{self.names[-1]}, the newest of {self.file_count} files"


def take_sample(name: str, source: Source, data: Path, folder: Path) -> Sample:
    """Copy what is to be looked at of a source: all of it, or the beginning of its newest file.

    Args:
        name: The source.
        source: Its settings.
        data: The folder that relative source paths start from.
        folder: A temporary folder; the copies are put below it.

    Raises:
        OSError: A file cannot be read.
        Refusal: The source cannot be fetched.
        SettingsWrong: An extra or the variable of a password is missing for fetching.
    """
    if source.from_ is not None:
        return _take_fetched_sample(name, source, data, folder)
    found = find_files(source, data)
    if source.member is not None:
        with suppress(Refusal):  # landing says what is wrong with an archive
            return _take_members(name, source, found, folder)
    wanted = found if source.delivery_mode != "full" else found[-1:]
    is_whole = sum(path.stat().st_size for _, path in wanted) <= WHOLE_BYTES
    chosen = wanted if is_whole else wanted[-1:]
    copies = []
    is_cut = False
    for number, (_, path) in enumerate(chosen):
        copy = folder / name / str(number) / path.name
        copy.parent.mkdir(parents=True)
        if is_whole or path.stat().st_size <= SAMPLE_BYTES or source.reader in ("workbook", "json"):
            shutil.copyfile(path, copy)
        else:
            is_cut = True
            _copy_beginning(path, source, copy)
        moment = path.stat().st_mtime
        os.utime(copy, (moment, moment))
        copies.append(str(copy))
    changed: dict[str, object] = {"path": copies or source.path, "max_age_hours": None, "required": False}
    if is_cut:
        changed["options"] = source.options.model_copy(update={"final_newline": "optional"})
    names = tuple(path.name for _, path in chosen)
    return Sample(source.model_copy(update=changed), names, len(found), is_whole, is_cut)


def _take_members(name: str, source: Source, archives: list[tuple[str, Path]], folder: Path) -> Sample:
    """Unpack what is to be looked at of the files in archives: all of it, or the newest file."""
    files = [
        each
        for ledger_path, path in (archives[-1:] if source.delivery_mode == "full" else archives)
        for each in open_archive(DeliveredFile(ledger_path, path, read_file_state(path)), source)
    ]
    is_whole = sum(file.bytes for file in files) <= WHOLE_BYTES
    chosen = files if is_whole else files[-1:]
    copies = []
    for number, file in enumerate(chosen):
        copy = folder / name / str(number) / file.file_name.replace("/", " ")
        copy.parent.mkdir(parents=True)
        if file.member is not None:
            copy_member(file.path, file.member, copy)
        os.utime(copy, ns=(file.state.modified_ns, file.state.modified_ns))
        copies.append(str(copy))
    changed = {"path": copies or source.path, "max_age_hours": None, "required": False, "member": None}
    names = tuple(file.file_name for file in chosen)
    return Sample(source.model_copy(update=changed), names, len(files), is_whole, is_cut=False)


def _take_fetched_sample(name: str, source: Source, data: Path, folder: Path) -> Sample:
    """The first rows of a database, in whatever order it gives them; of an API the first page, of files the newest."""
    assert source.from_ is not None
    if isinstance(source.from_, RemoteFiles):
        return _take_newest_remote_file(name, source, source.from_, data, folder)
    inbox = folder / name
    inbox.mkdir(parents=True)
    if isinstance(source.from_, ApiResource):
        path, is_cut = fetch_sample(name, source.from_, data, inbox), True
    else:
        path = fetch(name, ask_for_first_rows(source.from_, _SAMPLE_ROWS), data, inbox)
        with pq.ParquetFile(path) as fetched:
            is_cut = fetched.metadata.num_rows == _SAMPLE_ROWS
    changed = {"from_": None, "path": str(path), "max_age_hours": None, "required": False}
    return Sample(source.model_copy(update=changed), (path.name,), 1, is_whole=not is_cut, is_cut=is_cut)


def _take_newest_remote_file(name: str, source: Source, way: RemoteFiles, data: Path, folder: Path) -> Sample:
    fetched = folder / "fetched" / name
    fetched.mkdir(parents=True)
    path, count = fetch_newest_file(way, Fetching(data, fetched))
    in_folder = source.model_copy(update={"from_": None, "path": str(path)})
    sample = take_sample(name, in_folder, data, folder)
    return dataclasses.replace(sample, file_count=count, is_whole=sample.is_whole and count == 1)


def _copy_beginning(path: Path, source: Source, copy: Path) -> None:
    if source.reader == "parquet":
        _copy_rows(path, copy)
        return
    with gzip.open(path) if source.is_gzip else path.open("rb") as stream:
        start = stream.read(SAMPLE_BYTES)
    kept = _cut_at_line_end(start, source.options.quote if source.reader == "delimited" else "")
    copy.write_bytes(gzip.compress(kept, compresslevel=1) if source.is_gzip else kept)


def _copy_rows(path: Path, copy: Path) -> None:
    try:
        with pq.ParquetFile(path) as delivered, pq.ParquetWriter(copy, delivered.schema_arrow) as writer:
            writer.write_batch(next(delivered.iter_batches(_SAMPLE_ROWS)))
    except (pa.ArrowException, StopIteration):  # not Parquet: let the reader say so
        copy.write_bytes(path.read_bytes()[:SAMPLE_BYTES])


def _cut_at_line_end(start: bytes, quote: str) -> bytes:
    """The bytes up to the last line end that is outside quotes."""
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    line_end = "\n".encode("utf-16-le" if start.startswith(codecs.BOM_UTF16_LE) else "utf-16-be") if wide else b"\n"
    mark = quote.encode()
    end = len(start)
    for _ in range(_CUTS_TRIED):
        at = start.rfind(line_end, 0, end)
        if at < 0:
            return start
        end = at
        if wide and at % 2:
            continue
        kept = start[: at + len(line_end)]
        if not mark or kept.count(mark) % 2 == 0:
            return kept
    return start
