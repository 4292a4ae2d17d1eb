"""Lends the run's own DuckDB connection to SQLAlchemy, and so to Great Expectations.

Put here: what Great Expectations 1.24 needs before it can work on DuckDB. Keep out: rules, expectations, SQL of ours.
Great Expectations knows no DuckDB. Four repairs make it work, and `tests/contracts/test_gx_matrix.py` proves them:

1. it reads a result after closing its connection, and DuckDB drops results then: rows are fetched at once;
2. duckdb-sqlalchemy asks PostgreSQL's catalogue for columns, which DuckDB only half has: `pragma_table_info` is asked;
3. it refuses regular expressions on dialects that it does not know: the mark of one whose function DuckDB shares helps;
4. a second handle on an open file is refused: the pipeline's own connection is lent, which also sees temp views.
"""
# ruff: noqa: D102 - the methods are SQLAlchemy's and DB-API's, and documented there

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import duckdb
import duckdb_sqlalchemy
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.pool import NullPool

from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal, quote_table

URL = "regulars_duckdb://"
"""Where SQLAlchemy finds the connection that is on loan."""

_loan: ContextVar[duckdb.DuckDBPyConnection] = ContextVar("loan")

registry.register("regulars_duckdb", __name__, "LentDuckDB")


@contextmanager
def lend(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """`URL` leads to `con` while the block runs. `con` is never closed, begun, committed or rolled back."""
    token = _loan.set(con)
    try:
        yield
    finally:
        _loan.reset(token)


class _Cursor:
    """A cursor whose rows are fetched as soon as there are any (repair 1)."""

    arraysize = 1

    def __init__(self, connection: "_Connection", con: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._con = con
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        self._con.execute(statement, parameters if parameters else None)
        self.description = self._con.description
        self._rows = self._con.fetchall() if self.description else []

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows[: size or 1], self._rows[size or 1 :]
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows, []
        return taken

    def close(self) -> None:
        self._rows = []


class _Connection:
    """What SQLAlchemy takes for a connection of its own; ending it leaves the lender's untouched (repair 4)."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self.notices: list[str] = []

    def cursor(self) -> _Cursor:
        return _Cursor(self, self._con)

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class LentDuckDB(duckdb_sqlalchemy.Dialect):
    """DuckDB through a connection that other code opened."""

    DremioDialect = True  # repair 3: Great Expectations then writes REGEXP_MATCHES, which DuckDB has too
    supports_statement_cache = False

    @classmethod
    def get_pool_class(cls, url: sa.URL) -> type[sa.Pool]:
        return NullPool

    def create_connect_args(self, url: sa.URL) -> tuple[tuple[Any, ...], dict[Any, Any]]:
        return (), {}

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        return _Connection(_loan.get())

    def do_begin(self, connection: Any) -> None: ...

    def do_rollback(self, connection: Any) -> None: ...

    def do_commit(self, connection: Any) -> None: ...

    def initialize(self, connection: Any) -> None:
        self.server_version_info = (8, 0)
        self.default_schema_name = "main"

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        return bool(self._columns(connection, table_name, schema))

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        columns = self._columns(connection, table_name, schema)
        if not columns:
            raise sa.exc.NoSuchTableError(table_name)
        return [{"name": name, "type": _find_type(kind), "nullable": True, "default": None} for name, kind in columns]

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        return {"constrained_columns": [], "name": None}

    def get_schema_names(self, connection: Any, **kw: Any) -> list[str]:
        return [name for (name,) in connection.exec_driver_sql("select distinct schema_name from duckdb_schemas()")]

    def _columns(self, connection: Any, table_name: str, schema: str | None) -> list[tuple[str, str]]:
        # repair 2; a view's columns are listed as a table's are, a temp view's too
        name = quote_table(f"{schema}.{table_name}") if schema else quote_identifier(str(table_name))
        query = f"select name, type from pragma_table_info({quote_literal(name)}) order by cid"
        try:
            return list(connection.exec_driver_sql(query).fetchall())
        except sa.exc.DBAPIError:  # there is no such table
            return []


def _find_type(kind: str) -> sa.types.TypeEngine[Any]:
    name = kind.partition("(")[0]
    known: dict[str, type[sa.types.TypeEngine[Any]]] = duckdb_sqlalchemy.Dialect.ischema_names
    return known.get(name.lower(), sa.types.NullType)()
