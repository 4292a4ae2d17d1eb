"""Finds out which source records are one person and which persons are one customer, and gives them their ids.

Put here: the rules by which records are linked. Keep out: how a key is written and who shares one (`keys/`), which
columns name a customer (`references.py`), which id a person keeps (`stable_ids.py`).

Records are one person when they share an address that is not shared by too many and not by people of other names, when
a CRM says that it merged them, when one names the other, when the settings say so, and, if wanted, when they share a
telephone number and no names differ (`graph.py`); `never_match` of the settings wins over all of these (`cuts.py`). A
customer is a person with a customer record, an order, a refund or a subscription; where customers are accounts
(`accounts.py`), all persons of one account together. A person known only from answers to surveys or from tickets is a
contact without a customer.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from regulars.pipelines.definitions.free_email_domains import list_free_email_domains
from regulars.pipelines.errors import ContractBroken
from regulars.pipelines.identity.accounts import Accounts, find_account_customers
from regulars.pipelines.identity.attributes import read_names, read_phones
from regulars.pipelines.identity.components import Codes, find_components
from regulars.pipelines.identity.cuts import keep_apart, list_named_apart
from regulars.pipelines.identity.dense import mark_codes, number_rows
from regulars.pipelines.identity.evidence import list_links
from regulars.pipelines.identity.fuzzy.links import FuzzyRules, Likely, find_likely
from regulars.pipelines.identity.graph import (
    Nodes,
    find_listed_nodes,
    link_records,
    make_edges,
    number_keys,
    number_records,
)
from regulars.pipelines.identity.keys.addresses import (
    Addresses,
    exchange_addresses,
    leave_out_addresses,
    number_addresses,
)
from regulars.pipelines.identity.keys.emails import EmailRules, add_normal_email
from regulars.pipelines.identity.keys.named_emails import find_named_emails
from regulars.pipelines.identity.keys.phones import find_phone_keys
from regulars.pipelines.identity.keys.shared_keys import count_shared_keys, find_shared_emails, find_shared_phones
from regulars.pipelines.identity.output import Found, KeptIds, People, add_old_ids, make_people, read_history
from regulars.pipelines.identity.references import (
    LINKED_BY_PERSON,
    Staging,
    count_guest_orders,
    list_accounts,
    list_documents_known_by_lines,
    list_guests,
    list_merged_records,
    list_other_records,
    list_referenced_records,
    read_customers,
)
from regulars.pipelines.identity.stable_ids import keep_ids

NAMESPACE = uuid.UUID("5a7c1d8e-2f64-5b0e-9d3a-6c1f0e4b7a92")

Pairs = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Rules:
    """The settings that decide when two records are one customer; `docs/settings.md` says what each means."""

    customer_is: Literal["person", "account"] = "person"
    emails: EmailRules = field(default_factory=EmailRules)
    max_records_per_email: int = 20
    max_orders_per_email: int = 1000
    max_orders_per_email_and_day: int = 20
    keep_names_apart: bool = True
    match_phones: bool | Literal["with_equal_names"] = False
    phone_region: str | None = None
    max_records_per_phone: int = 5
    fuzzy: FuzzyRules | None = None
    always_match: Pairs = ()
    never_match: Pairs = ()
    link_accounts: bool = False
    accounts_by_domain: bool = False
    free_email_domains: Collection[str] = ()
    roll_up_accounts: bool = False
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
    by_lines = list_documents_known_by_lines(staging)
    customers = read_customers(staging)
    records, named = number_records(list_referenced_records(staging, customers, by_lines))
    customers = customers.with_columns(named["node"].head(len(customers)))
    keys = _read_keys(staging, by_lines, customers, named, rules)
    nodes = number_keys(records, keys.addresses.emails, keys.phones)
    contacts, edges, likely, unmatched = _link_contacts(nodes, keys, customers, staging, rules)
    _check_person_sizes(contacts[: len(nodes.records)], rules.max_records_per_customer)
    guest_records = keys.addresses.guests.with_columns(node=pl.col("key") + len(nodes.records))
    records = _list_records(nodes, guest_records, contacts)
    links = list_links(nodes, edges, guest_records)
    records, links = _add_customers(records, links, nodes, contacts, staging, rules)
    history = read_history(previous)
    records = add_old_ids(records, history)
    names = uuid.uuid5(NAMESPACE, company)
    ids = KeptIds(
        keep_ids(*_select_for_ids(records, history, "contact"), uuid.uuid5(names, "contact")),
        keep_ids(*_select_for_ids(records, history, "customer"), uuid.uuid5(names, "customer")),
    )
    counts = {
        "unknown_pair_count": unmatched,
        "names_joined_count": keys.names_joined_count,
        "unread_phone_count": keys.unread_phone_count,
    }
    found = Found(records, links, keys.shared, likely, counts)
    return make_people(staging, by_lines, found, ids, history, generation)


@dataclass(frozen=True)
class _Keys:
    """The keys that may link records, normalised, without those that too many share.

    Attributes:
        addresses: Addresses and their holders.
        strangers: Customer records whose address belongs to another person, as in `named_emails.NAMED_EMAILS`.
        phones: The distinct keys made of telephone numbers.
        phone_held: Customer records and their numbers: `node`, `key` (the position in `phones`).
        shared: How many keys were left out, as `count_shared_keys` counts them.
        names_joined_count: As in `NamedEmails`.
        unread_phone_count: As in `PhoneKeys`.
    """

    addresses: Addresses
    strangers: pl.DataFrame
    phones: pl.Series
    phone_held: pl.DataFrame
    shared: pl.DataFrame
    names_joined_count: int
    unread_phone_count: int


def _read_keys(
    staging: Staging, by_lines: pl.DataFrame, customers: pl.DataFrame, named: pl.DataFrame, rules: Rules
) -> _Keys:
    addresses = number_addresses(named, list_guests(staging, by_lines), rules.emails)
    shared_emails = find_shared_emails(
        addresses,
        add_normal_email(count_guest_orders(staging, by_lines), rules.emails),
        max_records=rules.max_records_per_email,
        max_orders=rules.max_orders_per_email,
        max_orders_a_day=rules.max_orders_per_email_and_day,
    )
    addresses = leave_out_addresses(addresses, shared_emails["email"].unique())
    by_name = find_named_emails(addresses, read_names(customers) if rules.keep_names_apart else None)
    by_phone = find_phone_keys(
        read_phones(customers) if rules.match_phones else None,
        rules.phone_region,
        links_unnamed=rules.match_phones != "with_equal_names",
    )
    shared_phones = find_shared_phones(by_phone.rows, max_records=rules.max_records_per_phone)
    phone_keys = by_phone.rows.filter(pl.col("key").is_not_null())
    if len(shared_phones):
        phone_keys = phone_keys.join(shared_phones, on="phone", how="anti")
    distinct, number = number_rows(phone_keys.select("key"))
    return _Keys(
        exchange_addresses(addresses, by_name.strangers),
        by_name.strangers,
        distinct["key"],
        phone_keys.select("node", key=pl.Series(number, dtype=pl.Int64)),
        count_shared_keys(shared_emails, shared_phones),
        by_name.joined_count,
        by_phone.unread_count,
    )


def _link_contacts(
    nodes: Nodes, keys: _Keys, customers: pl.DataFrame, staging: Staging, rules: Rules
) -> tuple[Codes, pl.DataFrame, Likely, int]:
    """The person of every node, as an arbitrary label; the edges; likely pairs; listed pairs without a record."""
    first_email, first_phone = len(nodes.records), len(nodes.records) + len(keys.addresses.emails)
    edges = pl.concat(
        [
            make_edges(frame.select(left="node", right=pl.col("key") + first), matched_by)
            for matched_by, frame, first in (
                ("email", keys.addresses.held, first_email),
                ("phone", keys.phone_held, first_phone),
            )
        ]
        + [link_records(nodes, list_merged_records(customers), list_other_records(customers))]
    )
    always, unknown_in_always = find_listed_nodes(nodes, rules.always_match, rules.emails)
    never, unknown_in_never = find_listed_nodes(nodes, rules.never_match, rules.emails)
    edges = pl.concat([edges, make_edges(always, "always_match")])
    labels, whole = _find_persons(nodes, edges, never)
    apart = list_named_apart(keys.strangers, first_email, labels)
    stay_apart = pl.concat([never, apart.select("left", "right")])
    likely = find_likely(nodes, labels, stay_apart, staging, rules.emails, rules.fuzzy)
    if len(likely.edges):
        labels, whole = _find_persons(nodes, pl.concat([edges, make_edges(likely.edges, "fuzzy")]), never)
    return labels, pl.concat([whole, apart]), likely, unknown_in_always + unknown_in_never


def _find_persons(nodes: Nodes, edges: pl.DataFrame, never: pl.DataFrame) -> tuple[Codes, pl.DataFrame]:
    """The person of every node; the edges with what cuts them."""
    labels = find_components(nodes.count, [(edges["left"].to_numpy(), edges["right"].to_numpy())])
    return keep_apart(nodes, edges, labels, never)


def _add_customers(
    records: pl.DataFrame, links: pl.DataFrame, nodes: Nodes, contacts: Codes, staging: Staging, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add `customer` to the records: the person, or the account and its links."""
    if rules.customer_is != "account":
        return records.with_columns(customer=pl.when("is_customer").then("contact")), links
    accounts = Accounts(
        list_accounts(staging).collect(),
        _find_domains(nodes, contacts, rules),
        rolled_up=rules.roll_up_accounts,
        linked=rules.link_accounts,
    )
    records, to_accounts = find_account_customers(records, accounts)
    return records, pl.concat([links, to_accounts])


