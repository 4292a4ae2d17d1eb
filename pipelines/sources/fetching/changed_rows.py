"""Asks a database for some of its rows, those that have changed or the first: the same fetch, of another query.

Put here: the query of an increment or a sample, the type of a cursor. Keep out: when it is asked for (`by_cursor.py`).
"""

import hashlib
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from regulars.pipelines.settings.sources.cursor import Cursor
from regulars.pipelines.settings.sources.ways_in import DatabaseTable
from regulars.pipelines.sources.fetching.by_cursor import CursorWay
from regulars.pipelines.sources.fetching.cursors import Start, write_condition
from regulars.pipelines.sources.fetching.fetch import fetch, read_first_row
from regulars.pipelines.sources.fetching.files import quote_name, write_select
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.warehouse.sql_text import quote_literal

_TYPES = {
    "postgresql": "pg_typeof(min({0}))::text as lowest, pg_typeof(max({0}))::text as highest",
    "duckdb": "typeof(min({0})) as lowest, typeof(max({0})) as highest",
    "sqlite": "typeof(min({0})) as lowest, typeof(max({0})) as highest",
    "mysql": (
        "if(collation(min({0})) = 'binary', 'typed', 'text') as lowest, "
        "if(collation(max({0})) = 'binary', 'typed', 'text') as highest"
    ),
}
"""Engine -> the types of the lowest and of the highest value; in SQLite they may differ."""
_TEXT = re.compile("char|text|clob", re.IGNORECASE)


def describe_cursor_way(
    name: str, way: DatabaseTable, cursor: Cursor, data: Path, folder: Path, pause: Callable[[float], None] = time.sleep
) -> CursorWay:
    """A table or query that can be asked for its changed rows.

    Args:
        name: The source, after which the file is called.
        way: Where it is.
        cursor: Its cursor.
        data: The folder that relative paths start from.
        folder: A private folder.
        pause: Waits some seconds between attempts.

    Raises:
        SettingsWrong: As for `fetch`.
        Refusal: As for `fetch`; or the column holds values of several types.
    """
    column_type = _find_type(way, cursor, data, pause)
    return CursorWay(
        what=way.what,
        cursor=cursor,
        asks=_hash_question(way, cursor),
        fetch=lambda start: fetch(name, _ask_for_changes(way, cursor, start), data, folder, pause=pause),
        select_rows=lambda path: f"read_parquet({quote_literal(path)})",
        column_type=column_type,
        sorts_as_text=bool(_TEXT.search(column_type)),
    )


def ask_for_first_rows(way: DatabaseTable, count: int) -> DatabaseTable:
    """The same place, asked for so many rows at most."""
    return _ask(way, f"select * from ({write_select(way)}) as asked limit {count}")


def _find_type(way: DatabaseTable, cursor: Cursor, data: Path, pause: Callable[[float], None]) -> str:
    types = _TYPES[way.engine].format(quote_name(way, cursor.column))
    lowest, highest = read_first_row(_ask(way, f"select {types} from ({write_select(way)}) as asked"), data, pause)
    if lowest != highest and not {lowest, highest} <= {"integer", "real"}:
        raise Refusal(
            "unfetched",
            f"`{cursor.column}` of {way.what} holds values of the types {lowest} and {highest}, which cannot be "
            "compared: cast it in a `query`, or fetch the source whole",
        )
    return str(highest)


def _ask_for_changes(way: DatabaseTable, cursor: Cursor, start: Start) -> DatabaseTable:
    if start.since is None:
        return way
    since = start.since if start.form == "number" else quote_literal(_write_moment(way, start.since))
    rows = f"({write_select(way)})"
    condition = write_condition(cursor, rows, quote_name(way, cursor.column), since, lambda name: quote_name(way, name))
    return _ask(way, f"select * from {rows} as asked where {condition}")


def _write_moment(way: DatabaseTable, moment: str) -> str:
    """MariaDB knows no zones behind moments; its session is in UTC."""
    return moment.removesuffix("+00:00") if way.engine == "mysql" else moment


def _ask(way: DatabaseTable, query: str) -> DatabaseTable:
    """The same place, asked another question; the sentences about it stay."""
    return way.model_copy(update={"query": query})


def _hash_question(way: DatabaseTable, cursor: Cursor) -> str:
    asked = way.model_dump(include={"engine", "host", "port", "database", "file", "table", "query"})
    asked |= {"column": cursor.column, "document": cursor.document}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
