"""Chooses the version of a document that was delivered more than once, or has bad rows.

Put here: the choice, as SQL over `landed.<kind>` and the violations found in it. Keep out: finding violations
(`quarantine_step.py`), writing down what was quarantined (`quarantine.py`).

A document is what a newer delivery replaces as a whole, such as an order with its lines. Its version in one delivery
is bad when any row of it breaks a critical rule. The newest good version is used; older ones are superseded; newer ones
are bad, and quarantined. Without a good version the newest is quarantined and the others are superseded. A row whose
key is NULL is a document of its own.

Orders and their lines are one document in two kinds. Rows of one file carry the same delivery number, so there a bad
line makes its header bad and the other way round. Headers and lines that come in different files have versions that
cannot be matched; there each kind falls back on its own newest good version, and an order that is left with no good
header, or with no good version of its lines, is quarantined whole.
"""

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

SEPARATOR = "chr(31)"

LINKED = {name: kind.shares_document_with for name, kind in KINDS.items() if kind.shares_document_with}
"""Kind -> the kind whose rows belong to the same document."""

_TABLES = {
    "broken": "system varchar, document varchar, rule varchar",
    "candidates": "system varchar, document varchar",
    "versions": "system varchar, document varchar, delivery integer, is_bad boolean",
    "best": "system varchar, document varchar, winner integer, newest integer",
    "left_out": "row_id bigint, outcome varchar",
}


def write_document(contract: Contract) -> str:
    """SQL for the name of a row's document: NULL when a part of its key is."""
    parts = [quote_identifier(column) for column in contract.document]
    return parts[0] if len(parts) == 1 else f" || {SEPARATOR} || ".join(parts)


def make_tables(con: duckdb.DuckDBPyConnection, kind: str) -> None:
    """The working tables of one kind, empty."""
    for name, columns in _TABLES.items():
        con.execute(f"create table quarantine_work.{kind}_{name} ({columns})")


def write_critical_rules(contract: Contract) -> str:
    """The ids of the critical rules, as an SQL list to stand after `in`."""
    return "(" + ", ".join(quote_literal(rule.id) for rule in contract.rules if rule.severity == "critical") + ")"


