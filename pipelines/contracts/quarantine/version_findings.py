"""Finds what is odd about the versions that were chosen.

Put here: where the ways to tell the newest version disagree, and versions that may be no versions. Keep out: choosing
(`versions.py`).
"""

from collections.abc import Sequence

import duckdb

from regulars.pipelines.contracts.quarantine.file_counts import exists_landed
from regulars.pipelines.contracts.quarantine.reused_ids import find_added_again, find_reused_ids
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

_DISAGREEING = """
    with
        good as (
            select
                *,
                row_number() over (partition by system, unit order by place desc) as by_choice,
                row_number() over (partition by system, unit order by delivery desc) as by_delivery,
            from quarantine_work.{kind}_ranked
            where not is_bad
        )

    select count(distinct (system, document))
    from good
    where by_choice = 1 and by_delivery <> 1
"""
_TIED = """
    with
        good as (
            select
                ranked.*,
                files.source,
                files.landed_at,
                files.modified_at,
                row_number() over (partition by system, unit order by place desc) as by_choice,
            from quarantine_work.{kind}_ranked as ranked
            join landed.files as files using (delivery)
            where not is_bad
        )

    select used.source, count(distinct (used.system, used.document))
    from good as used
    join good as other
        on other.system = used.system
        and other.unit = used.unit
        and other.by_choice = 2
        and other.source = used.source
        and other.landed_at = used.landed_at
        and other.modified_at = used.modified_at
        and other.moment is not distinct from used.moment
        and (used.content is null or other.content is distinct from used.content)
    where used.by_choice = 1
    group by used.source
    order by used.source
"""
_SWALLOWED = """
    with
        document_fates as (
            select
                here._system,
                here.order_id,
                bool_or(gone.row_id is null and here.line_type = 'sale') as has_sale,
                bool_or(gone.row_id is null and here.line_type = 'refund') as has_refund,
                bool_or(gone.outcome = 'superseded' and here.line_type = 'sale') as had_sale,
                any_value(here._source) as source,
            from landed.order_lines as here
            semi join (
                select distinct system, document from quarantine_work.order_lines_ranked where place > 1
            ) as repeated
                on repeated.system = here._system and repeated.document = here.order_id
            left join quarantine_work.order_lines_left_out as gone on gone.row_id = here._row_id
            group by here._system, here.order_id
        )

    select source, count(*)
    from document_fates
    where has_refund and not has_sale and had_sale
    group by source
    order by source
"""
_EXCLUDED_VERSIONS = """
    with
        newest as (
            select system, document, max_by(delivery, place) as delivery
            from quarantine_work.{kind}_ranked
            where not is_bad
            group by all
            having count(*) > 1
        )

    select gone.source, count(*)
    from newest
    join landed.excluded_versions as gone using (system, document, delivery)
    where gone.kind = $1
        and not exists (
            select 1
            from quarantine_work.{kind}_ranked as ranked
            where ranked.system = newest.system and ranked.document = newest.document and ranked.unit <> ranked.document
        )
    group by gone.source
    order by gone.source
"""
_IN_TWO_FILES = """
    select here._source, count(*)
    from quarantine_work.{kind}_left_out as gone
    join quarantine_work.{kind}_identities as named using (row_id)
    join landed.{kind} as here on here._row_id = gone.row_id
    where gone.outcome = 'duplicate' and contains(named.unit, chr(31) || 'values ')
    group by here._source
    order by here._source
"""


def list_version_findings(con: duckdb.DuckDBPyConnection, kinds: Sequence[str]) -> list[Finding]:
    """What is odd about the versions chosen, per kind.

    Args:
        con: The build, with the versions of every kind ranked and rows left out.
        kinds: The kinds that are delivered.
    """
    findings = []
    if "order_lines" in kinds:
        findings += find_added_again(con)
    for kind in kinds:
        if not con.execute(f"select 1 from quarantine_work.{kind}_ranked where place > 1 limit 1").fetchall():
            continue
        findings += _find_disagreeing(con, kind)
        if exists_landed(con, "files"):
            findings += _find_tied(con, kind)
        if kind == "order_lines":
            findings += _find_swallowed(con)
        findings += find_reused_ids(con, kind)
        findings += _find_in_two_files(con, kind)
        if exists_landed(con, "excluded_versions"):
            findings += _find_excluded_versions(con, kind)
    return findings


def _find_excluded_versions(con: duckdb.DuckDBPyConnection, kind: str) -> list[Finding]:
    return [
        make_finding(
            "excluded_version_is_newest",
            f"{source}: the newest version of {count:,} documents of {kind} is left out by a rule of the settings, and "
            "their older versions with it.",
            "Nothing, where the rule names what was cancelled; if it names other records under the same id, such as "
            "refunds, say what is a record of the kind with `when` instead.",
            source=str(source),
            kind=kind,
            count=int(count),
        )
        for source, count in con.execute(_EXCLUDED_VERSIONS.format(kind=kind), [kind]).fetchall()
    ]


def _find_in_two_files(con: duckdb.DuckDBPyConnection, kind: str) -> list[Finding]:
    return [
        make_finding(
            "rows_seen_in_two_files",
            f"{source}: {count:,} rows of {kind} without an id stand in an earlier file too, with the same values; of "
            "equal rows as many count as in the file that has most.",
            "Nothing, where files overlap; if they never do, such rows are sales of their own: map `line_id`, or the "
            "id of the record.",
            source=str(source),
            kind=kind,
            count=int(count),
        )
        for source, count in con.execute(_IN_TWO_FILES.format(kind=kind)).fetchall()
    ]


def _find_disagreeing(con: duckdb.DuckDBPyConnection, kind: str) -> list[Finding]:
    count = int(con.execute(_DISAGREEING.format(kind=kind)).fetchall()[0][0])
    if not count:
        return []
    finding = make_finding(
        "version_column_disagrees",
        f"{kind}: of {count:,} documents a file that came later holds an older version, by `updated_at`; the version "
        "that changed last is used.",
        "Nothing, where files come late now and then; else see that `updated_at` is mapped to the moment of the last "
        "change.",
        kind=kind,
        count=count,
    )
    return [finding]


def _find_tied(con: duckdb.DuckDBPyConnection, kind: str) -> list[Finding]:
    return [
        make_finding(
            "file_times_are_equal",
            f"{source}: {count:,} documents of {kind} stand in several files that are new in one run and were last "
            "changed at the same moment; of these files the one whose name sorts last is taken for the newest.",
            "Deliver files so that they keep the time at which the tool wrote them, or map `updated_at`.",
            source=str(source),
            kind=kind,
            count=int(count),
        )
        for source, count in con.execute(_TIED.format(kind=kind)).fetchall()
    ]


def _find_swallowed(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    return [
        make_finding(
            "refund_replaces_sale",
            f"{source}: the newest version of {count:,} orders has refund lines only and replaces the sale lines of an "
            "earlier one.",
            f"If the files of {source} list what happened, as a till does, set `delivery: append`: then a refund "
            "stands beside its sale.",
            source=str(source),
            kind="order_lines",
            count=int(count),
        )
        for source, count in con.execute(_SWALLOWED).fetchall()
    ]
