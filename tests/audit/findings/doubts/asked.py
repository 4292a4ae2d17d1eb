"""What doubts say of a small company with a source for each question."""

from collections.abc import Sequence

import duckdb

from regulars.pipelines.audit.findings.doubts.doubt import Doubt, measure_doubts

Said = dict[str | None, tuple[int | None, float | None]]


def ask(con: duckdb.DuckDBPyConnection, doubts: Sequence[Doubt], name: str) -> Said:
    """Source -> how many rows one of the doubts is about, and their share, rounded to hundredths."""
    found = measure_doubts(con, [each for each in doubts if each.name == name])
    return {each.source: (each.count, None if each.share is None else round(each.share, 2)) for each in found}
