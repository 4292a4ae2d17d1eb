"""Totals of predictions by hand: orders and subscriptions, groups, money at risk, and their ranges."""

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from regulars.pipelines.transforms.clv.totals.predicted_totals import predicted_totals
from tests.transforms.core_tables import MONEY
from tests.transforms.mart_rules import broken_rules, contract_of

AS_OF = dt.date(2026, 3, 31)
VALUES = {
    "customer_id": pl.String,
    "predicted_value_12m": MONEY,
    "predicted_subscription_revenue_12m": MONEY,
    "predicted_total_value_12m": MONEY,
    "predicted_value_36m": MONEY,
    "predicted_subscription_revenue_36m": MONEY,
    "predicted_total_value_36m": MONEY,
    "clv_tier": pl.String,
    "value_basis": pl.String,
}
GROUPS = {
    "customer_id": pl.String,
    "value_tier": pl.String,
    "lifecycle": pl.String,
    "segment": pl.String,
    "risk": pl.String,
    "revenue_at_risk_12m": MONEY,
}
Amount = int | None


def customer(
    number: int, orders: Amount, subscriptions: Amount, *, total: Amount = None, risk: str = "none"
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """A customer's row of customer_clv and of customer_360; the total is the sum where neither is unknown.

    With a risk all of the total is at risk.

    In 36 months they bring twice as much.
    """
    if total is None and subscriptions is not None:
        total = (orders or 0) + subscriptions
    money = [None if each is None else Decimal(each) for each in (orders, subscriptions, total)]
    at_risk = Decimal(0) if risk == "none" else money[2]
    tier = "top_10_percent" if number == 1 else "bottom_50_percent"
    lifecycle = "active" if orders else None
    return (
        (str(number), *money, *(each and each * 2 for each in money), tier, "net_sales"),
        (str(number), tier, lifecycle, "champions", risk, at_risk),
    )


PEOPLE = [
    customer(1, 1000, 0),
    customer(2, 600, 120, risk="high"),
    customer(3, None, 240),
    customer(4, 50, None, risk="watch"),  # the subscription cannot be predicted: no total
]
TESTED = {"all": (0.25, 0.0), "subscribers": (0.5, 0.0)}


def add_up(people: list[Any], tested: dict[str, tuple[float, float]]) -> pl.DataFrame:
    evaluation = pl.DataFrame(
        [(scope, True, *errors) for scope, errors in tested.items()],
        schema=["scope", "is_chosen", "value_total_margin_rate", "value_dispersion"],
        orient="row",
        schema_overrides={"scope": pl.String, "is_chosen": pl.Boolean},
    )
    return predicted_totals(
        pl.DataFrame([each[0] for each in people], schema=VALUES, orient="row"),
        pl.DataFrame([each[1] for each in people], schema=GROUPS, orient="row"),
        evaluation,
        as_of=AS_OF,
    )


@pytest.fixture(scope="module")
def mart() -> pl.DataFrame:
    return add_up(PEOPLE, TESTED)


def of(mart: pl.DataFrame, scope: str = "all", value: str = "all") -> dict[str, Any]:
    return mart.row(by_predicate=(pl.col("scope") == scope) & (pl.col("scope_value") == value), named=True)


def read(row: dict[str, Any], name: str) -> list[float | None]:
    return [None if row[each] is None else float(row[each]) for each in (name, f"{name}_low", f"{name}_high")]


def test_orders_and_subscriptions_have_the_ranges_of_their_own_tests(mart):
    row = of(mart)
    assert read(row, "predicted_value_12m") == [1650, 1320, 2062.5]
    assert read(row, "predicted_subscription_revenue_12m") == [360, 240, 540]


def test_the_total_is_of_who_has_one_and_its_ends_are_added(mart):
    row = of(mart)
    assert (row["customers"], row["customers_predicted"], row["is_complete"]) == (4, 3, False)
    assert row["customers_at_risk"] == 1  # of the other with a risk no total is predicted
    assert read(row, "predicted_total_value_12m") == [1960, 1600 / 1.25 + 240, 1600 * 1.25 + 540]
    assert row["reason"] == "1 customers have no prediction and are not in the totals"
    assert row["interval_nominal_coverage"] == 0.8


def test_three_years_are_less_certain_than_one(mart):
    row, margin = of(mart), 0.25 * math.sqrt(3)
    assert read(row, "predicted_value_36m") == [
        3300,
        pytest.approx(3300 / (1 + margin)),
        pytest.approx(3300 * (1 + margin)),
    ]
    low, high = 3200 / (1 + margin) + 720 / (1 + 2 * margin), 3200 * (1 + margin) + 720 * (1 + 2 * margin)
    assert read(row, "predicted_total_value_36m") == [3920, pytest.approx(low), pytest.approx(high)]


def test_money_at_risk_has_a_range_of_what_it_is_made_of(mart):
    assert read(of(mart), "revenue_at_risk_12m") == [720, 600 / 1.25 + 80, 600 * 1.25 + 180]
    assert read(of(mart, "risk", "high"), "revenue_at_risk_12m") == [720, 600 / 1.25 + 80, 600 * 1.25 + 180]
    assert read(of(mart, "risk", "watch"), "revenue_at_risk_12m") == [None, None, None]
    assert read(of(mart, "risk", "none"), "revenue_at_risk_12m") == [0, 0, 0]


def test_every_scope_holds_everybody(mart):
    assert of(mart, "clv_tier", "top_10_percent")["predicted_total_value_12m"] == 1000
    assert of(mart, "lifecycle", "unknown")["customers"] == 1
    for _, rows in mart.group_by("scope"):
        assert (rows["customers"].sum(), rows["predicted_total_value_12m"].sum()) == (4, 1960)


def test_what_was_not_tested_has_no_range_and_says_so():
    mart = add_up(PEOPLE, {"all": (0.25, 0.0)})
    row = of(mart)
    assert read(row, "predicted_value_12m") == [1650, 1320, 2062.5]
    assert read(row, "predicted_total_value_12m") == [1960, None, None]
    assert row["interval_nominal_coverage"] is None
    assert row["reason"].endswith("no interval: predicted subscriptions could not be tested")
    first = of(mart, "value_tier", "top_10_percent")  # who has no subscription needs no test of them
    assert read(first, "predicted_total_value_12m") == [1000, 800, 1250]
    assert first["reason"] is None


def test_a_company_of_which_nothing_is_known_has_no_totals():
    row = of(add_up([customer(1, None, None, risk="high")], {}))
    for name in (
        "predicted_value_12m",
        "predicted_total_value_12m",
        "predicted_total_value_36m",
        "revenue_at_risk_12m",
    ):
        assert read(row, name) == [None, None, None]
    assert add_up([], {}).is_empty()


def test_what_is_read_is_what_the_tables_publish():
    for table, read in (("customer_clv", VALUES), ("customer_360", GROUPS)):
        published = dict(contract_of(table).types)
        assert read.keys() <= published.keys()
        assert all((kind == MONEY) == (published[name] == "DECIMAL(18,4)") for name, kind in read.items())


def test_the_mart_keeps_its_contract(mart):
    assert broken_rules("predicted_totals", mart, {}) == set()
    for wrong in (pl.col("predicted_total_value_12m") + 1, pl.col("revenue_at_risk_12m") / 2):
        changed = mart.with_columns(revenue_at_risk_12m=wrong.cast(MONEY), revenue_at_risk_12m_low=None)
        assert "at_risk_is_part_of_what_is_predicted" in broken_rules("predicted_totals", changed, {})
