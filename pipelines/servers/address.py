"""Defines where a database server is and as whom it is used, and words what went wrong on the way there.

Put here: what all servers have in common. Keep out: one server (`postgresql.py`), and what is read or written there.
"""

from typing import Protocol

from regulars.pipelines.servers.secret import read_secret

CONNECT_SECONDS = 10


class Address(Protocol):
    """Where a database is, and as whom."""

    @property
    def host(self) -> str | None:
        """Its host, or the folder of its socket."""

    @property
    def port(self) -> int | None:
        """Its port."""

    @property
    def database(self) -> str | None:
        """Its name."""

    @property
    def user(self) -> str | None:
        """The role."""

    @property
    def password_variable(self) -> str | None:
        """The environment variable with the password."""

    @property
    def sslmode(self) -> str:
        """As libpq has it."""


def name_place(address: Address) -> str:
    """The database in words, without a secret."""
    return f"{address.database} at {address.host}:{address.port}"


def read_password(address: Address) -> str | None:
    """The password of the variable that the settings name; None: they name none.

    Raises:
        SettingsWrong: The variable is not set, or is empty.
    """
    return read_secret(address.password_variable, f"the password of {name_place(address)}")


def word_unreachable(address: Address, why: str) -> str:
    """The sentence about a server that cannot be reached, up to what to do."""
    return f"cannot connect to {name_place(address)} as {address.user}: {why}"
