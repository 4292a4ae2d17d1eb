"""What an agent may know of the published file before it asks: its tables, columns, metrics, findings, restatements.

Put here: one function per question, each answered from the file's own `meta` tables. Keep out: the protocol
(`server.py`), and queries that somebody else wrote (`guarded_query.py`).
"""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regulars.pipelines.command.mcp.file_rows import Rows, read_rows
from regulars.pipelines.command.mcp.find import find_metrics, list_table_names
from regulars.pipelines.command.mcp.word_search import find_words
from regulars.pipelines.errors import UsageWrong

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
    where metric in (
        select metric
        from meta.metric_definitions
        where metric = replace(lower(trim($metric)), ' ', '_')
            or list_contains(string_split(lower(coalesce(synonyms, '')), ', '), replace(lower(trim($metric)), '_', ' '))
    )
    order by metric, table_name
"""
_NAMES = "select column_name, is_key from meta.data_dictionary where table_name = $table"
NEAR_NAMES = 5
QUERY_ROWS = 60
"""Of the query that shows a metric: five years of months, or the newest weeks."""
TOLD_BESIDE = ("is_complete", "reason")
"""What stands beside a metric, where its table has them: whether it may be trusted, and why not."""
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


def describe_table(file: Path, table: str, word: str = "") -> dict[str, Any]:
    """What a table says and what each of its columns is.

    Args:
        file: The published DuckDB file.
        table: `layer.name`, such as `marts.churn`, or the name alone where one layer has it, in small or capital
            letters; `table_name` of what is returned says which it is.
        word: Only the columns that say it, or one of several words; empty: all.

    Returns:
        `table_name`, `description`, `columns` (what is not said of one, such as `is_key`, is not so), `populations`
        (of whom its numbers tell -> their columns), `relationships` and `metrics`: for each filter, with the view that
        holds its rows, the metrics that need it. `explain_metric` explains them.

    Raises:
        UsageWrong: There is no such table, or several, or no column says the word; the sentence names the nearest.
    """
    whole = _find_table(file, table)
    found = read_rows(file, _TABLE, {"table": whole})
    named = {"table": whole}
    columns = _keep_with_word(read_rows(file, _COLUMNS, named), word, "column")
    return {
        "table_name": whole,
        "description": found[0]["comment"],
        "columns": [_say_less(row) for row in columns],
        "populations": _group_populations(columns),
        "relationships": read_rows(file, _RELATIONSHIPS, named),
        "metrics": _group_metrics(read_rows(file, _METRICS_OF_TABLE, named)),
    }


def _keep_with_word(rows: Rows, word: str, what: str) -> Rows:
    """The rows in which the words stand side by side; where there are none, those in which one of them stands."""
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    kept = [row for row, text in zip(rows, texts, strict=True) if word.casefold().strip() in text.casefold()]
    asked = set(find_words(word))
    kept = kept or [row for row, text in zip(rows, texts, strict=True) if asked & set(find_words(text))]
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


def _group_metrics(rows: Rows) -> list[dict[str, Any]]:
    """Each filter once, with the view that has its rows, and the metrics that need it."""
    found: dict[tuple[str | None, str | None], list[str]] = {}
    for row in rows:
        found.setdefault((row["filter"], row["view_name"]), []).append(row["metric"])
    return [
        _drop_empty({"filter": condition, "view_name": view, "metrics": names})
        for (condition, view), names in found.items()
    ]


def _find_table(file: Path, table: str) -> str:
    """The name of a published table with its layer."""
    names = list_table_names(file)
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
        metric: Its name, such as `churn_rate_12m`, or one of its synonyms, in small or capital letters; or words, to
            which the metrics answer that say them best, the best first.

    Returns:
        The rows of `meta.metric_definitions` without what is empty, each with `query`, a SELECT that gives its latest
        values with their n, and `splits`: the grains and dimensions that its table has too. `see_also` of the first
        names other metrics that say the words.

    Raises:
        UsageWrong: There is no such metric; the sentence names the nearest.
    """
    rows = read_rows(file, _METRICS, {"metric": metric})
    alike = [name for name in find_metrics(file, metric) if name not in {row["metric"] for row in rows}]
    if not rows:
        rows = [row for name in alike for row in read_rows(file, _METRICS, {"metric": name})]
        alike = []
    if not rows:
        names = [row["metric"] for row in read_rows(file, "select distinct metric from meta.metric_definitions")]
        raise UsageWrong(_name_nearest(metric, names, "metric"))
    explained = [
        _drop_empty({**row, "query": _write_query(file, row), "splits": _list_splits(file, row) or None})
        for row in rows
    ]
    return [{**explained[0], "see_also": alike}, *explained[1:]] if alike else explained


