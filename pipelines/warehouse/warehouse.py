"""The run's private DuckDB file: opening it, writing a table, reading a table, and what a SELECT reads.

Put here: the few statements that move tables in and out. Keep out: what any table means.
The file is thrown away if the run fails, so nothing in it ever needs repair.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
from polars.io.plugins import register_io_source

from regulars.pipelines.errors import ContractBroken, StorageFailed
from regulars.pipelines.kinds.registry import KINDS
from regulars.pipelines.kinds.staging_select import money_days_select, staging_select

LAYERS = ("landing", "raw", "staging", "identity", "core", "marts", "published")
"""The one direction in which data flows. A table reads its own layer or an earlier one."""

SCHEMAS = ("landed", "quarantine", "raw", "staging", "identity", "core", "marts", "meta")

SCAN_ROWS = 122_880  # one row group of DuckDB

ROOT = Path(__file__).parent.parent.parent
SQL = ROOT / "sql"


@dataclass(frozen=True)
class Warehouse:
    """One open build file. `con` is the only connection of the run; Great Expectations borrows it too."""

    con: duckdb.DuckDBPyConnection

    def write_select(self, table: str, select: str) -> int:
        """Make `table` from a SELECT; returns its number of rows."""
        self.con.execute(f"create table {table} as {select}")
        return self.count(table)

    def write_frame(self, table: str, frame: pl.LazyFrame | pl.DataFrame, columns: Sequence[tuple[str, str]]) -> int:
        """Make `table` from a frame, with exactly these columns and types; returns its number of rows.

        Args:
            table: `layer.name`.
            frame: Has exactly the named columns, in any order.
            columns: Name and DuckDB type, in the order the table shall have.

        Raises:
            ContractBroken: If the frame has other columns. A value that does not fit its type is an error of DuckDB's.
        """
        rows = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
        names = [name for name, _ in columns]
        if set(rows.columns) != set(names):
            raise ContractBroken(
                f"{table} has the columns {sorted(set(rows.columns) - set(names))} that its contract does not declare, "
                f"and lacks {sorted(set(names) - set(rows.columns))}."
            )
        self.con.execute(f"create table {table} ({', '.join(f'{name} {kind}' for name, kind in columns)})")
        arrow = rows.select(names).to_arrow()
        self.con.register("frame_to_write", arrow)
        self.con.execute(f"insert into {table} select * from frame_to_write")
        self.con.unregister("frame_to_write")
        return self.count(table)

    def scan(self, table: str) -> pl.LazyFrame:
        """`table` as a lazy frame, of which DuckDB reads only the columns that are asked for.

        Every run of a scan has a cursor of its own. polars reads several frames, or one frame twice, side by side;
        DuckDB ends the open result of a connection when its next query begins: rows were lost without an error.
        """

        def batches(
            columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
        ) -> Iterator[pl.DataFrame]:
            chosen = "*" if columns is None else ", ".join(f'"{name}"' for name in columns)
            left = n_rows
            with self.con.cursor() as cursor:
                for batch in cursor.sql(f"select {chosen} from {table}").to_arrow_reader(batch_size or SCAN_ROWS):
                    frame = pl.DataFrame(batch)
                    frame = frame if predicate is None else frame.filter(predicate)
                    frame = frame if left is None else frame.head(left)
                    left = None if left is None else left - frame.height
                    yield frame
                    if left == 0:
                        return

        schema = self.con.sql(f"select * from {table} limit 0").pl().schema
        return register_io_source(batches, schema=schema, is_pure=True)

    def count(self, table: str) -> int:
        """The number of rows."""
        row = self.con.execute(f"select count(*) from {table}").fetchone()
        return int(row[0]) if row else 0

    def columns(self, table: str) -> list[tuple[str, str]]:
        """Name and type of every column."""
        return [(name, kind) for name, kind, *_ in self.con.execute(f"describe {table}").fetchall()]


@contextmanager
def open_warehouse(folder: Path, memory_limit: str | None = None) -> Iterator[Warehouse]:
    """A fresh build file in `folder`.

    Args:
        folder: The build's own folder; spilled data goes there too.
        memory_limit: As DuckDB writes it, such as `4GB`; default: half of the machine's memory.
    """
    memory = memory_limit or f"{_memory() // 2 // 2**20}MB"
    try:
        con = duckdb.connect(folder / "build.duckdb")
        con.execute(f"set memory_limit = '{memory}'")
        con.execute(f"set temp_directory = {_text(folder / 'spill')}")
        con.execute("set autoinstall_known_extensions = false")
        con.execute("set autoload_known_extensions = false")
        for schema in SCHEMAS:
            con.execute(f"create schema {schema}")
    except duckdb.IOException as error:
        raise StorageFailed(f"The build file in `{folder}` cannot be made: {error}") from error
    try:
        yield Warehouse(con)
    finally:
        con.close()


def lock_down(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """From here on the connection sees no file outside `folder`, and its settings cannot change."""
    con.execute(f"set allowed_directories = [{_text(folder)}]")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


def _text(path: Path) -> str:
    """A path as an SQL literal: a home may have an apostrophe in its name."""
    return "'" + str(path).replace("'", "''") + "'"


def _memory() -> int:
    """Bytes this process may use: the machine's, or fewer where a control group (systemd, a container) says so."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        group = Path("/proc/self/cgroup").read_text(encoding="ascii").rpartition("::")[2].strip().lstrip("/")
        limit = (Path("/sys/fs/cgroup") / group / "memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdecimal() else machine


def sql_files() -> list[Path]:
    """Every `sql/<layer>/<table>.sql`."""
    return sorted(SQL.glob("*/*.sql"))


def table_selects() -> dict[str, str]:
    """`layer.table` -> its SELECT: those made from kinds, and the files, which come before what is made."""
    made = {f"staging.{name}": staging_select(kind) for name, kind in KINDS.items()}
    made["staging.money_days"] = money_days_select(KINDS.values())
    return made | {f"{path.parent.name}.{path.stem}": path.read_text(encoding="utf-8") for path in sql_files()}


@cache
def tables_read_by(select: str) -> frozenset[str]:
    """The `schema.table` names that a SELECT reads, from DuckDB's own parse tree.

    Raises:
        ValueError: The text is something else than one SELECT.
    """
    with _parser().cursor() as con:
        tree = json.loads(con.execute("select json_serialize_sql(?)", [select]).fetchall()[0][0])
    if tree.get("error"):
        raise ValueError(f"this is no single SELECT: {tree.get('error_message')}")
    return frozenset(f"{node['schema_name']}.{node['table_name']}" for node in _nodes(tree) if node["schema_name"])


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """An empty database that only parses: loading the graph asks for ninety SELECTs, and opening one costs 30 ms.

    One thread, so that a forked child finds all of it.
    """
    return duckdb.connect(config={"threads": 1})


def _nodes(tree: object) -> Iterator[dict[str, str]]:
    """Every BASE_TABLE node of a serialised SELECT; those without a schema are its own CTEs."""
    if isinstance(tree, dict):
        if tree.get("type") == "BASE_TABLE":
            yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)
