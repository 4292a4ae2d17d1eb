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

_FILES = """
    select
        _source,
        _delivery,
        count(*) - 1 as others,
        sum({amount}) as total,
        arg_max({amount}, _row) as last_amount,
        count(*) filter ({is_named}) as named,
        arg_max({is_named}, _row) as last_is_named,
        count(*) filter ({has_blank}) as with_blank,
        arg_max({has_blank}, _row) as last_has_blank,
    from staging.{kind}
    group by _source, _delivery
"""
"""One row per file that feeds a kind."""

_IS_NAMED = "(right({id}, 1) not between '0' and '9' and regexp_full_match(lower({id}), {words}))"
_HAS_BLANK = "contains({id}, ' ')"

_TOTALS = """
    with
        files as ({files})

    select
        _source,
        cast(sum(named) as bigint)
        + count(*) filter (
            not last_is_named and others >= {fewest} and last_amount > 0 and last_amount = total - last_amount
        ) as rows,
    from files
    group by _source
    having rows > 0
    order by _source
"""
_FOOTERS = """
    with
        files as ({files})

    select _source, count(*) filter (last_has_blank and not last_is_named) as footers
    from files
    group by _source
    having sum(others) >= {fewest} and footers > 0 and sum(with_blank) = count(*) filter (last_has_blank)
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
    files = _FILES.format(
        kind=kind.name,
        amount=AMOUNTS.get(kind.name, "null::decimal(18, 4)"),
        is_named=_IS_NAMED.format(id=column.name, words=quote_literal(_TOTAL_WORDS)),
        has_blank=_HAS_BLANK.format(id=column.name),
    )
    for source, count in con.execute(_TOTALS.format(files=files, fewest=FEWEST_BEFORE)).fetchall():
        yield make_finding(
            "totals_rows",
            f"{count:,} rows of {kind.name} of `{source}` add up the others: they are called a total, or the last row "
            "of a file has exactly the sum of all before it. They count as records.",
            "Export without totals, or leave them out, for example `exclude: {totals: \"id ilike '%total%'\"}`.",
            source=source,
            kind=kind.name,
            count=count,
        )
    for source, count in con.execute(_FOOTERS.format(files=files, fewest=FEWEST_BEFORE)).fetchall():
        yield make_finding(
            "footer_rows",
            f"The last row of {count:,} files of `{source}` passes for one of {kind.name}: its id is several words, "
            "and no other id is.",
            "Export without the line, or leave it out with `exclude` in the settings of the source.",
            source=source,
            kind=kind.name,
            count=count,
        )
