"""A tiny build to publish. No pytest here: the crash tests run this in bare child processes."""

import datetime as dt
from pathlib import Path

import duckdb

from regulars.pipelines.home.generation import Published
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.manifest import Facts
from regulars.pipelines.home.state_file import move_old_states
from regulars.pipelines.publish.files.tables import Table
from regulars.pipelines.publish.generation import Contents, publish_generation

AS_OF = dt.date(2026, 1, 31)
NOW = dt.datetime(2026, 2, 1, 3, 30, tzinfo=dt.UTC)
TABLES = (
    Table("core.orders", ("system", "order_id")),
    Table("marts.churn", ("month_end",)),
    Table("meta.runs", ("generation",)),
)
STATE_TABLES = (Table("identity.person_map", ("record_key",)), Table("quarantine.orders"))
COMMENTS = {
    "core.orders": "One row per order.",
    "core.orders.net_sales": "In the company's currency; the customer's own price.",
    "marts.retention_cohorts_monthly": "Who came back, month by month.",
    "marts.retention_cohorts_monthly.cohort_size": "Customers who began in the month.",
}


def build(run: int = 1, *, generation: int = 0, rows: int = 3, threads: int = 1) -> duckdb.DuckDBPyConnection:
    """A build whose core and marts depend on `run` alone; `meta` and state also know the generation."""
    con = duckdb.connect(config={"threads": threads})
    con.execute(
        "create schema core; create schema marts; create schema meta; create schema identity; create schema quarantine"
    )
    con.execute(
        f"""
        create table core.orders as
        select 'shop' as system, (i * 7919 % {rows})::varchar as order_id, {run} as run,
            (i * 12.3456)::decimal(18,4) as net_sales, nullif(i, 1) / 7.0 as share, nullif(i, 2)::bigint as lines,
            date '2025-01-01' + (i % 365)::integer as order_date
        from range({rows}) t(i);
        create table marts.churn as
        select date '2026-01-31' as month_end, {run} as churned, {rows} as orders, null::double as churn_rate;
        create table meta.runs as select {generation} as generation, timestamp '2026-02-01 03:30:00' as started_at;
        create table identity.person_map as select 'ada@example.com' as record_key, 'c1' as customer_id;
        create table quarantine.orders as select ['no date', 'no amount'] as reasons, 'x' as order_id;
        """
    )
    return con


def contents(*, fingerprint: str = "f" * 64, report: str = "<!doctype html>") -> Contents:
    facts = Facts(fingerprint=fingerprint, started_at=NOW, headline={"customers": 3}, checks={"passed": 9})
    return Contents(
        TABLES, STATE_TABLES, COMMENTS, facts, report, documents={"contracts.odcs.yaml": "kind: DataContract\n"}
    )


def publish_run(home: Home, run: int = 1, *, as_of: dt.date = AS_OF, rows: int = 3) -> Published:
    """One whole run of a company with `rows` orders, under the lock, as the pipeline does it."""
    with home.lock("regulars run"):
        home.prepare()
        home.sweep(keep_generations=3)
        move_old_states(home)
        number, parent = home.next_number(), home.current()
        with build(run, generation=number, rows=rows) as con:
            return publish_generation(
                con,
                home,
                contents(fingerprint=f"run {run}"),
                number=number,
                parent=parent,
                as_of=as_of,
                clock=lambda: NOW,
            )


def a_home(path: Path) -> Home:
    home = Home(path)
    home.prepare()
    return home
