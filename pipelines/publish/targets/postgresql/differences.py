"""Decides how the rows of each table get to the server: not at all, by what differs, or all of them.

Put here: comparing a generation with the one that the server holds, in DuckDB. Keep out: the server (`load.py`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import duckdb

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.generation import DUCKDB_FILE, Generation
from regulars.pipelines.home.manifest import read_manifest
from regulars.pipelines.publish.targets.postgresql.plan import Column, Plan, PlannedTable
from regulars.pipelines.publish.targets.postgresql.structure import Name
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal, quote_table

FEW_ROWS = 10_000
"""A table with at most so many rows has them replaced where they lie: a new table for them would cost more."""
MOST_DIFFERING_SHARE = 0.2
"""Where a larger share of the rows differs, loading all of them is cheaper than finding each."""
_COMPARED_FIRST, _COMPARED_AT_ONCE = 2_000, 100_000
"""So many rows of a table are compared before all are: one that differs in most is not compared further. A table with
at most the second number of rows is compared at once, which takes hardly longer."""

_DAY = "as_of"
_DIGITS = re.compile(r"numeric\((\d+)")
_EXACT_DIGITS = 18
"""Decimals of so many digits are whole numbers of 64 bits inside DuckDB, of which each has a hash of its own."""

Way = Literal["in_place", "differences", "carry_over", "new_table"]


@dataclass(frozen=True)
class Load:
    """How the rows of one table change.

    Attributes:
        table: Which.
        way: `in_place`: all rows are replaced in the table that holds them; `differences`: only those that differ;
            `new_table`: all rows go to a table of their own that takes the place of the one before; `carry_over`: so
            too, and the server itself copies those that do not differ.
        rows: The DuckDB table with the rows to insert.
        gone: With `differences` and `carry_over`, the DuckDB table with the keys of the rows to delete.
        as_of: With `differences` and `carry_over`, the day that the other rows say from now on; None: they say it.
    """

    table: PlannedTable
    way: Way
    rows: str
    gone: str = ""
    as_of: date | None = None

    @property
    def name(self) -> Name:
        """The published table's."""
        return self.table.schema, self.table.name

    @property
    def needs_table(self) -> bool:
        """Whether the rows go to a new table, which those who read the published one must know before."""
        return self.way in ("carry_over", "new_table")

    def stay_in_place(self) -> "Load":
        """The same rows, without a new table for them."""
        return replace(self, way="differences" if self.gone else "in_place")


def choose_loads(
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    generation: Generation,
    *,
    unchanged: Mapping[Name, str],
    previous: str | None,
) -> list[Load]:
    """Choose how each table that is not as the server holds it gets there.

    Args:
        con: The generation's DuckDB file; temporary tables for what differs are made in it.
        plan: What shall be there.
        generation: What is delivered.
        unchanged: The tables whose structure is as planned and whose rows are in a table of their own, with the
            content that the server holds.
        previous: The name of the generation that the server holds; None: none.
    """
    con.execute("set threads = 1")  # a second one makes it sooner, but dearer
    held = _open_previous(con, generation, previous)
    loads = []
    for number, table in enumerate(plan.tables):
        content = unchanged.get((table.schema, table.name))
        if content == table.content:
            continue
        source, is_small = table.source, generation.manifest.tables[table.source].rows <= FEW_ROWS
        is_comparable = not is_small and content is not None and held.get(source) == content
        if is_comparable and (found := _find_readable_differences(con, table, number)):
            loads.append(found)
        else:
            in_place = is_small and content is not None
            loads.append(Load(table, "in_place" if in_place else "new_table", quote_table(source)))
    return loads


def _open_previous(con: duckdb.DuckDBPyConnection, generation: Generation, previous: str | None) -> Mapping[str, str]:
    """Attach another generation of the home as the catalogue `previous`.

    Returns:
        `layer.table` -> its content there; empty where it is not kept, or damaged: then nothing is compared.
    """
    if previous is None or previous == generation.name:
        return {}
    before = generation.path.parent / previous
    try:
        manifest = read_manifest(before)
        con.execute(f"attach {quote_literal(str(before / DUCKDB_FILE))} as previous (read_only)")
    except (StorageFailed, duckdb.Error):
        return {}
    return {table: facts.sha256 for table, facts in manifest.tables.items()}


