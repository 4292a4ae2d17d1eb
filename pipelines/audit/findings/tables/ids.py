"""Measures ids that a spreadsheet has damaged.

Put here: what can be seen at the ids of one column alone. Keep out: whether they are found elsewhere
(`references.py`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.kind import Kind
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.warehouse.sql_text import quote_identifier

FEW = 20
"""Fewer long ids say nothing about their last digits."""

_COUNTS = r"""
    count(*) filter (contains({id}, 'E+') and regexp_full_match({id}, '[0-9]([.,][0-9]+)?E\+[0-9]+')),
    count(*) filter (length({id}) >= 16 and regexp_full_match({id}, '[0-9]+')),
    count(*) filter (length({id}) >= 16 and suffix({id}, '0') and regexp_full_match({id}, '[0-9]+'))
"""
"""As `7.21045E+12`; of at least 16 digits; of these, those that end in 0 (a spreadsheet keeps 15 digits)."""


def find_damaged_ids(con: duckdb.DuckDBPyConnection, schema: str = "staging") -> list[Finding]:
    """Per source, kind and column of ids: how many are cut or rounded.

    Args:
        con: The build.
        schema: Where the tables of the kinds are, each with `_source`.
    """
    return [finding for kind in KINDS.values() for finding in _measure_kind(con, kind, schema)]


def _measure_kind(con: duckdb.DuckDBPyConnection, kind: Kind, schema: str) -> Iterator[Finding]:
    columns = [column.name for column in kind.columns if column.form == "id"]
    if not columns:
        return
    counts = ", ".join(_COUNTS.format(id=quote_identifier(column)) for column in columns)
    query = f"select _source, {counts} from {schema}.{kind.name} group by _source order by _source"
    for source, *found in con.execute(query).fetchall():
        for number, column in enumerate(columns):
            yield from _describe(kind.name, source, column, *found[3 * number : 3 * number + 3])


def _describe(kind: str, source: str, column: str, scientific: int, long: int, rounded: int) -> Iterator[Finding]:
    advice = f"Deliver `{source}` as the tool exports it: a spreadsheet that opened and saved it has damaged the ids."
    if scientific:
        yield make_finding(
            "ids_in_scientific_notation",
            f"{scientific:,} values of {kind}.{column} of `{source}` are written like 9.99999E+99: different ids have "
            "become one.",
            advice,
            source=source,
            kind=kind,
            count=scientific,
            example="9.99999E+99",
        )
    if long >= FEW:
        yield make_finding(
            "ids_rounded",
            f"{rounded:,} of {long:,} values of {kind}.{column} of `{source}` with 16 digits or more end in 0, where a "
            "tenth would: they are rounded to 15 digits.",
            advice,
            source=source,
            kind=kind,
            count=rounded,
            share=rounded / long,
        )
