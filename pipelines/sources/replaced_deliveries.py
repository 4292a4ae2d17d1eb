"""Finds records that a delivery of everything lacks: those of full deliveries that are parts, those that were deleted.

Put here: comparing the ids of deliveries. Keep out: how many records a file has (`source_landing.py` and
`pipelines/audit/findings/deliveries`).
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from regulars.pipelines.errors import SettingsWrong, StorageFailed
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.landed_delivery import LandedDelivery, read_deliveries
from regulars.pipelines.sources.landed_source import LandedSource
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping import select_delivered_text
from regulars.pipelines.sources.readers.refusal import Refusal

FEWEST_IDS = 5
"""That none of fewer ids comes again says nothing."""


def find_replaced_records(
    con: duckdb.DuckDBPyConnection, before: LandedDelivery, newest: LandedDelivery
) -> Iterator[Finding]:
    """Per kind: how many of the ids of a full delivery its successor lacks.

    Args:
        con: A connection that may read the landing.
        before: The delivery before the newest one.
        newest: The one that counts.
    """
    for kind in newest.mappings:
        column = KINDS[kind].column(KINDS[kind].document[0])
        if column is None or column.form != "id":
            continue
        old, new = (_select_ids(each, kind, column.name) for each in (before, newest))
        if old is None or new is None:
            continue
        count, gone = con.execute(f"""
            with
                old as ({old}),
                new as ({new})

            select count(*), count(*) filter (new.id is null)
            from old
            left join new on new.id = old.id
        """).fetchall()[0]
        if count >= FEWEST_IDS and gone:
            yield make_finding(
                "full_delivery_replaced",
                f"{newest.name}: {newest.delivery.file_name} lacks {gone:,} of {count:,} ids of {kind} that "
                f"{before.delivery.file_name} before it has; with `delivery: full` they are taken for deleted.",
                "If each file holds a part, such as a day or a month, set `delivery: incremental`.",
                source=newest.name,
                kind=kind,
                count=gone,
                share=gone / count,
            )


def find_deleted_records(
    con: duckdb.DuckDBPyConnection, settings: Settings, landed_source: LandedSource, landing: Path
) -> list[Finding]:
    """What is gone from a source that is fetched by a cursor since everything was fetched; nothing of other sources."""
    if not landed_source.replaced or not landed_source.deliveries:
        return []
    name, checker = landed_source.source, ExpressionChecker(con)
    whole = landed_source.deliveries[:1]
    with suppress(SettingsWrong, Refusal, StorageFailed, duckdb.Error):  # earlier files that can be read no more
        before = list(read_deliveries(name, settings, landed_source.replaced, landing, checker))
        return list(_compare_fetches(con, before, *read_deliveries(name, settings, whole, landing, checker)))
    return []


def _compare_fetches(
    con: duckdb.DuckDBPyConnection, before: Sequence[LandedDelivery], whole: LandedDelivery
) -> Iterator[Finding]:
    """Per kind: how many ids a whole fetch lacks that were fetched before.

    Args:
        con: A connection that may read the landing.
        before: What was read before the whole fetch.
        whole: The whole fetch.
    """
    for kind in whole.mappings:
        column = KINDS[kind].column(KINDS[kind].document[0])
        if column is None or column.form != "id":
            continue
        old = [ids for each in before if (ids := _select_ids(each, kind, column.name)) is not None]
        new = _select_ids(whole, kind, column.name)
        if not old or new is None:
            continue
        count, gone = con.execute(f"""
            with
                old as ({" union ".join(old)}),
                new as ({new})

            select count(*), count(*) filter (new.id is null)
            from old
            left join new on new.id = old.id
        """).fetchall()[0]
        if gone:
            yield make_finding(
                "records_deleted",
                f"{whole.name}: when everything was fetched again, {gone:,} of {count:,} ids of {kind} were gone; they "
                "count as deleted.",
                "If they were only archived, fetch them from where they are too, or set `compare_days` so that "
                "everything is fetched before the tool archives.",
                source=whole.name,
                kind=kind,
                count=gone,
                share=gone / count,
            )


def _select_ids(delivery: LandedDelivery, kind: str, column: str) -> str | None:
    """SQL of the different ids of a kind in a file; None where the file has no column for them."""
    mapping = delivery.mappings.get(kind)
    value = select_delivered_text(mapping.columns.get(column), delivery.landed.columns) if mapping else None
    if value is None:
        return None
    return f"select distinct trim(({value})::varchar) as id from {delivery.rows} as file where {value} is not null"
