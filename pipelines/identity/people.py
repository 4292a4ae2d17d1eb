"""Finds out which source records are one person and which persons are one customer, and gives them their ids.

Put here: the rules by which records are linked. Keep out: how an address is written (`emails.py`), which columns name a
customer (`references.py`), which id a person keeps (`stable_ids.py`).

Records are one person when they share an address that is not shared by too many, or when a CRM says that it merged
them. A customer is a person with a customer record, an order, a refund or a subscription; where customers are accounts
(`accounts.py`), all persons of one account together. A person known only from answers to surveys or from tickets is a
contact without a customer.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import polars as pl

from regulars.pipelines.errors import ContractBroken
from regulars.pipelines.identity.accounts import assign_accounts, link_accounts
from regulars.pipelines.identity.components import Codes, find_components
from regulars.pipelines.identity.emails import add_normal_email
from regulars.pipelines.identity.output import People, add_old_ids, make_people, read_history
from regulars.pipelines.identity.references import (
    LINKED_BY_PERSON,
    Staging,
    accounts,
    documents_told_by_lines,
    guest_orders,
    guests,
    merged_records,
    referenced_records,
)
from regulars.pipelines.identity.shared_emails import find_shared_emails
from regulars.pipelines.identity.stable_ids import keep_ids

NAMESPACE = uuid.UUID("5a7c1d8e-2f64-5b0e-9d3a-6c1f0e4b7a92")


@dataclass(frozen=True)
class Rules:
    """The settings that decide when two records are one customer."""

    customer_is: Literal["person", "account"] = "person"
    ignore_emails: Collection[str] = ()
    max_records_per_email: int = 20
    max_orders_per_email: int = 1000
    max_orders_per_email_and_day: int = 20
    link_accounts: bool = False
    max_records_per_customer: int = 100


def find_people(
    staging: Staging, previous: pl.DataFrame | None, *, company: str, generation: int, rules: Rules | None = None
) -> People:
    """Find out who is who, and keep the ids of the parent generation.

    Args:
        staging: The staging tables of customers and of every kind whose rows name one, lazily.
        previous: `identity.person_map` of the parent generation; None or empty on the first run.
        company: The company's name; other companies get other ids.
        generation: The number that this run's generation will have.
        rules: When two records are one customer.

    Raises:
        ContractBroken: One person would have more customer records than the settings allow.
    """
    rules = rules or Rules()
    told = documents_told_by_lines(staging)
    found = add_normal_email(referenced_records(staging, told), rules.ignore_emails)
    guest_records = add_normal_email(guests(staging, told), rules.ignore_emails)
    shared = find_shared_emails(
        found,
        add_normal_email(guest_orders(staging, told), rules.ignore_emails),
        max_records=rules.max_records_per_email,
        max_orders=rules.max_orders_per_email,
        max_orders_a_day=rules.max_orders_per_email_and_day,
    )
    hubs = shared["email"].unique().implode()
    found = found.with_columns(email=pl.when(pl.col("email").is_in(hubs).not_()).then("email"))
    guest_records = guest_records.filter(pl.col("email").is_not_null() & pl.col("email").is_in(hubs).not_())

    nodes = _number_nodes(found, guest_records)
    contacts = _link_contacts(nodes, found, merged_records(staging).collect())
    records = _list_records(nodes, guest_records, contacts)
    _check_person_sizes(records, rules.max_records_per_customer)
    if rules.customer_is == "account":
        join = link_accounts if rules.link_accounts else assign_accounts
        records = join(records, accounts(staging).collect())
    else:
        records = records.with_columns(customer=pl.when("is_customer").then("contact"))

    history = read_history(previous)
    records = add_old_ids(records, history)
    names = uuid.uuid5(NAMESPACE, company)
    contact_ids = keep_ids(*_select_for_ids(records, history, "contact"), uuid.uuid5(names, "contact"))
    customer_ids = keep_ids(*_select_for_ids(records, history, "customer"), uuid.uuid5(names, "customer"))
    return make_people(staging, told, records, contact_ids, customer_ids, history, shared, generation)


@dataclass(frozen=True)
class _Nodes:
    """The graph's nodes: customer records first, then addresses."""

    records: pl.DataFrame  # node, system, record_id, row_id, is_customer
    emails: pl.DataFrame  # node, email

    @property
    def count(self) -> int:
        return len(self.records) + len(self.emails)