def note_broken_documents(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down which documents of the kind have rows that break critical rules."""
    kind, document = contract.name, write_document(contract)
    con.execute(
        f"""
        insert into quarantine_work.{kind}_broken
        select distinct here._system, {document}, found.rule
        from quarantine_work.{kind}_violations as found
        join landed.{kind} as here on here._row_id = found.row_id
        where found.rule in {write_critical_rules(contract)} and {document} is not null
        """
    )


def list_versions(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down the versions of every document that was delivered twice or has a bad row; most have one good version.

    Needs `note_broken_documents` for this kind and the one linked with it.
    """
    kind, document = contract.name, write_document(contract)
    candidates = [f"select system, document from quarantine_work.{kind}_broken"]
    if kind in LINKED:
        candidates.append(f"select system, document from quarantine_work.{LINKED[kind]}_broken")
    again = "count(*) > 1" if contract.repeats == "last" else "min(_delivery) < max(_delivery)"
    if contract.repeats == "last" or _count_deliveries(con, kind) > 1:
        candidates.append(
            f"select _system, {document} from landed.{kind} where {document} is not null group by all having {again}"
        )
    con.execute(f"insert into quarantine_work.{kind}_candidates {' union '.join(candidates)}")
    con.execute(
        f"""
        insert into quarantine_work.{kind}_versions
        with
            bad_rows as (
                select distinct row_id
                from quarantine_work.{kind}_violations
                where rule in {write_critical_rules(contract)}
            )

        select here._system, {document}, here._delivery, bool_or(bad_rows.row_id is not null)
        from landed.{kind} as here
        semi join quarantine_work.{kind}_candidates as candidates
            on candidates.system = here._system and candidates.document = {document}
        left join bad_rows on bad_rows.row_id = here._row_id
        group by all
        """
    )


def choose_versions(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down the newest good version of every document listed; needs `list_versions` of the linked kind too."""
    kind = contract.name
    is_bad = "versions.is_bad"
    if kind in LINKED:  # rows of one file carry one delivery number: a bad half makes the other half bad
        is_bad = f"""
            versions.is_bad or exists (
                select 1
                from quarantine_work.{LINKED[kind]}_versions as other
                where other.is_bad
                    and other.system = versions.system
                    and other.document = versions.document
                    and other.delivery = versions.delivery
            )
        """
    con.execute(
        f"""
        insert into quarantine_work.{kind}_best
        with
            versions_of_both as (
                select system, document, delivery, {is_bad} as is_bad
                from quarantine_work.{kind}_versions as versions
            )

        select system, document, max(delivery) filter (not is_bad), max(delivery)
        from versions_of_both
        group by all
        """
    )


def leave_rows_out(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down every row that is not loaded, and whether it is quarantined or superseded.

    Needs `choose_versions` of this kind and the linked one.
    """
    kind, document = contract.name, write_document(contract)
    winner, other_half = "best.winner", ""
    if kind in LINKED:  # nothing good is left of the other half: then nothing of this half is used either
        winner = "case when other.system is null or other.winner is not null then best.winner end"
        other_half = f"""
            left join quarantine_work.{LINKED[kind]}_best as other
                on other.system = best.system and other.document = best.document
        """
    repeat_number = "1"
    if contract.repeats == "last":
        repeat_number = (
            f"row_number() over (partition by here._system, {document}, here._delivery order by here._row_id desc)"
        )
    con.execute(
        f"""
        insert into quarantine_work.{kind}_left_out
        with
            chosen as (
                select best.system, best.document, best.newest, {winner} as winner
                from quarantine_work.{kind}_best as best
                {other_half}
            ),

            candidates as (
                select here._row_id, here._delivery, chosen.winner, chosen.newest, {repeat_number} as repeat_number
                from landed.{kind} as here
                join chosen on chosen.system = here._system and chosen.document = {document}
            ),

            outcomes as (
                select
                    _row_id,
                    case
                        when _delivery = winner and repeat_number = 1 then null
                        when _delivery = winner then 'superseded'
                        when _delivery > coalesce(winner, newest - 1) then 'quarantined'
                        else 'superseded'
                    end as outcome,
                from candidates
            )

        select _row_id, outcome
        from outcomes
        where outcome is not null
        union all
        select here._row_id, 'quarantined'
        from landed.{kind} as here
        where {document} is null and here._row_id in (
            select row_id from quarantine_work.{kind}_violations where rule in {write_critical_rules(contract)}
        )
        """
    )


def quarantine_documents(con: duckdb.DuckDBPyConnection, contract: Contract, rule_id: str, row_ids: str) -> None:
    """Quarantine the documents of accepted rows that break a rule which needs other raw tables.

    Args:
        con: The build.
        contract: Of the kind.
        rule_id: The rule.
        row_ids: A SELECT of the ids of the rows that break it.
    """
    kind, document, rule = contract.name, write_document(contract), quote_literal(rule_id)
    con.execute("create temp table bad_rows (row_id bigint)")
    con.execute(f"insert into bad_rows {row_ids}")
    con.execute(f"insert into quarantine_work.{kind}_violations select {rule}, row_id from bad_rows")
    con.execute(
        f"""
        create temp table bad_documents as
        select here._system as system, {document} as document, here._row_id as row_id
        from landed.{kind} as here
        semi join bad_rows on bad_rows.row_id = here._row_id
        """
    )
    con.execute(
        f"""
        insert into quarantine_work.{kind}_broken
        select distinct system, document, {rule} from bad_documents where document is not null
        """
    )
    con.execute(
        f"""
        insert into quarantine_work.{kind}_left_out
        select here._row_id, 'quarantined'
        from {select_accepted(kind)} as here
        where here._row_id in (select row_id from bad_documents)
            or (here._system, {document}) in (
                select (system, document) from bad_documents where document is not null
            )
        """
    )
    con.execute("drop table bad_rows")
    con.execute("drop table bad_documents")


def select_accepted(kind: str) -> str:
    """The delivered rows that are not left out, as a SELECT in brackets."""
    return f"""(
        select here.*
        from landed.{kind} as here
        anti join quarantine_work.{kind}_left_out as gone on gone.row_id = here._row_id
    )"""


def _count_deliveries(con: duckdb.DuckDBPyConnection, kind: str) -> int:
    count: int = con.execute(f"select count(distinct _delivery) from landed.{kind}").fetchall()[0][0]
    return count
