"""Says which rows of `landed.<kind>` are one document, and which are one unit of which there are versions.

Put here: documents and units as SQL, and the working tables of the quarantine step. Keep out: choosing a version
(`versions.py`).

A document is what a newer delivery replaces as a whole, and usually the unit that has versions. A source that appends
delivers records, not documents: there each record is a unit of its own, known by its id, else by its values and by
which of its equals in the delivery it is. A later version of a record replaces that record only.
"""

from collections.abc import Collection

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine.repeats import write_content
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

SEPARATOR = "chr(31)"

LINKED = {name: kind.shares_document_with for name, kind in KINDS.items() if kind.shares_document_with}
"""Kind -> the kind whose rows belong to the same document."""

_TABLES = {
    "repeats": "row_id bigint, sentence varchar",
    "identities": "row_id bigint, unit varchar, content varchar",
    "broken": "system varchar, document varchar, rule varchar",
    "candidates": "system varchar, unit varchar",
    "versions": (
        "system varchar, document varchar, unit varchar, delivery integer, content varchar, moment timestamp, "
        "is_bad boolean"
    ),
    "ranked": (
        "system varchar, document varchar, unit varchar, delivery integer, content varchar, moment timestamp, "
        "is_bad boolean, place integer"
    ),
    "left_out": "row_id bigint, outcome varchar",
}


def write_document(contract: Contract) -> str:
    """SQL for the name of a row's document: NULL when a part of its key is."""
    return _join_parts(contract.document)


def _join_parts(columns: Collection[str]) -> str:
    return f" || {SEPARATOR} || ".join(quote_identifier(column) for column in columns)


def make_tables(con: duckdb.DuckDBPyConnection, kind: str) -> None:
    """The working tables of one kind, empty."""
    for name, columns in _TABLES.items():
        con.execute(f"create table quarantine_work.{kind}_{name} ({columns})")


def write_critical_rules(contract: Contract) -> str:
    """The ids of the critical rules, as an SQL list to stand after `in`."""
    return "(" + ", ".join(quote_literal(rule.id) for rule in contract.rules if rule.severity == "critical") + ")"


def name_appended_records(con: duckdb.DuckDBPyConnection, contract: Contract, appending: Collection[str]) -> None:
    """Write down the unit of every record of a source that appends, where a document may have several records.

    Args:
        con: The build.
        contract: Of the kind.
        appending: The sources that append.
    """
    kind, document = contract.name, write_document(contract)
    if contract.record_id == contract.document or not appending:
        return
    record = f"{_join_parts(contract.record_id)}" if contract.record_id else "null::varchar"
    con.execute(
        f"""
        insert into quarantine_work.{kind}_identities
        with
            records as (
                select
                    _row_id,
                    _system,
                    _delivery,
                    {document} as document,
                    {record} as record,
                    md5({write_content(contract, without={"updated_at"})}) as content,
                from landed.{kind} as here
                where _source in ({", ".join(quote_literal(source) for source in sorted(appending))})
            ),

            numbered as (
                select
                    *,
                    row_number() over (partition by _system, _delivery, document, content order by _row_id) as copy,
                from records
            )

        select
            _row_id,
            document || {SEPARATOR} || coalesce('id ' || record, 'values ' || content || ' ' || copy),
            content,
        from numbered
        where document is not null
        """
    )


def select_accepted(kind: str) -> str:
    """The delivered rows that are not left out, as a SELECT in brackets."""
    return f"""(
        select here.*
        from landed.{kind} as here
        anti join quarantine_work.{kind}_left_out as gone on gone.row_id = here._row_id
    )"""


def select_units(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """The rows that are not left out yet, with `document`, `unit` and `content`, as a SELECT in brackets."""
    kind, document = contract.name, write_document(contract)
    rows = select_accepted(kind) if _has_rows(con, f"{kind}_left_out") else f"landed.{kind}"
    if not _has_rows(con, f"{kind}_identities"):
        return f"(select *, {document} as document, {document} as unit, null::varchar as content from {rows})"
    return f"""(
        select
            here.*,
            {document} as document,
            coalesce(named.unit, {document}) as unit,
            named.content,
        from {rows} as here
        left join quarantine_work.{kind}_identities as named on named.row_id = here._row_id
    )"""


def _has_rows(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(con.execute(f"select 1 from quarantine_work.{table} limit 1").fetchall())
