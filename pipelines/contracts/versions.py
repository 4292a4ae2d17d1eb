"""Which version of a document is used when it was delivered more than once, or when some of its rows are bad.

Put here: the choice, as SQL over `landed.<kind>` and the violations found in it. Keep out: finding violations
(`gate.py`), writing down what was quarantined (`quarantine.py`).

A document is what a newer delivery replaces as a whole, such as an order with its lines. Its version in one delivery is
bad when any row of it breaks a critical rule. The newest good version is used; older ones are superseded; newer ones
are bad, and quarantined. Without a good version the newest is quarantined and the others are superseded. A row whose
key is NULL is a document of its own.

Orders and their lines are one document in two kinds. Rows of one file carry the same delivery number, so there a bad
line makes its header bad and the other way round. Headers and lines that come in different files have versions that
cannot be matched; there each kind falls back on its own newest good version, and an order that is left with no good
header, or with no good version of its lines, is quarantined whole.
"""

from collections.abc import Sequence

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.violations import literal, quoted

SEPARATOR = "chr(31)"

LINKED = {"orders": "order_lines", "order_lines": "orders"}
"""Kind -> the kind whose rows belong to the same document."""

_TABLES = {
    "broken": "system varchar, document varchar, rule varchar",
    "candidates": "system varchar, document varchar",
    "versions": "system varchar, document varchar, delivery integer, is_bad boolean",
    "best": "system varchar, document varchar, winner integer, newest integer",
    "left_out": "row_id bigint, outcome varchar",
}


def document_of(contract: Contract) -> str:
    """SQL for the name of a row's document: NULL when a part of its key is."""
    parts = [quoted(column) for column in contract.document]
    return parts[0] if len(parts) == 1 else f" || {SEPARATOR} || ".join(parts)


def make_tables(con: duckdb.DuckDBPyConnection, kind: str) -> None:
    """The working tables of one kind, empty."""
    for name, columns in _TABLES.items():
        con.execute(f"create table gate.{kind}_{name} ({columns})")


def critical_rules(contract: Contract) -> str:
    """The ids of the critical rules, as an SQL list to stand after `in`."""
    return "(" + ", ".join(literal(rule.id) for rule in contract.rules if rule.severity == "critical") + ")"


