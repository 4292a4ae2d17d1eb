"""Measures how many records that could name a customer found one.

Put here: addresses of answers and tickets, and buyers among the exports of customers. Keep out: references by id
(`references.py`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS

FEW = 20
"""Fewer records say nothing about an export."""
FEWEST_ADDRESSES = 5
"""Where customers have fewer addresses, answers can hardly find one."""

_ADDRESSES = """
    select count(distinct email)
    from (
        select email from staging.customers
        union all select email from staging.orders
        union all select email from staging.order_lines
        union all select email from staging.subscriptions
    )
"""

_WRITERS = """
    select rows._source, count(*) as named_count, count(*) filter (links.customer_id is null) as unmatched_count
    from staging.{kind} as rows
    left join identity.customer_links as links
        on links.link_type = $record_type
        and links.system = rows._system
        and links.source_record_id = rows.{id}
    where rows.customer_record_id is null and rows.email is not null
    group by rows._source
    order by rows._source
"""
"""One row per source: its rows that carry an address and no customer record, and those of no customer."""

_BUYERS = """
    with
        recorded as (
            select distinct links.customer_idx
            from identity.customer_links as links
            semi join staging.customers as customers
                on links.system = customers._system and links.source_record_id = customers.customer_record_id
            where links.link_type = 'customer_record'
        ),
        buyers as (select distinct source, customer_idx from core.orders where customer_idx > 0)

    select buyers.source, count(*) as buyer_count, count(*) filter (recorded.customer_idx is null) as unmatched_count
    from buyers
    left join recorded using (customer_idx)
    where exists (select 1 from staging.customers)
    group by buyers.source
    order by buyers.source
"""
"""One row per source of orders: its customers, and those without a record in an export of customers."""

_OTHER_SYSTEM = """
    select customers._system, count(distinct orders.customer_record_id) as id_count
    from staging.orders as orders
    join staging.customers as customers
        on customers.customer_record_id = orders.customer_record_id
        and customers._system <> coalesce(orders.customer_system, orders._system)
    where orders._source = $source
    group by customers._system
    order by id_count desc, customers._system
    limit 1
"""


def find_unmatched_writers(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source of answers, tickets …: how many addresses are those of no customer.

    Args:
        con: The build, with staging and identity. Without addresses of customers nothing is measured.
    """
    known = con.execute(_ADDRESSES).fetchall()[0][0]
    return list(_measure_writers(con)) if known >= FEWEST_ADDRESSES else []


def _measure_writers(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for name, kind in KINDS.items():
        if kind.reference is None or kind.reference.makes_customer:
            continue
        query = _WRITERS.format(kind=name, id=kind.document[0])
        counted = con.execute(query, {"record_type": kind.reference.record_type}).fetchall()
        for source, count, unmatched in counted:
            if count < FEW or not unmatched:
                continue
            where = f"{count:,} {name} of `{source}` carry an address and no customer record"
            if unmatched == count:
                yield make_finding(
                    "references_match_nothing",
                    f"{where}, and not one address is that of a customer.",
                    f"Look at the column mapped to `email` in `sources.{source}`: is it shortened, hashed or that of "
                    "the survey tool? Map the customer's id where the export has it.",
                    source=source,
                    kind=name,
                    count=count,
                    share=1.0,
                )
            else:
                yield make_finding(
                    "writers_unmatched",
                    f"{where}; {unmatched:,} of the addresses ({unmatched / count:.1%}) are those of no customer.",
                    "Map the customer's id where the export has it, or a second address of the customers.",
                    source=source,
                    kind=name,
                    count=unmatched,
                    share=unmatched / count,
                )


def find_buyers_without_record(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source of orders: how many of its customers no export of customers knows.

    Args:
        con: The build, with staging, identity and `core.orders`. Without exports of customers nothing is measured.
    """
    found = []
    for source, count, unmatched in con.execute(_BUYERS).fetchall():
        if unmatched and unmatched == count:
            found.append(
                make_finding(
                    "no_buyer_has_customer_record",
                    f"Not one of the {count:,} customers with orders of `{source}` has a record in an export of "
                    f"customers.{_explain(con, source, count)}",
                    f"Say whose ids `sources.{source}` holds (`customer_system`), or map `email` in both exports.",
                    source=source,
                    table="core.orders",
                    count=count,
                    share=1.0,
                )
            )
        elif unmatched:
            found.append(
                make_finding(
                    "buyers_without_customer_record",
                    f"{unmatched:,} of the {count:,} customers with orders of `{source}` ({unmatched / count:.1%}) "
                    "have no record in an export of customers.",
                    "That is right for guests; otherwise compare the ids and addresses of both exports.",
                    source=source,
                    table="core.orders",
                    count=unmatched,
                    share=unmatched / count,
                )
            )
    return found


def _explain(con: duckdb.DuckDBPyConnection, source: str, count: int) -> str:
    found = con.execute(_OTHER_SYSTEM, {"source": source}).fetchone()
    return f" {found[1]:,} of their ids are ids of `{found[0]}`." if found and found[1] >= count / 2 else ""
