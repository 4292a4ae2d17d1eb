"""What a delivery to PostgreSQL costs beside the bare COPY of the same rows.

    .venv/bin/python -m benchmarks.postgres --home ~/big-company/home
    .venv/bin/python -m benchmarks.postgres --home ~/big-company/home --tables core.customers marts.customer_360

The generation that readers of the home see is delivered to a server of its own, on loopback, which is gone afterwards:
first into an empty database, then again as if every row of every table were another one, and, where the home keeps the
generation of the run before, as the one that follows it. Beside it the same rows go by COPY, and nothing else, into
tables without keys: from text that is ready in memory; read from the DuckDB file and written as text by pyarrow; and as
a script by hand does it, which first writes each table to a CSV file.

Every number is the least of several runs, and all ways are measured in turn. CPU of the server is that of its processes
that have ended. Put here: measuring. Keep out: anything that a delivery needs.
"""

import argparse
import contextlib
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import duckdb
from psycopg import sql
from pyarrow import csv

from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgres import deliver_to_postgres
from regulars.pipelines.publish.targets.postgresql import delivery
from regulars.pipelines.publish.targets.postgresql.plan import Plan, plan_generation
from regulars.pipelines.warehouse.sql_text import quote_table
from tests.publish.targets.postgres_server import PASSWORD, VARIABLE, Server, run_server

DATABASE = "analytics"
TABLE_OF_DELIVERIES = "meta.delivered_tables"
SECONDS_TO_NOTICE = 1.0
"""Until the server has seen that its process for a connection has ended, and counts its CPU."""


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU of the server and of the client, and by the clock."""

    server: float
    client: float
    clock: float


@dataclass(frozen=True)
class Bench:
    """A server, and what is brought to it."""

    server: Server
    generation: Generation
    plan: Plan

    def deliver(self, generation: Generation | None = None) -> None:
        deliver_to_postgres(generation or self.generation, self.server.options(DATABASE), Path("/"))

    def forget_database(self) -> None:
        with self.server.connect("postgres") as con:
            con.execute(f"drop database if exists {DATABASE} with (force)")
            con.execute(f"create database {DATABASE} owner writer")

    def forget_contents(self) -> None:
        """Let the next delivery believe that every row is another one, and that nothing can be compared."""
        with self.server.connect(DATABASE) as con:
            con.execute(f"update {TABLE_OF_DELIVERIES} set content = '', generation = '' where kind = 'table'")

    def copy(self, read: Callable[[str], Iterator[bytes]]) -> None:
        """The rows of every table by COPY into tables without keys."""
        with self.server.connect(DATABASE) as con, con.transaction(), con.cursor() as cursor:
            cursor.execute("drop schema if exists bare cascade; create schema bare")
            for table in self.plan.tables:
                name = sql.Identifier("bare", f"{table.schema}_{table.name}")
                columns = sql.SQL(", ").join(
                    sql.SQL("{} ").format(sql.Identifier(c.name)) + sql.SQL(c.type) for c in table.columns
                )
                cursor.execute(sql.SQL("create table {} ({})").format(name, columns))
                with cursor.copy(sql.SQL("copy {} from stdin with (format csv)").format(name)) as copy:
                    for text in read(table.source):
                        copy.write(text)


def read_server_seconds(server: Server) -> float:
    """The CPU of the server and of its processes that have ended."""
    pid = (server.folder / "data/postmaster.pid").read_text().split()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(each) for each in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def measure(server: Server, work: Callable[[], object]) -> Cost:
    time.sleep(SECONDS_TO_NOTICE)
    began = (read_server_seconds(server), time.process_time(), time.perf_counter())
    work()
    clock, client = time.perf_counter() - began[2], time.process_time() - began[1]
    time.sleep(SECONDS_TO_NOTICE)
    return Cost(read_server_seconds(server) - began[0], client, clock)


def read_rows(con: duckdb.DuckDBPyConnection, table: str) -> Iterator[bytes]:
    """The rows of a table as text, which a delivery sends in the server's binary form."""
    for batch in con.execute(f"from {quote_table(table)}").to_arrow_reader(4_096):
        text = io.BytesIO()
        csv.write_csv(batch, text, csv.WriteOptions(include_header=False))
        yield text.getvalue()


