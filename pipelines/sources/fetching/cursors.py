"""Decides where a fetch by a cursor begins, and finds how far it came.

Put here: the start of a fetch, the newest value among fetched records, which records the next fetch brings again. Keep
out: fetching itself, in whatever way (`by_cursor.py` and the modules of the ways), and the ledger (`fetches.py`).
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import duckdb

from regulars.pipelines.settings.sources.cursor import Cursor
from regulars.pipelines.sources.fetching.fetches import CursorForm, Fetch, Progress
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_MOMENT = (
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:([T ])([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(\.[0-9]+)?)?"
    r"( ?(?:Z|[+-][0-9:]{2,6}))?"
)
"""A day, and perhaps a time, a fraction of a second and a zone."""
_ORDERED: dict[CursorForm, str] = {
    "moment": "try_cast({} as timestamptz)",
    "number": "try_cast({} as decimal(38, 9))",
    "text": "{}",
}


@dataclass(frozen=True)
class Start:
    """From where a fetch reads.

    Attributes:
        since: The least value that is fetched; None: everything is.
        form: How values are ordered.
        why: Why everything is fetched, to stand behind `fetched whole: `.
    """

    since: str | None = None
    form: CursorForm | None = None
    why: str = ""


def plan_start(cursor: Cursor, asks: str, progress: Progress, now: dt.datetime) -> Start:
    """From where the next fetch reads.

    Args:
        cursor: The settings.
        asks: A hash of what is asked for.
        progress: How far the source got.
        now: UTC without a zone.
    """
    last, whole = progress.last, progress.whole
    if last is None or whole is None:
        return Start(why="nothing was fetched before")
    if last.asks != asks:
        return Start(why="`from` has changed")
    if last.newest is None or last.form is None:
        return Start(why=f"no value of `{cursor.column}` was known")
    if not dt.timedelta() <= now - whole.fetched_at < dt.timedelta(days=cursor.compare_days):
        return Start(why=f"to find deleted records, as every {cursor.compare_days:g} days")
    return Start(go_back(last.newest, last.form, cursor), last.form)


def go_back(newest: str, form: CursorForm, cursor: Cursor) -> str:
    """The value from which the next fetch reads, written as the newest one is."""
    if form == "number":
        return f"{Decimal(newest) - cursor.lag_number:f}"
    written = re.fullmatch(_MOMENT, newest)
    if form == "text" or written is None:
        return newest
    day, between, time, fraction, zone = (part or "" for part in written.groups())
    moment = dt.datetime.fromisoformat(f"{day}T{time or '00:00'}") - cursor.lag_time
    if not time:
        return f"{moment:%Y-%m-%d}{zone}"
    return f"{moment:%Y-%m-%d}{between}{moment.isoformat()[11 : 11 + len(time)]}{fraction}{zone}"


@dataclass(frozen=True)
class Reached:
    """How far a fetch came.

    Attributes:
        newest: The newest value that does not lie in the future.
        form: How values are ordered.
        columns: The names of all columns.
        row_count: How many records came.
        future_count: How many of them lie in the future.
        shape_count: In how many shapes moments are written.
        content: A hash of all that came, whatever its order.
        overlap: The same of the records that the next fetch would bring if nothing changed.
    """

    newest: str | None
    form: CursorForm | None
    columns: tuple[str, ...]
    row_count: int
    future_count: int
    shape_count: int
    content: str
    overlap: str | None


def measure_rows(con: duckdb.DuckDBPyConnection, rows: str, cursor: Cursor, now: dt.datetime, zone: str) -> Reached:
    """How far fetched rows come.

    Args:
        con: A connection that may read them.
        rows: SQL of the rows, all columns text.
        cursor: The settings; its columns must be among those of the rows.
        now: UTC without a zone.
        zone: The zone of moments that carry none.
    """
    con.execute(f"set timezone = {quote_literal(zone)}")
    columns = tuple(str(name) for name, *_ in con.execute(f"describe from {rows}").fetchall())
    value = quote_identifier(cursor.column)
    count, numbers, moments = _fetch_row(
        con,
        f"""
        select
            count({value}),
            count({value}) filter ({_ORDERED["number"].format(value)} is not null),
            count({value}) filter (
                regexp_full_match({value}, {quote_literal(_MOMENT)}) and {_ORDERED["moment"].format(value)} is not null
            )
        from {rows}
        """,
    )
    form: CursorForm | None = None
    if count:
        form = "number" if numbers == count else "moment" if moments == count else "text"
    ordered = _ORDERED[form or "text"].format(value)
    is_past = f"{ordered} <= {quote_literal(now.isoformat())}::timestamp at time zone 'UTC'"
    counts = is_past if form == "moment" else "true"
    newest, future_count, shape_count = _fetch_row(
        con,
        f"""
        select
            arg_max({value}, {ordered}) filter ({counts}),
            count({value}) filter (not {counts}),
            count(distinct regexp_replace({value}, '[0-9]', '9', 'g') || regexp_extract({value}, '[+-][0-9:]+$'))
        from {rows}
        """,
    )
    row_count, content = _hash_rows(con, rows)
    reached = Reached(newest, form, columns, row_count, future_count, shape_count, content, None)
    return _add_overlap(con, rows, cursor, reached)


def is_before(con: duckdb.DuckDBPyConnection, reached: Reached, last: Fetch) -> bool:
    """Whether a fetch did not bring again what was the newest value before: it is gone, or was set back."""
    if reached.newest is None or last.newest is None or reached.form != last.form:
        return True
    ordered = _ORDERED[last.form or "text"]
    values = [quote_literal(each) for each in (reached.newest, last.newest)]
    return bool(_fetch_row(con, f"select {ordered.format(values[0])} < {ordered.format(values[1])}")[0])


def write_condition(
    cursor: Cursor, rows: str, value: str, since: str, quote: Callable[[str], str] = quote_identifier
) -> str:
    """SQL of the rows to fetch: those from `since` on, those without a value, and what belongs to the same document.

    Args:
        cursor: The settings.
        rows: SQL of all rows.
        value: SQL of the column's value.
        since: SQL of the least value.
        quote: Quotes a name as the database does.
    """
    changed = f"({value} >= {since} or {quote(cursor.column)} is null)"
    if cursor.document is None:
        return changed
    document = quote(cursor.document)
    return f"({changed} or {document} in (select {document} from {rows} as changed where {changed}))"


def _add_overlap(con: duckdb.DuckDBPyConnection, rows: str, cursor: Cursor, reached: Reached) -> Reached:
    if reached.newest is None or reached.form is None:
        return reached
    ordered = _ORDERED[reached.form]
    since = ordered.format(quote_literal(go_back(reached.newest, reached.form, cursor)))
    condition = write_condition(cursor, rows, ordered.format(quote_identifier(cursor.column)), since)
    _, overlap = _hash_rows(con, f"(from {rows} where {condition})")
    return replace(reached, overlap=overlap)


def _hash_rows(con: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, str]:
    """The number of rows, and a hash of them in any order; another version of DuckDB may give another hash."""
    count, total = _fetch_row(con, f"select count(*), coalesce(sum(hash(each)::hugeint), 0) from {rows} as each")
    return count, f"{count}:{total}"


def _fetch_row(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    return con.execute(query).fetchall()[0]
