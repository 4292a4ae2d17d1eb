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
from regulars.pipelines.identity.fuzzy.links import FuzzyRules
from regulars.pipelines.identity.keys.emails import EmailRules
from regulars.pipelines.identity.output import People
from regulars.pipelines.identity.owners import READS as NAMING_OWNERS
from regulars.pipelines.identity.owners import number_owners
from regulars.pipelines.identity.people import Rules, find_people
from regulars.pipelines.identity.references import READS as KINDS_READ
from regulars.pipelines.run.run import Run
from regulars.pipelines.settings.settings import Settings

TABLES = {
    "records": "One row per source record: which person and which customer it is.",
    "customer_links": "One row per order, refund, response … or customer record with a known customer.",
    "events": "One row per customer created, merged or split in this run.",
    "person_map": "One row per record and id that it ever had; it keeps ids stable from run to run.",
    "links": "One row per link between two records: what makes it, by which key, and whether the settings forbid it.",
    "former_customer_ids": "One row per customer id that is no longer in use: the customer that has its records now.",
    "shared_keys": "One row per type of key, system and owner (records, orders): keys that too many share.",
    "likely_pairs": "One row per pair of persons who are probably one: the probability, and what they have in common.",
    "match_lists": "One row: pairs of the settings without a record, links not made, records not compared.",
    "owners": "One row per owner of customers: the name, and the id by which published tables know the owner.",
}

ATTRIBUTES = {"customer_links": "links", "links": "evidence", "former_customer_ids": "former_ids"}
"""Table -> the attribute of `People` that holds it, where it is called otherwise."""

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
        for key_type, noun in {"email": "e-mail addresses", "phone": "telephone numbers"}.items():
            ignored = frames["shared_keys"].filter(pl.col("key_type") == key_type)["key_count"].sum()
            if ignored:
                run.report_progress(
                    f"identity: {ignored} {noun} are shared by too many records or orders and identify no customer"
                )
        if cut := frames["match_lists"]["cut_count"][0]:
            run.report_progress(f"identity: {cut} links are not made, since `never_match` keeps their persons apart")
        if apart := frames["match_lists"]["named_apart_count"][0]:
            run.report_progress(f"identity: {apart} records share an address with a person of another name")
        if left_out := frames["match_lists"]["partly_compared_count"][0]:
            run.report_progress(f"identity: {left_out} records share too common a value to be compared by it")


def find_tables(run: Run) -> dict[str, pl.DataFrame]:
    """Name -> each table of `TABLES`, not yet written."""
    people = find(run)
    naming = [run.warehouse.scan(f"staging.{kind}") for kind in NAMING_OWNERS]
    owners = number_owners(naming, read_previous(run, "owners"))
    return {name: owners if name == "owners" else getattr(people, ATTRIBUTES.get(name, name)) for name in TABLES}


def find(run: Run) -> People:
    """This run's people, with the ids of the parent generation."""
    settings = run.settings
    staging = {kind: run.warehouse.scan(f"staging.{kind}") for kind in KINDS_READ}
    return find_people(
        staging,
        read_previous(run, "person_map"),
        company=settings.company.name,
        generation=run.number,
        rules=read_rules(settings),
    )


def read_rules(settings: Settings) -> Rules:
    """The rules of identity in the settings."""
    chosen = settings.identity
    return Rules(
        customer_is=settings.customer_is,
        emails=EmailRules(chosen.ignore_emails, chosen.email_domain_aliases, chosen.gmail_variants),
        max_records_per_email=chosen.max_records_per_email,
        max_orders_per_email=chosen.max_orders_per_email,
        max_orders_per_email_and_day=chosen.max_orders_per_email_and_day,
        keep_names_apart=chosen.keep_names_apart,
        match_phones=chosen.match_phones,
        phone_region=chosen.phone_region,
        max_records_per_phone=chosen.max_records_per_phone,
        fuzzy=FuzzyRules(chosen.fuzzy.threshold, chosen.fuzzy.join, tuple(chosen.fuzzy.attributes))
        if chosen.fuzzy
        else None,
        always_match=chosen.always_match,
        never_match=chosen.never_match,
        link_accounts=chosen.link_accounts,
        accounts_by_domain=chosen.accounts_by_domain,
        free_email_domains=chosen.free_email_domains,
        roll_up_accounts=chosen.roll_up_accounts,
        max_records_per_customer=chosen.max_records_per_customer,
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
