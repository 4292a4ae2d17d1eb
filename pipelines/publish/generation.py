"""Publishes the results of a run as a generation.

Put here: `publish_generation`, the one call by which a build reaches readers.
Keep out: how each file is written (`files/`, the report) and how the swap works (`swap.py`).
"""

import contextlib
import dataclasses
import datetime as dt
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from regulars.pipelines import errors
from regulars.pipelines.home.durable import hash_file, list_files, make_private_folder
from regulars.pipelines.home.event_log import append_event
from regulars.pipelines.home.generation import (
    DUCKDB_FILE,
    PARQUET_FOLDER,
    REPORT_FILE,
    Generation,
    Published,
    name_generation,
)
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.manifest import FILE_NAME, Facts, FileFacts, Manifest, TableFacts, hash_content
from regulars.pipelines.home.state_file import install_state, make_state_path
from regulars.pipelines.home.verify import find_damage
from regulars.pipelines.publish.files.duckdb_file import check_counts, write_duckdb_file
from regulars.pipelines.publish.files.parquet import write_parquet
from regulars.pipelines.publish.files.tables import Table, read_columns, refuse_types
from regulars.pipelines.publish.swap import install_generation, seal_folder, swing_current


@dataclasses.dataclass(frozen=True)
class Contents:
    """What goes into a generation.

    Attributes:
        tables: Tables of core, marts and meta: into `regulars.duckdb` and Parquet.
        state_tables: Tables with personal data (identity, contact details, quarantine): into the state file only.
        comments: `layer.table` or `layer.table.column` -> text for the reader.
        facts: Facts about the run, for the manifest.
        report_html: The report, as one page.
        views: View name -> SELECT; a view whose table is not published is left out.
        documents: File name -> text of what describes the tables for other tools, such as their contracts.
    """

    tables: Sequence[Table]
    state_tables: Sequence[Table]
    comments: Mapping[str, str]
    facts: Facts
    report_html: str
    views: Mapping[str, str] = dataclasses.field(default_factory=dict)
    documents: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class _NewGeneration:
    """The number, parent and day of a generation that is being published."""

    number: int
    parent: Generation | None
    as_of: dt.date

    @property
    def parent_number(self) -> int | None:
        return self.parent.number if self.parent else None

    @property
    def is_backfill(self) -> bool:
        return self.parent is not None and self.as_of < self.parent.manifest.as_of


