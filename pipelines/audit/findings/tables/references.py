"""Measures how many references from one source to another lead nowhere.

Put here: references to customers and to orders, counted per source and the system they point to. Keep out: ids that
are damaged whatever they point to (`ids.py`), and rules for single rows (`pipelines/kinds`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS

FEW = 20
"""Fewer references say nothing about an export, unless none of them is found."""
FEWEST = 5
"""Of fewer references, not even that none is found says anything."""

_TO_CUSTOMERS = """
    with
        known as ({known})

    select
        _source as source,
        coalesce(customer_system, _system) as system,
        customer_record_id as id,
        count(*) as reference_count,
        any_value(known.id) is not null as is_known,
    from staging.{kind}
    left join known
        on known.system = coalesce(customer_system, _system) and known.id = customer_record_id
    where customer_record_id is not null and {condition}
    group by all
"""
"""One row per source, system and customer id that the rows of a kind name."""

_EXPORTED = """
    select distinct _system as system, customer_record_id as id from staging.customers
    union
    select _system, trim(unnest(string_split(merged_record_ids, ';'))) from staging.customers
"""
"""The customers that some export holds."""

_CUSTOMERS = """
    select distinct system, source_record_id as id
    from identity.customer_links
    where link_type = 'customer_record' and customer_id is not null
"""
"""The customers of an export, and those that orders, refunds or subscriptions name."""

_TO_ORDERS = """
    with
        -- grouped first, so that no more is kept of millions of orders and lines than these ids
        named as (
            select _source as source, {system} as system, order_id as id, count(*) as reference_count
            from staging.{kind}
            where order_id is not null and {condition}
            group by all
        ),

        existing as (
            select _system as system, order_id as id from staging.orders
            union all
            select _system, order_id from staging.order_lines where line_type = 'sale' and '{kind}' <> 'order_lines'
        ),

        known as (select distinct system, id from existing semi join named using (system, id))

    select
        named.*,
        known.id is not null as is_known,
    from named
    left join known using (system, id)
    where system in (select system from existing)
"""
"""One row per source, system and order id that the rows of a kind name; systems without orders are left out."""

_TO_PARENT = """
    select
        _source as source,
        _system as system,
        {column} as id,
        count(*) as reference_count,
        any_value(known.id) is not null as is_known,
    from staging.{kind}
    left join (select distinct _system as system, {column} as id from staging.{parent}) as known
        on known.system = _system and known.id = {column}
    where {column} is not null and _system in (select _system from staging.{parent})
    group by all
"""
"""One row per source, system and id of another kind that the rows of a kind name."""

_PARENTS = {"product_id": "products", "store_id": "stores", "response_id": "survey_responses"}
"""Column -> the kind that it names; systems that export none of it are left out."""

_FOREIGN = """
    with
        unlinked as (
            select _source as source, coalesce(customer_system, _system) as system, customer_record_id as id
            from staging.{kind}
            where customer_record_id is not null and email is null
                and coalesce(customer_system, _system) not in (select system from ({known}))
                and exists (select 1 from ({known}))
        )

    select
        source,
        system,
        count(*) as record_count,
        count(*) filter (id in (select id from ({known}))) as known_elsewhere,
        (select min(system) from ({known}) as known where known.id in (select id from unlinked)) as elsewhere,
    from unlinked
    group by source, system
    order by source, system
"""
"""One row per source and system that exports no customers, but that rows without an address name."""

_COUNT = """
    select
        source,
        system,
        cast(sum(reference_count) as bigint) as reference_count,
        cast(coalesce(sum(reference_count) filter (not is_known), 0) as bigint) as unmatched_count,
    from ({references})
    group by source, system
    order by source, system
"""

_EXPLAIN = """
    with
        unmatched as (
            select distinct id from ({references}) where source = $source and system = $system and not is_known
        ),
        ways as (
            select 'leading zeros' as difference, id, ltrim(id, '0') as key from unmatched
            union all select 'upper and lower case', id, lower(id) from unmatched
            union all select 'a trailing `.0`', id, regexp_replace(id, '[.,]0+$', '') from unmatched
            union all
            select '15 instead of 18 characters', id, left(id, 15) from unmatched where length(id) in (15, 18)
        ),
        known as (select distinct {id} as id from {table} where _system = $system),
        keys as (
            select 'leading zeros' as difference, ltrim(id, '0') as key from known
            union select 'upper and lower case', lower(id) from known
            union select 'a trailing `.0`', regexp_replace(id, '[.,]0+$', '') from known
            union select '15 instead of 18 characters', left(id, 15) from known where length(id) in (15, 18)
        )

    select difference, count(*) / (select count(*) from unmatched) as share
    from ways
    semi join keys using (difference, key)
    group by difference
    having share >= 0.5
    order by share desc, difference
    limit 1
