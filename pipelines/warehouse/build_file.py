"""Opens the run's private DuckDB file and closes it to the outside once all input is read.

Put here: opening, limits, schemas, access. Keep out: tables (`tables.py`).
The file is deleted when the run ends, however it ends, so nothing in it ever needs repair: it is attached without a log
of changes, and closed without a checkpoint. Both would write every table a second time for nobody.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal
from regulars.pipelines.warehouse.tables import Warehouse

DATABASE = "build"
DEFAULT_MEMORY = 2 * 2**30
"""Bytes that DuckDB takes by default on machines that have twice that: what it does not need, polars may have."""
SCHEMAS = ("landed", "quarantine", "raw", "staging", "identity", "core", "marts", "meta")


@contextmanager
def open_warehouse(folder: Path, memory_limit: str | None = None) -> Iterator[Warehouse]:
    """A new build file in `folder`.

    Args:
        folder: The build's own folder; spilled data goes there too.
        memory_limit: As DuckDB writes it, such as `4GB`; default: `DEFAULT_MEMORY`, or half of the machine's memory
            if that is less.

    Raises:
        StorageFailed: The file cannot be made.
    """
    memory = memory_limit or choose_memory_limit(_read_memory_size())
    try:
        con = duckdb.connect()
        con.execute(f"set memory_limit = {quote_literal(memory)}")
        con.execute(f"set temp_directory = {quote_literal(folder / 'spill')}")
        con.execute("set autoinstall_known_extensions = false")
        con.execute("set autoload_known_extensions = false")
        file = quote_literal(folder / f"{DATABASE}.duckdb")
        con.execute(f"attach {file} as {DATABASE} (recovery_mode 'no_wal_writes')")
        con.execute(f"use {DATABASE}")
        for schema in SCHEMAS:
            con.execute(f"create schema {quote_identifier(schema)}")
    except duckdb.IOException as error:
        raise StorageFailed(
            f"The build file in `{folder}` cannot be made: {error}; see that the disk has room and may be written"
        ) from error
    try:
        yield Warehouse(con)
    finally:
        with suppress(duckdb.Error):  # after a fatal error nothing is written anyhow
            con.execute("pragma disable_checkpoint_on_shutdown")
        con.close()


def choose_memory_limit(memory_size: int) -> str:
    """The most memory that DuckDB takes by default, as it is written for DuckDB.

    Args:
        memory_size: Bytes that this process may use.
    """
    return f"{min(DEFAULT_MEMORY, memory_size // 2) // 2**20}MiB"


def lock_down(con: duckdb.DuckDBPyConnection, folders: Sequence[Path]) -> None:
    """From here on the connection sees no file outside `folders`, and its settings cannot change."""
    con.execute(f"set allowed_directories = [{', '.join(map(quote_literal, folders))}]")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


def _read_memory_size() -> int:
    """Bytes this process may use: the machine's, or fewer where a control group (systemd, a container) says so."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        group = Path("/proc/self/cgroup").read_text(encoding="ascii").rpartition("::")[2].strip()
    except OSError:
        group = ""
    return min([machine, *list_group_limits(Path("/sys/fs/cgroup"), group)])


def list_group_limits(root: Path, group: str) -> Iterator[int]:
    """Bytes that a control group and each group around it may use, of those that have a limit.

    Args:
        root: Where the kernel shows control groups, of its second version or of its first.
        group: The process's group as the kernel names it, such as `/system.slice/regulars-nightly.service`.
    """
    innermost = root / group.lstrip("/")
    around = [folder for folder in (innermost, *innermost.parents) if folder.is_relative_to(root)]
    for file in (*(folder / "memory.max" for folder in around), root / "memory" / "memory.limit_in_bytes"):
        with suppress(OSError):
            limit = file.read_text(encoding="ascii").strip()
            if limit.isdecimal():
                yield int(limit)