def write_and_read(con: duckdb.DuckDBPyConnection, table: str, folder: Path) -> Iterator[bytes]:
    """The rows of a table as text, by way of a file that DuckDB writes."""
    path = folder / f"{table}.csv"
    con.execute(f"copy {quote_table(table)} to '{path}' (header false)")
    with path.open("rb") as file:
        while text := file.read(1 << 20):
            yield text
    path.unlink()


def find_parent(home: Home, generation: Generation) -> list[Generation]:
    """The generation of the run before, if it is kept."""
    return [each for each in home.generations() if each.number == generation.manifest.parent]


def choose(plan: Plan, tables: list[str]) -> Plan:
    """Only these tables, without views; all of them if none is named."""
    if not tables:
        return plan
    kept = tuple(each for each in plan.tables if each.source in tables)
    return replace(plan, tables=kept, views=())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--tables", nargs="*", default=[], help="only these, such as core.customers")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    generation = Home(options.home).current()
    if generation is None:
        parser.error("nothing is published there")
    os.environ[VARIABLE] = PASSWORD
    with duckdb.connect(str(generation.duckdb_file), read_only=True) as published:
        plan = choose(plan_generation(published, generation, ""), options.tables)
    chosen = mock.patch.object(delivery, "plan_generation", return_value=plan) if options.tables else nullcontext()
    before = [] if options.tables else find_parent(Home(options.home), generation)
    with (
        chosen,
        run_server() as server,
        contextlib.closing(duckdb.connect()) as con,
        tempfile.TemporaryDirectory() as folder,
    ):
        with server.connect("postgres") as setup:
            setup.execute(f"create role writer login password '{PASSWORD}'")
            setup.execute("alter system set autovacuum = off")
            setup.execute("select pg_reload_conf()")
        con.execute(f"attach '{generation.duckdb_file}' as published (read_only); use published")
        ready = {table.source: list(read_rows(con, table.source)) for table in plan.tables}
        rows = sum(generation.manifest.tables[each].rows for each in ready)
        size = sum(len(text) for texts in ready.values() for text in texts)
        print(
            f"{len(ready)} tables, {rows:,} rows, {size / 1e6:,.0f} MB as text; {options.runs} runs, the least of each"
        )
        bench = Bench(server, generation, plan)
        ways: dict[str, list[Cost]] = {}
        for _ in range(options.runs):
            bench.forget_database()
            first = measure(server, bench.deliver)
            ways.setdefault("first delivery", []).append(first)
            copy = measure(server, lambda: bench.copy(lambda table: iter(ready[table])))
            ways.setdefault("bare COPY, text ready", []).append(copy)
            read = measure(server, lambda: bench.copy(lambda table: read_rows(con, table)))
            ways.setdefault("bare COPY, read from the DuckDB file", []).append(read)
            by_hand = measure(server, lambda: bench.copy(lambda table: write_and_read(con, table, Path(folder))))
            ways.setdefault("COPY by hand, by way of CSV files", []).append(by_hand)
            bench.forget_contents()
            ways.setdefault("delivery, every row anew", []).append(measure(server, bench.deliver))
            ways.setdefault("delivery, nothing new", []).append(measure(server, bench.deliver))
            for parent in before:
                bench.forget_database()
                bench.deliver(parent)
                ways.setdefault("delivery after the run before", []).append(measure(server, bench.deliver))
    least = {
        way: Cost(*(min(getattr(c, name) for c in costs) for name in ("server", "client", "clock")))
        for way, costs in ways.items()
    }
    bare = least["bare COPY, text ready"]
    print(
        f"{'':<36}{'server CPU':>11}{'client CPU':>11}{'both':>8}{'clock':>8}   beside the bare COPY: "
        "server, both, clock"
    )
    for way, cost in least.items():
        both, of_bare = cost.server + cost.client, bare.server + bare.client
        print(
            f"{way:<36}{cost.server:>11.2f}{cost.client:>11.2f}{both:>8.2f}{cost.clock:>8.2f}   "
            f"{cost.server / bare.server:.2f}, {both / of_bare:.2f}, {cost.clock / bare.clock:.2f}"
        )


if __name__ == "__main__":
    main()
