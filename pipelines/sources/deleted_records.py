"""Counts the records that a whole fetch lacks and earlier fetches had: they were deleted, and leave the current state.

Put here: comparing the ids of what was fetched. Keep out: when everything is fetched (`fetching/by_cursor.py`).
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
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.replaced_deliveries import select_ids


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
        return list(compare_fetches(con, before, *read_deliveries(name, settings, whole, landing, checker)))
    return []


def compare_fetches(
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
        old = [ids for each in before if (ids := select_ids(each, kind, column.name)) is not None]
        new = select_ids(whole, kind, column.name)
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