def note_broken_documents(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down which documents of the kind have rows that break critical rules."""
    kind = contract.name
    con.execute(
        f"insert into gate.{kind}_broken select distinct here._system, {document_of(contract)}, found.rule "
        f"from gate.{kind}_violations found join landed.{kind} here on here._row_id = found.row_id "
        f"where found.rule in {critical_rules(contract)} and {document_of(contract)} is not null"
    )


def list_versions(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down the versions of every document about which there is anything to decide; most have nothing.

    Needs `note_broken_documents` for this kind and the one linked with it.
    """
    kind, document = contract.name, document_of(contract)
    sources = [f"select system, document from gate.{kind}_broken"]
    if kind in LINKED:
        sources.append(f"select system, document from gate.{LINKED[kind]}_broken")
    again = "count(*) > 1" if contract.repeats == "last" else "min(_delivery) < max(_delivery)"
    if contract.repeats == "last" or _delivery_count(con, kind) > 1:
        sources.append(
            f"select _system, {document} from landed.{kind} where {document} is not null group by all having {again}"
        )
    con.execute(f"insert into gate.{kind}_candidates {' union '.join(sources)}")
    con.execute(
        f"insert into gate.{kind}_versions "
        f"select here._system, {document}, here._delivery, bool_or(bad.row_id is not null) from landed.{kind} here "
        f"semi join gate.{kind}_candidates c on c.system = here._system and c.document = {document} "
        f"left join (select distinct row_id from gate.{kind}_violations where rule in {critical_rules(contract)}) bad "
        "on bad.row_id = here._row_id group by all"
    )


def choose_versions(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down the newest good version of every document listed; needs `list_versions` of the linked kind too."""
    kind = contract.name
    same_file = ""
    if kind in LINKED:
        same_file = (
            f" or exists (select 1 from gate.{LINKED[kind]}_versions other where other.is_bad and "
            "other.system = v.system and other.document = v.document and other.delivery = v.delivery)"
        )
    con.execute(
        f"insert into gate.{kind}_best select system, document, max(delivery) filter (not is_bad), max(delivery) from "
        f"(select system, document, delivery, is_bad{same_file} as is_bad from gate.{kind}_versions v) group by all"
    )


def leave_rows_out(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down every row that is not loaded, and whether it is quarantined or superseded.

    Needs `choose_versions` of this kind and the linked one.
    """
    kind, document = contract.name, document_of(contract)
    winner = "best.winner"
    linked = ""
    if kind in LINKED:  # nothing good is left of the other half: then nothing of this half is used either
        winner = "case when other.system is null or other.winner is not null then best.winner end"
        linked = (
            f" left join gate.{LINKED[kind]}_best other "
            "on other.system = best.system and other.document = best.document"
        )
    verdicts = f"select best.system, best.document, best.newest, {winner} as winner from gate.{kind}_best best{linked}"
    outcome = (
        "case when here._delivery = winner then case when repeat_number > 1 then 'superseded' end "
        "when here._delivery > coalesce(winner, newest - 1) then 'quarantined' else 'superseded' end"
    )
    repeats = "1"
    if contract.repeats == "last":
        repeats = (
            f"row_number() over (partition by here._system, {document}, here._delivery order by here._row_id desc)"
        )
    con.execute(
        f"insert into gate.{kind}_left_out "
        f"select _row_id, outcome from (select here._row_id, {outcome} as outcome from ("
        f"select here._row_id, here._delivery, verdict.winner, verdict.newest, {repeats} as repeat_number "
        f"from landed.{kind} here join ({verdicts}) verdict "
        f"on verdict.system = here._system and verdict.document = {document}) here) where outcome is not null "
        "union all "
        f"select here._row_id, 'quarantined' from landed.{kind} here where {document} is null and here._row_id in "
        f"(select row_id from gate.{kind}_violations where rule in {critical_rules(contract)})"
    )


def quarantine_documents(con: duckdb.DuckDBPyConnection, contract: Contract, rule_id: str, row_ids: str) -> None:
    """Quarantined the documents of accepted rows that break a rule which needs other raw tables.

    Args:
        con: The build.
        contract: Of the kind.
        rule_id: The rule.
        row_ids: A SELECT of the ids of the rows that break it.
    """
    kind, document = contract.name, document_of(contract)
    con.execute("create temp table orphans (row_id bigint)")
    con.execute(f"insert into orphans {row_ids}")
    con.execute(f"insert into gate.{kind}_violations select {literal(rule_id)}, row_id from orphans")
    con.execute("create temp table orphaned (system varchar, document varchar, row_id bigint)")
    con.execute(
        f"insert into orphaned select here._system, {document}, here._row_id from landed.{kind} here "
        "semi join orphans on orphans.row_id = here._row_id"
    )
    con.execute(
        f"insert into gate.{kind}_broken select distinct system, document, {literal(rule_id)} from orphaned "
        "where document is not null"
    )
    con.execute(
        f"insert into gate.{kind}_left_out select here._row_id, 'quarantined' from {accepted(kind)} here "
        f"where here._row_id in (select row_id from orphaned) or (here._system, {document}) in "
        "(select (system, document) from orphaned where document is not null)"
    )
    con.execute("drop table orphans")
    con.execute("drop table orphaned")


def accepted(kind: str, columns: Sequence[str] = ("here.*",)) -> str:
    """The delivered rows that are not left out, as a SELECT in brackets."""
    return (
        f"(select {', '.join(columns)} from landed.{kind} here "
        f"anti join gate.{kind}_left_out gone on gone.row_id = here._row_id)"
    )


def _delivery_count(con: duckdb.DuckDBPyConnection, kind: str) -> int:
    count: int = con.execute(f"select count(distinct _delivery) from landed.{kind}").fetchall()[0][0]
    return count
