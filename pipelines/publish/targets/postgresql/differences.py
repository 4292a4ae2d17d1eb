"""Decides how the rows of each table get to the server: not at all, by what differs, or all of them.

Put here: comparing a generation with the one that the server holds, in DuckDB. Keep out: the server (`load.py`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

import duckdb

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.generation import DUCKDB_FILE, Generation
from regulars.pipelines.home.manifest import read_manifest
from regulars.pipelines.publish.targets.postgresql.plan import Plan, PlannedTable
from regulars.pipelines.publish.targets.postgresql.structure import Name
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal, quote_table

FEW_ROWS = 10_000
"""A table with at most so many rows has them replaced where they lie: a new table for them would cost more."""
MOST_DIFFERING_SHARE = 0.2
"""Where a larger share of the rows differs, loading all of them is cheaper than finding each."""
_COMPARED_FIRST = 2_000
"""So many rows are compared before all are: a table that differs in most of them is not compared further."""

Way = Literal["in_place", "differences", "new_table"]


@dataclass(frozen=True)
class Load:
    """How the rows of one table change.

    Attributes:
        table: Which.
        way: `in_place`: all rows are replaced in the table that holds them; `differences`: only those that differ;
            `new_table`: all rows go to a table of their own that takes the place of the one before.
        rows: The DuckDB table with the rows to insert.
        gone: With `differences`, the DuckDB table with the keys of the rows to delete.
    """

    table: PlannedTable
    way: Way
    rows: str
    gone: str = ""

    @property
    def name(self) -> Name:
        """The published table's."""
        return self.table.schema, self.table.name


@contextmanager
def open_generation(generation: Generation, previous: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the tables of a generation, and as the catalogue `previous` those of another one of the home, if it is kept.

    Args:
        generation: What is delivered.
        previous: The name of the generation that the server holds.
    """
    with duckdb.connect(str(generation.duckdb_file), read_only=True) as con:
        before = generation.path.parent / str(previous) / DUCKDB_FILE
        if previous != generation.name:
            with suppress(duckdb.Error):  # gone or damaged: then nothing is compared
                con.execute(f"attach {quote_literal(str(before))} as previous (read_only)")
        yield con


def read_contents(generation: Generation, previous: str | None) -> dict[str, str]:
    """`layer.table` -> content in another generation of the home; empty when it is not kept."""
    if previous is None or previous == generation.name:
        return {}
    try:
        manifest = read_manifest(generation.path.parent / previous)
    except StorageFailed:
        return {}
    return {table: facts.sha256 for table, facts in manifest.tables.items()}


def choose_loads(
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    generation: Generation,
    *,
    unchanged: Mapping[Name, str],
    held: Mapping[str, str],
) -> list[Load]:
    """Choose how each table that is not as the server holds it gets there.

    Args:
        con: From `open_generation`.
        plan: What shall be there.
        generation: What is delivered.
        unchanged: The tables whose structure is as planned and whose rows are in a table of their own, with the
            content that the server holds.
        held: Table -> content in the generation `previous`.
    """
    loads = []
    for number, table in enumerate(plan.tables):
        content = unchanged.get((table.schema, table.name))
        if content == table.content:
            continue
        if content is None:
            loads.append(Load(table, "new_table", quote_table(table.source)))
        elif generation.manifest.tables[table.source].rows <= FEW_ROWS:
            loads.append(Load(table, "in_place", quote_table(table.source)))
        elif held.get(table.source) == content and _find_differences(con, table, number):
            loads.append(Load(table, "differences", f"temp.new_{number}", f"temp.gone_{number}"))
        else:
            loads.append(Load(table, "new_table", quote_table(table.source)))
    return loads


def _find_differences(con: duckdb.DuckDBPyConnection, table: PlannedTable, number: int) -> bool:
    """Put the rows that are new or changed, and the keys of those that are gone or changed, into temporary tables.

    Returns:
        Whether it was done: the table has a key, its columns are those of before, and few of its rows differ.
    """
    if not table.primary_key or not _has_same_columns(con, table) or _counts_to_another_day(con, table):
        return False
    columns = ", ".join(quote_identifier(column.name) for column in table.columns)
    key = ", ".join(quote_identifier(name) for name in table.primary_key)
    new, old = quote_table(table.source), f"previous.{quote_table(table.source)}"
    first = f"""
        select count(*) from (
            (select {columns} from {new} order by {key} limit {_COMPARED_FIRST})
            except (select {columns} from {old} order by {key} limit {2 * _COMPARED_FIRST})
        )
    """
    if _count(con, first) > _COMPARED_FIRST * MOST_DIFFERING_SHARE:
        return False
    con.execute(f"create temp table new_{number} as (select {columns} from {new}) except (select {columns} from {old})")
    most = _count(con, f"select count(*) from {old}") * MOST_DIFFERING_SHARE
    if _count(con, f"select count(*) from temp.new_{number}") > most:
        con.execute(f"drop table temp.new_{number}")
        return False
    con.execute(
        f"""
        create temp table gone_{number} as
        select {key} from {old} anti join {new} using ({key})
        union all
        select {key} from {old} semi join temp.new_{number} using ({key})
        """
    )
    if _count(con, f"select count(*) from temp.gone_{number}") > most:
        con.execute(f"drop table temp.new_{number}")
        return False
    return True


def _counts_to_another_day(con: duckdb.DuckDBPyConnection, table: PlannedTable) -> bool:
    """Whether the rows say another `as_of` than those before, as each row of a mart does every night."""
    if "as_of" not in {column.name for column in table.columns}:
        return False
    name = quote_table(table.source)
    query = f"select count(*) from (select max(as_of) from {name} except select max(as_of) from previous.{name})"
    return _count(con, query) > 0


def _has_same_columns(con: duckdb.DuckDBPyConnection, table: PlannedTable) -> bool:
    layer, _, name = table.source.partition(".")
    columns = f"""
        select list(column_name || ' ' || data_type order by column_index)
        from duckdb_columns()
        where schema_name = {quote_literal(layer)} and table_name = {quote_literal(name)}
        group by database_name
    """
    found = con.execute(columns).fetchall()
    return len(found) == 2 and found[0] == found[1]


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0
