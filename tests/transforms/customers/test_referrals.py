"""The mart `referrals`: a customer's value with that of the customers whom they brought."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.referrals import referrals
from tests.transforms.mart_rules import broken_rules

AS_OF = dt.date(2026, 3, 31)
SCHEMA = {
    "customer_id": pl.String,
    "is_unknown": pl.Boolean,
    "lifecycle": pl.String,
    "referred_by_customer_id": pl.String,
    "first_order_date": pl.Date,
    "net_sales_to_date": MONEY,
    "nps_group": pl.String,
}


def customer(
    name: str, by: str | None = None, sales: int = 0, first: str | None = "2025-01-01", **more: Any
) -> dict[str, Any]:
    return {
        "customer_id": name,
        "is_unknown": False,
        "lifecycle": "active" if first else "prospect",
        "referred_by_customer_id": by,
        "first_order_date": dt.date.fromisoformat(first) if first else None,
        "net_sales_to_date": Decimal(sales),
        "nps_group": "never_answered",
    } | more


def make_mart(*people: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The mart, and `core.customers`; who refers to itself does so in core alone."""
    core = pl.DataFrame(people, schema=SCHEMA).select(
        "customer_id",
        "is_unknown",
        is_own_referrer=pl.col("referred_by_customer_id").eq_missing(pl.col("customer_id")),
        referred_by_customer_id=pl.when(pl.col("referred_by_customer_id") != pl.col("customer_id")).then(
            "referred_by_customer_id"
        ),
    )
    cleaned = pl.DataFrame(people, schema=SCHEMA).with_columns(core["referred_by_customer_id"])
    return referrals(core.lazy(), cleaned.lazy(), as_of=AS_OF), core


def rows_of(*people: dict[str, Any]) -> dict[str, dict[str, Any]]:
    mart, core = make_mart(*people)
    assert not broken_rules("referrals", mart, {"customers": core})
    return {row["customer_id"]: row for row in mart.iter_rows(named=True)}


def test_a_referrer_is_worth_what_those_they_brought_are_worth_too():
    rows = rows_of(
        customer("ada", sales=100, nps_group="promoter"),
        customer("bob", "ada", 30),
        customer("cleo", "ada", 20),
        customer("dan", "bob", 7),
        customer("eve", "dan", 1),
        customer("lead", "ada", first=None),
    )
    ada, bob = rows["ada"], rows["bob"]
    assert (ada["brought_customers"], ada["brought_net_sales"], ada["net_sales_with_brought"]) == (2, 50, 150)
    assert (ada["second_generation_customers"], ada["second_generation_net_sales"], ada["chain_depth"]) == (1, 7, 3)
    assert (ada["brought_prospects"], ada["is_brought"], ada["nps_group"]) == (1, False, "promoter")
    assert (bob["net_sales_with_brought"], bob["chain_depth"], bob["is_brought"]) == (37, 2, True)
    assert sum(row["net_sales_counted_once"] for row in rows.values()) == 100 + 30 + 20 + 7 + 1
    assert "cleo" not in rows


def test_what_makes_no_sense_is_counted_apart_with_a_reason():
    rows = rows_of(
        customer("self", "self", 5),
        customer("one", "three"),
        customer("two", "one"),
        customer("three", "two"),
        customer("brought by one", "one", 9),
        customer("young", first="2025-06-01"),
        customer("older", "young", 4, "2025-05-31"),
        customer("of the day", "young", 3, "2025-06-01"),
    )
    assert {name: row["reason"] for name, row in rows.items()} == {
        "self": "referrals left out: 1 of the customer to itself",
        "one": "referrals left out: 1 in a circle of customers who brought each other",
        "two": "referrals left out: 1 in a circle of customers who brought each other",
        "three": "referrals left out: 1 in a circle of customers who brought each other",
        "young": "referrals left out: 1 of customers who ordered before the referrer did",
    }
    assert (rows["one"]["brought_net_sales"], rows["one"]["chain_depth"]) == (9, 1)
    assert (rows["young"]["brought_customers"], rows["young"]["brought_net_sales"]) == (1, 3)
    assert rows["self"]["net_sales_counted_once"] == 5


def test_without_referrals_there_is_no_row():
    assert rows_of(customer("ada"), customer("bob")) == {}
    assert rows_of() == {}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(-5, 50)), max_size=12))
@settings(max_examples=40, deadline=None)
def test_sums_are_those_of_a_walk_over_all_chains(drawn):
    people = [
        customer(f"c{n}", f"c{by}" if by < len(drawn) else None, sales, f"2025-01-0{day}" if day else None)
        for n, (by, day, sales) in enumerate(drawn)
    ]
    named = {each["customer_id"]: each for each in people}

    def leads_back(name: str) -> bool:
        at = named[name]["referred_by_customer_id"]
        for _ in people:
            if at is None or at == name:
                return at == name
            up = named[at]["referred_by_customer_id"]
            at = None if up == at else up
        return False

    def is_late(each: dict[str, Any]) -> bool:
        days = each["first_order_date"], named[each["referred_by_customer_id"]]["first_order_date"]
        return None not in days and days[0] < days[1]

    brought: dict[str, list[str]] = {name: [] for name in named}
    for each in people:
        by = each["referred_by_customer_id"]
        if by and each["lifecycle"] == "active" and not leads_back(each["customer_id"]) and not is_late(each):
            brought[by].append(each["customer_id"])

    def depth(name: str) -> int:
        return max((1 + depth(other) for other in brought[name]), default=0)

    mart, _ = make_mart(*people)
    for row in mart.iter_rows(named=True):
        name = row["customer_id"]
        second = [grandchild for child in brought[name] for grandchild in brought[child]]
        assert row["brought_customers"] == len(brought[name])
        assert row["brought_net_sales"] == sum(named[child]["net_sales_to_date"] for child in brought[name])
        assert row["second_generation_net_sales"] == sum(named[each]["net_sales_to_date"] for each in second)
        assert row["chain_depth"] == depth(name)
    everybody = {*mart["customer_id"]} | {child for name in mart["customer_id"] for child in brought[name]}
    assert mart["net_sales_counted_once"].sum() == sum(named[name]["net_sales_to_date"] for name in everybody)
