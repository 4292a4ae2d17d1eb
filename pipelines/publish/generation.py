"""A run's results become a generation.

Put here: `publish`, the one call by which a build reaches readers.
Keep out: how each file is written (`duckdb_file.py`, `parquet.py`, `report.py`) and how the swap works (`swap.py`).
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
from regulars.pipelines.home.durable import files_below, new_private_folder, sha256_of
from regulars.pipelines.home.event_log import append_event
from regulars.pipelines.home.generation import (
    CONTRACTS_FILE,
    DUCKDB_FILE,
    PARQUET_FOLDER,
    REPORT_FILE,
    Generation,
    Published,
    generation_name,
)
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.manifest import FILE_NAME, Facts, FileFacts, Manifest, TableFacts, content_hash
from regulars.pipelines.home.state_file import building_state, install_state
from regulars.pipelines.home.verify import verify
from regulars.pipelines.publish.swap import install, seal, swing
from regulars.pipelines.publish.targets.duckdb_file import check_counts, write_duckdb_file
from regulars.pipelines.publish.targets.parquet import write_parquet
from regulars.pipelines.publish.targets.tables import Table, columns_of, refuse_types


@dataclasses.dataclass(frozen=True)
class Contents:
    """What goes into a generation.

    Attributes:
        tables: Tables of core, marts and meta: into `regulars.duckdb` and Parquet.
        state_tables: Tables with personal data (identity, contact details, quarantine): into the state file only.
        comments: `layer.table` or `layer.table.column` -> text for the reader.
        facts: What the run says about itself.
        report_html: The page for people.
        views: View name -> SELECT; a view whose table is not published is left out.
        contracts: The contracts of all published tables, as other tools read them; empty: none are written.
    """

    tables: Sequence[Table]
    state_tables: Sequence[Table]
    comments: Mapping[str, str]
    facts: Facts
    report_html: str
    views: Mapping[str, str] = dataclasses.field(default_factory=dict)
    contracts: str = ""


def publish(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    contents: Contents,
    *,
    number: int,
    parent: Generation | None,
    as_of: dt.date,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> Published:
    """Write a generation beside the current one, then let readers see it. On any failure they keep what they had.

    A generation whose as_of is older than its parent's is a backfill: it is kept, and readers do not see it.

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
        raise RuntimeError("publish is called under the home's lock")
    is_backfill = parent is not None and as_of < parent.manifest.as_of
    expected = parent.number if parent else None
    refuse_types({table.name: columns_of(con, table) for table in contents.tables})
    with (
        _storage_failures(generation_name(number)),
        _building(home, number) as (building, allowed),
        building_state(home, number) as state,
    ):
        tables = write_parquet(con, contents.tables, building / PARQUET_FOLDER)
        repeated = _same(home.generations() if is_backfill else [parent] if parent else [], contents, as_of, tables)
        if repeated is not None:
            return Published(repeated, is_new=False, is_current=False)
        _write_files(con, building, contents, tables)
        write_duckdb_file(con, state, contents.state_tables, views={}, comments={})
        manifest = _manifest(building, state, contents, tables, number, expected, as_of, is_backfill, clock())
        (building / FILE_NAME).write_bytes(manifest.to_json().encode())
        seal(building, allowed=allowed)
        install_state(state, home, number)
        with _removed_state(home, number):
            generation = install(building, home, number)
            warning = None if is_backfill else _swing_or_remove(home, generation, expected)
    event = "published_aside" if is_backfill else "published"
    try:
        append_event(home.path, event, at=clock(), generation=number, parent=expected, as_of=as_of.isoformat())
    except OSError as error:  # readers already see it: that is what the caller must hear
        warning = warning or f"{generation.name} is published, but not noted in events.jsonl: {error.strerror}"
    return Published(generation, is_new=True, is_current=not is_backfill, warning=warning)


@contextlib.contextmanager
def _storage_failures(name: str) -> Iterator[None]:
    # a commit into a file that nobody else knows fails for the disk's sake only
    try:
        yield
    except (OSError, duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:
        raise errors.StorageFailed(
            f"{name} could not be written: {error}; the last good generation stays. Free some space, and run again"
        ) from error


@contextlib.contextmanager
def _building(home: Home, number: int) -> Iterator[tuple[Path, int]]:
    """The folder that becomes the generation, and the modes that the umask allows. Removed unless it got its name."""
    home.generations_folder.mkdir(exist_ok=True)
    folder = home.generations_folder / f".{generation_name(number)}-{os.getpid()}.building"
    if folder.exists():  # of a dead process that had our number: we hold the lock
        shutil.rmtree(folder)
    try:
        yield folder, new_private_folder(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _removed_state(home: Home, number: int) -> Iterator[None]:
    """On a failure, personal data of a generation that is not there do not stay."""
    try:
        yield
    except BaseException:
        if not (home.generations_folder / generation_name(number)).exists():
            with contextlib.suppress(OSError):
                home.state_file(number).unlink(missing_ok=True)
        raise


def _swing_or_remove(home: Home, generation: Generation, expected: int | None) -> str | None:
    try:
        return swing(home, generation, expected=expected)
    except (OSError, errors.RegularsError):  # nobody has seen it, and nobody shall take it for one that readers saw
        with contextlib.suppress(OSError):
            shutil.rmtree(home.hide(generation), ignore_errors=True)
        raise


def _same(
    candidates: Sequence[Generation], contents: Contents, as_of: dt.date, tables: Mapping[str, TableFacts]
) -> Generation | None:
    """The generation that this run would only repeat, if it is still whole on disk."""
    content = content_hash(tables)
    for candidate in candidates:
        fingerprint = contents.facts.fingerprint
        same = candidate.manifest.same_content(fingerprint=fingerprint, as_of=as_of, content_sha256=content)
        if same and not verify(candidate):
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
    if contents.contracts:
        (building / CONTRACTS_FILE).write_bytes(contents.contracts.encode())


def _manifest(
    building: Path,
    state: Path,
    contents: Contents,
    tables: Mapping[str, TableFacts],
    number: int,
    parent: int | None,
    as_of: dt.date,
    is_backfill: bool,
    now: dt.datetime,
) -> Manifest:
    facts = contents.facts
    files = {path.relative_to(building).as_posix(): _file_facts(path) for path in files_below(building)}
    seconds = round((now - facts.started_at).total_seconds(), 3)
    return Manifest(
        generation=number,
        parent=parent,
        as_of=as_of,
        is_backfill=is_backfill,
        created_at=now,
        fingerprint=facts.fingerprint,
        content_sha256=content_hash(tables),
        tables=dict(sorted(tables.items())),
        files=files,
        headline=facts.headline,
        sources=facts.sources,
        checks=facts.checks,
        versions=facts.versions,
        run={"started_at": facts.started_at.isoformat(), "ended_at": now.isoformat(), "seconds": seconds},
        state=_file_facts(state),
    )


def _file_facts(path: Path) -> FileFacts:
    return FileFacts(path.stat().st_size, sha256_of(path))
