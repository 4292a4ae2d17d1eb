"""Finds versions that are no versions: an id that was given to another thing, an order whose lines lie in two files.

Put here: what a newer version replaces although both are real. Keep out: choosing a version (`versions.py`), and
choices that may be wrong (`version_findings.py`).
"""

from collections.abc import Mapping

import duckdb

from regulars.pipelines.contracts.quarantine.file_counts import exists_landed
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

_OTHER_DAY = "abs(date_diff('day', try_cast(old.{at} as timestamp), try_cast(new.{at} as timestamp))) > 1"
_OTHER_PERSON = (
    "(coalesce(lower(old.customer_record_id) <> lower(new.customer_record_id), false)"
    " or coalesce(lower(old.email) <> lower(new.email), false))"
)
OTHER_THINGS: Mapping[str, str] = {
    "orders": (
        f"{_OTHER_DAY.format(at='ordered_at')} "
        f"and ({_OTHER_PERSON} or coalesce(old.gross_sales <> new.gross_sales, false))"
    ),
    "order_lines": _OTHER_DAY.format(at="ordered_at"),
    "refunds": "old.order_id <> new.order_id",
    "survey_responses": f"{_OTHER_DAY.format(at='answered_at')} and {_OTHER_PERSON}",
}
"""Kind -> SQL: whether two rows of one id are about different things; a day, a buyer or an amount
may be corrected, not two of them."""

_REUSED = """
    with
        documents as (
            select distinct system, document from quarantine_work.{kind}_ranked where place > 1
        ),

        fates as (
            select here.*, gone.outcome
            from landed.{kind} as here
            semi join documents on documents.system = here._system and documents.document = here.{id}
            left join quarantine_work.{kind}_left_out as gone on gone.row_id = here._row_id
        )

    select new._source, count(distinct new.{id})
    from fates as new
    join fates as old on old._system = new._system and old.{id} = new.{id}
    where new.outcome is null and old.outcome = 'superseded' and ({is_other})
    group by new._source
    order by new._source
"""
_SPLIT = """
    with
        parts as (
            select
                here._source as source,
                here._system as system,
                here.order_id,
                files.landed_at,
                here._delivery as delivery,
                gone.outcome,
                list(distinct coalesce(here.line_id, here.product_id, here.product_name)) as lines,
            from landed.order_lines as here
            join landed.files as files on files.delivery = here._delivery
            semi join (
                select distinct system, document from quarantine_work.order_lines_ranked where place > 1
            ) as repeated
                on repeated.system = here._system and repeated.document = here.order_id
            left join quarantine_work.order_lines_left_out as gone on gone.row_id = here._row_id
            where here.line_type = 'sale'
            group by all
        )

    select new.source, count(distinct (new.system, new.order_id))
    from parts as new
    join parts as old using (source, system, order_id, landed_at)
    where new.outcome is null
        and old.outcome = 'superseded'
        and len(new.lines) > 0
        and len(old.lines) > 0
        and not list_has_any(new.lines, old.lines)
    group by new.source
    order by new.source
"""


_ADDED_AGAIN = """
    with
        spread as (
            select _source, _system, order_id
            from landed.order_lines
            where line_id is null and line_type = 'sale'
            group by all
            having min(_delivery) < max(_delivery)
        ),

        counting as (
            select here._source, here.order_id, here.product_id, here.ordered_at, here.quantity, here._delivery
            from landed.order_lines as here
            semi join spread
                on spread._source = here._source and spread._system = here._system and spread.order_id = here.order_id
            anti join quarantine_work.order_lines_left_out as gone on gone.row_id = here._row_id
            where here.line_id is null and here.line_type = 'sale'
        ),

        again as (
            select _source, order_id
            from counting
            group by _source, order_id, product_id, ordered_at, quantity
            having count(distinct _delivery) > 1
        )

    select _source, count(*), count(distinct order_id)
    from again
    group by _source
    order by _source
"""


def find_added_again(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source that appends lines without ids: lines that came again with another amount, and count twice.

    Args:
        con: The build, with rows of order lines left out.
    """
    return [
        make_finding(
            "lines_added_again",
            f"{source}: {count:,} lines of {orders:,} orders came in two files with the same product, quantity and "
            "moment, but something else changed; without a line id both count.",
            "Map `line_id`, or set `delivery: incremental` so that a later version of an order replaces it.",
            source=str(source),
            kind="order_lines",
            count=int(count),
        )
        for source, count, orders in con.execute(_ADDED_AGAIN).fetchall()
    ]


def find_reused_ids(con: duckdb.DuckDBPyConnection, kind: str) -> list[Finding]:
    """Per source: ids of a kind whose newer version is about another thing, so that the older one is lost.

    Args:
        con: The build, with the versions of the kind ranked and rows left out.
        kind: The kind.
    """
    if kind not in OTHER_THINGS:
        return []
    id_column = "order_id" if kind == "order_lines" else f"{kind.removesuffix('s').removeprefix('survey_')}_id"
    query = _REUSED.format(kind=kind, id=id_column, is_other=OTHER_THINGS[kind])
    found = [
        make_finding(
            "ids_used_again",
            f"{source}: {count:,} ids of {kind} came again for another thing, of another day and buyer or another "
            "order; the newer one replaced the older, which counts no more.",
            "If the tool numbers anew each year or month, or several shops share the source, make the ids differ in "
            "the mapping, for example with the year in front, or give each shop a source and `system` of its own.",
            source=str(source),
            kind=kind,
            count=int(count),
        )
        for source, count in con.execute(query).fetchall()
    ]
    if kind == "order_lines" and exists_landed(con, "files"):
        found += _find_split_orders(con)
    return found


def _find_split_orders(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    return [
        make_finding(
            "orders_split_over_files",
            f"{source}: {count:,} orders have lines in two files of one run, none of which is in both; the lines in "
            "the newer file replaced the others, which count no more.",
            "Export whole orders into one file, or set `delivery: append` if each file lists lines of its own.",
            source=str(source),
            kind="order_lines",
            count=int(count),
        )
        for source, count in con.execute(_SPLIT).fetchall()
    ]
