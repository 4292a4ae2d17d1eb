"""The company's own segments as assets: who is in which, and how many are in each.

Put here: what these tables read. Keep out: running the expressions (`pipelines/segments`).
"""

from collections.abc import Callable
from typing import Any

import polars as pl

from regulars.assets.tables import Blueprint
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.run.run import Run
from regulars.pipelines.segments.own_segments import customer_own_segments, own_segments

READS = "marts.customer_360"


def list_own_segment_tables(contracts: dict[str, Contract]) -> list[Blueprint]:
    """The two tables; both are empty where the settings name no segment."""
    made: dict[str, Callable[..., pl.DataFrame]] = {
        "marts.customer_own_segments": customer_own_segments,
        "marts.own_segments": own_segments,
    }
    return [_describe(table, function, contracts[table]) for table, function in made.items()]


def _describe(table: str, function: Callable[..., Any], contract: Contract) -> Blueprint:
    def make(run: Run) -> None:
        customers = run.warehouse.scan(READS).collect()
        rows = function(customers, as_of=run.as_of, segments=run.settings.segments)
        run.warehouse.write_frame(table, rows, contract.types)

    return Blueprint(table, frozenset({READS}), contract.grain, "polars", make)