def publish_generation(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    contents: Contents,
    *,
    number: int,
    parent: Generation | None,
    as_of: dt.date,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> Published:
    """Write a generation beside the current one, then make it current. On any failure readers keep what they had.

    A generation whose as_of is older than its parent's is a backfill: it is kept, but never made current.

    Args:
        con: The build, holding all tables of `contents`.
        home: The company's home; the caller holds its lock.
        contents: What to publish.
        number: `home.next_number()`, taken when the run began.
        parent: `home.current()`, taken when the run began.
        as_of: The last day counted.
        clock: Gives the moment, aware.

    Raises:
        errors.Busy: Another run has published since `parent` was read.
        errors.ContractBroken: A table is missing, or has a column that BI tools cannot read.
        errors.StorageFailed: The disk is full or failed.
    """
    if not home.is_locked:
        raise RuntimeError("publish_generation without the lock could publish beside another run")
    new = _NewGeneration(number, parent, as_of)
    refuse_types({table.name: read_columns(con, table) for table in contents.tables})
    with (
        _report_storage_failures(name_generation(number)),
        _make_building_folder(home, number) as (building, allowed),
        make_state_path(home, number) as state,
    ):
        tables = write_parquet(con, contents.tables, building / PARQUET_FOLDER)
        candidates = home.generations() if new.is_backfill else [parent] if parent else []
        repeated = _find_same(candidates, contents, as_of, tables)
        if repeated is not None:
            return Published(repeated, is_new=False, is_current=False)
        _write_files(con, building, contents, tables)
        write_duckdb_file(con, state, contents.state_tables, views={}, comments={})
        files = {path.relative_to(building).as_posix(): _describe_file(path) for path in list_files(building)}
        manifest = _make_manifest(new, contents.facts, tables, files, _describe_file(state), clock())
        (building / FILE_NAME).write_bytes(manifest.to_json().encode())
        seal_folder(building, allowed=allowed)
        install_state(state, home, number)
        with _remove_state_on_failure(home, number):
            generation = install_generation(building, home, number)
            warning = None if new.is_backfill else _swing_or_remove(home, generation, new.parent_number)
    event = "published_aside" if new.is_backfill else "published"
    try:
        append_event(home.path, event, at=clock(), generation=number, parent=new.parent_number, as_of=as_of.isoformat())
    except OSError as error:  # readers already see it, so this is only a warning
        warning = warning or f"{generation.name} is published, but events.jsonl could not be written: {error.strerror}"
    return Published(generation, is_new=True, is_current=not new.is_backfill, warning=warning)


@contextlib.contextmanager
def _report_storage_failures(name: str) -> Iterator[None]:
    # nobody else writes to this file, so only the disk can make a commit fail
    try:
        yield
    except (OSError, duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:
        raise errors.StorageFailed(
            f"{name} could not be written: {error}; the last good generation stays. Free some space, and run again"
        ) from error


@contextlib.contextmanager
def _make_building_folder(home: Home, number: int) -> Iterator[tuple[Path, int]]:
    """The folder that becomes the generation, and the modes that the umask allows; removed unless it was installed."""
    home.generations_folder.mkdir(exist_ok=True)
    folder = home.generations_folder / f".{name_generation(number)}-{os.getpid()}.building"
    if folder.exists():  # left by a dead process with our process id: we hold the lock
        shutil.rmtree(folder)
    try:
        yield folder, make_private_folder(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _remove_state_on_failure(home: Home, number: int) -> Iterator[None]:
    """On a failure, remove the state file of a generation that was not installed."""
    try:
        yield
    except BaseException:
        if not (home.generations_folder / name_generation(number)).exists():
            with contextlib.suppress(OSError):
                home.state_file(number).unlink(missing_ok=True)
        raise


def _swing_or_remove(home: Home, generation: Generation, expected: int | None) -> str | None:
    try:
        return swing_current(home, generation, expected_parent=expected)
    except (OSError, errors.RegularsError):  # readers never saw it, so it must not stay among those they saw
        with contextlib.suppress(OSError):
            shutil.rmtree(home.hide(generation), ignore_errors=True)
        raise


def _find_same(
    candidates: Sequence[Generation], contents: Contents, as_of: dt.date, tables: Mapping[str, TableFacts]
) -> Generation | None:
    """The generation that already holds this run's results, if its files are undamaged."""
    content = hash_content(tables)
    for candidate in candidates:
        fingerprint = contents.facts.fingerprint
        same = candidate.manifest.has_content(fingerprint=fingerprint, as_of=as_of, content_sha256=content)
        if same and not find_damage(candidate):
            return candidate
    return None


def _write_files(
    con: duckdb.DuckDBPyConnection, building: Path, contents: Contents, tables: Mapping[str, TableFacts]
) -> None:
    views = {
        name: sql
        for name, sql in contents.views.items()
        if any(re.search(rf"\bfrom {re.escape(table)}\b", sql) for table in tables)
    }
    published = building / DUCKDB_FILE
    parquet = building / PARQUET_FOLDER
    write_duckdb_file(con, published, contents.tables, views=views, comments=contents.comments, parquet=parquet)
    check_counts(published, {name: facts.rows for name, facts in tables.items()}, list(views))
    (building / REPORT_FILE).write_bytes(contents.report_html.encode())
    for name, text in contents.documents.items():
        (building / name).write_bytes(text.encode())


def _make_manifest(
    new: _NewGeneration,
    facts: Facts,
    tables: Mapping[str, TableFacts],
    files: Mapping[str, FileFacts],
    state: FileFacts,
    now: dt.datetime,
) -> Manifest:
    seconds = round((now - facts.started_at).total_seconds(), 3)
    return Manifest(
        generation=new.number,
        parent=new.parent_number,
        as_of=new.as_of,
        is_backfill=new.is_backfill,
        created_at=now,
        fingerprint=facts.fingerprint,
        content_sha256=hash_content(tables),
        tables=dict(sorted(tables.items())),
        files=files,
        headline=facts.headline,
        sources=facts.sources,
        checks=facts.checks,
        findings=facts.findings,
        versions=facts.versions,
        run={"started_at": facts.started_at.isoformat(), "ended_at": now.isoformat(), "seconds": seconds},
        state=state,
    )


def _describe_file(path: Path) -> FileFacts:
    return FileFacts(path.stat().st_size, hash_file(path))
