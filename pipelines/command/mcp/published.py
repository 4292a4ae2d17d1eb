"""What an agent may know of the published file before it asks: its tables, columns, metrics, findings, restatements.

Put here: one function per question, each answered from the file's own `meta` tables. Keep out: the protocol
(`server.py`), and queries that somebody else wrote (`guarded_query.py`).
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from regulars.pipelines.errors import UsageWrong

Rows = list[dict[str, Any]]

_TABLES = """
    select table_name, split_part(description, '. ', 1) as purpose, grain
    from meta.contracts
    where split_part(table_name, '.', 1) in ('marts', 'core', 'meta')
    union all
    select
        schema_name || '.' || view_name,
        split_part(comment, '. ', 1),
        'The rows of a table that one means without naming a grain or dimension.'
    from duckdb_views()
    where not internal and schema_name in ('marts', 'core', 'meta')
    order by table_name
"""
_TABLE = """
    select comment from duckdb_tables() where schema_name || '.' || table_name = $table
    union all
    select comment from duckdb_views() where schema_name || '.' || view_name = $table
"""
_COLUMNS = """
    select
        column_name, data_type, description, unit, is_key, is_required, is_additive, population,
        (
            select list(allowed_value || ': ' || meaning order by value_position)
            from meta.allowed_values as allowed
            where allowed.table_name = columns.table_name and allowed.column_name = columns.column_name
        ) as allowed_values,
    from meta.data_dictionary as columns
    where table_name = $table
    order by position
"""
_RELATIONSHIPS = """
    select column_names, to_table, to_column_names, may_be_unknown
    from meta.relationships where table_name = $table order by all
"""
_METRICS_OF_TABLE = """
    select metric, expression, filter, time_column, n_column, known_column, view_name
    from meta.metric_definitions
    where table_name = $table or view_name = $table
    order by metric
"""
_METRICS = """
    select *
    from meta.metric_definitions
    where metric = replace(lower(trim($metric)), ' ', '_')
        or list_contains(string_split(lower(coalesce(synonyms, '')), ', '), replace(lower(trim($metric)), '_', ' '))
    order by table_name
"""
_NAMES = "select column_name from meta.data_dictionary where table_name = $table"
QUERY_ROWS = 60
"""Of the query that shows a metric: five years of months, or the newest weeks."""
_FINDINGS = """
    select severity, finding, source, table_name, found_count, unit, found_share, sentence, advice, is_acknowledged
    from meta.findings
    order by case severity when 'stop' then 1 when 'warning' then 2 else 3 end, finding, source, table_name
"""
_RESTATEMENTS = """
    select table_name, metric, key, period_start, period_end, unit, value_before, value_after, cause, explained_change
    from meta.restatements
    order by abs(change) desc, table_name, metric, key, period_start, cause_rank
    limit 200
