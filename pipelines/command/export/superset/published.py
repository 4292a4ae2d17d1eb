"""Reads what a generation says of its own tables: columns, meanings, metrics; what a dataset of another tool needs.

Put here: the published file -> tables as values. Keep out: how a tool writes them (`datasets.py`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb

from regulars.pipelines.command.opened import NotPublished
from regulars.pipelines.warehouse.sql_files import tables_read_by
from regulars.pipelines.warehouse.sql_text import quote_identifier

EXTRA_TABLES = ("meta.findings", "meta.restatements")
"""Tables outside `marts` that people put on a dashboard."""
_TABLES = """
    select schema_name || '.' || table_name as name, comment, '' as sql
    from duckdb_tables() where schema_name = 'marts' or list_contains($extra, schema_name || '.' || table_name)
    union all
    select schema_name || '.' || view_name, comment, sql
    from duckdb_views() where schema_name = 'marts' and not internal
    order by name
"""
_COLUMNS = """
    select table_name, column_name, data_type, description, unit, is_key, is_additive
    from meta.data_dictionary order by table_name, position
"""
_VALUES = """
    select table_name, column_name, string_agg(allowed_value || ': ' || meaning, '; ' order by value_position)
    from meta.allowed_values group by all
"""
_METRICS = """
    select coalesce(view_name, table_name) as on_table, metric, definition, synonyms, expression, not_additive,
        coalesce(view_filter, case when view_name is null then "filter" end) as condition, time_column, over_time,
        never_over, format, good, n_column, known_column, interval_low_column, interval_high_column
    from meta.metric_definitions order by on_table, metric
"""
_AGGREGATE = re.compile(r'\b(?:sum|count|min|max|avg)\((?:distinct )?"(?:[^"]|"")+"\)')


@dataclass(frozen=True)
class Column:
    """A column of a published table; `is_additive` is None where nobody says."""

    name: str
    type: str
    description: str
    unit: str
    is_key: bool
    is_additive: bool | None
    values: str

    @property
    def is_time(self) -> bool:
        """Whether charts may have it as their time: a day or moment, but the day up to which everything counts."""
        return self.type in ("DATE", "TIMESTAMP") and self.name != "as_of"


@dataclass(frozen=True)
class Metric:
    """A metric as one aggregate over the rows of its table or view.

    Attributes:
        name: What the metric is called, and the column that holds it.
        sql: An aggregate that DuckDB and PostgreSQL both read. Of a number that is no ratio of sums, the largest: it is
            to be read off one row.
        definition: What it means.
        format: `percent`, `integer`, `decimal1` or `currency`.
        never_over: Columns over whose values it must never be added up, with the time where only one period counts.
        is_read_off: Whether it is no ratio of sums.
        time_column: The day or month that it is of; `as_of` where there is only today's.
        known: The column that says whether it is known for good, or empty.
        n: The column that says how many it rests on, or empty.
        interval: The columns with the ends of its interval, or none.
    """

    name: str
    sql: str
    definition: str
    format: str
    never_over: tuple[str, ...] = ()
    is_read_off: bool = False
    time_column: str = ""
    known: str = ""
    n: str = ""
    interval: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A published table or headline view."""

    name: str
    description: str
    columns: tuple[Column, ...]
    metrics: tuple[Metric, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that make a row unique."""
        return tuple(column.name for column in self.columns if column.is_key)

    @property
    def time_column(self) -> str:
        """The time that charts of it have, or empty."""
        times = {column.name for column in self.columns if column.is_time}
        return next((each.time_column for each in self.metrics if each.time_column in times), "")

    def find_metric(self, name: str) -> Metric:
        """The metric of a name.

        Raises:
            NotPublished: The table has none of that name.
        """
        return _find(self.metrics, name, self.name)

    def find_column(self, name: str) -> Column:
        """The column of a name.

        Raises:
            NotPublished: The table has none of that name.
        """
        return _find(self.columns, name, self.name)


Named = TypeVar("Named", Column, Metric)


def _find(among: Sequence[Named], name: str, table: str) -> Named:
    """What is called so among the columns or metrics of a table."""
    found = {each.name: each for each in among}
    if name not in found:
        raise NotPublished(f"{table} has no {name}")
    return found[name]


def read_tables(con: duckdb.DuckDBPyConnection) -> dict[str, Table]:
    """The tables that charts are made of, by name: of a table with headline views the views, else the table itself.

    Args:
        con: The published file of a generation.
    """
    columns, metrics = _read_columns(con), _read_metrics(con)
    listed = con.execute(_TABLES, {"extra": list(EXTRA_TABLES)}).fetchall()
    behind_views = {
        table for _, _, sql in listed if sql for table in tables_read_by(sql.partition(" AS ")[2].rstrip().rstrip(";"))
    }
    return {
        name: Table(
            name, comment or "", tuple(columns[name]), (*metrics[name], *_list_sums(columns[name], metrics[name]))
        )
        for name, comment, _ in listed
        if name not in behind_views
    }


def _read_columns(con: duckdb.DuckDBPyConnection) -> dict[str, list[Column]]:
    values = {(table, column): text for table, column, text in con.execute(_VALUES).fetchall()}
    columns = defaultdict(list)
    for table, name, data_type, description, unit, is_key, is_additive in con.execute(_COLUMNS).fetchall():
        said = values.get((table, name), "")
        columns[table].append(Column(name, data_type, description, unit or "", is_key, is_additive, said))
    return columns


def _read_metrics(con: duckdb.DuckDBPyConnection) -> dict[str, list[Metric]]:
    metrics = defaultdict(list)
    found = con.execute(_METRICS)
    names = [each[0] for each in found.description or ()]
    for values in found.fetchall():
        row = dict(zip(names, values, strict=True))
        metrics[row["on_table"]].append(_make_metric(row))
    return metrics


def _make_metric(row: dict[str, Any]) -> Metric:
    sql = row["expression"] or f"max({quote_identifier(row['metric'])})"
    if row["condition"]:
        sql = _AGGREGATE.sub(lambda found: f"{found[0]} filter (where {row['condition']})", sql)
    never_over = tuple(filter(None, (row["never_over"] or "").split(", ")))
    over_time = (row["time_column"],) if row["over_time"] != "sum" else ()
    return Metric(
        name=row["metric"],
        sql=sql,
        definition=row["definition"],
        format=row["format"],
        never_over=(*never_over, *over_time),
        is_read_off=row["expression"] is None,
        time_column=row["time_column"],
        known=row["known_column"] or "",
        n=row["n_column"] or "",
        interval=tuple(filter(None, (row["interval_low_column"], row["interval_high_column"]))),
    )


def _list_sums(columns: list[Column], metrics: list[Metric]) -> Iterator[Metric]:
    """A count of the rows, and the sums of columns that may be added up over any rows and are no metric yet.

    A sum is called what its column is called, as a metric is: nobody sees the same number under two names.
    """
    yield Metric("rows", "count(*)", "How many rows there are.", "integer")
    taken = {metric.name for metric in metrics}
    for column in columns:
        if column.is_additive and column.name not in taken:
            words = f"The sum of {column.name}. {column.description}"
            how = "currency" if column.unit.startswith("company currency") else "integer"
            yield Metric(column.name, f"sum({quote_identifier(column.name)})", words, how)
