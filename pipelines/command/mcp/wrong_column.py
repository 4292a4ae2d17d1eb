"""Names what a query may have meant where it names a column that its tables have not, or a name that is SQL's own.

Put here: that. Keep out: running the query (`query_process.py`).
"""

import difflib
import re
from collections.abc import Collection

import duckdb

from regulars.pipelines.command.mcp.word_search import find_words

_WRONG = re.compile(r'(?:column|named?|alias) "(?P<name>[^"]+)"', re.IGNORECASE)
_TABLES = re.compile(r"\b(?:from|join)\s+((?:\w+\.)?\w+)", re.IGNORECASE)
_AT = re.compile(r'at or near "(?P<word>\w+)"')
NEAR, LISTED, ELSEWHERE = 5, 40, 4
CALLED = 0.35
"""How much a word counts in what people call a column, beside one in its name."""
STEM = 5
"""How many letters two words must begin with to be forms of one, such as `experience` and `experienced`."""
_COLUMNS = """
    select
        dictionary.table_name, dictionary.column_name, coalesce(metrics.synonyms, '') as synonyms,
        split_part(dictionary.description, '. ', 1) as text,
    from meta.data_dictionary as dictionary
    left join meta.metric_definitions as metrics
        on metrics.column_name = dictionary.column_name
        and dictionary.table_name in (metrics.table_name, metrics.view_name)
    where list_contains($tables, dictionary.table_name)
        or list_contains($tables, split_part(dictionary.table_name, '.', 2))
    order by dictionary.table_name, position
"""
_VIEW_OF = """
    select regexp_extract(sql, '(?i)\\sfrom (\\w+\\.\\w+)', 1)
    from duckdb_views()
    where not internal
        and (list_contains($tables, schema_name || '.' || view_name) or list_contains($tables, view_name))
"""
_SPLIT = "select table_name from meta.data_dictionary where column_name = 'dimension' and is_key"
_ELSEWHERE = """
    select table_name from meta.data_dictionary
    where column_name = $name and table_name in (select table_name from meta.contracts)
    order by starts_with(table_name, 'marts.') desc, table_name
"""


def name_columns(con: duckdb.DuckDBPyConnection, query: str, error: str) -> str:
    """The columns of the query's tables that mean the wrong one, who else has it, and all columns of the tables.

    Args:
        con: Of the published file.
        query: What was asked.
        error: What DuckDB says of it.

    Returns:
        Sentences to add to the error; empty where it speaks of no column, or the query of no published table.
    """
    wrong = _WRONG.search(error)
    tables = sorted({name.lower() for name in _TABLES.findall(query)})
    rows = con.execute(_COLUMNS, {"tables": tables}).fetchall() if wrong and tables else []
    if wrong is None or not rows:
        return ""
    name = wrong["name"].rpartition(".")[2]
    near = _find_near(name, rows)
    said = [f"Did you mean {' or '.join(f'`{each}`' for each in near)}?"] if near else []
    said += _say_elsewhere(con, name, tables)
    for table in dict.fromkeys(row[0] for row in rows):
        names = list(dict.fromkeys(row[1] for row in rows if row[0] == table))
        more = ", …" if len(names) > LISTED else ""
        said.append(f"Columns of {table}: {', '.join(names[:LISTED])}{more}. describe_table says what each is.")
    return "\n" + "\n".join(said)


def name_own_words(query: str, error: str) -> str:
    """How to write a name of the query's own that SQL takes for one of its words; empty without one."""
    found = _AT.search(error)
    word = found["word"] if found else ""
    is_name = word and re.search(rf"[\w)\"']\s+{word}\b\s*(?:,|\bfrom\b|$)", query, re.IGNORECASE)
    return f'If `{word}` is a name of yours, write `as "{word}"`. ' if is_name else ""


def _say_elsewhere(con: duckdb.DuckDBPyConnection, name: str, tables: list[str]) -> list[str]:
    """That a view leaves the column out, that it is a dimension of the table, or which other tables have it."""
    having = [table for (table,) in con.execute(_ELSEWHERE, {"name": name.lower()}).fetchall()]
    behind = {table for (table,) in con.execute(_VIEW_OF, {"tables": tables}).fetchall()}
    if left_out := [table for table in having if table in behind]:
        return [f"The view leaves `{name}` out, which is the same in all its rows: {' or '.join(left_out)} has it."]
    for table in sorted({*tables, *behind} & {each for (each,) in con.execute(_SPLIT).fetchall()}):
        if con.execute(f"select count(*) from {table} where dimension = $name", {"name": name.lower()}).fetchone() != (
            0,
        ):
            return [f"It is a dimension of {table}: filter `dimension = '{name.lower()}'`, and read `dimension_value`."]
    others = [table for table in having if table not in tables]
    more = ", …" if len(others) > ELSEWHERE else ""
    return [f"`{name}` is a column of {', '.join(others[:ELSEWHERE])}{more}."] if others else []


def _find_near(wrong: str, rows: list[tuple[str, str, str, str]]) -> list[str]:
    """The columns that say most of its words in names or synonyms, and those written alike; else by their texts."""
    asked = set(find_words(wrong))
    by_name: dict[str, float] = {}
    by_text: dict[str, float] = {}
    for _, name, synonyms, text in rows:
        said = set(find_words(name))
        named = [word for word in asked if _holds(said, word)]
        called = [word for word in asked if word not in named and _holds(find_words(synonyms), word)]
        score = len(named) / (1 + len([each for each in said if not _holds(asked, each)])) + CALLED * len(called)
        if score:
            by_name[name] = max(by_name.get(name, 0.0), score)
        if told := len([word for word in asked if _holds(find_words(text), word)]):
            by_text[name] = told
    alike = difflib.get_close_matches(wrong, list(dict.fromkeys(row[1] for row in rows)), n=NEAR, cutoff=0.6)
    near = list(dict.fromkeys([*sorted(by_name, key=lambda name: -by_name[name]), *alike]))
    return (near or sorted(by_text, key=lambda name: -by_text[name]))[:NEAR]


def _holds(words: Collection[str], word: str) -> bool:
    """Whether a word, or another form of it, is among the words."""
    return word in words or (len(word) >= STEM and any(each.startswith(word[:STEM]) for each in words))
