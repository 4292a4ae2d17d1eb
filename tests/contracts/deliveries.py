"""Small deliveries for the quarantine step: dull defaults, and only what a test is about spelt out.

Put here: `landed.<kind>` from a few rows. Keep out: expectations of any test.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine.quarantine_step import QuarantineResult, SourceFacts, run_quarantine_step
from regulars.pipelines.contracts.raw_contracts import make_raw_contract
from regulars.pipelines.kinds.shape.registry import KINDS
from tests.builders import fill

NEEDS = {"order_lines": {"orders"}, "payments": {"orders", "order_lines"}}
"""Kind -> the other raw tables that its contract looks at."""


@cache
def raw_contracts() -> dict[str, Contract]:
    """Kind -> its contract, as shipped."""
    return {name: make_raw_contract(kind) for name, kind in KINDS.items()}


COMPANY = "create table raw.company as select date '2026-03-31' as as_of, 'UTC' as timezone, 'EUR' as currency"


def delivered(con: duckdb.DuckDBPyConnection, **kinds: list[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    """Make `landed.<kind>` for every kind; a row may give its `delivery` (default 1) and `source` (default `shop`).

    Rows of one delivery and kind are numbered from 1 in the order given.
    """
    con.execute("create schema if not exists landed")
    con.execute("create schema raw")
    con.execute(COMPANY)
    for kind, contract in raw_contracts().items():
        con.execute(f"create table landed.{kind} ({', '.join(f'{name} {type_}' for name, type_ in contract.types)})")
        rows: list[dict[str, Any]] = []
        counts: dict[int, int] = {}
        for given in kinds.get(kind, []):
            row = dict(KINDS[kind].example) | given
            delivery, source = row.pop("delivery", 1), row.pop("source", "shop")
            counts[delivery] = counts.get(delivery, 0) + 1
            row |= {
                "_source": source,
                "_system": row.get("_system", source),
                "_delivery": delivery,
                "_file_sha256": f"file{delivery}",
                "_row": counts[delivery],
                "_row_id": delivery * 2**40 + counts[delivery],
            }
            rows.append(row)
        fill(con, f"landed.{kind}", rows)
    return con


def run_step(
    sources: Mapping[str, SourceFacts] | None = None, **kinds: list[dict[str, Any]]
) -> tuple[Any, QuarantineResult]:
    """Deliver the rows, settle the kinds they are of without a budget; the connection and the result.

    Without any rows all kinds are settled.
    """
    con = delivered(duckdb.connect(), **kinds)
    concerned = set(kinds or raw_contracts()).union(*(NEEDS.get(kind, ()) for kind in kinds))
    contracts = {kind: contract for kind, contract in raw_contracts().items() if kind in concerned}
    return con, run_quarantine_step(con, contracts, sources)


def loaded(con: duckdb.DuckDBPyConnection, kind: str, columns: str) -> list[Any]:
    """What `raw.<kind>` holds: one value per row for one column, else tuples."""
    rows = con.execute(f"select {columns} from raw.{kind} order by _row_id").fetchall()
    return [row[0] for row in rows] if "," not in columns else rows


def quarantined(con: duckdb.DuckDBPyConnection, columns: str = "kind, delivery, row, rules") -> list[Any]:
    """What `quarantine.rows` holds."""
    rows = con.execute(f"select {columns} from quarantine.rows order by kind, row_id").fetchall()
    return [row[0] for row in rows] if "," not in columns else rows


def superseded(con: duckdb.DuckDBPyConnection) -> list[Any]:
    """(kind, delivery, row) of every superseded row."""
    return left_out(con, "superseded")


def left_out(con: duckdb.DuckDBPyConnection, outcome: str) -> list[Any]:
    """(kind, delivery, row) of every row with this outcome."""
    return con.execute(
        "select kind, row_id // 1099511627776, row_id % 1099511627776 from quarantine.left_out where outcome = $1 "
        "order by all",
        [outcome],
    ).fetchall()
