"""What an agent may know of the published file before it asks: its tables, columns, metrics, findings, restatements.

Put here: one function per question, each answered from the file's own `meta` tables. Keep out: the protocol
(`server.py`), and queries that somebody else wrote (`guarded_query.py`).
"""

import difflib
import json
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
        (select any_value(grain) from meta.data_dictionary where table_name = schema_name || '.' || view_name)
    from duckdb_views()
    where not internal and schema_name in ('marts', 'core', 'meta')
    order by table_name
"""
_TABLES_WITH_WORD = """
    select table_name from meta.contracts where contains(lower(concat_ws(' ', table_name, description, grain)), $word)
    union
    select table_name from meta.data_dictionary where contains(lower(concat_ws(' ', column_name, description)), $word)
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
    select metric, filter, nullif(view_name, $table) as view_name
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
NEAR_NAMES = 5
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
_AS_OF = """
    select generation, as_of::varchar as as_of, started_at::date::varchar as run_on
    from meta.runs order by generation desc limit 1
"""
_SPLITS = "select distinct {column} as value from {table} where {column} is not null order by value limit 60"


def list_tables(file: Path, word: str = "") -> Rows:
    """Every published table and view: `table_name`, `purpose` and `grain`, a line each.

    Args:
        file: The published DuckDB file.
        word: Only those that say it of themselves or of a column; empty: all.

    Raises:
        UsageWrong: No table says the word.
    """
    tables = _ask(file, _TABLES)
    if not word.strip():
        return tables
    saying = {row["table_name"] for row in _ask(file, _TABLES_WITH_WORD, {"word": word.strip().lower()})}
    if not saying:
        raise UsageWrong(_name_missing_word(word, "table"))
    return [row for row in tables if row["table_name"] in saying]


def describe_table(file: Path, table: str, word: str = "") -> dict[str, Any]:
    """What a table says and what each of its columns is.

    Args:
        file: The published DuckDB file.
        table: `layer.name`, such as `marts.churn`, or the name alone where one layer has it, in small or capital
            letters; `table_name` of what is returned says which it is.
        word: Only the columns that say it; empty: all.

    Returns:
        `table_name`, `description`, `columns` (what is not said of one, such as `is_key`, is not so), `populations`
        (of whom its numbers tell -> their columns), `relationships` and `metrics`, which `explain_metric` explains.

    Raises:
        UsageWrong: There is no such table, or several, or no column says the word; the sentence names the nearest.
    """
    whole = _find_table(file, table)
    found = _ask(file, _TABLE, {"table": whole})
    named = {"table": whole}
    columns = _keep_with_word(_ask(file, _COLUMNS, named), word, "column")
    return {
        "table_name": whole,
        "description": found[0]["comment"],
        "columns": [_say_less(row) for row in columns],
        "populations": _group_populations(columns),
        "relationships": _ask(file, _RELATIONSHIPS, named),
        "metrics": [_drop_empty(row) for row in _ask(file, _METRICS_OF_TABLE, named)],
    }


def _keep_with_word(rows: Rows, word: str, what: str) -> Rows:
    """The rows in which the word stands."""
    kept = [row for row in rows if word.casefold().strip() in json.dumps(row, ensure_ascii=False).casefold()]
    if not kept:
        raise UsageWrong(_name_missing_word(word, what))
    return kept


def _name_missing_word(word: str, what: str) -> str:
    return f"No {what} says `{word.strip()}`; ask for another word, or without one for all."


def _say_less(column: Mapping[str, Any]) -> dict[str, Any]:
    """A column without what most columns are not, and without its population, which is said once for all."""
    flags = ("is_key", "is_required")
    return {
        name: value
        for name, value in _drop_empty(column).items()
        if name != "population" and (name not in flags or value)
    }


def _group_populations(columns: Rows) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for column in columns:
        if column["population"] is not None:
            found.setdefault(column["population"], []).append(column["column_name"])
    return found


