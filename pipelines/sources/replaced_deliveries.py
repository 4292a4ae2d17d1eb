"""Finds full deliveries that hold other records than the one before: parts of a whole, delivered as if each were all.

Put here: comparing the ids of two files. Keep out: how many records a file has (`source_landing.py` and
`pipelines/audit/findings/deliveries`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.sources.landed_delivery import LandedDelivery
from regulars.pipelines.sources.mapping.mapping import select_delivered_text

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
        old, new = (select_ids(each, kind, column.name) for each in (before, newest))
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


def select_ids(delivery: LandedDelivery, kind: str, column: str) -> str | None:
    """SQL of the different ids of a kind in a file; None where the file has no column for them."""
    mapping = delivery.mappings.get(kind)
    value = select_delivered_text(mapping.columns.get(column), delivery.landed.columns) if mapping else None
    if value is None:
        return None
    return f"select distinct trim(({value})::varchar) as id from {delivery.rows} as file where {value} is not null"
