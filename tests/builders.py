"""Small tables for tests: a test writes only the values that it is about, the rest is dull.

`run_sql("core/orders", staging__orders=[{...}])` runs the real file, and the real files of what it reads unless the
test gives those tables itself; `people_of(orders=[...])` says who is who; `build(raw__orders=[...])` makes everything
from delivered rows to core.
"""

import datetime as dt
import itertools
import re
import weakref
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import polars as pl

from regulars.pipelines.identity.output import People
from regulars.pipelines.identity.owners import number_owners
from regulars.pipelines.identity.people import Rules, find_people
from regulars.pipelines.identity.references import READS as IDENTITY_READS
from regulars.pipelines.kinds.shape.kind import TRACE_COLUMNS
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.warehouse.build_file import SCHEMAS
from regulars.pipelines.warehouse.sql_files import table_selects, tables_read_by

Row = Mapping[str, Any]

AS_OF = dt.date(2026, 1, 31)
UNKNOWN = "00000000-0000-0000-0000-000000000000"

_DULL: dict[str, Row] = {
    "customers": {},
    "orders": {"ordered_at": "2026-01-05 10:00:00", "currency": "EUR"},
    "order_lines": {"line_type": "sale", "quantity": "1", "currency": "EUR"},
    "payments": {"currency": "EUR", "amount": "0"},
    "refunds": {"refunded_at": "2026-01-20 10:00:00", "currency": "EUR", "amount": "0"},
    "products": {},
    "survey_responses": {
        "survey_type": "nps",
        "score": "9",
        "scale_min": "0",
        "scale_max": "10",
        "answered_at": "2026-01-10 10:00:00",
    },
    "subscriptions": {"started_at": "2026-01-05 10:00:00", "currency": "EUR", "monthly_amount": "10"},
    "fx_rates": {},
}
_COMPANY: Row = {
    "as_of": AS_OF,
    "timezone": "UTC",
    "currency": "EUR",
    "customer_is": "person",
    "value_basis": "net_sales",
    "lapse_days": 365,
    "max_lifetime_years": 10.0,
    "default_acquisition_cost": None,
    "fiscal_year_starts": 1,
    "show_owner_names": False,
    "match_phones": False,
}
_COUNTRY_NAMES = [
    {"name": name, "country": code, "country_name": "Germany", "is_translated": name == "deutschland"}
    for name, code in (("germany", "DE"), ("de", "DE"), ("deu", "DE"), ("deutschland", "DE"))
]
_WEEKDAYS = [
    {"iso_weekday": day, "is_business_day": day < 6, "opens_minute": 9 * 60, "closes_minute": 17 * 60}
    for day in range(1, 8)
]
_MADE_BY_HAND = {
    "raw.company": (
        "as_of date, timezone varchar, currency varchar, customer_is varchar, value_basis varchar, lapse_days integer, "
        "max_lifetime_years double, default_acquisition_cost decimal(18, 4), fiscal_year_starts integer, "
        "show_owner_names boolean, match_phones boolean"
    ),
    "raw.acquisition_costs": "channel varchar, cost decimal(18, 4)",
    "raw.survivorship": "attribute varchar, rule varchar, systems varchar[]",
    "raw.weekdays": "iso_weekday integer, is_business_day boolean, opens_minute integer, closes_minute integer",
    "raw.special_days": "day date, is_business_day boolean",
    "raw.country_names": "name varchar, country varchar, country_name varchar, is_translated boolean",
    "identity.records": (
        "record_key varchar, system varchar, record_type varchar, source_record_id varchar, contact_id varchar, "
        "customer_id varchar, customer_idx integer, first_delivery integer, first_row_id bigint"
    ),
    "identity.customer_links": (
        "link_type varchar, system varchar, source_record_id varchar, customer_id varchar, customer_idx integer, "
        "contact_id varchar"
    ),
    "identity.links": ("matched_by varchar, key varchar, record_key varchar, other_record_key varchar, cut_by varchar"),
    "identity.owners": "owner varchar, owner_id varchar",
    "identity.former_customer_ids": (
        "former_customer_id varchar, customer_id varchar, ended_in_generation integer, record_share double"
    ),
}


