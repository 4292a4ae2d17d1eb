"""Finds tables of the published file by the words of a question.

Put here: what of a table is searched, and the line that is said of it. Keep out: scores (`word_search.py`), metrics
(`metric_search.py`), and what a table is (`published.py`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from regulars.pipelines.command.mcp.file_rows import Rows, read_rows
from regulars.pipelines.command.mcp.splits import list_splits
from regulars.pipelines.command.mcp.word_search import Entry, find_words, rank_by_words
from regulars.pipelines.errors import UsageWrong

TABLES_FOUND, COLUMNS_NAMED = 8, 3
NAME, ANSWER, COLUMN, TEXT, DETAIL = 10.0, 6.0, 3.0, 2.0, 1.0
"""How much a word counts in a name, in the sentence of what a table answers, in names of columns and metrics, in the
text of a table, and in those of its columns."""

SEPARATOR = ", "
"""Between synonyms."""

_TABLES = """
    select table_name, purpose, grain, description
    from meta.contracts
    where split_part(table_name, '.', 1) in ('marts', 'core', 'meta')
    order by table_name
"""
VIEWS = """
    select
        schema_name || '.' || view_name as view_name,
        regexp_extract(sql, '(?i)\\sfrom (\\w+\\.\\w+)', 1) as table_name,
        split_part(comment, '. ', 1) as purpose,
    from duckdb_views()
    where not internal and schema_name in ('marts', 'core', 'meta')
    order by view_name
"""
_COLUMNS = """
    select
        table_name,
        string_agg(column_name, ' ') as names,
        string_agg(description, ' ') as descriptions,
        (
            select string_agg(allowed_value || ' ' || meaning, ' ')
            from meta.allowed_values as allowed
            where allowed.table_name = columns.table_name
        ) as allowed,
    from meta.data_dictionary as columns
    group by table_name
"""
_COLUMN_TEXTS = """
    select table_name, column_name, split_part(description, '. ', 1) as text
    from meta.data_dictionary
    order by table_name, position
"""
_SYNONYMS = """
    select table_name, string_agg(concat_ws(', ', metric, synonyms), ', ') as names
    from meta.metric_definitions
    group by table_name
"""


def list_table_names(file: Path) -> list[str]:
    """Every published table and view, as `layer.name`."""
    tables = [row["table_name"] for row in read_rows(file, _TABLES)]
    return sorted([*tables, *(row["view_name"] for row in read_rows(file, VIEWS))])


def list_tables(file: Path, words: str = "") -> list[str]:
    """A line per published table: its name, what one row is, what it answers, and the views of its headline rows.

    Args:
        file: The published DuckDB file.
        words: Of a question: only the tables that say them best, the best first, with the columns that do, what a view
            holds where that says one of the words, and which columns of the table it lacks; empty: all.

    Raises:
        UsageWrong: No table says any of the words.
    """
    tables = {row["table_name"]: row for row in read_rows(file, _TABLES)}
    views: dict[str, Rows] = {}
    for view in read_rows(file, VIEWS):
        views.setdefault(view["table_name"], []).append(view)
    if not words.strip():
        return [_write_line(row, [view["view_name"] for view in views.get(name, [])]) for name, row in tables.items()]
    found = rank_by_words(words, _make_entries(file, tables, views))[:TABLES_FOUND]
    if not found:
        raise UsageWrong(f"No table says `{words.strip()}`; ask with other words, or without any for all.")
    asked = set(find_words(words))
    columns: dict[str, Rows] = {}
    for row in read_rows(file, _COLUMN_TEXTS):
        columns.setdefault(row["table_name"], []).append(row)
    return [
        _write_line(
            tables[name],
            [_name_view(view, asked, columns) for view in views.get(name, [])],
            rank_by_words(words, [_make_column_entry(row) for row in columns[name]])[:COLUMNS_NAMED],
        )
        for name in found
    ]


def _make_column_entry(column: Mapping[str, Any]) -> Entry:
    return Entry(column["column_name"], {column["column_name"]: NAME, column["text"]: TEXT})


def _name_view(view: Mapping[str, Any], asked: set[str], columns: Mapping[str, Rows]) -> str:
    """A view, with what it holds where that says a word of the question, and the columns of its table that it lacks."""
    of_table, own = ([row["column_name"] for row in columns.get(view[key], [])] for key in ("table_name", "view_name"))
    lacks = [name for name in of_table if name not in own] if own else []
    said = [str(view["purpose"])] if asked & set(find_words(view["purpose"])) else []
    said += [f"without {', '.join(lacks)}"] if lacks else []
    return f"{view['view_name']} ({'; '.join(said)})" if said else str(view["view_name"])


def _write_line(table: dict[str, Any], views: list[str], columns: Sequence[str] = ()) -> str:
    grain = table["grain"].removesuffix(".").replace("One row per ", "per ")
    parts = [table["table_name"], grain, table["purpose"].removesuffix(".")]
    parts += [f"columns: {', '.join(columns)}"] if columns else []
    return " | ".join([*parts, *([f"views: {', '.join(views)}"] if views else [])])


def _make_entries(file: Path, tables: dict[str, dict[str, Any]], views: dict[str, Rows]) -> list[Entry]:
    """What is searched of each table: names, then what it answers, then metrics and columns, then texts."""
    columns = {row["table_name"]: row for row in read_rows(file, _COLUMNS)}
    splits = list_splits(file)
    metrics = {row["table_name"]: row["names"].split(SEPARATOR) for row in read_rows(file, _SYNONYMS)}
    return [
        Entry(
            name,
            {
                " ".join([name.partition(".")[2], *(view["view_name"] for view in views.get(name, []))]): NAME,
                " ".join([table["purpose"], *(view["purpose"] for view in views.get(name, []))]): ANSWER,
                " ".join(metrics.get(name, [])): COLUMN,
                columns[name]["names"]: COLUMN,
                splits.get(name, ""): COLUMN,
                f"{table['description']} {table['grain']}": TEXT,
                f"{columns[name]['descriptions']} {columns[name]['allowed'] or ''}": DETAIL,
            },
            dict.fromkeys(metrics.get(name, []), NAME),
        )
        for name, table in tables.items()
    ]
