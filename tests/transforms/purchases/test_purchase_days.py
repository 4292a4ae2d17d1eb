"""Purchase days, linked to the first and the next one of their customer; days with refunds only come after them."""

import datetime as dt
from typing import Any

import polars as pl

from regulars.pipelines.transforms.purchases.purchase_days import link_purchase_days
from tests.transforms.core_tables import Row, core, order, refund

AS_OF = dt.date(2026, 3, 31)


def link(*rows: Row) -> list[tuple[Any, ...]]:
    """Customer, day, first day, next day (as texts) and whether it is the first purchase, of each row in its order."""
    tables = core(*rows)
    linked = link_purchase_days(tables["orders"], tables["refunds"], tables["calendar"], as_of=AS_OF)
    days = pl.col("day_idx", "first_day", "next_day").cast(pl.Date).cast(pl.String).str.slice(5)
    return linked.select("customer_idx", days, "is_first").rows()


def test_purchase_days_come_first_also_where_a_refund_lies_before_them():
    rows = link(
        refund("ada", "2026-01-01"),
        order("ada", "2026-01-03"),
        refund("ada", "2026-01-05"),
        order("ada", "2026-01-07"),
        order("ada", "2026-01-07"),
        order("bob", "2026-01-02"),
    )
    assert rows == [
        (1, "01-03", "01-03", "01-07", True),
        (1, "01-07", "01-03", None, False),
        (1, "01-01", "01-03", None, False),
        (1, "01-05", "01-03", None, False),
        (2, "01-02", "01-02", None, True),
    ]


def test_a_customer_without_an_order_has_no_row():
    assert link(refund("ada", "2026-01-01"), order("unknown", "2026-01-02")) == []
