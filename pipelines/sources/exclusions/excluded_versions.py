"""Writes down which documents a rule leaves out, so that their older versions do not count either.

Put here: the documents of excluded records. Keep out: which version is used (`contracts/quarantine/versions.py`).

Only `exclude` and `include` say that a record is none of ours; what a kind's `when` does not take is another kind of
record, and no version. Each document bears its moment and amount too: by these the quarantine step tells a version of
the same thing, such as an order that was cancelled, from another record under its id, such as its refund.
"""

from contextlib import suppress
from dataclasses import replace

import duckdb

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.sources.columns import KindMapping
from regulars.pipelines.sources.landed_delivery import LandedDelivery
from regulars.pipelines.sources.mapping.mapping import LandedFile, select_kind
from regulars.pipelines.sources.record_rules import WHEN
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal


def write_excluded_versions(con: duckdb.DuckDBPyConnection, landed: LandedDelivery, file: LandedFile) -> None:
    """Add the documents that a rule leaves out of a file to `landed.excluded_versions`.

    Args:
        con: The build, with `excluded_records` of the file.
        landed: The delivery; the newest one of a full source has no older versions.
        file: The same as a file to be mapped.
    """
    if landed.source.delivery_mode != "full":
        for kind, mapping in landed.mappings.items():
            _write_kind(con, landed.rows, file, kind, mapping)


def _write_kind(con: duckdb.DuckDBPyConnection, rows: str, file: LandedFile, kind: str, mapping: KindMapping) -> None:
    query = "select 1 from excluded_records where kind = $1 and rule <> $2 limit 1"
    if not con.execute(query, [kind, WHEN]).fetchall():
        return
    excluded = f"""(
        from {rows}
        where file_row_number + 1 in (
            select row from excluded_records where kind = {quote_literal(kind)} and rule <> {quote_literal(WHEN)}
        )
    )"""
    # as `write_document` of the quarantine step joins the parts of a key
    document = " || chr(31) || ".join(quote_identifier(column) for column in KINDS[kind].document)
    money = KINDS[kind].money
    happened_at = "null" if money is None else f"min(try_cast({quote_identifier(money.day)} as timestamp))"
    amount = "null" if money is None else f"sum({money.amount})"
    select = select_kind(kind, mapping.model_copy(update={"when": None}), replace(file, rows=excluded))
    with suppress(duckdb.Error):  # an expression that fails on a record that is none of ours
        con.execute(
            f"""
            insert into landed.excluded_versions by name
            select
                {quote_literal(kind)} as kind,
                {quote_literal(file.source)} as source,
                {quote_literal(file.system)} as system,
                {file.delivery} as delivery,
                {document} as document,
                max(try_cast(updated_at as timestamp)) as moment,
                {happened_at} as happened_at,
                {amount} as amount,
            from ({select})
            where {document} is not null
            group by {document}
            """
        )