_QUARANTINE = """
    create table landed.malformed (
        source varchar, system varchar, delivery integer, file_sha256 varchar, line bigint, text varchar, rule varchar,
        reason varchar
    );
    create table landed.excluded (
        source varchar, kind varchar, delivery integer, file_sha256 varchar, row bigint, rule varchar
    );
    create table landed.files (source varchar, delivery integer, file_name varchar, file_sha256 varchar);
    create table quarantine.healed (delivery integer);
    create table quarantine.rows (
        kind varchar, source varchar, delivery integer, file_sha256 varchar, row bigint, row_id bigint,
        document varchar, rules varchar, reasons varchar, content varchar
    );
    create table quarantine.left_out (kind varchar, row_id bigint, outcome varchar);
""" + ";".join(
    f"create or replace view raw.{kind} as select * from landed.{kind} where _row_id not in "
    f"(select row_id from quarantine.rows where kind = '{kind}' union all "
    f"select row_id from quarantine.left_out where kind = '{kind}')"
    for kind in KINDS
)


def landed_row(kind: str, number: int, given: Row) -> dict[str, Any]:
    """A row as `pipelines/sources` delivers it: the `number`th of a file of `shop`, unless `given` says otherwise."""
    example = {name: value for name, value in KINDS[kind].example.items() if name not in KINDS[kind].document}
    dull = _DULL.get(kind, example)
    row: dict[str, Any] = {"_source": "shop", "_system": "shop", "_delivery": 1, "_row": number, **dull, **given}
    return {"_file_sha256": f"file {row['_delivery']}", "_row_id": row["_delivery"] * 2**40 + row["_row"]} | row


def run_sql(name: str, **tables: Sequence[Row]) -> list[dict[str, Any]]:
    """Run `sql/<name>.sql` on small tables.

    Args:
        name: `layer/table`.
        tables: `layer__table` -> its rows; missing columns are NULL or dull. What is not given is made by its own SQL
            file from what is, or is empty.

    Returns:
        The rows as dictionaries, sorted by all columns from the left.
    """
    with warehouse(**tables) as con:
        select_into(con, name.replace("/", "."))
        return rows_of(con, name.replace("/", "."))


def warehouse(**tables: Sequence[Row]) -> duckdb.DuckDBPyConnection:
    """An empty build that holds the given tables, `raw.*` and empty `identity.*`."""
    return _fill_build(_open_empty_build("empty_build"), tables)


def _fill_build(con: duckdb.DuckDBPyConnection, tables: dict[str, Sequence[Row]]) -> duckdb.DuckDBPyConnection:
    company = tables.pop("raw__company", [{}])
    fill(con, "raw.company", [{**_COMPANY, **company[0]}])
    if "raw__weekdays" in tables:
        con.execute("truncate raw.weekdays")
    for name, rows in tables.items():
        layer, table = name.split("__")
        if layer == "raw" and table in KINDS:
            layer = "landed"
        elif layer in {"staging", "core"}:
            con.execute(f"create table {layer}.{table} ({', '.join(f'{n} {t}' for n, t in types_of(layer, table))})")
        if table in KINDS and layer in {"landed", "staging"}:
            rows = [landed_row(table, number, row) for number, row in enumerate(rows, 1)]
        if name == "staging__order_lines":
            rows = [{"document_id": row["order_id"], **row} for row in rows]
        fill(con, f"{layer}.{table}", rows)
    return con


_numbers = itertools.count()


def _open_empty_build(template: str) -> duckdb.DuckDBPyConnection:
    """A database in memory of its own, inside one DuckDB: opening a DuckDB costs twenty times as much."""
    engine, name = _start_engine(), f"build_{next(_numbers)}"
    con = engine.cursor()
    con.execute(f"attach ':memory:' as {name}; copy from database {template} to {name}; use {name}")
    weakref.finalize(con, engine.execute, f"detach database if exists {name}")
    return con


@cache
def _start_engine() -> duckdb.DuckDBPyConnection:
    """One DuckDB with two databases to copy: `empty_build`, and `empty_company` with the views of the quarantine."""
    engine = duckdb.connect(config={"threads": 1})
    for template, statements in {"empty_build": "", "empty_company": _QUARANTINE}.items():
        engine.execute(f"attach ':memory:' as {template}; use {template}")
        engine.execute(_write_empty_build())
        fill(engine, "raw.country_names", _COUNTRY_NAMES)
        fill(engine, "raw.weekdays", _WEEKDAYS)
        engine.execute(statements)
    engine.execute("use memory")
    return engine


