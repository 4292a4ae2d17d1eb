"""Reads a table or query of a PostgreSQL server as text rows, in one transaction that can only read.

Put here: what is particular to the server. Keep out: attempts and time limits as a whole (`fetch.py`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from regulars.pipelines.servers.postgresql import connect, say_why
from regulars.pipelines.settings.sources.ways_in import DatabaseTable
from regulars.pipelines.sources.fetching.connection_lost import ConnectionLost
from regulars.pipelines.sources.fetching.files import BATCH, write_select
from regulars.pipelines.sources.fetching.text_rows import Row, TextRows
from regulars.pipelines.sources.readers.refusal import Refusal

_MOMENT_WITH_ZONE = 1184
"""The number of the type `timestamptz`."""
_NAMES_ONLY = ("42P01", "42703", "42501", "42601", "3F000")
"""Errors of PostgreSQL whose sentence holds names of the settings and no value of a row."""


@contextmanager
def read_postgresql(way: DatabaseTable, seconds: float) -> Iterator[TextRows]:
    """The rows as PostgreSQL writes them as text; moments with a zone in UTC, with `+00:00` behind.

    Args:
        way: The server and what to read.
        seconds: How long a statement may take.

    Raises:
        SettingsWrong: The variable of the password is not set.
        Refusal: The server refused the role or the statement.
        ConnectionLost: It did not answer, or went away.
    """
    try:
        with connect(way, way.sslrootcert) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute(f"set statement_timeout = {max(1, int(seconds * 1000))}")
            select = write_select(way)
            columns = connection.execute(f"select * from ({select}) as fetched limit 0".encode()).description or []
            texts = sql.SQL(", ").join(_write_as_text(column.name, column.type_code) for column in columns)
            with connection.cursor(name="fetched") as cursor:
                head = sql.SQL("select {} from (").format(texts).as_bytes(connection)
                cursor.execute(head + f"{select}) as fetched".encode())
                yield TextRows(tuple(column.name for column in columns), _read_batches(cursor))
    except psycopg.errors.QueryCanceled:
        raise Refusal("unfetched", f"{way.what} took longer than `time_limit_minutes` allows") from None
    except psycopg.OperationalError as error:
        raise ConnectionLost(say_why(error)) from None
    except psycopg.Error as error:
        named = error.diag.message_primary if error.sqlstate in _NAMES_ONLY else None
        why = named or f"{type(error).__name__} ({error.sqlstate})"
        raise Refusal("unfetched", f"{way.what} cannot be read: {why}; correct `from`") from None


def _write_as_text(name: str, type_code: int) -> sql.Composed:
    if type_code != _MOMENT_WITH_ZONE:
        return sql.SQL("{}::text").format(sql.Identifier(name))
    return sql.SQL(
        "case when isfinite({0}) then to_char({0} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00:00' "
        "else {0}::text end"
    ).format(sql.Identifier(name))


def _read_batches(cursor: psycopg.ServerCursor[Any]) -> Iterator[Sequence[Row]]:
    while found := cursor.fetchmany(BATCH):
        yield found
