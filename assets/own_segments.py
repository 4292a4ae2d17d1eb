"""The company's own segments as assets: their members, their sizes, and who joined and left.

Put here: what these tables read, from this run and from the generation before. Keep out: running the expressions and
extending their history (`pipelines/segments`).
"""

from collections.abc import Mapping

import polars as pl
from polars._typing import PolarsDataType

from regulars.assets.tables import Blueprint
from regulars.pipelines.audit.restatements.parent import ParentGeneration
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.run.run import Run
from regulars.pipelines.segments.own_segment_history import (
    FOLLOWED,
    add_followed_since,
    follow_own_segments,
)
from regulars.pipelines.segments.own_segments import customer_own_segments, list_columns_read, own_segments
from regulars.pipelines.transforms.customers.segment_history import HISTORY, list_past_segments

CUSTOMERS = "marts.customer_360"
MEMBERS, SEGMENTS, MOVES_OF = "marts.customer_own_segments", "marts.own_segments", "marts.customer_segment_history"
PURCHASES = ("orders", "refunds", "subscriptions", "customers", "calendar")
"""The tables of core behind the segments of a past day."""


def list_own_segment_tables(contracts: dict[str, Contract]) -> list[Blueprint]:
    """The three tables; without a segment in the settings the first two are empty."""

    def make_members(run: Run) -> None:
        rows = customer_own_segments(_read_customers(run), as_of=run.as_of, segments=run.settings.segments)
        run.warehouse.write_frame(MEMBERS, rows, contracts[MEMBERS].types)

    def make_segments(run: Run) -> None:
        counted = own_segments(_read_customers(run), as_of=run.as_of, segments=run.settings.segments)
        rows = add_followed_since(counted, _read_parent(run, SEGMENTS, FOLLOWED), as_of=run.as_of)
        run.warehouse.write_frame(SEGMENTS, rows, contracts[SEGMENTS].types)

    def make_history(run: Run) -> None:
        core = (run.warehouse.scan(f"core.{name}") for name in PURCHASES)
        rules = run.settings
        rows = list_past_segments(
            *core, as_of=run.as_of, lapse_days=rules.lapse_days, rfm=rules.rfm, value_tiers=rules.value_tiers
        )
        own = follow_own_segments(
            run.warehouse.scan(MEMBERS).collect(),
            run.warehouse.scan(SEGMENTS).collect(),
            run.warehouse.scan("core.customers").select("customer_id").collect(),
            _read_parent(run, MOVES_OF, HISTORY),
            as_of=run.as_of,
        )
        all_rows = pl.concat([rows, own]).sort("customer_id", "segmentation", "valid_from")
        run.warehouse.write_frame(MOVES_OF, all_rows, contracts[MOVES_OF].types)

    of_customers = frozenset({CUSTOMERS})
    of_history = frozenset({MEMBERS, SEGMENTS, *(f"core.{name}" for name in PURCHASES)})
    made = ((MEMBERS, of_customers, make_members), (SEGMENTS, of_customers, make_segments))
    return [
        Blueprint(table, reads, "polars", make) for table, reads, make in (*made, (MOVES_OF, of_history, make_history))
    ]


def _read_customers(run: Run) -> pl.DataFrame:
    """Read what the expressions need of `marts.customer_360`, which has more columns than any other table."""
    return run.warehouse.scan(CUSTOMERS).select(list_columns_read(run.warehouse.con, run.settings.segments)).collect()


def _read_parent(run: Run, table: str, columns: Mapping[str, PolarsDataType]) -> pl.DataFrame:
    """Read columns of a table of the generation before; empty where it has none of them, or is of a later day."""
    if run.parent is None or run.parent.manifest.as_of > run.as_of:
        return pl.DataFrame(schema=columns)
    return ParentGeneration(run.warehouse.con, run.parent).read_columns(table, columns)
