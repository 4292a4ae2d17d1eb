"""The target `postgres`: the published tables in a PostgreSQL database, which nearly every BI tool can read.

Put here: its settings. Keep out: what is done in the database (`postgresql/`).
"""

import importlib.util
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from regulars.pipelines.errors import RegularsError, SettingsWrong
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.publish.targets.shape.target import Delivered, TargetType
from regulars.pipelines.settings.part import SCHEMA_PREFIX_PATTERN, Part


class PostgresOptions(Part):
    """A PostgreSQL database: stable tables with types, keys and comments, replaced in one transaction.

    The schemas are `core`, `marts` and `meta`; `published_rows` holds the rows behind them, for the writer alone. Your
    own views on the tables stay. Nothing that a delivery did not make is touched. Needs the extra `regulars[postgres]`.
    """

    host: Annotated[str, Field(min_length=1)]
    """The server, or the folder of its socket."""
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    """Its port."""
    database: Annotated[str, Field(min_length=1)]
    """The name of the database; it must be there."""
    user: Annotated[str, Field(min_length=1)]
    """The role that writes: it needs `create` on the database, and owns what it makes."""
    password_variable: str | None = None
    """The environment variable that holds the password; without it PGPASSFILE and `~/.pgpass` are read."""
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = "prefer"
    """How the connection is encrypted, as libpq has it; `verify-full` over the internet."""
    sslrootcert: str | None = None
    """The file of the certificate authority, from the settings file's folder."""
    schema_prefix: Annotated[str, Field(pattern=SCHEMA_PREFIX_PATTERN, max_length=40)] = ""
    """What the schemas' names begin with, where `core`, `marts` or `meta` belong to somebody else."""
    readers: str | None = None
    """A role that may read all tables; it must be there. BI tools connect as a member of it."""


def deliver_to_postgres(generation: Generation, options: PostgresOptions, base: Path) -> Delivered:
    """Make the database hold a generation, all or nothing.

    Raises:
        SettingsWrong: The extra is missing, or the variable of the password.
        StorageFailed: The server cannot be reached, or refused something.
        Busy: Another delivery is under way.
    """
    _require_extra()
    from regulars.pipelines.publish.targets.postgresql.connection import open_connection
    from regulars.pipelines.publish.targets.postgresql.delivery import deliver_to_database

    with open_connection(_find_files(options, base)) as connection:
        return deliver_to_database(connection, generation, prefix=options.schema_prefix, readers=options.readers)


def check_postgres(options: PostgresOptions, base: Path) -> str | None:
    """What keeps the database from being delivered to now; None when nothing is known."""
    try:
        _require_extra()
        from regulars.pipelines.publish.targets.postgresql.connection import open_connection

        with open_connection(_find_files(options, base)) as connection:
            statement = "select count(*) from pg_roles where rolname = %s"
            row = connection.execute(statement, [options.readers or options.user]).fetchone()
            if row == (0,):
                return f'there is no role {options.readers}; make it with `create role "{options.readers}"`'
    except RegularsError as error:
        return str(error)
    return None


def _require_extra() -> None:
    for package in ("psycopg", "pgpq"):
        if importlib.util.find_spec(package) is None:
            raise SettingsWrong(f"a target of type postgres needs {package}: `pip install 'regulars[postgres]'`")


def _find_files(options: PostgresOptions, base: Path) -> PostgresOptions:
    if options.sslrootcert is None:
        return options
    return options.model_copy(update={"sslrootcert": str((base / options.sslrootcert).resolve())})


TARGET = TargetType(
    name="postgres",
    options=PostgresOptions,
    deliver=deliver_to_postgres,
    example="""
publish:
  targets:
    warehouse:
      type: postgres
      host: db.example.com
      port: 5432
      database: analytics
      user: regulars
      password_variable: REGULARS_POSTGRES_PASSWORD
      sslmode: verify-full
      sslrootcert: company-ca.pem
      schema_prefix: regulars_
      readers: bi_readers
""",
    check=check_postgres,
)
