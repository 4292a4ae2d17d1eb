"""Reads a table or query of a MySQL or MariaDB server as text rows, in one transaction that can only read.

Put here: what is particular to the server. Keep out: attempts and time limits as a whole (`fetch.py`).
"""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from regulars.pipelines.servers.address import CONNECT_SECONDS, read_password
from regulars.pipelines.settings.sources.ways_in import DatabaseTable
from regulars.pipelines.sources.fetching.connection_lost import ConnectionLost
from regulars.pipelines.sources.fetching.files import BATCH, write_select
from regulars.pipelines.sources.fetching.text_rows import Row, TextRows
from regulars.pipelines.sources.readers.refusal import Refusal

_NAMES_ONLY = {1044, 1049, 1054, 1060, 1064, 1142, 1143, 1146, 1792}
"""Errors whose sentence holds names of the settings and no value of a row."""
_TOO_LONG = {1317, 1969, 3024}
_LOST = {1040, 1045, 1053, 1077, 1129, 1130, 1152, 1158, 1159, 1203, 1226, 1927, *range(2000, 2100), 4031}
"""Errors of the connection: refused, full, shut down, broken."""
_NO_ENTRY = {1820, 1862, 3118, 3159, 4151}
"""A password that has expired, a role that is locked, a connection that must be encrypted and is not."""
_DAYS = {FIELD_TYPE.DATE, FIELD_TYPE.NEWDATE, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP}


@contextmanager
def read_mysql(way: DatabaseTable, seconds: float) -> Iterator[TextRows]:
    """The rows as the server writes them as text.

    Decimals and unsigned numbers come with every digit, a TIMESTAMP in UTC with `+00:00` behind, a DATETIME as it is;
    the zero date `0000-00-00` is no day, and comes as NULL. Bytes come in hexadecimal digits, a BIT as a number.

    Args:
        way: The server and what to read.
        seconds: How long a statement may take.

    Raises:
        SettingsWrong: The variable of the password is not set.
        Refusal: The server refused the statement.
        ConnectionLost: It did not answer, refused the role, or went away.
    """
    try:
        connection = _connect(way, seconds)
        cursor = connection.cursor(SSCursor)
        try:
            _prepare(connection, seconds)
            cursor.execute(write_select(way))
            types = [int(column[1]) for column in cursor.description or ()]
            names = tuple(str(column[0]) for column in cursor.description or ())
            yield TextRows(names, _read_batches(cursor, types))
        finally:
            _hang_up(connection, cursor)
    except pymysql.MySQLError as error:
        raise _refuse(way, error) from None


def _connect(way: DatabaseTable, seconds: float) -> pymysql.Connection:
    return pymysql.connect(
        host=way.host,
        port=way.port or 0,
        database=way.database,
        user=way.user,
        password=read_password(way) or "",
        charset="utf8mb4",
        conv=dict(encoders),  # without decoders, nothing is turned into a float or a day
        connect_timeout=CONNECT_SECONDS,
        read_timeout=max(1, int(seconds) + 1),
        program_name="regulars",
        **_encrypt(way),
    )


def _encrypt(way: DatabaseTable) -> dict[str, Any]:
    """What libpq calls by these names, for PyMySQL: `prefer` is its own default."""
    if way.sslmode == "disable":
        return {"ssl_disabled": True}
    if way.sslmode == "prefer":
        return {}
    try:
        context = ssl.create_default_context(cafile=way.sslrootcert)
    except ssl.SSLError:
        raise Refusal("unfetched", f"{way.sslrootcert} is no certificate; correct `sslrootcert`") from None
    context.check_hostname = way.sslmode == "verify-full"
    context.verify_mode = ssl.CERT_NONE if way.sslmode == "require" else ssl.CERT_REQUIRED
    return {"ssl": context}


def _prepare(connection: pymysql.Connection, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set session time_zone = '+00:00'")
        if "mariadb" in connection.get_server_info().lower():
            cursor.execute(f"set session max_statement_time = {max(0.001, seconds):.3f}")
        else:
            cursor.execute(f"set session max_execution_time = {max(1, int(seconds * 1000))}")
        cursor.execute("set session transaction isolation level repeatable read")
        cursor.execute("start transaction with consistent snapshot, read only")


def _hang_up(connection: pymysql.Connection, cursor: SSCursor) -> None:
    """Close without reading what is left of the result, as the library would."""
    with suppress(pymysql.MySQLError):
        connection.close()
    result = getattr(cursor, "_result", None)
    if result is not None:
        result.unbuffered_active = False
    cursor.connection = None


def _read_batches(cursor: SSCursor, types: list[int]) -> Iterator[Sequence[Row]]:
    while found := cursor.fetchmany(BATCH):
        yield [[_write_value(value, kind) for value, kind in zip(row, types, strict=True)] for row in found]


def _write_value(value: str | bytes | None, kind: int) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return str(int.from_bytes(value)) if kind == FIELD_TYPE.BIT else value.hex()
    if kind in _DAYS and value.startswith("0000-00-00"):
        return None
    return f"{value}+00:00" if kind == FIELD_TYPE.TIMESTAMP else value


def _refuse(way: DatabaseTable, error: pymysql.MySQLError) -> Refusal | ConnectionLost:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    words = " ".join(str(error.args[-1]).split()) if error.args else ""
    if number in _TOO_LONG or (number == 2013 and "timed out" in words):
        return Refusal("unfetched", f"{way.what} took longer than `time_limit_minutes` allows")
    if number in _LOST | _NO_ENTRY:
        return ConnectionLost(words or "no answer")
    why = words if number in _NAMES_ONLY else f"{type(error).__name__} ({number})"
    return Refusal("unfetched", f"{way.what} cannot be read: {why}; correct `from`")
