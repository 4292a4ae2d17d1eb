"""Connects to PostgreSQL, for sources that are read there and for the target that is written.

Put here: opening a connection, and the reason of a connection's failure in words. Keep out: statements, their errors.
"""

from typing import Any

import psycopg

from regulars.pipelines.servers.address import CONNECT_SECONDS, Address, read_password


def connect(address: Address, sslrootcert: str | None = None) -> psycopg.Connection[Any]:
    """Open a connection.

    Args:
        address: Where, and as whom.
        sslrootcert: The file of the certificate authority.

    Raises:
        SettingsWrong: The variable of the password is not set.
        psycopg.OperationalError: The server cannot be reached, or refuses the role.
    """
    return psycopg.connect(
        host=address.host,
        port=address.port,
        dbname=address.database,
        user=address.user,
        password=read_password(address),
        sslmode=address.sslmode,
        sslrootcert=sslrootcert,
        connect_timeout=CONNECT_SECONDS,
        application_name="regulars",
    )


def say_why(error: psycopg.OperationalError) -> str:
    """Why a connection failed or broke, in the server's words."""
    return " ".join(str(error).split("\n")[-1].split("FATAL:")[-1].split()) or "no answer"
