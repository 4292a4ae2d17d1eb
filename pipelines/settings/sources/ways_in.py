"""What a company may set about a source that is not files in a folder: which database, which table or query.

Put here: the shape of `sources.<name>.from`. Keep out: fetching (`pipelines/sources/fetching/`).
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from regulars.pipelines.settings.part import Part
from regulars.pipelines.settings.sources.api_way import ApiResource
from regulars.pipelines.settings.sources.cursor import Cursor
from regulars.pipelines.settings.sources.remote_files import BucketFiles, SftpFiles

_PORTS = {"postgresql": 5432, "mysql": 3306}
"""The engines that are servers, and their usual ports."""


class DatabaseTable(Part):
    """A table, a view or a query of a database, fetched at each run: whole, or by a cursor what has changed.

    What was fetched is a delivery like any file. All values arrive as text: decimals to the last digit, moments with a
    zone in UTC. The rows are sorted, so that an unchanged table is no new delivery. The connection can only read.
    PostgreSQL needs the extra `regulars[postgres]`, MySQL and MariaDB `regulars[mysql]`.
    """

    type: Literal["database"]
    """Which way in."""
    engine: Literal["postgresql", "mysql", "sqlite", "duckdb"]
    """Which database it is; `mysql` is MariaDB too."""
    table: Annotated[str, Field(min_length=1)] | None = None
    """The table or view, with its schema where there is one, such as `sales.orders`. Give either this or `query`."""
    query: Annotated[str, Field(min_length=1)] | None = None
    """A `select` in the database's own SQL."""
    file: Annotated[str, Field(min_length=1)] | None = None
    """The file of a SQLite or DuckDB database, from the settings file's folder (or `--data`)."""
    host: Annotated[str, Field(min_length=1)] | None = None
    """The server of a PostgreSQL or MySQL database; of PostgreSQL also the folder of its socket."""
    port: Annotated[int | None, Field(ge=1, le=65535)] = None
    """Its port; without it, the usual one: 5432 of PostgreSQL, 3306 of MySQL."""
    database: Annotated[str, Field(min_length=1)] | None = None
    """The name of the database on the server."""
    user: Annotated[str, Field(min_length=1)] | None = None
    """The role that reads."""
    password_variable: Annotated[str, Field(min_length=1)] | None = None
    """The environment variable that holds the password; without it, of PostgreSQL, PGPASSFILE and `~/.pgpass` are
    read."""
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = "prefer"
    """How the connection is encrypted, as libpq has it; `verify-full` over the internet."""
    sslrootcert: Annotated[str, Field(min_length=1)] | None = None
    """The file of the certificate authority, from the settings file's folder (or `--data`); without it, those that the
    machine knows."""
    time_limit_minutes: Annotated[float, Field(gt=0)] = 30.0
    """How long fetching may take, with all attempts. After it the source counts as not delivered."""
    cursor: Cursor | None = None
    """Fetch only what has changed. Without it, everything is fetched each time."""

    @model_validator(mode="before")
    @classmethod
    def _take_the_usual_port(cls, written: Any) -> Any:
        usual = _PORTS.get(str(written.get("engine"))) if isinstance(written, dict) else None
        return {"port": usual, **written} if usual else written

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either `table` or `query`")
        on_server = {"host": self.host, "database": self.database, "user": self.user}
        in_file = {"file": self.file}
        needed, foreign = (on_server, in_file) if self.engine in _PORTS else (in_file, on_server)
        missing = [f"`{key}`" for key, value in needed.items() if value is None]
        if missing:
            raise ValueError(f"{self.engine} needs {' and '.join(missing)}")
        if self.engine not in _PORTS:
            foreign = {**foreign, "sslrootcert": self.sslrootcert}
        unused = [f"`{key}`" for key, value in foreign.items() if value is not None]
        if unused:
            raise ValueError(f"{self.engine} has no {' and '.join(unused)}; remove it")
        return self

    @property
    def place(self) -> str:
        """The database in words, without a secret."""
        return f"{self.database} at {self.host}:{self.port}" if self.engine in _PORTS else str(self.file)

    @property
    def what(self) -> str:
        """What is fetched, in words."""
        return f"{self.table or 'the query'} of {self.place}"


WAYS_IN = ("database", "api", "bucket", "sftp")
"""What `type` may say."""


def name_way(written: Any) -> str:
    """Which way in a `from` is; one that names an API, or where an API is, needs no `type`."""
    if not isinstance(written, dict):
        return f"{getattr(written, 'type', None) or 'api'} way"
    names_api = "api" in written or "base_url" in written or "resource" in written
    found = written.get("type", "api" if names_api else None)
    return f"{found if found in WAYS_IN else WAYS_IN[0]} way"


RecordsWay = DatabaseTable | ApiResource
"""A way in that brings records: all of them at each run, or by a cursor what has changed."""

WayIn = Annotated[
    Annotated[DatabaseTable, Tag("database way")]
    | Annotated[ApiResource, Tag("api way")]
    | Annotated[BucketFiles, Tag("bucket way")]
    | Annotated[SftpFiles, Tag("sftp way")],
    Discriminator(name_way),
]
"""A way in that is no file in a folder. The tags are no keys, since they stand in the places of mistakes."""

FORMATS = {"database way": "parquet", "api way": "jsonl"}
"""Tag of a way in that brings records -> the form of what is fetched."""
