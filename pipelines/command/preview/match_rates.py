"""Counts how many references between sources find what they name: customers, orders, products, stores.

Put here: which columns refer to which kind, and counting. Keep out: identity, which decides who is who.
"""

from dataclasses import dataclass

import duckdb

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.warehouse.sql_text import quote_identifier

_REFERENCES = (
    ("customer_record_id", "customers", "customer_record_id", "coalesce(customer_system, _system)"),
    ("email", "customers", "email", "''"),
    ("order_id", "orders", "order_id", "_system"),
    ("product_id", "products", "product_id", "_system"),
    ("store_id", "stores", "store_id", "_system"),
)
"""Column, the kind it refers to, the column there, and SQL of the system whose ids are compared."""
_EMAILS = r"unnest(list_append(regexp_extract_all(lower(coalesce(other_emails, '')), '[^;,\s]+'), lower(email)))"
"""SQL of all addresses of a customer, a row each: any of them finds the customer."""


@dataclass(frozen=True)
class MatchRate:
    """How many references of a source find what they name.

    Attributes:
        source: The source.
        kind: The kind of the rows that refer.
        column: The column that refers.
        target: The kind it refers to.
        reference_count: Rows that name something.
        found_count: Of these, rows that find it.
    """

    source: str
    kind: str
    column: str
    target: str
    reference_count: int
    found_count: int


def count_matches(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[MatchRate]:
    """The match rate of every reference between kinds that the settings feed.

    Args:
        con: A build with `landed.<kind>`.
        settings: With the sources that were landed.
    """
    fed = {kind for source in settings.sources.values() for kind in source.mappings}
    rates = []
    for kind in sorted(fed):
        for column, target, key, system in _REFERENCES:
            if target in fed - {kind} and KINDS[kind].column(column) is not None:
                theirs = "''" if column == "email" else "_system"
                ids = _EMAILS if column == "email" else f"lower({quote_identifier(key)})"
                rates += _count(con, kind, column, target, ids, system, theirs)
    return rates


def _count(
    con: duckdb.DuckDBPyConnection, kind: str, column: str, target: str, ids: str, system: str, target_system: str
) -> list[MatchRate]:
    rows = con.execute(f"""
        with
            known as (
                select distinct {target_system} as system, {ids} as id
                from landed.{quote_identifier(target)}
            ),

            named as (
                select _source as source, {system} as system, lower({quote_identifier(column)}) as id
                from landed.{quote_identifier(kind)}
                where {quote_identifier(column)} is not null
            )

        select named.source, count(*), count(known.id)
        from named
        left join known on known.system = named.system and known.id = named.id
        group by named.source
        order by named.source
    """).fetchall()
    return [MatchRate(source, kind, column, target, named, found) for source, named, found in rows]