def _write_empty_build() -> str:
    """The statements that make the schemas, `landed.*`, `raw.*` and empty `identity.*`."""
    statements = [f"create schema {schema}" for schema in SCHEMAS]
    for kind, described in KINDS.items():
        typed = [(column.name, "varchar") for column in described.columns] + list(TRACE_COLUMNS)
        statements.append(f"create table landed.{kind} ({', '.join(f'{name} {type_}' for name, type_ in typed)})")
        statements.append(f"create view raw.{kind} as select * from landed.{kind}")
    statements += [f"create table {table} ({create})" for table, create in _MADE_BY_HAND.items()]
    return ";".join(["begin", *statements, "commit"])


def fill(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Insert rows given as dictionaries; columns that a row lacks are NULL."""
    for columns, alike in itertools.groupby(rows, key=tuple):
        holes = ", ".join("?" for _ in columns)
        insert = f"insert into {table} ({', '.join(columns)}) values ({holes})"
        con.executemany(insert, [list(row.values()) for row in alike])  # parsed once, not once per row


def select_into(con: duckdb.DuckDBPyConnection, *tables: str) -> None:
    """Make `tables` by their SQL files, after what they read; nothing is made twice."""
    there = tables_there(con)  # asked once: it costs as much as making a table

    def make(table: str) -> None:
        if table in there:
            return
        select, reads = _selects()[table]
        for read in reads:
            make(read)
        con.execute(f"create table {table} as {select}")
        there.add(table)

    for table in tables:
        make(table)


def tables_there(con: duckdb.DuckDBPyConnection) -> set[str]:
    """`schema.table` of every table and view."""
    own = "where database_name = current_database()"  # others lie in the same DuckDB
    tables = con.execute(f"select schema_name, table_name from duckdb_tables() {own}").fetchall()
    views = con.execute(f"select schema_name, view_name from duckdb_views() {own}").fetchall()
    return {f"{schema}.{name}" for schema, name in tables + views}


def rows_of(con: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    """All rows of a table, as dictionaries, sorted by all columns from the left."""
    result = con.execute(f"select * from {table} order by all")
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def money(amount: str) -> Decimal:
    """An amount as the tables hold it."""
    return Decimal(amount).quantize(Decimal("0.0001"))


def only(rows: Sequence[Row]) -> Row:
    """The one row that there is."""
    (row,) = rows
    return row


@cache
def _selects() -> dict[str, tuple[str, list[str]]]:
    """Table -> its SELECT and what that reads."""
    return {table: (select, sorted(tables_read_by(select))) for table, select in table_selects().items()}


@cache
def types_of(layer: str, table: str) -> tuple[tuple[str, str], ...]:
    """Columns and types of a SQL table, found by running it on nothing."""
    with warehouse() as con:
        select_into(con, f"{layer}.{table}")
        return tuple((row[0], row[1]) for row in con.execute(f"describe {layer}.{table}").fetchall())


def pick(rows: Sequence[Row], *columns: str) -> Iterator[tuple[Any, ...]]:
    """The named columns of every row."""
    return (tuple(row[column] for column in columns) for row in rows)


def people_of(
    previous: pl.DataFrame | None = None, *, generation: int = 1, rules: Rules | None = None, **kinds: Sequence[Row]
) -> People:
    """Who is who in small staging tables, given as `customers=[{...}]` …, after a run that left `previous`."""
    staging = {}
    for kind in IDENTITY_READS:
        rows = [landed_row(kind, number, row) for number, row in enumerate(kinds.get(kind, []), 1)]
        # identity reads text and row ids only, so that the other types do not matter here
        schema = {column.name: pl.String for column in KINDS[kind].columns} | {
            "_system": pl.String,
            "_row_id": pl.Int64,
        }
        staging[kind] = pl.LazyFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
    return find_people(staging, previous, company="Acme", generation=generation, rules=rules)


class Build:
    """A connection that makes a table of staging or core when a statement names it, and then who is who if it must.

    A statement that asks the catalogue, or writes what these tables are made from, makes all of them first: what is
    seen is what a connection to everything would see.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, pending: set[str]) -> None:
        self._con, self._pending = con, pending

    def __enter__(self) -> "Build":
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)

    def execute(self, query: str, parameters: Any = None) -> duckdb.DuckDBPyConnection:
        self._make_tables_of(query)
        return self._con.execute(query) if parameters is None else self._con.execute(query, parameters)

    def executemany(self, query: str, parameters: Any) -> duckdb.DuckDBPyConnection:
        self._make_tables_of(query)
        return self._con.executemany(query, parameters)

    def sql(self, query: str, **rest: Any) -> duckdb.DuckDBPyRelation:
        self._make_tables_of(query)
        return self._con.sql(query, **rest)

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        self._make_tables_of(name)
        return self._con.table(name)

    def cursor(self) -> "Build":
        return Build(self._con.cursor(), self._pending)

    def _make_tables_of(self, query: str) -> None:
        if not self._pending:
            return
        if _ASKS_THE_CATALOGUE.search(query) or _WRITES_WHAT_TABLES_ARE_MADE_FROM.search(query):
            self._make(sorted(self._pending))
        else:
            self._make([".".join(name) for name in _TABLE.findall(query)])

    def _make(self, tables: Sequence[str]) -> None:
        for table in tables:
            if table not in self._pending:
                continue
            self._pending.discard(table)
            if table == "identity":
                self._make([f"staging.{kind}" for kind in IDENTITY_READS])
                _find_who_is_who(self._con)
                continue
            select, reads = _selects()[table]
            self._make([_IDENTITY.sub("identity", read) for read in reads])
            self._con.execute(f"create table {table} as {select}")


