"""Where Superset finds the published tables: the DuckDB file of the home, or the PostgreSQL target of the settings.

Put here: the address of the database, without a password. Keep out: what lies there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from regulars.pipelines.command.export.superset.naming import make_id
from regulars.pipelines.errors import SettingsWrong, UsageWrong
from regulars.pipelines.home.generation import DUCKDB_FILE
from regulars.pipelines.home.home import Home
from regulars.pipelines.settings.settings import Settings

Database = Literal["duckdb", "postgresql"]

PASSWORD_MASK = "X" * 10
"""What Superset takes for a password that it has to ask for."""
_READ_ONLY = {"connect_args": {"read_only": True, "config": {"enable_external_access": False}}}
"""Nothing is written, and no query of the SQL Lab reads another file of the machine."""


@dataclass(frozen=True)
class Place:
    """A database as Superset knows it.

    Attributes:
        name: What it is called there.
        uri: Its address as SQLAlchemy writes it, without a password.
        engine: What kind of database it is.
        schema_prefix: What the names of its schemas begin with.
    """

    name: str
    uri: str
    engine: Database
    schema_prefix: str = ""


def find_place(home: Home, settings: Settings | None, *, database: Database, uri: str, name: str) -> Place:
    """Where the bundle's database lies.

    Args:
        home: The company's home.
        settings: Its settings, where there are any; the target of PostgreSQL stands in them.
        database: What kind of database is asked.
        uri: Its address as SQLAlchemy writes it; empty: that of the home's file, or of the target.
        name: What it is called in Superset.

    Raises:
        UsageWrong: The address holds a password, or is of another kind of database.
        SettingsWrong: PostgreSQL is asked without an address, and no target of the settings is one.
    """
    options = _find_target(settings)
    if database == "postgresql" and not uri and options is None:
        raise SettingsWrong(
            "the settings have no target of type postgres (publish.targets): name one there, or say "
            "--uri postgresql+psycopg2://READER@HOST/DATABASE"
        )
    if uri and not uri.startswith(database):
        raise UsageWrong(
            f"--uri {uri.partition('://')[0]}: the address of --database {database} begins with {database}"
        )
    if database == "duckdb":
        file = home.current_link.absolute() / DUCKDB_FILE
        return Place(name, uri or f"duckdb:///{file}", database)
    found = _mask_password(uri) if uri else _write_uri(options or {})
    return Place(name, found, database, (options or {}).get("schema_prefix", ""))


def make_database(place: Place) -> dict[str, Any]:
    """The database as a file of the bundle."""
    return {
        "database_name": place.name,
        "sqlalchemy_uri": place.uri,
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "extra": {
            "allows_virtual_table_explore": True,
            "engine_params": _READ_ONLY if place.engine == "duckdb" else {},
            "metadata_params": {},
        },
        "uuid": make_id(place.name, "database", place.name),
        "version": "1.0.0",
    }


def _find_target(settings: Settings | None) -> Mapping[str, Any] | None:
    """The options of the first target that is a PostgreSQL database."""
    targets = settings.publish.targets.values() if settings else ()
    return next((dict(each.options) for each in targets if each.type == "postgres"), None)


def _write_uri(options: Mapping[str, Any]) -> str:
    user = quote(str(options.get("readers") or options["user"]), safe="")
    host, port = quote(str(options["host"]), safe=""), options.get("port", 5432)
    mode = options.get("sslmode", "prefer")
    database = quote(str(options["database"]), safe="")
    return f"postgresql+psycopg2://{user}:{PASSWORD_MASK}@{host}:{port}/{database}?sslmode={mode}"


def _mask_password(uri: str) -> str:
    """An address with the mask for its password.

    Raises:
        UsageWrong: It holds one: the bundle is a file that people hand on.
    """
    scheme, _, rest = uri.partition("://")
    user, at, where = rest.rpartition("@")
    if not at:
        return uri
    name, colon, password = user.partition(":")
    if colon and password != PASSWORD_MASK:
        raise UsageWrong("--uri holds a password, and the bundle must not: leave it out; Superset asks for it")
    return f"{scheme}://{name}:{PASSWORD_MASK}@{where}"
