"""Defines a doubt: a SELECT that counts, per source, the rows that can hardly mean what the settings say.

Put here: its shape, and how it becomes findings. Keep out: the doubts (the modules beside this one).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding


@dataclass(frozen=True)
class Doubt:
    """One thing that is odd about the rows of a kind.

    Attributes:
        name: The finding.
        kind: The kind of its rows; without any, nothing is asked.
        query: One row per source: the source, how many rows are odd, and of how many.
        says: What they are, after `12 of 40`.
        advice: What to do about it.
    """

    name: str
    kind: str
    query: str
    says: str
    advice: str


def measure_doubts(con: duckdb.DuckDBPyConnection, doubts: Sequence[Doubt]) -> Iterator[Finding]:
    """The findings of some doubts, one per source.

    Args:
        con: The build, with raw, staging, identity and core.
        doubts: What is asked.
    """
    with_rows: dict[str, bool] = {}
    for doubt in doubts:
        if doubt.kind not in with_rows:
            with_rows[doubt.kind] = bool(con.execute(f"select 1 from staging.{doubt.kind} limit 1").fetchall())
        if not with_rows[doubt.kind]:
            continue
        for source, count, whole in con.execute(doubt.query).fetchall():
            if count:
                yield make_finding(
                    doubt.name,
                    f"{source}: {count:,} of {whole:,} {doubt.says}.",
                    doubt.advice,
                    source=source,
                    kind=doubt.kind,
                    count=int(count),
                    share=min(float(count / whole), 1.0),
                )
