"""Chooses the version of a document that was delivered more than once, or has bad rows.

Put here: the choice, as SQL over `landed.<kind>` and the violations found in it. Keep out: finding violations
(`quarantine_step.py`), what a document is (`documents.py`), versions that a rule leaves out (`excluded_versions.py`),
repeats inside one delivery (`repeats.py`), writing down what was quarantined (`quarantine.py`).

A document is what a newer delivery replaces as a whole, such as an order with its lines. Its version in one delivery
is bad when any row of it breaks a critical rule. The newest good version is used; older ones are superseded; newer ones
are bad, and quarantined. Without a good version the newest is quarantined and the others are superseded. A row whose
key is NULL is a document of its own.

Newest is what `updated_at` says, unless it lies in the future. A version without a moment is as new as the newest one
delivered before it, and of versions of one moment the one delivered later is the newest: without the column the order
of deliveries decides alone.

An older version whose record says the same as the one that is used is a duplicate. Records of one version that
contradict each other say nothing together, so it is superseded.

What has versions is a unit: a document, or of a source that appends a record (`documents.py`).

Orders and their lines are one document in two kinds. Rows of one file carry the same delivery number, so there a bad
line makes its header bad and the other way round. Headers and lines that come in different files have versions that
cannot be matched; there each kind falls back on its own newest good version, and an order that is left with no good
header, or with no good version of its lines, is quarantined whole. So is a document with an appended record that is not
good in any version.
"""

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine.documents import (
    LINKED,
    select_accepted,
    select_units,
    write_critical_rules,
    write_document,
)
from regulars.pipelines.contracts.quarantine.excluded_versions import select_excluded_versions
from regulars.pipelines.contracts.quarantine.moments import find_moment
from regulars.pipelines.warehouse.sql_text import quote_literal


