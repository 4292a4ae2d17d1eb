"""Reads from the files of a source the ids of its own customers, and columns that may hold ids of another tool.

Put here: reading. Keep out: whose ids they are (`other_ids.py`).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.sources.columns import KindMapping
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.mapping.canonical import clean_text
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping import list_unread_columns, select_delivered_text
from regulars.pipelines.sources.mapping.named_columns import NamedColumns
from regulars.pipelines.warehouse.sql_text import quote_identifier

_OF_IDS = {"id", "ids", "uid", "uuid", "guid", "identifier", "external", "reference", "ref", "key", "customer"}
"""Words of header names that may be those of ids."""
_OF_OTHER_THINGS = {"order", "product", "company", "deal", "card", "invoice", "subscription", "payment", "transaction"}
"""Words of header names that may be those of ids, but not of persons; an account may be a person's."""
WAYS: tuple[str, ...] = (
    "{0}",
    "nullif(nullif(trim({0}, ' '''), ''), '-')",
    "regexp_replace(nullif(nullif(trim({0}, ' '''), ''), '-'), '[.]0$', '')",
)
"""How ids of another tool may have to be read, the plainest first: an apostrophe before them or a `-` in place of none,
as spreadsheets and Zendesk write them, and the `.0` of a number."""


@dataclass(frozen=True)
class IdColumn:
    """A column that may hold ids of another tool.

    Attributes:
        values: One row per different value: `way_0` and so on, as each of `WAYS` reads it, which may be NULL; and
            `record_count`, how many records have it.
    """

    values: pl.DataFrame

    def count_filled(self, way: int) -> int:
        """How many records have an id, as one of `WAYS` reads it."""
        return int(self.values.filter(pl.col(f"way_{way}").is_not_null())["record_count"].sum() or 0)


@dataclass(frozen=True)
class FoundIds:
    """The ids of a source.

    Attributes:
        own: The ids by which it names customers of its own system, those of merged records too, each once.
        columns: Column -> its values, of columns that nothing reads and whose names may be those of ids.
        mappings: What the source feeds, by kind.
        has_kinds: Whether its columns are written below `kinds`.
        row_count: How many records were read.
        orders: The ids that its orders, or the orders of its lines, have.
    """

    own: pl.Series
    columns: Mapping[str, IdColumn]
    mappings: Mapping[str, KindMapping]
    has_kinds: bool
    row_count: int
    orders: pl.Series


def split_words(name: str) -> list[str]:
    """The words of a header name in small letters: `ExternalReference` is two."""
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())


def read_ids(
    con: duckdb.DuckDBPyConnection,
    rows: str,
    source: Source,
    mappings: Mapping[str, KindMapping],
    named: NamedColumns,
    tools: Collection[str],
) -> FoundIds:
    """Read the ids of a source.

    Args:
        con: Any connection.
        rows: SQL of its rows, all text.
        source: The source.
        mappings: Its mappings, without columns that the file lacks.
        named: The file's columns.
        tools: Words that name tools: a column whose name has one may hold its ids.
    """
    own = [
        f"[try({value})]"
        for kind, mapping in mappings.items()
        if (kind == "customers" or KINDS[kind].reference) and "customer_system" not in mapping.columns
        if (value := select_delivered_text(mapping.columns.get("customer_record_id"), named.names)) is not None
    ]
    customers = mappings["customers"].columns if "customers" in mappings else {}
    merged = select_delivered_text(customers.get("merged_record_ids"), named.names)
    if merged is not None:  # other tools know some customers by the id of a record that was merged away
        own.append(f"string_split(try({merged}), ';')")
    conditions = [*source.exclude.values(), *source.include.values()]
    unread = list_unread_columns(mappings.values(), conditions, named.delivered, ExpressionChecker(con))
    rows = _select_used(rows, source)
    orders = [
        f"[try({value})]"
        for kind in ("orders", "order_lines")
        if kind in mappings
        and (value := select_delivered_text(mappings[kind].columns.get("order_id"), named.names)) is not None
    ]
    columns = {name: _read_column(con, rows, name) for name in unread if _may_hold_ids(name, tools)}
    return FoundIds(
        _read_all(con, rows, own),
        {name: column for name, column in columns.items() if len(column.values)},
        mappings,
        bool(source.kinds),
        con.execute(f"select count(*) from {rows}").fetchall()[0][0],
        _read_all(con, rows, orders),
    )


def _may_hold_ids(name: str, tools: Collection[str]) -> bool:
    words = set(split_words(name))
    return not words.isdisjoint({*_OF_IDS, *tools}) and words.isdisjoint(_OF_OTHER_THINGS)


def _select_used(rows: str, source: Source) -> str:
    """SQL of the rows that the source's own rules leave in, so that header rows and tests count for nothing."""
    left_out = [f"coalesce(try(({condition})::boolean), false)" for condition in source.exclude.values()]
    left_out += [f"not coalesce(try(({condition})::boolean), true)" for condition in source.include.values()]
    return f"(select * from {rows} as file where not ({' or '.join(left_out)}))" if left_out else rows


def _read_all(con: duckdb.DuckDBPyConnection, rows: str, values: Sequence[str]) -> pl.Series:
    """The different ids of several lists per row."""
    return pl.concat([_read_own(con, rows, value) for value in values] or [pl.Series(dtype=pl.String)]).unique()


def _read_own(con: duckdb.DuckDBPyConnection, rows: str, value: str) -> pl.Series:
    """The different ids in a list of each row."""
    ids = f"select {clean_text('value')} as id from (select unnest({value}) as value from {rows} as file)"
    return con.sql(f"select distinct id from ({ids}) where id is not null").pl()["id"].cast(pl.String)


def _read_column(con: duckdb.DuckDBPyConnection, rows: str, name: str) -> IdColumn:
    ways = ", ".join(f"{way.format('id')} as way_{number}" for number, way in enumerate(WAYS))
    query = f"""
        select {ways}, count(*) as record_count
        from (select {clean_text(quote_identifier(name))} as id from {rows})
        where id is not null
        group by all
    """
    return IdColumn(con.sql(query).pl())
