"""Measures texts where codes should be, and countries that are no countries.

Put here: columns of text that tables are grouped by. Keep out: ids (`ids.py`), and which names countries have
(`pipelines/definitions/countries.py`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEW = 100
"""A column with fewer different texts may be one of codes, however few the rows."""
LONG = 12
"""Characters on average: shorter texts are codes, however many."""

CODES = {
    "customers": ("customer_type", "acquisition_channel"),
    "orders": ("status", "channel"),
    "order_lines": ("channel", "category"),
    "payments": ("method", "status"),
    "refunds": ("reason",),
    "subscriptions": ("plan", "status", "cancel_reason"),
    "survey_responses": ("touchpoint", "language"),
    "tickets": ("channel",),
}
"""Kind -> columns that hold codes or names of groups, and that are published."""

_UNKNOWN_COUNTRIES = """
    with
        delivered as (
            select _source as source, 'customers' as kind, country, count(*) as n from staging.customers group by all
            union all
            select _source, 'orders', country, count(*) from staging.orders group by all
            union all
            select _source, 'order_lines', country, count(*) from staging.order_lines group by all
            union all
            select _source, 'stores', country, count(*) from staging.stores group by all
        )

    select
        source,
        kind,
        count(*) filter (countries.country is null) as text_count,
        cast(sum(n) filter (countries.country is null) as bigint) as unknown_count,
        cast(sum(n) as bigint) as record_count,
    from delivered
    join staging.countries as countries on countries.delivered = delivered.country
    group by source, kind
    having text_count > 0
    order by source, kind
"""
"""One row per source and kind with texts that are no country: how many texts, in how many records, of all with one."""


def find_free_text(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source, kind and column of codes: how many of its values are a text of their own.

    Args:
        con: The build, with the staging tables.
    """
    return [finding for kind, columns in CODES.items() for finding in _measure_kind(con, kind, columns)]


def _measure_kind(con: duckdb.DuckDBPyConnection, kind: str, columns: tuple[str, ...]) -> Iterator[Finding]:
    counts = ", ".join(
        f"count({each}), approx_count_distinct({each}), coalesce(avg(length({each})), 0)" for each in columns
    )
    query = f"select _source, {counts} from staging.{kind} group by _source order by _source"
    for source, *found in con.execute(query).fetchall():
        for number, column in enumerate(columns):
            count, distinct, length = found[3 * number : 3 * number + 3]
            if distinct < FEW or length < LONG:
                continue
            distinct = min(distinct, count)  # it is an estimate
            yield make_finding(
                "free_text_in_codes",
                f"{kind}.{column} of `{source}` holds about {distinct:,} different texts in {count:,} rows, "
                f"{length:,.0f} characters long on average: that is no code, and it is published.",
                f"Map another column to `{column}`, or an expression that gives a code; free text may name people.",
                source=source,
                kind=kind,
                count=distinct,
                share=distinct / count,
            )


def find_unknown_countries(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source and kind: how many texts in the column of countries are the name or code of none.

    Args:
        con: The build, with the staging tables.
    """
    return [
        make_finding(
            name,
            f"{texts:,} different texts in {kind}.country of `{source}`, in {unknown:,} of {records:,} records, are no "
            "name or code of a country of ISO 3166; they are kept as they are.",
            'Correct them in the tool, or write the code in the mapping, for example `country: {sql: "case country '
            "when 'Channel Islands' then 'JE' else country end\"}`.",
            source=source,
            kind=kind,
            count=texts,
            share=unknown / records,
        )
        for source, kind, texts, unknown, records in con.execute(_UNKNOWN_COUNTRIES).fetchall()
        for name in ("countries_unknown", "few_countries_unknown")
    ]