def _find_domains(nodes: Nodes, contacts: Codes, rules: Rules) -> pl.DataFrame:
    """Persons with an address at a firm's domain: `contact`, `domain`; empty where domains are not used."""
    emails = nodes.of_key("email") if rules.accounts_by_domain else nodes.of_key("email").clear()
    free = sorted(list_free_email_domains() | {domain.strip().lower() for domain in rules.free_email_domains})
    return (
        emails.select(
            pl.Series(contacts, dtype=pl.Int64).gather(emails["node"]).alias("contact"),
            domain=pl.col("email").str.extract(r"@(\S+)"),
        )
        .filter(~pl.col("domain").is_in(free))
        .unique()
    )


def _list_records(nodes: Nodes, guest_records: pl.DataFrame, contacts: Codes) -> pl.DataFrame:
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
    of_guests = guest_records.select(
        "record_type",
        "system",
        "source_record_id",
        "row_id",
        pl.Series("contact", contacts[guest_records["node"].to_numpy()]),
        pl.col("record_type").is_in(types_without_customer).not_().alias("is_customer"),
    )
    records = pl.concat([own, of_guests])
    contact = records["contact"].to_numpy()
    paying = mark_codes(contact[records["is_customer"].to_numpy()], int(contact.max(initial=-1)) + 1)
    return records.with_columns(is_customer=pl.Series(paying[contact]))


def _check_person_sizes(of_records: Codes, limit: int) -> None:
    """Stop at a person with hundreds of customer records: one bad address or merge has linked strangers.

    Raises:
        ContractBroken: A person has more customer records than `limit`.
    """
    sizes = np.bincount(of_records)
    giants = sizes[sizes > limit]
    if len(giants):
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
