"""Records how far the fetches of each source got: the table `fetches` of the ledger.

Put here: recording and finding fetches by a cursor. Keep out: deliveries (`ledger.py`), and fetching (`fetching/`).
A fetch is recorded in the same transaction as the delivery that holds what came, so that a killed run fetches again.
"""

import datetime as dt
import json
from dataclasses import dataclass, replace
from typing import Literal

import duckdb

CursorForm = Literal["moment", "number", "text"]
"""How the values of a cursor are ordered."""

FETCHES = """
create table if not exists fetches (
    fetch_number integer not null,
    source varchar not null,
    asks varchar not null,
    is_whole boolean not null,
    newest varchar,
    form varchar,
    column_type varchar,
    columns varchar not null,
    overlap varchar,
    fetched_at timestamp not null,
    delivery integer
)
"""
_INSERT = """
    insert into fetches by name
    select
        (select coalesce(max(fetch_number), 0) + 1 from fetches) as fetch_number,
        $source as source,
        $asks as asks,
        $is_whole as is_whole,
        $newest as newest,
        $form as form,
        $column_type as column_type,
        $columns as columns,
        $overlap as overlap,
        $fetched_at as fetched_at,
        $delivery as delivery
"""


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """One fetch by a cursor that has landed, or that brought nothing new.

    Attributes:
        source: The source.
        asks: A hash of what was asked for: where, which table or query, which cursor.
        is_whole: Whether everything was fetched.
        newest: The newest value of the cursor that does not lie in the future; None: there was none.
        form: How its values are ordered.
        column_type: What the place calls the type of the cursor, if it has types.
        columns: The names of all columns that came.
        overlap: A hash of the records that the next fetch would bring if nothing changed.
        fetched_at: UTC without a zone.
        delivery: The number of the delivery that holds what came; None: nothing new came.
    """

    source: str
    asks: str
    is_whole: bool
    newest: str | None
    form: CursorForm | None
    column_type: str | None
    columns: tuple[str, ...]
    overlap: str | None
    fetched_at: dt.datetime
    delivery: int | None = None


@dataclass(frozen=True)
class Progress:
    """How far a source got: its last fetch, and its last whole one; None: there was none."""

    last: Fetch | None = None
    whole: Fetch | None = None


class Fetches:
    """The table `fetches` of an open ledger."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        con.execute(FETCHES)

    def record(self, fetch: Fetch, delivery: int | None) -> None:
        """Record a fetch whose records are in a delivery, or that brought nothing new."""
        row = replace(fetch, delivery=delivery).__dict__
        self._con.execute(_INSERT, {**row, "columns": json.dumps(fetch.columns, ensure_ascii=False)})

    def find_progress(self, source: str) -> Progress:
        """How far a source got."""
        return Progress(self._find_last(source, only_whole=False), self._find_last(source, only_whole=True))

    def list_starts(self, source: str) -> list[int]:
        """The deliveries that hold everything, in order: each one stands for all deliveries before it."""
        query = """
            select distinct delivery
            from fetches
            where source = $source and is_whole and delivery is not null
            order by delivery
        """
        return [int(number) for (number,) in self._con.execute(query, {"source": source}).fetchall()]

    def _find_last(self, source: str, *, only_whole: bool) -> Fetch | None:
        query = """
            select * exclude (fetch_number)
            from fetches
            where source = $source and (is_whole or not $only_whole)
            order by fetch_number desc
            limit 1
        """
        cursor = self._con.execute(query, {"source": source, "only_whole": only_whole})
        names = [name for name, *_ in cursor.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return Fetch(**{**rows[0], "columns": tuple(json.loads(rows[0]["columns"]))}) if rows else None
