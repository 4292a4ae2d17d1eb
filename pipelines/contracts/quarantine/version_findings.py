"""Finds what is odd about the versions that were chosen.

Put here: where the ways to tell the newest version disagree, and versions that may be no versions. Keep out: choosing
(`versions.py`), and versions that a rule leaves out (`excluded_versions.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine.documents import write_document
from regulars.pipelines.contracts.quarantine.excluded_versions import find_excluded_versions
from regulars.pipelines.contracts.quarantine.file_counts import exists_landed
from regulars.pipelines.contracts.quarantine.moments import AHEAD, COMPETING
from regulars.pipelines.contracts.quarantine.reused_ids import find_added_again, find_reused_ids
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding


@dataclass(frozen=True)
class _Question:
    """What may be odd about versions, counted per source.

    Attributes:
        finding: The type of finding.
        sentence: What is odd; `{source}`, `{count}` and `{kind}` are filled in.
        advice: What to do; `{source}` is filled in.
        query: Source and count, of sources that have any; `{kind}` and other parts are filled in.
    """

    finding: str
    sentence: str
    advice: str
    query: str


_DISAGREEING = _Question(
    finding="version_column_disagrees",
    sentence=(
        "{source}: of {count:,} documents of {kind} a file that came later holds an older version, by `updated_at`; "
        "the version that changed last is used."
    ),
    advice=(
        "Nothing, where files come late now and then; else see that `updated_at` is mapped to the moment of the last "
        "change."
    ),
    query="""
    with
        good as (
            select
                *,
                row_number() over (partition by system, unit order by place desc) as by_choice,
                row_number() over (partition by system, unit order by delivery desc) as by_delivery,
            from quarantine_work.{kind}_ranked
            where not is_bad
        )

    select {source}, count(distinct (good.system, good.document))
    from good
    {files}
    where good.by_choice = 1 and good.by_delivery <> 1
    group by all
    having count(*) > 0
    order by all
""",
)
_TIED = _Question(
    finding="file_times_are_equal",
    sentence=(
        "{source}: {count:,} documents of {kind} stand in several files that are new in one run and were last changed"
        " at the same moment; of these files the one whose name sorts last is taken for the newest."
    ),
    advice=("Deliver files so that they keep the time at which the tool wrote them, or map `updated_at`."),
    query="""
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
""",
)
_SWALLOWED = _Question(
    finding="refund_replaces_sale",
    sentence=(
        "{source}: the newest version of {count:,} orders has refund lines only and replaces the sale lines of an "
        "earlier one."
    ),
    advice=(
        "If the files of {source} list what happened, as a till does, set `delivery: append`: then a refund stands "
        "beside its sale."
    ),
    query="""
    with
        document_fates as (
            select
                here._system,
                here.order_id,
                bool_or(gone.row_id is null and here.line_type = 'sale') as has_sale,
                bool_or(gone.row_id is null and here.line_type = 'refund') as has_refund,
                bool_or(gone.outcome = 'superseded' and here.line_type = 'sale') as had_sale,
                arg_max(here._source, here._row_id) as source,
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
""",
)
_CHANGED_IN_FUTURE = _Question(
    finding="changed_in_future",
    sentence=(
        "{source}: `updated_at` of {count:,} documents of {kind} with several versions lies in the future of the "
        "delivery; the order of deliveries decides about these versions."
    ),
    advice=("See whether `updated_at` is mapped to the last change, and whether its time zone and format are right."),
    query="""
    select here._source, count(distinct (ranked.system, ranked.document))
    from landed.{kind} as here
    join landed.files as files on files.delivery = here._delivery
    join quarantine_work.{kind}_ranked as ranked
        on ranked.system = here._system and ranked.document = {document} and ranked.delivery = here._delivery
    where try_cast(here.updated_at as timestamp) > files.landed_at + {ahead}
    group by here._source
    order by here._source
""",
)
_RECORDS_CHANGED_IN_FUTURE = _Question(
    finding="changed_in_future",
    sentence=(
        "{source}: `updated_at` of {count:,} records of {kind} lies in the future of the delivery; it does not decide "
        "which record of a customer is the newest, the order of deliveries does."
    ),
    advice=_CHANGED_IN_FUTURE.advice,
    query="""
    select here._source, count(distinct (here._system, {document}))
    from landed.{kind} as here
    join landed.files as files on files.delivery = here._delivery
    where try_cast(here.updated_at as timestamp) > files.landed_at + {ahead}
    group by here._source
    order by here._source
""",
)
_IN_TWO_FILES = _Question(
    finding="rows_seen_in_two_files",
    sentence=(
        "{source}: {count:,} rows of {kind} without an id stand in an earlier file too, with the same values; of "
        "equal rows as many count as in the file that has most."
    ),
    advice=(
        "Nothing, where files overlap; if they never do, such rows are sales of their own: map `line_id`, or the id "
        "of the record."
    ),
    query="""
    select here._source, count(*)
    from quarantine_work.{kind}_left_out as gone
    join quarantine_work.{kind}_identities as named using (row_id)
    join landed.{kind} as here on here._row_id = gone.row_id
    where gone.outcome = 'duplicate' and contains(named.unit, chr(31) || 'values ')
    group by here._source
    order by here._source
""",
)


def list_version_findings(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> list[Finding]:
    """What is odd about the versions chosen, per kind.

    Args:
        con: The build, with the versions of every kind ranked and rows left out.
        contracts: Kind -> its contract, of the kinds that are delivered.
    """
    findings = []
    if "order_lines" in contracts:
        findings += find_added_again(con)
    for kind, contract in contracts.items():
        findings += find_excluded_versions(con, contract)
        if kind in COMPETING and exists_landed(con, "files"):
            findings += _ask(con, _RECORDS_CHANGED_IN_FUTURE, kind, document=write_document(contract), ahead=AHEAD)
        if not con.execute(f"select 1 from quarantine_work.{kind}_ranked where place > 1 limit 1").fetchall():
            continue
        findings += _find_disagreeing(con, kind)
        if exists_landed(con, "files"):
            findings += _ask(con, _TIED, kind)
            if kind not in COMPETING:
                findings += _ask(con, _CHANGED_IN_FUTURE, kind, document=write_document(contract), ahead=AHEAD)
        if kind == "order_lines":
            findings += _ask(con, _SWALLOWED, kind)
        findings += find_reused_ids(con, kind)
        findings += _ask(con, _IN_TWO_FILES, kind)
    return findings


def _find_disagreeing(con: duckdb.DuckDBPyConnection, kind: str) -> list[Finding]:
    has_files = exists_landed(con, "files")
    source = "files.source" if has_files else "null"
    files = "join landed.files as files on files.delivery = good.delivery" if has_files else ""
    return _ask(con, _DISAGREEING, kind, source=source, files=files)


def _ask(con: duckdb.DuckDBPyConnection, question: _Question, kind: str, **parts: str) -> list[Finding]:
    """One finding per source that the question finds; `parts` are what its query needs beside the kind."""
    return [
        make_finding(
            question.finding,
            question.sentence.format(source=source or kind, count=count, kind=kind),
            question.advice.format(source=source),
            source=source,
            kind=kind,
            count=int(count),
        )
        for source, count in con.execute(question.query.format(kind=kind, **parts)).fetchall()
    ]