def note_broken_documents(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down which documents of the kind have rows that break critical rules."""
    kind, document = contract.name, write_document(contract)
    con.execute(
        f"""
        insert into quarantine_work.{kind}_broken
        select distinct here._system, {document}, found.rule
        from quarantine_work.{kind}_violations as found
        join {select_accepted(kind)} as here on here._row_id = found.row_id
        where found.rule in {write_critical_rules(contract)} and {document} is not null
        """
    )


def list_versions(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down the versions of every document that was delivered twice or has a bad row; most have one good version.

    Needs `note_broken_documents` for this kind and the one linked with it.
    """
    kind, rows = contract.name, select_units(con, contract)
    broken = [f"select system, document from quarantine_work.{kind}_broken"]
    if kind in LINKED:
        broken.append(f"select system, document from quarantine_work.{LINKED[kind]}_broken")
    candidates = [
        f"""
        select here._system, here.unit
        from {rows} as here
        semi join ({" union ".join(broken)}) as broken
            on broken.system = here._system and broken.document = here.document
        """
    ]
    if _count_deliveries(con, kind) > 1:
        candidates.append(
            f"""
            select _system, unit
            from {rows}
            where unit is not null
            group by all
            having min(_delivery) < max(_delivery)
            """
        )
    excluded = select_excluded_versions(con, contract)
    if excluded:
        candidates.append(
            f"select here._system, here.unit from {rows} as here semi join ({excluded}) as gone "
            "on gone.system = here._system and gone.document = here.unit"
        )
    con.execute(f"insert into quarantine_work.{kind}_candidates {' union '.join(candidates)}")
    moment, files = find_moment(con)
    con.execute(
        f"""
        insert into quarantine_work.{kind}_versions
        with
            bad_rows as (
                select distinct row_id
                from quarantine_work.{kind}_violations
                where rule in {write_critical_rules(contract)}
            )

        select
            here._system,
            here.document,
            here.unit,
            here._delivery,
            case when min(here.content) = max(here.content) then min(here.content) end,
            max({moment}),
            bool_or(bad_rows.row_id is not null),
        from {rows} as here
        semi join quarantine_work.{kind}_candidates as candidates
            on candidates.system = here._system and candidates.unit = here.unit
        left join bad_rows on bad_rows.row_id = here._row_id
        {files}
        group by here._system, here.document, here.unit, here._delivery
        """
    )
    if excluded:  # an excluded version has no rows: where it is the newest, the older ones are superseded
        con.execute(
            f"""
            insert into quarantine_work.{kind}_versions
            select gone.system, gone.document, gone.document, gone.delivery, null, gone.moment, false
            from ({excluded}) as gone
            semi join quarantine_work.{kind}_candidates as candidates
                on candidates.system = gone.system and candidates.unit = gone.document
            """
        )


def rank_versions(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Put the versions of every unit in order, the newest last; needs `list_versions` of the linked kind too."""
    kind = contract.name
    is_bad, moment, other_half = "here.is_bad", "here.moment", ""
    if kind in LINKED:  # rows of one file carry one delivery number: a bad half makes the other half bad
        is_bad = "here.is_bad or coalesce(other.is_bad, false)"
        moment = "greatest(here.moment, other.moment)"
        other_half = f"""
            left join quarantine_work.{LINKED[kind]}_versions as other
                on other.system = here.system and other.unit = here.unit and other.delivery = here.delivery
        """
    con.execute(
        f"""
        insert into quarantine_work.{kind}_ranked
        with
            versions_of_both as (
                select here.* exclude (is_bad, moment), {moment} as moment, {is_bad} as is_bad
                from quarantine_work.{kind}_versions as here
                {other_half}
            ),

            dated as (
                select
                    * exclude (moment),
                    coalesce(moment, max(moment) over before) as moment,
                from versions_of_both
                window before as (
                    partition by system, unit order by delivery rows between unbounded preceding and 1 preceding
                )
            )

        select
            system, document, unit, delivery, content, moment, is_bad,
            row_number() over (partition by system, unit order by moment nulls first, delivery),
        from dated
        """
    )


def leave_rows_out(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write down every row that is not loaded, and what becomes of it.

    Needs `rank_versions` of this kind and the linked one.
    """
    kind, document = contract.name, write_document(contract)
    lost = [_select_lost_documents(half) for half in (kind, LINKED.get(kind)) if half]
    con.execute(
        f"""
        insert into quarantine_work.{kind}_left_out
        with
            lost as ({" union ".join(lost)}),

            best as (
                select system, document, unit, max(place) filter (not is_bad) as winner, max(place) as newest
                from quarantine_work.{kind}_ranked
                group by all
            ),

            chosen as (
                select best.* exclude (winner), case when lost.document is null then best.winner end as winner
                from best
                left join lost on lost.system = best.system and lost.document = best.document
            ),

            outcomes as (
                select
                    here.system, here.unit, here.delivery,
                    case
                        when here.place = chosen.winner then null
                        when here.place > coalesce(chosen.winner, chosen.newest - 1) then 'quarantined'
                        when here.content = used.content then 'duplicate'
                        else 'superseded'
                    end as outcome,
                from quarantine_work.{kind}_ranked as here
                join chosen on chosen.system = here.system and chosen.unit = here.unit
                left join quarantine_work.{kind}_ranked as used
                    on used.system = here.system and used.unit = here.unit and used.place = chosen.winner
            )

        select here._row_id, outcomes.outcome
        from {select_units(con, contract)} as here
        join outcomes
            on outcomes.system = here._system and outcomes.unit = here.unit and outcomes.delivery = here._delivery
        where outcomes.outcome is not null
        union all
        select here._row_id, 'quarantined'
        from landed.{kind} as here
        where {document} is null and here._row_id in (
            select row_id from quarantine_work.{kind}_violations where rule in {write_critical_rules(contract)}
        )
        """
    )


def _select_lost_documents(kind: str) -> str:
    """A SELECT of the documents of a kind of which a part is not good in any version."""
    return f"""
        select system, document
        from quarantine_work.{kind}_ranked
        group by system, document, unit
        having bool_and(is_bad)
    """


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


def _count_deliveries(con: duckdb.DuckDBPyConnection, kind: str) -> int:
    count: int = con.execute(f"select count(distinct _delivery) from landed.{kind}").fetchall()[0][0]
    return count
