"""Fetches a source by its cursor: what has changed since the last fetch, or everything where that is needed.

Put here: when an increment will not do, and when nothing new came. Keep out: where a fetch begins and how far it came
(`cursors.py`), and reading one kind of place.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from regulars.pipelines.settings.sources.cursor import Cursor
from regulars.pipelines.sources.fetching.cursors import Reached, Start, is_before, measure_rows, plan_start
from regulars.pipelines.sources.fetching.fetches import Fetch, Progress
from regulars.pipelines.sources.readers.landed_text import open_private_connection
from regulars.pipelines.sources.readers.refusal import Refusal


@dataclass(frozen=True)
class CursorWay:
    """A place that can be asked for what has changed.

    Attributes:
        what: What is fetched, in words.
        cursor: The settings.
        asks: A hash of where, which records and which cursor.
        fetch: Fetches the records of a start into a file.
        select_rows: SQL of the rows of such a file, all columns text.
        column_type: What the place calls the type of the cursor; None: it has no types.
        sorts_as_text: Whether the place compares its values letter by letter.
    """

    what: str
    cursor: Cursor
    asks: str
    fetch: Callable[[Start], Path]
    select_rows: Callable[[Path], str]
    column_type: str | None = None
    sorts_as_text: bool = False


@dataclass(frozen=True)
class CursorFetch:
    """What came.

    Attributes:
        path: The file; None: nothing new came.
        fetch: What the ledger is to remember once the file has landed.
        why: Why everything was fetched; empty: it was not.
    """

    path: Path | None
    fetch: Fetch
    why: str


def fetch_by_cursor(name: str, way: CursorWay, progress: Progress, now: dt.datetime, zone: str) -> CursorFetch:
    """Fetch what has changed; everything where nothing is known, or where what is known does not fit any more.

    Args:
        name: The source.
        way: Where it is.
        progress: How far it got.
        now: UTC without a zone.
        zone: The zone of moments that carry none.

    Raises:
        SettingsWrong: As `way.fetch`.
        Refusal: It cannot be fetched, or has no such column.
    """
    start = plan_start(way.cursor, way.asks, progress, now)
    last = progress.last
    with open_private_connection() as con:
        if start.since is not None and last is not None:
            if last.column_type != way.column_type:
                start = Start(why=f"`{way.cursor.column}` was {last.column_type} and is {way.column_type} now")
            else:
                path = way.fetch(start)
                reached = _measure(con, way, path, now, zone)
                why = _find_misfit(con, way.cursor, reached, last)
                if not why:
                    is_new = reached.content != last.overlap
                    fetch = _describe(name, way, reached, now, is_whole=False)
                    return CursorFetch(path if is_new else None, fetch, "")
                start = Start(why=why)
        path = way.fetch(start)
        reached = _measure(con, way, path, now, zone)
    return CursorFetch(path, _describe(name, way, reached, now, is_whole=True), start.why)


def _find_misfit(con: duckdb.DuckDBPyConnection, cursor: Cursor, reached: Reached, last: Fetch) -> str:
    """Why an increment does not fit what was fetched before; empty where it does."""
    if reached.columns != last.columns:
        return "its columns have changed"
    if is_before(con, reached, last):
        return f"the newest `{cursor.column}` is gone or was set back"
    return ""


def _measure(con: duckdb.DuckDBPyConnection, way: CursorWay, path: Path, now: dt.datetime, zone: str) -> Reached:
    """How far a file comes.

    Raises:
        Refusal: It lacks a column, or the place cannot compare the values of the cursor.
    """
    cursor, rows = way.cursor, way.select_rows(path)
    names = {str(name) for name, *_ in con.execute(f"describe from {rows}").fetchall()}
    for column in (cursor.column, *([cursor.document] if cursor.document else [])):
        if column not in names:
            raise Refusal("unfetched", f"{way.what} has no column `{column}`: correct `from.cursor`")
    reached = measure_rows(con, rows, cursor, now, zone)
    if way.sorts_as_text and reached.form == "number":
        raise Refusal(
            "unfetched",
            f"`{cursor.column}` of {way.what} holds numbers as text, of which 10 comes before 9: cast it in a `query`",
        )
    if way.sorts_as_text and reached.form == "moment" and reached.shape_count > 1:
        raise Refusal(
            "unfetched",
            f"`{cursor.column}` of {way.what} writes its moments as text in {reached.shape_count} ways, which cannot "
            "be compared: write them in one way in a `query`, or fetch the source whole",
        )
    return reached


def _describe(name: str, way: CursorWay, reached: Reached, now: dt.datetime, *, is_whole: bool) -> Fetch:
    return Fetch(
        source=name,
        asks=way.asks,
        is_whole=is_whole,
        newest=reached.newest,
        form=reached.form,
        column_type=way.column_type,
        columns=reached.columns,
        overlap=reached.overlap,
        fetched_at=now,
    )
