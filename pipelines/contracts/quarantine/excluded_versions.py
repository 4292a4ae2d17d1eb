"""Tells versions of documents that a rule of the settings leaves out from other records under the same id.

Put here: which excluded records are versions, and what is said of both. Keep out: writing them down
(`sources/exclusions/excluded_versions.py`), and choosing a version (`versions.py`).

An order that is delivered again as cancelled, and excluded, is a version: the older ones count no more. A refund under
the id of its order is another record: it happened at another moment, or its amount has the other sign.
"""

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine.documents import write_document
from regulars.pipelines.contracts.quarantine.file_counts import exists_landed
from regulars.pipelines.contracts.quarantine.moments import find_moment
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.warehouse.sql_text import quote_literal

_IS_ANOTHER_EVENT = """
    coalesce(abs(date_diff('second', event.happened_at, gone.happened_at)) > 60, false)
    or coalesce(sign(event.amount) * sign(gone.amount) < 0, false)
"""
"""SQL: whether an excluded record `gone` tells of something else than a row `event` under the same id."""
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
_OTHER_RECORDS = """
    with
        judged as (
            select gone.source, gone.system, gone.document, bool_and({is_another_event}) as is_another
            from landed.excluded_versions as gone
            join {events} as event
                on event.system = gone.system
                and event.document = gone.document
                and event.delivery <> gone.delivery
            where gone.kind = $1
            group by gone.source, gone.system, gone.document
        )

    select source, count(*)
    from judged
    where is_another
    group by source
    order by source
"""


def select_excluded_versions(con: duckdb.DuckDBPyConnection, contract: Contract) -> str | None:
    """A SELECT of the versions of documents that a rule leaves out whole; None where there are none.

    The lines of an excluded order are left out with it. An order of which a file that landed later has lines is not:
    nobody would know whose they are. What happened at another moment, or has an amount of the other sign, is another
    record under the same id, such as a refund, and no version.
    """
    kind, document = contract.name, write_document(contract)
    if not exists_landed(con, "excluded_versions"):
        return None
    kinds = ["order_lines", "orders"] if kind == "order_lines" else [kind]
    names = ", ".join(quote_literal(each) for each in kinds)
    if not con.execute(f"select 1 from landed.excluded_versions where kind in ({names}) limit 1").fetchall():
        return None
    later_lines = ""
    if kind == "orders":
        later_lines = """
            anti join landed.order_lines as lines
                on lines._system = gone.system and lines.order_id = gone.document and lines._delivery > gone.delivery
        """
    moment, files = find_moment(con, "gone", "delivery", "moment")
    return f"""
        select gone.system, gone.document, gone.delivery, max({moment}) as moment
        from landed.excluded_versions as gone
        semi join {_select_landed_events(contract)} as event
            on event.system = gone.system
            and event.document = gone.document
            and event.delivery <> gone.delivery
            and not ({_IS_ANOTHER_EVENT})
        anti join landed.{kind} as here
            on here._system = gone.system and {document} = gone.document and here._delivery = gone.delivery
        {later_lines}
        {files}
        where gone.kind in ({names})
        group by all
    """


def find_excluded_versions(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[Finding]:
    """Documents whose newest version is left out, and those of which other records are.

    Args:
        con: The build, with the versions of the kind ranked.
        contract: Of the kind.
    """
    if not exists_landed(con, "excluded_versions"):
        return []
    return [*_find_newest_versions(con, contract.name), *_find_other_records(con, contract)]


def _select_landed_events(contract: Contract) -> str:
    """The delivered rows of a kind as `system`, `document`, `delivery`, `happened_at`, `amount`, in brackets."""
    money = KINDS[contract.name].money
    happened_at = "null::timestamp" if money is None else f"try_cast({money.day} as timestamp)"
    amount = "null::decimal(38, 4)" if money is None else money.amount
    return f"""(
        select
            _system as system,
            {write_document(contract)} as document,
            _delivery as delivery,
            {happened_at} as happened_at,
            {amount} as amount,
        from landed.{contract.name}
    )"""


def _find_newest_versions(con: duckdb.DuckDBPyConnection, kind: str) -> list[Finding]:
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


def _find_other_records(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[Finding]:
    query = _OTHER_RECORDS.format(is_another_event=_IS_ANOTHER_EVENT, events=_select_landed_events(contract))
    return [
        make_finding(
            "excluded_records_share_ids",
            f"{source}: records that a rule of the settings leaves out bear the ids of {count:,} documents of "
            f"{contract.name} that happened at another moment or have an amount of the other sign; these documents "
            "count.",
            "Nothing, where the rule names other records, such as refunds; if it names the same ones as they were "
            "cancelled later, map `is_cancelled` instead of leaving them out.",
            source=str(source),
            kind=contract.name,
            count=int(count),
        )
        for source, count in con.execute(query, [contract.name]).fetchall()
    ]