"""
"""The difference that explains at least half of the ids that were not found."""


@dataclass(frozen=True)
class _Target:
    """What rows refer to.

    Attributes:
        references: SQL of one row per source, system and id.
        what: What is named, in the plural.
        table: The staging table that should hold it.
        id: Its column.
    """

    references: str
    what: str
    table: str
    id: str


def find_unmatched_references(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per kind, source and system: how many of the customers and orders that its rows name are nowhere.

    Args:
        con: The build, with staging and identity. References to a system that exports no customers are measured only
            where the row makes nobody a customer, such as an answer.
    """
    found = [finding for kind in KINDS for target in _list_targets(kind) for finding in _measure(con, kind, target)]
    return [*found, *(finding for kind in KINDS for finding in _find_foreign(con, kind))]


def _list_targets(kind: str) -> Iterator[_Target]:
    described = KINDS[kind]
    if described.reference:
        # who buys under an id that no export of customers holds is a customer; who only answers is none
        makes_customer = described.reference.makes_customer
        condition = "coalesce(customer_system, _system) in (select system from known)"
        known = _EXPORTED if makes_customer else _CUSTOMERS
        references = _TO_CUSTOMERS.format(kind=kind, known=known, condition=condition)
        yield _Target(references, "customers", "staging.customers", "customer_record_id")
    if kind not in {"orders", "customers"} and described.column("order_id"):
        condition = "line_type = 'sale'" if kind == "order_lines" else "true"
        names_order_of_other_system = described.reference is not None and not described.reference.makes_customer
        system = "coalesce(customer_system, _system)" if names_order_of_other_system else "_system"
        references = _TO_ORDERS.format(kind=kind, condition=condition, system=system)
        yield _Target(references, "orders", "staging.orders", "order_id")
    for column, parent in _PARENTS.items():
        if kind != parent and described.column(column):
            references = _TO_PARENT.format(kind=kind, parent=parent, column=column)
            yield _Target(references, parent, f"staging.{parent}", column)


def _find_foreign(con: duckdb.DuckDBPyConnection, kind: str) -> Iterator[Finding]:
    """Rows that name customers of a system that exports none, where nothing else can link them."""
    reference = KINDS[kind].reference
    if reference is None or reference.makes_customer:
        return
    for source, system, count, known, elsewhere in con.execute(_FOREIGN.format(kind=kind, known=_CUSTOMERS)).fetchall():
        if known >= max(FEWEST, count / 2):
            yield make_finding(
                "references_match_nothing",
                f"{count:,} {kind} of `{source}` name customers of `{system}`, which exports none; {known:,} of these "
                f"ids are customers of `{elsewhere}`.",
                f"If they are the ids of `{elsewhere}`, map `customer_system: {{value: {elsewhere}}}`.",
                source=source,
                kind=kind,
                count=count,
                share=1.0,
            )
        else:
            yield make_finding(
                "customers_of_no_export",
                f"{count:,} {kind} of `{source}` name customers of `{system}`, which exports none, and carry no "
                "address: they have no customer.",
                "Map `email`, or the ids of a system that exports customers with `customer_system`.",
                source=source,
                kind=kind,
                count=count,
            )


def _measure(con: duckdb.DuckDBPyConnection, kind: str, target: _Target) -> Iterator[Finding]:
    if not con.execute(f"select 1 from staging.{kind} limit 1").fetchone():
        return
    counted = con.execute(_COUNT.format(references=target.references)).fetchall()
    for source, system, count, unmatched in counted:
        if not unmatched or count < (FEWEST if unmatched == count else FEW):
            continue
        where = f"{kind} of `{source}` name {target.what} of `{system}`"
        explained = _explain(con, target, source, system)
        if unmatched == count >= FEW and target.what in {"customers", "orders"}:
            yield make_finding(
                "references_match_nothing",
                f"{count:,} {where}, and not one of them is there.{explained}",
                _advise(kind, target, source),
                source=source,
                kind=kind,
                table=target.table,
                count=count,
                share=1.0,
            )
        else:
            yield make_finding(
                "references_unmatched",
                f"{count:,} {where}; {unmatched:,} of them ({unmatched / count:.1%}) are not there.{explained}",
                _advise(kind, target, source),
                source=source,
                kind=kind,
                table=target.table,
                count=unmatched,
                share=unmatched / count,
            )


def _explain(con: duckdb.DuckDBPyConnection, target: _Target, source: str, system: str) -> str:
    query = _EXPLAIN.format(references=target.references, table=target.table, id=target.id)
    found = con.execute(query, {"source": source, "system": system}).fetchone()
    return f" {found[1]:.0%} of these ids would be found but for {found[0]}." if found else ""


def _advise(kind: str, target: _Target, source: str) -> str:
    if target.what == "customers":
        return (
            f"Compare the column mapped to `customer_record_id` in `sources.{source}` with that of the customers: is "
            "it another id, another system (`customer_system`), cut or rounded? Or does the export hold only a part "
            "of the customers?"
        )
    if target.what != "orders":
        return (
            f"Compare the column mapped to `{target.id}` for {kind} in `sources.{source}` with that of {target.what}: "
            "is it another id, or is the export of them older or a part?"
        )
    return (
        f"Compare the column mapped to `order_id` for {kind} in `sources.{source}` with that of the orders: is it "
        "another id (an internal one beside the order number), or an export of other months?"
    )
