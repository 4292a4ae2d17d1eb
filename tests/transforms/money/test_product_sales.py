"""The mart `product_sales`: what is sold where and what comes back, by month."""

import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal

import polars as pl
import pytest

from regulars.pipelines.transforms.money.product_sales import product_sales
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules
from tests.transforms.products.product_tables import Row, item, product_tables, sale

AS_OF = dt.date(2026, 3, 30)
READS = ("order_lines", "orders", "refund_lines", "refunds", "products", "stores", "calendar")


def mart(*sales: Row, engine: str = "polars", as_of: dt.date = AS_OF, **tables) -> pl.DataFrame:
    made = product_tables(*sales, **tables)
    with ENGINES[engine]({name: made[name] for name in READS}) as frames:
        found = product_sales(**frames, as_of=as_of)
    assert broken_rules("product_sales", found, made) == set()
    return found


def sold(frame: pl.DataFrame, *keys: str) -> dict[tuple, Decimal]:
    return {tuple(row[key] for key in keys): row["product_sales"] for row in frame.iter_rows(named=True)}


@pytest.mark.parametrize("engine", ENGINES)
def test_lines_of_a_product_add_up_by_month(engine):
    found = mart(
        sale("2026-01-05", item("bar", "10"), item("box", "30")),
        sale("2026-01-31", item("bar", "5", discounts=Decimal(1))),
        sale("2026-02-01", item("bar", "7")),
        engine=engine,
    )
    assert sold(found, "month", "product_id") == {
        (dt.date(2026, 1, 1), "bar"): 14,
        (dt.date(2026, 1, 1), "box"): 30,
        (dt.date(2026, 2, 1), "bar"): 7,
    }
    assert found["sold_lines"].to_list() == [2, 1, 1]


@pytest.mark.parametrize("engine", ENGINES)
def test_orders_without_lines_and_lines_without_a_product_are_of_the_unknown_product(engine):
    found = mart(
        sale("2026-01-05", gross_sales=Decimal(40), discounts=Decimal(3)),
        sale("2026-01-06", item(None, "8")),
        sale("2026-01-07", item("bar", "10"), gross_sales=Decimal(12)),
        engine=engine,
    )
    assert sold(found, "product_id") == {("bar",): 10, ("unknown",): 47}
    named = ("product_id", "product_name", "category")
    assert {row for row in sold(found, *named) if row[0] == "unknown"} == {("unknown", "unknown", "unknown")}
    assert found.row(1, named=True)["gross_sales_beyond_lines"] == 42


def test_a_store_s_own_region_goes_before_the_order_s():
    found = mart(
        sale("2026-01-05", item("bar", "1"), store_id="S1", region="Nord"),
        sale("2026-01-05", item("bar", "2"), store_id="S2", region="Nord"),
        sale("2026-01-05", item("bar", "4"), region="West"),
        sale("2026-01-05", item("bar", "8")),
        sale("2026-01-05", item("bar", "16"), store_id="closed", region="West"),
        stores=[{"store_id": "S1", "region": "Ost"}, {"store_id": "S2"}],
    )
    assert sold(found, "store_id", "region") == {
        ("S1", "Ost"): 1,
        ("S2", "Nord"): 2,
        ("unknown", "West"): 4,
        ("unknown", "unknown"): 8,
        ("closed", "West"): 16,  # a store that nobody delivered is not unknown: the order names it
    }


def test_the_margin_is_of_lines_whose_cost_is_known():
    found = mart(
        sale(
            "2026-01-05",
            item("bar", "10", cost="4"),
            item("bar", "30"),
            item("box", "5"),
            item("zero", "0", cost="0"),
            store_id="S1",
            region="Ost",
        )
    )
    rows = {row["product_id"]: row for row in found.iter_rows(named=True)}
    assert (rows["bar"]["sales_with_cost"], rows["bar"]["contribution_margin"]) == (10, 6)
    assert rows["bar"]["contribution_margin_rate"] == pytest.approx(0.6)
    assert (rows["bar"]["sold_lines"], rows["bar"]["lines_with_cost"]) == (2, 1)
    assert rows["bar"]["reason"] == "no refund of an order is known"
    assert (rows["box"]["contribution_margin_rate"], rows["box"]["reason"]) == (
        None,
        "no cost of the sold products is known; no refund of an order is known",
    )
    assert rows["zero"]["contribution_margin_rate"] is None


def test_what_is_unknown_of_a_row_says_why():
    found = mart(sale("2026-01-05", item("bar", "10", cost="4"), item(None, "1", cost="1")))
    nowhere = (
        "the orders name no store; neither a store nor an address names the region; no refund of an order is known"
    )
    assert found["reason"].to_list() == [nowhere, f"no line names the product; {nowhere}"]


def test_orders_that_do_not_count_or_come_later_are_left_out():
    found = mart(
        sale("2026-03-30", item("bar", "1")),
        sale("2026-03-31", item("bar", "2")),
        sale("2026-03-01", item("bar", "4"), countable=False),
    )
    assert sold(found, "product_id") == {("bar",): 1}
    assert found["is_complete"].to_list() == [False]


def test_an_order_without_lines_counts_up_to_as_of():
    found = mart(sale("2026-03-30", gross_sales=Decimal(5)), sale("2026-03-31", gross_sales=Decimal(7)))
    assert sold(found, "product_id") == {("unknown",): 5}


def test_without_orders_the_table_is_empty():
    assert mart().is_empty()


def test_drawn_orders_tie_out_by_product_store_and_month():
    rng = random.Random(3)
    sales = []
    for _ in range(300):
        items = [
            item(rng.choice(["bar", "box", None]), str(rng.randint(1, 90)), discounts=Decimal(rng.randint(0, 1)))
            for _ in range(rng.randint(0, 3))
        ]
        own = {"gross_sales": Decimal(rng.randint(5, 99))} if rng.random() < 0.3 else {}
        day = dt.date(2025, 1, 1) + dt.timedelta(days=rng.randint(0, 400))
        sales.append(sale(day, *items, store_id=rng.choice(["S1", None]), **own))
    found = mart(*sales)
    expected: dict[tuple, Decimal] = defaultdict(Decimal)
    for each in sales:
        key = (each["order_date"].replace(day=1), each["store_id"] or "unknown")
        for line in each["items"]:
            expected[(*key, line["product_id"] or "unknown")] += line["gross_sales"] - line["discounts"]
        beyond = each["gross_sales"] - sum(line["gross_sales"] for line in each["items"])
        expected[(*key, "unknown")] += beyond
    got = sold(found, "month", "store_id", "product_id")
    assert got == {key: expected[key] for key in got}
    assert all(value == 0 for key, value in expected.items() if key not in got)
    assert found["product_sales"].sum() == sum(each["gross_sales"] - each["discounts"] for each in sales)
