"""What a measurement finds in a small company, built from delivered rows to core."""

from collections.abc import Callable, Sequence
from typing import Any

import duckdb

from regulars.pipelines.findings.finding import Finding
from tests.builders import Row, build

Measure = Callable[[duckdb.DuckDBPyConnection], Sequence[Finding]]


def measured(measure: Measure, **kinds: Sequence[Row]) -> list[Finding]:
    """The findings of one measurement; `orders=[{...}]` are delivered rows of a kind."""
    with build(**{f"raw__{kind}": rows for kind, rows in kinds.items()}) as con:
        return list(measure(con))


def counts(found: Sequence[Finding]) -> dict[str, Any]:
    """Name -> count."""
    return {each.name: each.count for each in found}
