"""Describes a table: what it says, its columns in short or in whole, its keys, its metrics.

Put here: what `describe_table` answers. Keep out: finding tables by words (`find.py`), metrics (`explain.py`).
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regulars.pipelines.command.mcp.file_rows import Rows, drop_empty, name_nearest, read_rows
from regulars.pipelines.command.mcp.find import VIEWS, list_table_names
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
_DESCRIPTION = "select description from meta.contracts where table_name = $table"
VALUES = 12
"""How many values of a column its line names."""
TEXT = 130
"""Most characters of the first sentence about a column in its line."""
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
"""A name of a column that is no word of its own, such as `at_risk_because`."""
WHOLE_TEXTS = "A line per column: with `word`, those that say it have their whole texts and the meaning of each value."


def describe_table(file: Path, table: str, word: str = "") -> dict[str, Any]:
    """What a table says and what each of its columns is: in short, or, of the columns that say a word, all of it.

    Args:
        file: The published DuckDB file.
        table: `layer.name`, such as `marts.churn`, or the name alone where one layer has it, in small or capital
            letters; `table_name` of what is returned says which it is.
        word: Only the columns that say it, or one of several words, with all that is known of them; empty: a line of
            each column, and of a view only the columns that differ from its table's.

    Returns:
        `table_name`, `description`, `columns` (what is not said of one, such as `is_key`, is not so), `populations`
        (of whom its numbers tell -> their columns), `relationships` and `metrics`: for each filter, with the view that
        holds its rows, the metrics that need it. `explain_metric` explains them.

    Raises:
        UsageWrong: There is no such table, or several, or no column says the word; the sentence names the nearest.
    """
    whole = find_table(file, table)
    named = {"table": whole}
    columns = read_rows(file, _COLUMNS, named)
    view_of = {view["view_name"]: view["table_name"] for view in read_rows(file, VIEWS)}.get(whole)
    if word.strip():
        columns = _keep_with_word(columns, word, "column")
    elif view_of:
        return _describe_view(file, whole, view_of, columns)
    return {
        "table_name": whole,
        "description": read_rows(file, _TABLE, named)[0]["comment"],
        "columns": [_say_less(row) if word.strip() else _write_line(row) for row in columns],
        **({} if word.strip() else {"more": WHOLE_TEXTS}),
        "populations": _group_populations(columns),
        "relationships": read_rows(file, _RELATIONSHIPS, named),
        "metrics": _group_metrics(read_rows(file, _METRICS_OF_TABLE, named)),
    }


def _describe_view(file: Path, view: str, table: str, columns: Rows) -> dict[str, Any]:
    """What a view is, and what differs from its table."""
    of_table = {row["column_name"]: _write_text(row) for row in read_rows(file, _COLUMNS, {"table": table})}
    lines = {row["column_name"]: _write_line(row) for row in columns}
    differ = [row["column_name"] for row in columns if _write_text(row) != of_table.get(row["column_name"])]
    (described,) = read_rows(file, _DESCRIPTION, {"table": table})
    comment = read_rows(file, _TABLE, {"table": view})[0]["comment"]
    return {
        "table_name": view,
        "view_of": table,
        "description": comment.replace(f"{described['description'].strip()} ", ""),
        "columns": list(lines),
        "additive": [row["column_name"] for row in columns if row["is_additive"]],
        "columns_that_differ": [lines[name] for name in differ],
        "columns_left_out": [name for name in of_table if name not in lines],
        "more": f"describe_table of `{table}` says what each column is, with `word` in whole.",
        "metrics": _group_metrics(read_rows(file, _METRICS_OF_TABLE, {"table": view})),
    }


def _write_text(column: Mapping[str, Any]) -> str:
    """All that is said of a column, but for whether it may be added up, as it may in some views alone."""
    return _write_line({**column, "is_additive": None, "is_key": None})


def _write_line(column: Mapping[str, Any]) -> str:
    """A column in short: its name, type, unit and flags, the first sentence about it, and its values' names."""
    marks = [column["data_type"], column["unit"]]
    marks += ["key"] if column["is_key"] else []
    marks += ["not additive"] if column["is_additive"] is False else []
    values = [each.partition(":")[0] for each in column["allowed_values"] or []]
    told = values if len(values) <= VALUES else [*values[:VALUES], "…"]
    text = column["description"].partition(". ")[0].removesuffix(".")
    text = text if len(text) <= TEXT else f"{text[:TEXT].rpartition(' ')[0]} …"
    line = f"{column['column_name']} ({', '.join(each for each in marks if each)}): {text}"
    return f"{line} [{', '.join(told)}]" if told else line


def _keep_with_word(rows: Rows, word: str, what: str) -> Rows:
    """The columns that are named in whole; else those with the words side by side, else those with one of them."""
    names = set(word.lower().replace(",", " ").split())
    named = [row for row in rows if row["column_name"] in names]
    if len(named) == len(names) and all(_NAME.fullmatch(name) for name in names):
        return named
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
        for name, value in drop_empty(column).items()
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
        drop_empty({"filter": condition, "view_name": view, "metrics": names})
        for (condition, view), names in found.items()
    ]


def find_table(file: Path, table: str) -> str:
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
        raise UsageWrong(name_nearest(table, names, "table"))
    return of_layers[0]
