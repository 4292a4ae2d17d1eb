"""Connects to PostgreSQL, and says in a sentence what went wrong there.

Put here: opening a connection, and the errors of the server. Keep out: what is done with it (`delivery.py`).
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Any, Protocol

import psycopg
from psycopg import errors as server

from regulars.pipelines.errors import SettingsWrong, StorageFailed

CONNECT_SECONDS = 10


class Address(Protocol):
    """Where a database is, and as whom."""

    @property
    def host(self) -> str:
        """Its host, or the folder of its socket."""

    @property
    def port(self) -> int:
        """Its port."""

    @property
    def database(self) -> str:
        """Its name."""

    @property
    def user(self) -> str:
        """The role that writes."""

    @property
    def password_variable(self) -> str | None:
        """The environment variable with the password."""

    @property
    def sslmode(self) -> str:
        """As libpq has it."""

    @property
    def sslrootcert(self) -> str | None:
        """The file of the certificate authority."""


@contextlib.contextmanager
def open_transaction(address: Address) -> Iterator[psycopg.Cursor[Any]]:
    """A cursor in one transaction, which is committed at the end and rolled back when anything goes wrong.

    Raises:
        SettingsWrong: The variable of the password is not set.
        StorageFailed: The server cannot be reached, or refused something.
    """
    place = f"{address.database} at {address.host}:{address.port}"
    with _say_errors(place, address.user), _connect(address, place) as connection, connection.cursor() as cursor:
        yield cursor


def _connect(address: Address, place: str) -> psycopg.Connection[Any]:
    password = None
    if address.password_variable is not None:
        password = os.environ.get(address.password_variable)
        if not password:
            raise SettingsWrong(
                f"the environment variable {address.password_variable} with the password of {place} is not set"
            )
    try:
        return psycopg.connect(
            host=address.host,
            port=address.port,
            dbname=address.database,
            user=address.user,
            password=password,
            sslmode=address.sslmode,
            sslrootcert=address.sslrootcert,
            connect_timeout=CONNECT_SECONDS,
            application_name="regulars",
        )
    except psycopg.OperationalError as error:
        why = " ".join(str(error).split("\n")[-1].split("FATAL:")[-1].split()) or "no answer"
        raise StorageFailed(
            f"cannot connect to {place} as {address.user}: {why}; see that the server runs and the settings are right"
        ) from None


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
    except server.LockNotAvailable:
        raise StorageFailed(
            f"somebody keeps a table of {place} locked, so that it cannot get its new shape; "
            "end that query, then `regulars deliver`"
        ) from None
    except server.DiskFull:
        raise StorageFailed(f"the disk of {place} is full; make room, then `regulars deliver`") from None
    except psycopg.OperationalError as error:
        why = " ".join(str(error).split("\n")[0].split())
        raise StorageFailed(f"the connection to {place} broke: {why}; then `regulars deliver`") from None
    except psycopg.Error as error:
        table = f" for {error.diag.schema_name}.{error.diag.table_name}" if error.diag.table_name else ""
        raise StorageFailed(f"{place} refused the delivery{table}: {type(error).__name__} ({error.sqlstate})") from None
