"""Small deliveries for the gate: dull defaults, and only what a test is about spelt out.

Put here: `landed.<kind>` from a few rows. Keep out: expectations of any test.
"""

from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from regulars.pipelines.contracts.contract import Contract, load_contracts
from regulars.pipelines.contracts.gate import GateResult, settle

CONTRACTS = Path(__file__).parents[2] / "data_contracts"

DEFAULTS: dict[str, dict[str, Any]] = {
    "customers": {"customer_record_id": "c1"},
    "orders": {"order_id": "o1", "ordered_at": "2026-03-01 10:00:00", "currency": "EUR", "gross_sales": "10"},
    "order_lines": {"order_id": "o1", "line_type": "sale", "quantity": "1", "unit_price": "10", "currency": "EUR"},
    "payments": {"order_id": "o1", "amount": "10", "currency": "EUR"},
    "refunds": {"refund_id": "r1", "refunded_at": "2026-03-05 10:00:00", "currency": "EUR", "amount": "3"},
    "products": {"product_id": "p1"},
    "survey_responses": {
        "response_id": "s1",
        "survey_kind": "nps",
        "score": "9",
        "scale_min": "0",
        "scale_max": "10",
        "answered_at": "2026-03-09 10:00:00",
    },
    "subscriptions": {
        "subscription_id": "u1",
        "started_at": "2026-03-01 10:00:00",
        "currency": "EUR",
        "monthly_amount": "10",
    },
    "fx_rates": {"rate_date": "2026-03-01", "currency": "USD", "rate": "0.9"},
}
"""Kind -> a row that keeps its contract."""


NEEDS = {"order_lines": {"orders"}, "payments": {"orders", "order_lines"}}
"""Kind -> the other raw tables that its contract looks at."""


@cache
def raw_contracts() -> dict[str, Contract]:
    """Kind -> its contract, as shipped."""
    return {c.name: c for c in load_contracts(CONTRACTS).values() if c.layer == "raw"}


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
        rows: dict[int, int] = {}
        for given in kinds.get(kind, []):
            row = DEFAULTS[kind] | given
            delivery, source = row.pop("delivery", 1), row.pop("source", "shop")
            rows[delivery] = rows.get(delivery, 0) + 1
            row |= {
                "_source": source,
                "_system": row.get("_system", source),
                "_delivery": delivery,
                "_file_sha256": f"file{delivery}",
                "_row": rows[delivery],
                "_row_id": delivery * 2**40 + rows[delivery],
            }
            names = ", ".join(row)
            con.execute(f"insert into landed.{kind} ({names}) values ({', '.join('?' * len(row))})", [*row.values()])
    return con


def gate(**kinds: list[dict[str, Any]]) -> tuple[Any, GateResult]:
    """Deliver the rows, settle the kinds they are of without a budget; the connection and the result.

    Without any rows all kinds are settled.
    """
    con = delivered(duckdb.connect(), **kinds)
    concerned = set(kinds or raw_contracts()).union(*(NEEDS.get(kind, ()) for kind in kinds))
    return con, settle(con, {kind: contract for kind, contract in raw_contracts().items() if kind in concerned})


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
    return con.execute(
        "select kind, row_id // 1099511627776, row_id % 1099511627776 from quarantine.superseded order by all"
    ).fetchall()