def _find_readable_differences(con: duckdb.DuckDBPyConnection, table: PlannedTable, number: int) -> Load | None:
    """The differences, unless a block of either file is damaged; of this generation's, loading it says so."""
    try:
        return _find_differences(con, table, number)
    except (duckdb.IOException, duckdb.InternalException):  # what damaged blocks raise, and no mistake of ours does
        return None


def _find_differences(con: duckdb.DuckDBPyConnection, table: PlannedTable, number: int) -> Load | None:
    """Put the rows that are new or changed, and the keys of those that are gone or changed, into temporary tables.

    A row that differs in its `as_of` alone is not changed, where all rows say the same day: the server sets it.

    Returns:
        None: the table has no key, its columns are not those of before, or many of its rows differ.
    """
    if not table.primary_key or not _has_same_columns(con, table):
        return None
    as_of = _read_moved_day(con, table)
    columns = [quote_identifier(column.name) for column in table.columns]
    key = ", ".join(quote_identifier(name) for name in table.primary_key)
    new, old = quote_table(table.source), f"previous.{quote_table(table.source)}"
    hashed = [_write_hashed(each) for each in table.columns if as_of is None or each.name != _DAY]
    row = f"hash({', '.join(hashed)})"
    said = f"(select {key}, {row} as _row from {old}"
    differs = f"as before using ({key}) where before._row is distinct from {row}"
    first = f"(from {new} limit {_COMPARED_FIRST}) as now left join {said} limit {2 * _COMPARED_FIRST}) {differs}"
    is_large = _count(con, new) > _COMPARED_AT_ONCE
    if is_large and _count(con, first) > _COMPARED_FIRST * MOST_DIFFERING_SHARE:
        return None
    con.execute(
        f"create temp table new_{number} as "
        f"select {', '.join(f'now.{each}' for each in columns)} from {new} as now left join {said}) {differs}"
    )
    con.execute(
        f"create temp table gone_{number} as "
        f"select {key} from {old} anti join {new} using ({key}) union all select {key} from temp.new_{number}"
    )
    if _count(con, f"temp.gone_{number}") > _count(con, old) * MOST_DIFFERING_SHARE:
        con.execute(f"drop table temp.new_{number}; drop table temp.gone_{number}")
        return None
    way: Way = "carry_over" if as_of else "differences"
    return Load(table, way, f"temp.new_{number}", f"temp.gone_{number}", as_of)


def _read_moved_day(con: duckdb.DuckDBPyConnection, table: PlannedTable) -> date | None:
    """The `as_of` of all rows, where those before all said another one, as the rows of a mart do every night."""
    if _DAY not in {column.name for column in table.columns}:
        return None
    days = f"select min({_DAY}), max({_DAY}), count(*) > count({_DAY}) from "
    now = con.execute(days + quote_table(table.source)).fetchall()[0]
    before = con.execute(f"{days} previous.{quote_table(table.source)}").fetchall()[0]
    if now == before or any(has_null or first != last or first is None for first, last, has_null in (now, before)):
        return None
    return date.fromisoformat(str(now[0]))


def _write_hashed(column: Column) -> str:
    """A column as it is hashed: wide decimals as text, of which DuckDB hashes 0 and the smallest below 0 alike."""
    name = quote_identifier(column.name)
    digits = _DIGITS.match(column.type)
    return f"{name}::varchar" if digits and int(digits[1]) > _EXACT_DIGITS else name


def _has_same_columns(con: duckdb.DuckDBPyConnection, table: PlannedTable) -> bool:
    name = quote_table(table.source)
    now, before = (con.execute(f"from {each} limit 0").description for each in (name, f"previous.{name}"))
    return bool(now == before)


def _count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    row = con.execute(f"select count(*) from {rows}").fetchone()
    return int(row[0]) if row else 0
