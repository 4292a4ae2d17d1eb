"""Finds out which records are one customer: reads typed records and makes the tables of `identity`.

Put here: which tables identity reads and makes. Keep out: when two records are one customer (`pipelines/identity`).
"""

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from regulars.assets.tables import asset_key, report_table
from regulars.pipelines.home.state_file import read_state
from regulars.pipelines.identity.output import People
from regulars.pipelines.identity.owners import number_owners
from regulars.pipelines.identity.people import Rules, find_people
from regulars.pipelines.identity.references import READS as KINDS_READ
from regulars.pipelines.run.run import Run

TABLES = {
    "records": "One row per source record: which person and which customer it is.",
    "customer_links": "One row per order, refund, response … or customer record that belongs to somebody.",
    "events": "One row per customer created, merged or split in this run.",
    "person_map": "One row per record and id that it ever had: what keeps ids stable from run to run.",
    "shared_emails": "One row per system and what shares addresses: records, or orders, too many to name anybody.",
    "owners": "One row per owner of customers: the name, and the id by which published tables know the owner.",
}

READS = {f"identity.{name}": [f"staging.{kind}" for kind in KINDS_READ] for name in TABLES}


@dg.multi_asset(
    name="identity",
    group_name="identity",
    specs=[
        dg.AssetSpec(
            asset_key(f"identity.{name}"),
            deps=[asset_key(f"staging.{kind}") for kind in KINDS_READ],
            description=text,
            kinds={"polars"},
        )
        for name, text in TABLES.items()
    ],
)
def identity(run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult[Any]]:
    """Find out who is who, and keep the ids of the parent generation."""
    with run.step("identity"):
        began = time.perf_counter()
        frames = find_tables(run)
        for name in TABLES:
            write(run, f"identity.{name}", frames[name])
            yield report_table(run, f"identity.{name}", [], seconds=time.perf_counter() - began)
            began = time.perf_counter()
        ignored = int(frames["shared_emails"]["email_count"].sum() or 0)
        if ignored:
            run.report_progress(
                f"identity: {ignored} e-mail addresses are shared by too many records or orders and name nobody"
            )


def find_tables(run: Run) -> dict[str, pl.DataFrame]:
    """Name -> each table of `TABLES`, not yet written."""
    people = find(run)
    return {
        "records": people.records,
        "customer_links": people.links,
        "events": people.events,
        "person_map": people.person_map,
        "shared_emails": people.shared_emails,
        "owners": number_owners(run.warehouse.scan("staging.customers"), read_previous(run, "owners")),
    }


def find(run: Run) -> People:
    """This run's people, with the ids of the parent generation."""
    settings = run.settings
    staging = {kind: run.warehouse.scan(f"staging.{kind}") for kind in KINDS_READ}
    rules = settings.identity
    return find_people(
        staging,
        read_previous(run, "person_map"),
        company=settings.company.name,
        generation=run.number,
        rules=Rules(
            customer_is=settings.customer_is,
            ignore_emails=rules.ignore_emails,
            max_records_per_email=rules.max_records_per_email,
            max_orders_per_email=rules.max_orders_per_email,
            max_orders_per_email_and_day=rules.max_orders_per_email_and_day,
            link_accounts=rules.link_accounts,
            max_records_per_customer=rules.max_records_per_customer,
        ),
    )


def read_previous(run: Run, table: str) -> pl.DataFrame | None:
    """A table of identity of the parent generation; None on the first run, and where the parent had none yet."""
    if run.parent is None:
        return None
    with read_state(run.parent) as con:
        has_table = "select 1 from duckdb_tables() where schema_name = 'identity' and table_name = ?"
        if not con.execute(has_table, [table]).fetchall():
            return None
        return con.sql(f"from identity.{table}").pl()


def write(run: Run, table: str, frame: pl.DataFrame) -> None:
    """A frame as it is: identity has no contracts, its types are its own."""
    con = run.warehouse.con
    con.register("frame_to_write", frame.to_arrow())
    con.execute(f"create table {table} as from frame_to_write")
    con.unregister("frame_to_write")