"""
_AS_OF = "select generation, max(as_of)::varchar as as_of from meta.runs group by generation order by generation desc"


def list_tables(file: Path) -> Rows:
    """Every published table and view: `table_name`, `purpose` and `grain`, a line each."""
    return _ask(file, _TABLES)


def describe_table(file: Path, table: str) -> dict[str, Any]:
    """What a table says and what each of its columns is.

    Args:
        file: The published DuckDB file.
        table: `layer.name`, such as `marts.churn`, or the name alone where one layer has it; `table_name` of what is
            returned says which it is.

    Raises:
        UsageWrong: There is no such table, or several; the sentence names the nearest, or all of them.
    """
    whole = _find_table(file, table)
    found = _ask(file, _TABLE, {"table": whole})
    named = {"table": whole}
    return {
        "table_name": whole,
        "description": found[0]["comment"],
        "columns": [_drop_empty(row) for row in _ask(file, _COLUMNS, named)],
        "relationships": _ask(file, _RELATIONSHIPS, named),
        "metrics": [_drop_empty(row) for row in _ask(file, _METRICS_OF_TABLE, named)],
    }


def _find_table(file: Path, table: str) -> str:
    """The name of a published table with its layer."""
    names: list[str] = [row["table_name"] for row in list_tables(file)]
    if table in names:
        return table
    of_layers = [name for name in names if name.partition(".")[2] == table]
    if len(of_layers) > 1:
        several = " or ".join(f"`{name}`" for name in of_layers)
        raise UsageWrong(f"There are several tables `{table}`: ask for {several}.")
    if not of_layers:
        raise UsageWrong(_name_nearest(table, names, "table"))
    return of_layers[0]


def explain_metric(file: Path, metric: str) -> Rows:
    """How a metric is defined and asked for, once per table that publishes it.

    Args:
        file: The published DuckDB file.
        metric: Its name, such as `churn_rate_12m`, or one of its synonyms, in small or capital letters.

    Returns:
        The rows of `meta.metric_definitions` without what is empty, each with `query`: a SELECT that gives its latest
        values with their n.

    Raises:
        UsageWrong: There is no such metric; the sentence names the nearest.
    """
    rows = _ask(file, _METRICS, {"metric": metric})
    if not rows:
        names = [row["metric"] for row in _ask(file, "select distinct metric from meta.metric_definitions")]
        raise UsageWrong(_name_nearest(metric, names, "metric"))
    return [_drop_empty({**row, "query": _write_query(file, row)}) for row in rows]


def list_findings(file: Path) -> Rows:
    """What the run found odd, the most severe first."""
    return [_drop_empty(row) for row in _ask(file, _FINDINGS)]


def list_restatements(file: Path) -> Rows:
    """Which published figures of the past the last run changed, and by what cause; the largest 200."""
    return [_drop_empty(row) for row in _ask(file, _RESTATEMENTS)]


def find_as_of(file: Path) -> dict[str, Any]:
    """`generation` and `as_of`, the last day counted, of what is published."""
    return _ask(file, _AS_OF)[0]


def _write_query(file: Path, metric: Mapping[str, Any]) -> str:
    """A SELECT of the metric: its column over time, latest first, beside all that its rows are told apart by.

    Of a table without periods, such as one row per customer, it is the expression over all rows.
    """
    table, where = metric["table_name"], metric["filter"]
    if metric["view_name"]:
        table, where = metric["view_name"], metric["view_filter"]
    condition = f" where {where}" if where else ""
    apart = _list_columns_apart(file, table, metric["never_over"] or "", where or "")
    if metric["expression"] and metric["time_column"] == "as_of" and not apart:
        return f"select {metric['expression']} as {metric['metric']} from {table}{condition}"
    said = (metric["column_name"], metric["n_column"], metric["known_column"])
    interval = (metric["interval_low_column"], metric["interval_high_column"])
    columns = [name for name in dict.fromkeys((metric["time_column"], *apart, *said, *interval)) if name]
    order = ", ".join([f"{metric['time_column']} desc", *apart])
    return f"select {', '.join(columns)} from {table}{condition} order by {order} limit {QUERY_ROWS}"


def _list_columns_apart(file: Path, table: str, never_over: str, where: str) -> list[str]:
    """The columns of a table over which its metric must not be added up, but for those that the condition fixes."""
    there = {row["column_name"] for row in _ask(file, _NAMES, {"table": table})}
    return [each for each in never_over.split(", ") if each in there and f'"{each}" =' not in where]


def _name_nearest(wanted: str, names: list[str], what: str) -> str:
    near = [f"`{name}`" for name in difflib.get_close_matches(wanted, names, n=3, cutoff=0.4)]
    ending = f"; did you mean {' or '.join(near)}?" if near else "."
    return f"There is no {what} `{wanted}`{ending}"


def _drop_empty(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _ask(file: Path, query: str, named: Mapping[str, str] | None = None) -> Rows:
    with duckdb.connect(file, read_only=True) as con:
        cursor = con.execute(query, dict(named or {}))
        columns = [each[0] for each in cursor.description or []]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