def _number_nodes(found: pl.DataFrame, guest_records: pl.DataFrame) -> _Nodes:
    records = (
        found.group_by("system", "record_id")
        .agg(pl.col("row_id").min(), pl.col("is_customer").any())
        .with_row_index("node")
        .with_columns(pl.col("node").cast(pl.Int64))
    )
    emails = (
        pl.concat([found.select("email"), guest_records.select("email")])
        .drop_nulls()
        .unique()
        .with_row_index("node", offset=len(records))
        .with_columns(pl.col("node").cast(pl.Int64))
    )
    return _Nodes(records, emails)


def _link_contacts(nodes: _Nodes, found: pl.DataFrame, merged: pl.DataFrame) -> Codes:
    """The person of every node, as a label without meaning."""
    record = nodes.records.select("system", "record_id", left="node")
    by_email = (
        found.filter(pl.col("email").is_not_null())
        .join(record, on=["system", "record_id"])
        .join(nodes.emails.select("email", right="node"), on="email")
    )
    by_merge = merged.join(record, on=["system", "record_id"]).join(
        record.rename({"left": "right"}), left_on=["system", "merged_into"], right_on=["system", "record_id"]
    )
    edges = [(frame["left"].to_numpy(), frame["right"].to_numpy()) for frame in (by_email, by_merge)]
    return find_components(nodes.count, edges)


def _list_records(nodes: _Nodes, guest_records: pl.DataFrame, contacts: Codes) -> pl.DataFrame:
    """All records of all persons.

    Returns:
        `record_type`, `system`, `source_record_id`, `row_id`, `contact`, `is_customer` (of the person).
    """
    own = nodes.records.select(
        pl.lit("customer").alias("record_type"),
        "system",
        pl.col("record_id").alias("source_record_id"),
        "row_id",
        pl.Series("contact", contacts[: len(nodes.records)]),
        "is_customer",
    )
    types_without_customer = [reference.record_type for reference in LINKED_BY_PERSON.values()]
    email = nodes.emails.select("email", pl.Series("contact", contacts[len(nodes.records) :]))
    guests_of_contact = guest_records.join(email, on="email").select(
        "record_type",
        "system",
        "source_record_id",
        "row_id",
        "contact",
        pl.col("record_type").is_in(types_without_customer).not_().alias("is_customer"),
    )
    records = pl.concat([own, guests_of_contact])
    paying = records.filter("is_customer")["contact"].unique().implode()
    return records.with_columns(is_customer=pl.col("contact").is_in(paying))


def _check_person_sizes(records: pl.DataFrame, limit: int) -> None:
    """Stop at a person with hundreds of customer records: one bad address or merge has linked strangers.

    Raises:
        ContractBroken: A person has more customer records than `limit`.
    """
    sizes = records.filter(pl.col("record_type") == "customer").group_by("contact").len()["len"]
    giants = sizes.filter(sizes > limit).to_list()
    if giants:
        raise ContractBroken(
            f"{len(giants)} person(s) would have more than {limit} customer records each, the largest {max(giants)}: "
            "an address or a merge column links strangers. Add the address to `identity.ignore_emails`, or, if the "
            "person is real, raise `identity.max_records_per_customer`. Nothing was published; the last good "
            "generation stays."
        )


def _select_for_ids(records: pl.DataFrame, history: pl.DataFrame, who: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The two inputs of `keep_ids` for contacts, or for customers."""
    return (
        records.filter(pl.col(who).is_not_null()).select(
            "record_key", "row_id", component=pl.col(who), old_id=pl.col(f"old_{who}_id")
        ),
        history.select("record_key", "since_generation", "is_last", id=pl.col(f"{who}_id")),
    )