_TABLE = re.compile(r'\b"?(staging|core)"?\."?(\w+)')
_IDENTITY = re.compile(r"^identity\..*")
_ASKS_THE_CATALOGUE = re.compile(r"duckdb_\w+\(|information_schema|\bshow\b|\bidentity\b", re.IGNORECASE)
_WRITES_WHAT_TABLES_ARE_MADE_FROM = re.compile(
    r"\b(insert\s+into|update|delete\s+from|alter\s+table)\s+(raw|landed|quarantine|identity)\b", re.IGNORECASE
)


def build(**tables: Sequence[Row]) -> Build:
    """Everything from delivered rows to core, as a run makes it.

    Args:
        tables: As for `run_sql`; `raw__orders` are the delivered rows. A row whose `fate` is
            `quarantined`, `superseded` or `duplicate` is left out of `raw`, as by the quarantine step; all others are
            accepted.
    """
    left_out = []
    for name in [name for name in tables if name.startswith("raw__") and name[5:] in KINDS]:
        rows = [landed_row(name[5:], number, row) for number, row in enumerate(tables[name], 1)]
        left_out += [(row["fate"], name[5:], row) for row in rows if "fate" in row]
        tables[name] = [{column: value for column, value in row.items() if column != "fate"} for row in rows]
    con = _fill_build(_open_empty_build("empty_company"), tables)
    for fate, kind, row in left_out:
        if fate != "quarantined":
            fill(con, "quarantine.left_out", [{"kind": kind, "row_id": row["_row_id"], "outcome": fate}])
        else:
            trace = {name: row[f"_{name}"] for name in ("source", "delivery", "file_sha256", "row", "row_id")}
            fill(con, "quarantine.rows", [{"kind": kind, **trace}])
    given = {name.replace("__", ".") for name in tables}
    return Build(con, {"identity", *_selects()} - given)


def _find_who_is_who(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `identity.*` from staging, as a run does."""
    staging = {kind: con.sql(f"select * from staging.{kind}").pl().lazy() for kind in IDENTITY_READS}
    people = find_people(staging, None, company="Acme", generation=1)
    owners = number_owners([staging["customers"], staging["tickets"]], None)
    made = {"records": people.records, "customer_links": people.links, "links": people.evidence, "owners": owners}
    for table, frame in made.items():
        con.register("made", frame.to_arrow())
        con.execute(f"insert into identity.{table} by name select * from made")
        con.unregister("made")