def _find_table(file: Path, table: str) -> str:
    """The name of a published table with its layer."""
    names: list[str] = [row["table_name"] for row in list_tables(file)]
    wanted = table.strip().lower()
    if wanted in names:
        return wanted
    of_layers = [name for name in names if name.partition(".")[2] == wanted]
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
        The rows of `meta.metric_definitions` without what is empty, each with `query`, a SELECT that gives its latest
        values with their n, and `splits`: the grains and dimensions that its table has too.

    Raises:
        UsageWrong: There is no such metric; the sentence names the nearest.
    """
    rows = _ask(file, _METRICS, {"metric": metric})
    if not rows:
        names = [row["metric"] for row in _ask(file, "select distinct metric from meta.metric_definitions")]
        raise UsageWrong(_name_nearest(metric, names, "metric"))
    return [
        _drop_empty({**row, "query": _write_query(file, row), "splits": _list_splits(file, row) or None})
        for row in rows
    ]


def list_findings(file: Path) -> Rows:
    """What the run found odd, the most severe first."""
    return [_drop_empty(row) for row in _ask(file, _FINDINGS)]


def list_restatements(file: Path) -> Rows:
    """Which published figures of the past the last run changed, and by what cause; the largest 200."""
    return [_drop_empty(row) for row in _ask(file, _RESTATEMENTS)]


def find_as_of(file: Path) -> dict[str, Any]:
    """`generation`, `as_of` (the last day counted) and `run_on` (the day of the run) of what is published."""
    return _ask(file, _AS_OF)[0]


def _write_query(file: Path, metric: Mapping[str, Any]) -> str:
    """A SELECT of the metric: its column over time, latest first, beside all that its rows are told apart by.

    Of a table without periods, such as one row per customer, it is the expression over all rows; of days that add up,
    it is the expression by month.
    """
    table, where = metric["table_name"], metric["filter"]
    if metric["view_name"]:
        table, where = metric["view_name"], metric["view_filter"]
    condition = f" where {where}" if where else ""
    apart = _list_columns_apart(file, table, metric["never_over"] or "", where or "")
    if metric["expression"] and metric["time_column"] == "as_of" and not apart:
        return f"select {metric['expression']} as {metric['metric']} from {table}{condition}"
    if metric["over_time"] == "sum" and "\"grain\" = 'day'" in (metric["filter"] or ""):
        month = f"date_trunc('month', {metric['time_column']})::date"
        counted = [f"sum({metric['n_column']}) as {metric['n_column']}"] if metric["n_column"] else []
        chosen = ", ".join([f"{month} as month", *apart, f"{metric['expression']} as {metric['metric']}", *counted])
        return f"select {chosen} from {table}{condition} group by all order by month desc limit {QUERY_ROWS}"
    said = (metric["column_name"], metric["n_column"], metric["known_column"])
    interval = (metric["interval_low_column"], metric["interval_high_column"])
    columns = [name for name in dict.fromkeys((metric["time_column"], *apart, *said, *interval)) if name]
    order = ", ".join([f"{metric['time_column']} desc", *apart])
    return f"select {', '.join(columns)} from {table}{condition} order by {order} limit {QUERY_ROWS}"


def _list_columns_apart(file: Path, table: str, never_over: str, where: str) -> list[str]:
    """The columns of a table over which its metric must not be added up, but for those that the condition fixes."""
    there = {row["column_name"] for row in _ask(file, _NAMES, {"table": table})}
    return [each for each in never_over.split(", ") if each in there and f'"{each}" =' not in where]


def _list_splits(file: Path, metric: Mapping[str, Any]) -> dict[str, list[str]]:
    """Column -> the values of it that the metric's table has rows of: its grains, and what customers are split by."""
    apart = (metric["never_over"] or "").split(", ")
    return {
        column: [row["value"] for row in _ask(file, _SPLITS.format(column=column, table=metric["table_name"]))]
        for column in ("grain", "dimension")
        if column in apart
    }


def _name_nearest(wanted: str, names: list[str], what: str) -> str:
    """There is no such name; those that hold it come before those that are written alike."""
    word = wanted.strip().lower()
    held = [name for name in sorted(names, key=len) if len(word) > 1 and word in name]
    alike = difflib.get_close_matches(word, names, n=NEAR_NAMES, cutoff=0.4)
    near = [f"`{name}`" for name in dict.fromkeys([*held, *alike])][:NEAR_NAMES]
    ending = f"; did you mean {' or '.join(near)}?" if near else "."
    return f"There is no {what} `{wanted}`{ending}"


def _drop_empty(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _ask(file: Path, query: str, named: Mapping[str, str] | None = None) -> Rows:
    with duckdb.connect(file, read_only=True) as con:
        cursor = con.execute(query, dict(named or {}))
        columns = [each[0] for each in cursor.description or []]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
