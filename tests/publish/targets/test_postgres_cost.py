"""What a delivery to PostgreSQL costs beside the bare COPY of the same rows into tables without keys."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from psycopg import sql
from pyarrow import csv

from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgres import deliver_to_postgres
from regulars.pipelines.publish.targets.postgresql import delivery
from regulars.pipelines.publish.targets.postgresql.plan import Plan, plan_generation
from tests.publish.targets.postgres_server import Server
from tests.publish.targets.published import publish

CUSTOMERS = 1_000_000
MOST_TIMES_THE_COPY = 1.2
"""Of the server's CPU: 0.8 when it was measured, and half of that for a machine that does other things meanwhile."""


def make_customers(run: int) -> str:
    """A million customers, and what is known of each: every row depends on the run."""
    return f"""
        create or replace table core.customers as
        select md5(i::varchar)::uuid::varchar as customer_id, i::integer as customer_idx, 'city ' || i % 500 as city,
            'North' as region, 'FI' as country, date '2020-01-01' + (i % 2000 + {run})::integer as first_seen_on
        from range({CUSTOMERS}) t(i);
        create or replace table marts.customer_360 as
        select customer_id, customer_idx, city, region, country, first_seen_on,
            date '2026-01-31' + {run} as as_of, first_seen_on + 40 as last_ordered_on,
            case customer_idx % 4 when 0 then 'new' when 1 then 'active' when 2 then 'lapsed' end as lifecycle,
            'write to the customer before the month ends' as next_step,
            (customer_idx % 90000 * 1.37)::decimal(18, 4) as net_sales_to_date,
            (customer_idx % 700 * 0.11)::decimal(18, 4) as refunds_to_date,
            customer_idx % 40 as orders_to_date, customer_idx % 9 as tickets_to_date,
            1 / (1 + customer_idx) as p_alive, customer_idx / 7.0 as expected_orders_12m,
            nullif(customer_idx % 11, 3) as nps_score, customer_idx % 3 = 0 as may_be_mailed,
            customer_idx % 5 = 0 as is_at_risk,
            timestamp '2026-01-31 10:00:00' + interval (customer_idx) second as seen_at
        from core.customers;
    """


@dataclass(frozen=True)
class Cost:
    """Seconds: of CPU of the server alone, of server and client, and by the clock."""

    server: float
    all: float
    clock: float


def read_cpu_seconds(server: Server) -> float:
    """The CPU that the connections which have ended used."""
    pid = (server.folder / "data/postmaster.pid").read_text().split()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / 100


def measure(server: Server, work: Callable[[], object]) -> Cost:
    began = (read_cpu_seconds(server), time.process_time(), time.perf_counter())
    work()
    clock = time.perf_counter() - began[2]
    client = time.process_time() - began[1]
    time.sleep(0.5)  # until the server has seen the end of its process
    own = read_cpu_seconds(server) - began[0]
    return Cost(own, own + client, clock)


def write_rows(plan: Plan, generation: Generation) -> list[tuple[sql.Identifier, list[bytes]]]:
    """The rows of each table as text, ready to be sent."""
    written = []
    with duckdb.connect(str(generation.duckdb_file), read_only=True) as con:
        for table in plan.tables:
            parts = []
            for batch in con.execute(f"from {table.source}").to_arrow_reader(4_096):
                text = io.BytesIO()
                csv.write_csv(batch, text, csv.WriteOptions(include_header=False))
                parts.append(text.getvalue())
            written.append((sql.Identifier("bare", f"{table.schema}_{table.name}"), parts))
    return written


@pytest.mark.slow
def test_a_million_customers_take_little_more_than_the_bare_copy_of_the_same_rows(
    server: Server, database: str, home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    waits: list[float] = []
    monkeypatch.setattr(delivery, "time", SimpleNamespace(monotonic=time.monotonic, sleep=waits.append))
    if not Path("/proc/self/stat").exists():
        pytest.skip("the CPU of another process is read from /proc")
    options = server.options(database)
    generations = [publish(home, run, more=make_customers(run)) for run in (1, 2)]
    with duckdb.connect(str(generations[1].duckdb_file), read_only=True) as con:
        plan = plan_generation(con, generations[1], "")
    written = write_rows(plan, generations[1])

    def copy_bare() -> None:
        with server.connect(database) as con, con.transaction(), con.cursor() as cursor:
            cursor.execute("drop schema if exists bare cascade; create schema bare")
            for table, (name, parts) in zip(plan.tables, written, strict=True):
                columns = sql.SQL(", ").join(
                    sql.Identifier(each.name) + sql.SQL(" " + each.type) for each in table.columns
                )
                cursor.execute(sql.SQL("create table {} ({})").format(name, columns))
                with cursor.copy(sql.SQL("copy {} from stdin with (format csv)").format(name)) as copy:
                    for part in parts:
                        copy.write(part)

    with server.connect(database) as con:
        con.execute("alter system set autovacuum = off")
        con.execute("select pg_reload_conf()")
    try:
        first = measure(server, lambda: deliver_to_postgres(generations[0], options, Path("/")))
        delivered, copied = [], []
        for number in (1, 0):
            copied.append(measure(server, copy_bare))
            delivered.append(
                measure(server, lambda at=number: deliver_to_postgres(generations[at], options, Path("/")))
            )
    finally:
        with server.connect(database) as con:
            con.execute("alter system reset autovacuum")
            con.execute("select pg_reload_conf()")
    bare = Cost(*(min(getattr(each, name) for each in copied) for name in ("server", "all", "clock")))
    best = Cost(*(min(getattr(each, name) for each in delivered) for name in ("server", "all", "clock")))
    with capsys.disabled():
        print(f"\nbare COPY {bare}\nfirst delivery {first}\ndelivery of all rows anew {best}")
        print(f"seconds waited for readers to know the new tables: {waits}")
        print(f"server {best.server / bare.server:.2f}, clock {best.clock / bare.clock:.2f} times the bare COPY")
    assert best.server <= MOST_TIMES_THE_COPY * bare.server
    assert waits == [0, 0]  # loading took longer
