"""Measures rows of a report that passed for records: totals and subtotals, and lines such as `8 records exported`.

Put here: rows that are told by their place, their id and their amount. Keep out: rows that break a rule (quarantine).
"""

from collections.abc import Iterator, Mapping

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.kind import Kind
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.warehouse.sql_text import quote_literal

FEWEST_BEFORE = 4
"""The amount of a last row that is the sum of fewer rows before it may be chance."""

AMOUNTS: Mapping[str, str] = {
    "orders": "gross_sales",
    "order_lines": "gross_sales",
    "payments": "amount",
    "refunds": "amount",
    "acquisition_spend": "amount",
}
"""Kind -> the column of its staging table that a report adds up."""

_TOTAL_WORDS = (
    r"(grand |sub|zwischen)?[ -]?(total|totals|totale|totaal|totalt|suma|summe|sum|somme|итого|celkem|yhteensä|összesen"
    r"|toplam|razem|soma|gesamt(summe|betrag)?|endsumme|zwischensumme)[:. ]*"
)

_TOTALS = """
    with
        placed as (
            select
                _source,
                _delivery,
                regexp_full_match(lower({id}), {words}) as is_named,
                row_number() over (partition by _source, _delivery order by _row desc) = 1 as is_last,
                count(*) over (partition by _source, _delivery) - 1 as others,
                {amount} as amount,
                sum({amount}) over (partition by _source, _delivery) - {amount} as sum_of_others,
            from staging.{kind}
        )

    select _source, count(*)
    from placed
    where is_named or (is_last and others >= {fewest} and amount > 0 and amount = sum_of_others)
    group by _source
    order by _source
"""
_FOOTERS = """
    with
        placed as (
            select
                _source,
                regexp_matches({id}, '[^ ] +[^ ]') as has_blank,
                row_number() over (partition by _source, _delivery order by _row desc) = 1 as is_last,
                regexp_full_match(lower({id}), {words}) as is_named,
            from staging.{kind}
        )

    select _source, count(*) filter (has_blank and not is_named)
    from placed
    group by _source
    having count(*) > {fewest}
        and count(*) filter (has_blank and is_last and not is_named) > 0
        and count(*) filter (has_blank and not is_last) = 0
    order by _source
"""


def find_footers(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source and kind: rows that add up the others, and last rows whose id is a sentence.

    Args:
        con: The build, with the staging tables.
    """
    return [finding for kind in KINDS.values() for finding in _measure_kind(con, kind)]


def _measure_kind(con: duckdb.DuckDBPyConnection, kind: Kind) -> Iterator[Finding]:
    column = kind.column(kind.document[0])
    if (
        column is None
        or column.form != "id"
        or not con.execute(f"select 1 from staging.{kind.name} limit 1").fetchone()
    ):
        return
    values = {"id": column.name, "kind": kind.name, "words": quote_literal(_TOTAL_WORDS), "fewest": FEWEST_BEFORE}
    amount = AMOUNTS.get(kind.name, "null::decimal(18, 4)")
    for source, count in con.execute(_TOTALS.format(**values, amount=amount)).fetchall():
        yield make_finding(
            "totals_rows",
            f"{count:,} rows of {kind.name} of `{source}` add up the others: they are called a total, or the last row "
            "of a file has exactly the sum of all before it. They count as records.",
            "Export without totals, or leave them out, for example `exclude: {totals: \"id ilike '%total%'\"}`.",
            source=source,
            kind=kind.name,
            count=count,
        )
    for source, count in con.execute(_FOOTERS.format(**values)).fetchall():
        yield make_finding(
            "footer_rows",
            f"The last row of {count:,} files of `{source}` passes for one of {kind.name}: its id is several words, "
            "and no other id is.",
            "Export without the line, or leave it out with `exclude` in the settings of the source.",
            source=source,
            kind=kind.name,
            count=count,
        )
