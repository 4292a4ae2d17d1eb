"""Names the columns that a query may have meant where it names one that its tables have not.

Put here: that. Keep out: running the query (`query_process.py`).
"""

import difflib
import re

import duckdb

from regulars.pipelines.command.mcp.word_search import find_words

_WRONG = re.compile(r'(?:column|named?|alias) "(?P<name>[^"]+)"', re.IGNORECASE)
_TABLES = re.compile(r"\b(?:from|join)\s+((?:\w+\.)?\w+)", re.IGNORECASE)
NEAR, LISTED = 5, 40
_COLUMNS = """
    select dictionary.table_name, dictionary.column_name, coalesce(metrics.synonyms, '') as synonyms
    from meta.data_dictionary as dictionary
    left join meta.metric_definitions as metrics
        on metrics.column_name = dictionary.column_name
        and dictionary.table_name in (metrics.table_name, metrics.view_name)
    where list_contains($tables, dictionary.table_name)
        or list_contains($tables, split_part(dictionary.table_name, '.', 2))
    order by dictionary.table_name, position
"""


def name_columns(con: duckdb.DuckDBPyConnection, query: str, error: str) -> str:
    """The columns of the query's tables that say the words of the wrong one, or are written alike; and all of them.

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
    near = _find_near(wrong["name"].rpartition(".")[2], rows)
    said = [f"Did you mean {' or '.join(f'`{name}`' for name in near)}?"] if near else []
    for table in dict.fromkeys(row[0] for row in rows):
        names = list(dict.fromkeys(row[1] for row in rows if row[0] == table))
        more = ", …" if len(names) > LISTED else ""
        said.append(f"Columns of {table}: {', '.join(names[:LISTED])}{more}. describe_table says what each is.")
    return "\n" + "\n".join(said)


def _find_near(wrong: str, rows: list[tuple[str, str, str]]) -> list[str]:
    """The columns that say most of its words in their names, then in their synonyms, then those written alike."""
    asked = set(find_words(wrong))
    scores: dict[str, float] = {}
    for _, name, synonyms in rows:
        said = set(find_words(name))
        score = len(asked & said) / (1 + len(said - asked)) + 0.5 * len((asked - said) & set(find_words(synonyms)))
        if score:
            scores[name] = max(scores.get(name, 0.0), score)
    alike = difflib.get_close_matches(wrong, list(dict.fromkeys(row[1] for row in rows)), n=NEAR, cutoff=0.6)
    return list(dict.fromkeys([*sorted(scores, key=lambda name: -scores[name]), *alike]))[:NEAR]
