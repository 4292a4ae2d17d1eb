"""Describes a table: what it says, its columns in short or in whole, its keys, its metrics.

Put here: what `describe_table` answers. Keep out: finding tables by words (`find.py`), metrics (`explain.py`).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
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
    select
        concat(column_names, ' -> ', to_table, ' (', to_column_names, if(may_be_unknown, ') or none', ')')) as said
    from meta.relationships where table_name = $table order by all
"""
OF_ITSELF = "The one "
"""Begins a population that goes without saying where the columns are told in short: the row's customer or record."""
_METRICS_OF_TABLE = """
    select metric, filter, nullif(view_name, $table) as view_name
    from meta.metric_definitions
    where table_name = $table or view_name = $table
    order by metric
"""
_DESCRIPTION = "select description from meta.contracts where table_name = $table"
VALUES = 12
"""How many values of a column its line names."""
TEXT, EXCEPTION = 130, 75
"""Most characters of the first sentence about a column in its line, and of one that takes something back of it."""
CUT = "…"
"""Ends whatever is not said in whole."""
_SENTENCE = re.compile(r"(?<=[^.]{3}[.])\s+(?=[A-Z0-9`–'\"]|[a-z]+[_.]\w)")
"""Between two sentences, not after a letter that is cut short, as in `e.g.`."""
_CLAUSE = re.compile(r"[:;] ")
_TAKES_BACK = re.compile(
    r"(?!NULL)(?:false|true|negative|not|never|only)\b|"
    r"(?!NULL|[01]\b).*\b(?:except|unless|not count|left? out|leaves? \w+ out|is no|is not|are not)\b",
    re.IGNORECASE,
)
"""A sentence without which the one before it reads as more than is true: what it leaves out, or where it is fixed."""
SAME_VALUES = 3
"""How many values two columns have in common, at least, for the second to name the first instead of them."""
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
"""A name of a column that is no word of its own, such as `at_risk_because`."""
WHOLE_TEXTS = "A line per column, `…` where more is said of it: with `word`, those that say it have their whole texts."


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
        (of whom its numbers tell -> their columns), `relationships` (columns -> those of another table) and `metrics`:
        for each filter, with the view that holds its rows, the metrics that need it. `explain_metric` explains them.

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
        "columns": [_say_less(row) for row in columns] if word.strip() else _write_lines(columns),
        **({} if word.strip() else {"more": WHOLE_TEXTS}),
        "populations": _group_populations(columns, is_short=not word.strip()),
        "relationships": [row["said"] for row in read_rows(file, _RELATIONSHIPS, named)],
        "metrics": _group_metrics(read_rows(file, _METRICS_OF_TABLE, named)),
    }


def _describe_view(file: Path, view: str, table: str, columns: Rows) -> dict[str, Any]:
    """What a view is, and what differs from its table."""
    of_table = {row["column_name"]: _write_text(row) for row in read_rows(file, _COLUMNS, {"table": table})}
    lines = dict(zip([row["column_name"] for row in columns], _write_lines(columns), strict=True))
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


def _write_lines(columns: Rows) -> list[str]:
    """A line of each column; where one has the values of an earlier one, it names that instead of them."""
    first_with: dict[tuple[str, ...], str] = {}
    lines = []
    for column in columns:
        values = tuple(_name_values(column))
        same = first_with.setdefault(values, column["column_name"]) if len(values) >= SAME_VALUES else None
        lines.append(_write_line(column, same if same != column["column_name"] else None))
    return lines


def _name_values(column: Mapping[str, Any]) -> list[str]:
    return [each.partition(":")[0] for each in column["allowed_values"] or []]


def _write_line(column: Mapping[str, Any], values_of: str | None = None) -> str:
    """A column in short: its name, type, unit and flags, what must be known about it, and its values' names."""
    marks = [column["data_type"], column["unit"]]
    marks += ["key"] if column["is_key"] else []
    marks += ["not additive"] if column["is_additive"] is False else []
    values = _name_values(column)
    told = f"{', '.join(values[:VALUES])}{f', {CUT}' if len(values) > VALUES else ''}"
    line = f"{column['column_name']} ({', '.join(each for each in marks if each)}): {shorten(column['description'])}"
    return f"{line} [{f'as {values_of}' if values_of else told}]" if values else line


def shorten(text: str) -> str:
    """The first sentence of a text, and the first that takes something back of it; what is left out leaves a `…`."""
    first, *others = _SENTENCE.split(text.strip())
    said = [first if len(first) <= TEXT else f"{first[:TEXT].rpartition(' ')[0]} {CUT}"]
    place, exception = next(_find_exceptions(others), (-1, ""))
    if exception:
        said += [CUT] if place > 0 and not said[0].endswith(CUT) else []
        said.append(exception)
    if place < len(others) - 1 and not said[-1].endswith(CUT):
        said.append(CUT)
    return " ".join(said).removesuffix(".")


def _find_exceptions(sentences: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Which of the sentences take something back, in whole or up to the first `:` or `;` of it, where that is short."""
    for place, sentence in enumerate(sentences):
        clause = _CLAUSE.split(sentence, maxsplit=1)[0]
        said = sentence if len(sentence) <= EXCEPTION else f"{clause} {CUT}"
        if len(said) <= EXCEPTION and _TAKES_BACK.match(clause):
            yield place, said


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


def _group_populations(columns: Rows, *, is_short: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for column in columns:
        population = column["population"]
        if population is not None and not (is_short and population.startswith(OF_ITSELF)):
            found.setdefault(population, []).append(column["column_name"])
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
