"""Measures what identity joined, and what it refused to join.

Put here: shared addresses, customers that are too large, accounts that share persons. Keep out: how accounts are
written (`accounts.py`), and the rules of linking (`pipelines/identity`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEW = 50
"""Fewer orders of one customer are no sign of a till."""
ORDERS_A_DAY = 2
"""A person orders once on a day with an order; a till twice and more."""

_LARGEST = """
    select contact_id, count(*) as record_count
    from identity.records
    where record_type = 'customer' and contact_id is not null
    group by contact_id
    order by record_count desc
    limit 1
"""

_BUSIEST = """
    with
        bought as (
            select system, customer_idx, count(*) as order_count, count(distinct order_date) as day_count
            from core.orders
            where customer_idx > 0
            group by system, customer_idx
        ),
        sizes as (select system, count(*) as order_count from core.orders group by system)

    select bought.system, max(bought.order_count), any_value(sizes.order_count)
    from bought
    join sizes using (system)
    where bought.order_count >= $few and bought.order_count >= $orders_a_day * bought.day_count
    group by bought.system
    order by bought.system
"""
"""One row per system: the most orders that one customer has who orders several times on the days of an order."""

_SHARED_PERSONS = """
    select count(*)
    from (
        select contact_id
        from identity.records
        where record_type = 'customer' and contact_id is not null
        group by contact_id
        having count(distinct customer_id) > 1
    )
"""


def find_odd_identities(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """What linking records gave rise to.

    Args:
        con: The build, with the tables of identity and `core.orders`.
    """
    return [
        *_find_shared_keys(con),
        *_find_listed_matches(con),
        *_find_uncompared_records(con),
        *_find_unread_phones(con),
        *_find_large_customers(con),
        *_find_tills(con),
        *_find_shared_persons(con),
    ]


def _find_shared_keys(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    found = con.execute(
        "select key_type, system, shared_by, key_count, shared_count from identity.shared_keys"
    ).fetchall()
    for key_type, system, shared_by, keys, count in found:
        if key_type == "phone":
            yield make_finding(
                "shared_phones",
                f"{keys:,} telephone numbers stand on {count:,} customer records of `{system}`, more than "
                "`identity.max_records_per_phone` allows; they link no records.",
                "If one of them is that of a single customer, raise the limit; otherwise nothing is to be done.",
                source=system,
                table="identity.shared_keys",
                count=keys,
            )
        elif shared_by == "records":
            yield make_finding(
                "shared_addresses",
                f"{keys:,} addresses stand on {count:,} customer records of `{system}`, more than "
                "`identity.max_records_per_email` allows; they link no records.",
                "If one of them is that of a single customer, raise the limit; otherwise nothing is to be done.",
                source=system,
                table="identity.shared_keys",
                count=keys,
            )
        else:
            yield make_finding(
                "addresses_of_too_many_orders",
                f"{keys:,} addresses stand on {count:,} orders of `{system}` without a customer record, more than "
                "`identity.max_orders_per_email` or `identity.max_orders_per_email_and_day` allows; these orders are "
                "of no known customer.",
                "If they are the till's, an office's or a marketplace's, add them to `identity.ignore_emails`; if one "
                "is that of a customer, raise the limit.",
                source=system,
                table="identity.shared_keys",
                count=keys,
            )


def _find_listed_matches(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for unknown, cut, apart, joined in con.execute(
        "select unknown_pair_count, cut_count, named_apart_count, names_joined_count from identity.match_lists"
    ).fetchall():
        if joined:
            yield make_finding(
                "names_joined",
                f"{joined:,} addresses join records of different systems whose given names differ clearly; each is one "
                "person.",
                "A card in another name or the name of a firm is one person, a couple with one mailbox is two: look at "
                "some with `regulars about`, and write pairs that are two persons into `identity.never_match`.",
                table="identity.links",
                count=joined,
            )
        if apart:
            yield make_finding(
                "names_kept_apart",
                f"{apart:,} customer records share an address with a record of the same system whose given name "
                "differs clearly; they stay another person.",
                "`regulars about` shows them for one customer. Pairs that are one person go into "
                "`identity.always_match`; `identity.keep_names_apart: false` joins all of them.",
                table="identity.links",
                count=apart,
            )
        if unknown:
            yield make_finding(
                "matches_name_nobody",
                f"{unknown:,} pairs of `identity.always_match` and `identity.never_match` name a record or an address "
                "that no delivery has, or that names nobody; they do nothing.",
                "Compare them with `core.customer_source_ids`; a record is written as `system:record id`.",
                table="identity.links",
                count=unknown,
            )
        if cut:
            yield make_finding(
                "links_forbidden",
                f"{cut:,} links between records are not made, since `identity.never_match` keeps their persons apart.",
                "`regulars about` shows them for one customer; nothing is to be done if they are right.",
                table="identity.links",
                count=cut,
            )


def _find_uncompared_records(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for partly, nowhere in con.execute(
        "select partly_compared_count, uncompared_count from identity.match_lists where partly_compared_count > 0"
    ).fetchall():
        yield make_finding(
            "records_not_compared",
            f"{partly:,} customer records share a number, a name, or a city and a name with so many others that they "
            f"are not compared by it; {nowhere:,} of them are compared with nobody.",
            "Pairs among them are not proposed. If one number or name is that of a placeholder, map nothing for it; "
            "pairs that you know go into `identity.always_match`.",
            table="identity.likely_pairs",
            count=partly,
        )


def _find_unread_phones(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for [count] in con.execute(
        "select unread_phone_count from identity.match_lists where unread_phone_count > 0"
    ).fetchall():
        yield make_finding(
            "phones_without_country",
            f"{count:,} customer records have a number that ends like that of another record, and that has neither a "
            "country code nor a country beside it: it is not read and links nothing.",
            "Set `identity.phone_region` to the country whose numbers are written so, or map `country`.",
            table="identity.links",
            count=count,
        )


def _find_large_customers(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for _, count in con.execute(_LARGEST).fetchall():
        yield make_finding(
            "customer_of_many_records",
            f"The customer with the most customer records has {count:,} of them: an address or a merge may link "
            "strangers.",
            "Look for an address that many share and add it to `identity.ignore_emails`, or lower "
            "`identity.max_records_per_email`.",
            table="identity.records",
            count=count,
        )


def _find_tills(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    busiest = con.execute(_BUSIEST, {"few": FEW, "orders_a_day": ORDERS_A_DAY}).fetchall()
    for system, count, all_count in busiest:
        yield make_finding(
            "customer_like_a_till",
            f"One customer has {count:,} of {all_count:,} orders of `{system}` ({count / all_count:.1%}), several on "
            "each day: it may be a till, an office or the record of guests.",
            "If so, add its address to `identity.ignore_emails`, or map no customer id for these orders "
            "(`nullif(id, '0')`).",
            source=system,
            table="core.orders",
            count=count,
            share=count / all_count,
        )


def _find_shared_persons(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    shared = con.execute(_SHARED_PERSONS).fetchall()[0][0]
    if shared:
        yield make_finding(
            "accounts_share_contacts",
            f"{shared:,} persons belong to several accounts, which stay apart; orders that name such a person alone "
            "are of the account to which the person belonged first.",
            "If such accounts are one customer, set `identity.link_accounts: true`.",
            table="identity.records",
            count=shared,
        )
