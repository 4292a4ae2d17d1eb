"""Connects to PostgreSQL, and says in a sentence what went wrong there.

Put here: opening a connection, and the errors of the server. Keep out: what is done with it (`delivery.py`).
"""

import contextlib
from collections.abc import Iterator
from typing import Any, Protocol

import psycopg
from psycopg import errors as server

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.servers.address import Address, name_place, word_unreachable
from regulars.pipelines.servers.postgresql import connect, say_why


class Target(Address, Protocol):
    """The address of a target."""

    @property
    def sslrootcert(self) -> str | None:
        """The file of the certificate authority."""


@contextlib.contextmanager
def open_connection(address: Target) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit: each transaction is begun where it is needed.

    Raises:
        SettingsWrong: The variable of the password is not set.
        StorageFailed: The server cannot be reached, or refused something.
    """
    place = name_place(address)
    with (
        _say_errors(place, str(address.user)),
        _connect(address) as connection,
    ):
        connection.autocommit = True
        yield connection


def _connect(address: Target) -> psycopg.Connection[Any]:
    try:
        return connect(address, address.sslrootcert)
    except psycopg.OperationalError as error:
        sentence = word_unreachable(address, say_why(error))
        raise StorageFailed(f"{sentence}; see that the server runs and the settings are right") from None


@contextlib.contextmanager
def _say_errors(place: str, user: str) -> Iterator[None]:
    """Turn errors of the server into sentences without values of rows."""
    try:
        yield
    except (server.DependentObjectsStillExist, server.FeatureNotSupported) as error:
        what = " ".join((error.diag.message_detail or error.diag.message_primary or "").split())
        raise StorageFailed(
            f"a table of {place} has a new shape, and a view that is not ours needs the old one: {what}; "
            "drop or change that view, then `regulars deliver`"
        ) from None
    except server.InsufficientPrivilege as error:
        raise StorageFailed(
            f"{user} may not write to {place}: {error.diag.message_primary}; let an administrator run "
            f'`grant create on database … to "{user}"`, and give it the tables that somebody else made'
        ) from None
    except server.DiskFull:
        raise StorageFailed(f"the disk of {place} is full; make room, then `regulars deliver`") from None
    except psycopg.OperationalError as error:
        why = " ".join(str(error).split("\n")[0].split())
        raise StorageFailed(f"the connection to {place} broke: {why}; then `regulars deliver`") from None
    except psycopg.Error as error:
        table = f" for {error.diag.schema_name}.{error.diag.table_name}" if error.diag.table_name else ""
        raise StorageFailed(f"{place} refused the delivery{table}: {type(error).__name__} ({error.sqlstate})") from None