def list_findings(file: Path) -> Rows:
    """What the run found odd, the most severe first."""
    return [_drop_empty(row) for row in read_rows(file, _FINDINGS)]


def list_restatements(file: Path) -> dict[str, Any]:
    """`compared`: how many metrics of past periods the last run compared and changed; `restatements`: the largest 200.

    Restatements of earlier runs are among them, for a year.
    """
    return {
        "compared": _say_comparison(read_rows(file, "select * from meta.runs order by generation desc limit 1")[0]),
        "restatements": [_drop_empty(row) for row in read_rows(file, _RESTATEMENTS)],
    }


def _say_comparison(run: Mapping[str, Any]) -> str:
    """What the newest run compared; a file of an older version does not say it."""
    compared, changed = run.get("metrics_compared"), run.get("metrics_changed")
    if compared is None:
        return "The last run did not compare metrics with a run before it, or does not say so."
    said = f"{changed:,}" if changed else "none"
    return f"The last run compared {compared:,} metrics of past periods with the run before: {said} changed."


def find_as_of(file: Path) -> dict[str, Any]:
    """`generation`, `as_of` (the last day counted) and `run_on` (the day of the run) of what is published."""
    return read_rows(file, _AS_OF)[0]


def _write_query(file: Path, metric: Mapping[str, Any]) -> str:
    """A SELECT of the metric: its column over time, latest first, beside all that its rows are told apart by.

    Of a table without periods, such as one row per customer, it is the expression over all rows, unless it has an
    interval, which adds up to nothing; of days that add up, it is the expression by month. What its row says of itself
    (`TOLD_BESIDE`) stands beside it.
    """
    table, where = metric["table_name"], metric["filter"]
    if metric["view_name"]:
        table, where = metric["view_name"], metric["view_filter"]
    condition = f" where {where}" if where else ""
    apart = _list_columns_apart(file, table, metric["never_over"] or "", where or "")
    interval = [name for name in (metric["interval_low_column"], metric["interval_high_column"]) if name]
    if metric["expression"] and metric["time_column"] == "as_of" and not apart and not interval:
        return f"select {metric['expression']} as {metric['metric']} from {table}{condition}"
    if metric["over_time"] == "sum" and "\"grain\" = 'day'" in (metric["filter"] or ""):
        month = f"date_trunc('month', {metric['time_column']})::date"
        counted = [f"sum({metric['n_column']}) as {metric['n_column']}"] if metric["n_column"] else []
        chosen = ", ".join([f"{month} as month", *apart, f"{metric['expression']} as {metric['metric']}", *counted])
        return f"select {chosen} from {table}{condition} group by all order by month desc limit {QUERY_ROWS}"
    said = (metric["column_name"], metric["n_column"], metric["known_column"])
    there = read_rows(file, _NAMES, {"table": table})
    keys = [
        each["column_name"] for each in there if each["is_key"] and f'"{each["column_name"]}" =' not in (where or "")
    ]
    told = [each["column_name"] for each in there if each["column_name"] in TOLD_BESIDE]
    columns = [name for name in dict.fromkeys((metric["time_column"], *apart, *keys, *said, *interval, *told)) if name]
    order = ", ".join([f"{metric['time_column']} desc", *apart])
    return f"select {', '.join(columns)} from {table}{condition} order by {order} limit {QUERY_ROWS}"


def _list_columns_apart(file: Path, table: str, never_over: str, where: str) -> list[str]:
    """The columns of a table over which its metric must not be added up, but for those that the condition fixes."""
    there = {row["column_name"] for row in read_rows(file, _NAMES, {"table": table})}
    return [each for each in never_over.split(", ") if each in there and f'"{each}" =' not in where]


def _list_splits(file: Path, metric: Mapping[str, Any]) -> dict[str, list[str]]:
    """Column -> the values of it that the metric's table has rows of: its grains, and what customers are split by."""
    apart = (metric["never_over"] or "").split(", ")
    return {
        column: [row["value"] for row in read_rows(file, _SPLITS.format(column=column, table=metric["table_name"]))]
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
