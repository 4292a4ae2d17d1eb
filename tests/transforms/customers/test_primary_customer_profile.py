"""The mart `primary_customer_profile`: what the most valuable customers have more often than the others."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.models.comparisons.skewed_means import Group, Shape
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.primary_customer_profile import ATTRIBUTES, primary_customer_profile
from regulars.pipelines.transforms.customers.profile_values import DIFFERENCE, IS_SIGNIFICANT
from tests.transforms.mart_rules import broken_rules

AS_OF = dt.date(2026, 3, 31)
DIMENSIONS = {
    "customer_idx": pl.Int32,
    "first_order_date": pl.Date,
    **{name: pl.String for name in ATTRIBUTES if name != "region"},
    "as_of": pl.Date,
}
CLV = {"customer_idx": pl.Int32, "customer_id": pl.String, "avg_annual_value_total": MONEY}
ORDERS = {
    "customer_idx": pl.Int32,
    "is_first_order": pl.Boolean,
    "is_countable": pl.Boolean,
    "country": pl.String,
    "region": pl.String,
}


@dataclass(frozen=True)
class Target:
    wanted: Mapping[str, Sequence[str]] = field(default_factory=dict)


def customer(value: float, first: str = "2024-05-01", *, ordered_from: str | None = None, **attributes: str) -> Any:
    return {"value": value, "first": dt.date.fromisoformat(first), "ordered_from": ordered_from} | attributes


def mart_of(people: Sequence[Mapping[str, Any]], **wanted: Sequence[str]) -> pl.DataFrame:
    """The mart of these customers, in the order of their `customer_idx`, which keeps its contract."""
    mart, split = make_mart(people, **wanted)
    assert not broken_rules("primary_customer_profile", mart, {"marts.customer_dimensions": split})
    return mart


def make_mart(people: Sequence[Mapping[str, Any]], **wanted: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    numbered = list(enumerate(people, 1))
    dimensions = [
        {"customer_idx": number, "first_order_date": each["first"], "as_of": AS_OF}
        | {name: each.get(name) for name in ATTRIBUTES if name != "region"}
        for number, each in numbered
    ]
    clv = [
        {"customer_idx": number, "customer_id": f"c{number:05}", "avg_annual_value_total": Decimal(str(each["value"]))}
        for number, each in numbered
    ]
    orders = [
        {"customer_idx": number, "is_first_order": True, "is_countable": True, "country": each["ordered_from"]}
        for number, each in numbered
    ]
    regions = [{"customer_idx": number, "region": each.get("region")} for number, each in numbered]
    split = pl.DataFrame(dimensions, schema=DIMENSIONS)
    mart = primary_customer_profile(
        pl.DataFrame(orders, schema=ORDERS).lazy(),
        pl.DataFrame(regions, schema={"customer_idx": pl.Int32, "region": pl.String}).lazy(),
        split.lazy(),
        pl.DataFrame(clv, schema=CLV).lazy(),
        as_of=AS_OF,
        target_customer=Target(wanted),
    )
    return mart, split


def row_of(mart: pl.DataFrame, attribute: str, value: str) -> dict[str, Any]:
    return mart.row(by_predicate=(pl.col("attribute") == attribute) & (pl.col("attribute_value") == value), named=True)


def worked_example() -> list[Any]:
    """1,000 customers of one year: 60 offices among the 200 most valuable, 120 among the other 800."""
    top = [customer(1000 - n, customer_type="office" if n < 60 else "home") for n in range(200)]
    return top + [customer(700 - n / 2, customer_type="office" if n < 120 else "home") for n in range(800)]


@pytest.fixture(scope="module")
def worked() -> pl.DataFrame:
    return mart_of(worked_example(), customer_type=["office"], country=["DE"])


def test_a_value_whose_interval_alone_leaves_out_1_says_that_of_many_values_some_do():
    def region(number: int, regions: int) -> str:
        return "north" if number < regions else f"r{number % 7}"

    top = [customer(1000 - n, region=region(n, 10)) for n in range(40)]
    mart = mart_of([*top, *(customer(700 - n, region=region(n, 18)) for n in range(160))])
    north, other = row_of(mart, "region", "north"), row_of(mart, "region", "r0")
    assert (north["lift_low"] > 1, north["stands_out"], north["compared_values"]) == (True, False, 8)
    assert north["description"].endswith(
        "which may be chance: the interval alone leaves out 1, but of 8 values compared some do so by chance."
    )
    assert other["lift_low"] < 1 < other["lift_high"]
    assert other["description"].endswith("which may be chance.")


def test_a_value_whose_interval_leaves_out_1_and_whose_test_finds_nothing_says_so():
    top = [customer(1000 - n, region="north" if n < 7 else "south") for n in range(20)]
    mart = mart_of([*top, *(customer(700 - n, region="north" if n < 13 else "south") for n in range(80))])
    north = row_of(mart, "region", "north")
    assert (round(north["lift_low"], 2), round(north["p_value"], 3), north["stands_out"]) == (1.03, 0.114, False)
    assert north["description"].endswith(
        "which may be chance: the interval leaves out 1, but the exact test does not (p = 0.11)."
    )


def test_the_worked_example(worked):
    row = row_of(worked, "customer_type", "office")
    counts = [
        row[name] for name in ("top_customers", "top_customers_known", "other_customers", "other_customers_known")
    ]
    assert counts == [60, 200, 120, 800]
    assert (round(row["lift"], 2), round(row["lift_low"], 2), round(row["lift_high"], 2)) == (2.0, 1.53, 2.62)
    assert (row["stands_out"], row["reason"]) == (True, None)
    brought = sum(1000 - n for n in range(60)) + sum(Decimal(1400 - n) / 2 for n in range(120))
    everybody = sum(1000 - n for n in range(200)) + sum(Decimal(1400 - n) / 2 for n in range(800))
    assert (row["annual_value"], row["annual_value_share"]) == (brought, pytest.approx(float(brought / everybody)))
    assert row["description"] == (
        f"18.0% of the customers have the customer type office; they bring {row['annual_value_share']:.1%} of the "
        "value per year. Among the most valuable they are 2.00 times as frequent as among the others (95 % interval "
        "1.53 to 2.62): clearly more often. The target customer has this value, and those who have it are worth more."
    )


def test_what_customers_with_a_value_are_worth_more_is_compared_with_all_others_whose_value_is_known():
    rng = np.random.default_rng(3)
    values = {
        "discounted": rng.lognormal(4, 1, 45).round(4),
        "full price": rng.lognormal(5, 1, 90).round(4),
        None: rng.lognormal(6, 1, 20).round(4),
    }
    people = [customer(float(each), first_discount=name) for name, worths in values.items() for each in worths]
    mart = mart_of(people, first_discount=["discounted"])
    everybody = np.concatenate(list(values.values()))
    sides = {name: Group(*np.array([[each.mean()], [each.var(ddof=1)], [len(each)]])) for name, each in values.items()}
    row = row_of(mart, "first_discount", "discounted")
    expected = Shape(everybody).compare(sides["discounted"], sides["full price"])
    assert [row[name] for name in DIFFERENCE] == pytest.approx([each[0] for each in expected])
    assert (row["annual_value_over_others_high"] < 0, row[IS_SIGNIFICANT]) == (True, True)
    full, unknown = row_of(mart, "first_discount", "full price"), row_of(mart, "first_discount", "unknown")
    assert full[DIFFERENCE[0]] == pytest.approx(-row[DIFFERENCE[0]])
    assert [unknown[name] for name in (*DIFFERENCE, IS_SIGNIFICANT)] == [None] * 5
    of_all = row_of(mart, "target_customer", "matches")[DIFFERENCE[0]]
    assert of_all == pytest.approx(values["discounted"].mean() - everybody[45:].mean())


@pytest.mark.parametrize(("few", "many"), [(29, 80), (80, 29)])
def test_a_value_of_fewer_than_thirty_customers_or_of_nearly_all_is_not_compared_in_money(few, many):
    people = [customer(9 + n % 5, first_discount="discounted" if n < few else "full price") for n in range(few + many)]
    assert row_of(mart_of(people), "first_discount", "discounted")[DIFFERENCE[0]] is None


def test_the_target_customer_has_all_that_is_asked_for(worked):
    assert row_of(worked, "target_customer", "matches")["profiled_customers"] == 0  # nobody's country is known
    assert row_of(worked, "country", "DE")["description"] == (
        "No customer has the country DE, which the target customer has."
    )
    alone = row_of(mart_of(worked_example(), customer_type=["office"]), "target_customer", "matches")
    assert (alone["profiled_customers"], alone["top_share"], alone["is_target"]) == (180, 0.3, True)
    assert alone["description"].startswith(
        "18.0% of the customers match the target customer (customer type); they bring"
    )


def test_without_a_setting_there_is_no_target():
    mart = mart_of(worked_example()[:50])
    assert mart["is_target"].to_list() == [None] * mart.height
    assert "target_customer" not in mart["attribute"].to_list()


def test_old_customers_do_not_win_by_their_age():
    # each year has its own fifth, however little its customers bring
    old = [customer(900 + n, "2020-02-01", country="FI") for n in range(50)]
    young = [customer(10 + n, "2024-02-01", country="SE") for n in range(50)]
    mart = mart_of(old + young)
    assert [row_of(mart, "country", value)["top_customers"] for value in ("FI", "SE")] == [10, 10]


def test_customers_of_less_than_a_year_are_left_out():
    people = [customer(5, "2025-03-31", country="FI"), customer(5, "2025-04-01", country="FI")]
    assert row_of(mart_of(people), "country", "FI")["profiled_customers"] == 1
    assert mart_of(people[1:]).is_empty()


def test_the_country_is_that_of_the_first_order():
    mart = mart_of([customer(5, country="SE", ordered_from="FI"), customer(5, country="SE")])
    assert {row["attribute_value"] for row in mart.filter(attribute="country").to_dicts()} == {"FI", "SE"}


@pytest.mark.parametrize(
    ("value", "others", "reason"), [("few", 15, "too few customers: 19, of whom 15"), ("enough", 16, None)]
)
def test_a_value_of_few_customers_is_counted_and_not_compared(value, others, reason):
    top = [customer(1000, country=value) for _ in range(4)] + [customer(900, country="SE") for _ in range(36)]
    rest = [customer(1, country=value) for _ in range(others)] + [
        customer(1, country="SE") for _ in range(160 - others)
    ]
    row = row_of(mart_of(top + rest), "country", value)
    assert (row["lift"] is None) == (reason is not None)
    assert reason is None or row["reason"].startswith(reason)


def test_who_has_no_value_is_counted_and_in_no_comparison():
    people = worked_example() + [customer(2000) for _ in range(100)]
    row = row_of(mart_of(people), "customer_type", "unknown")
    assert (row["profiled_customers"], row["lift"]) == (100, None)
    assert row["reason"] == "customers whose attribute is not known are not compared"
    assert row_of(mart_of(people), "customer_type", "home")["top_customers_known"] == 220 - 100


def test_a_wanted_value_of_few_customers_has_a_row_of_its_own():
    people = [customer(n, region=f"r{n % 25:02}") for n in range(250)] + [customer(1, region="tiny")]
    mart = mart_of(people, region=["tiny"])
    assert row_of(mart, "region", "tiny")["profiled_customers"] == 1
    assert mart.filter(attribute="region")["profiled_customers"].sum() == 251


def test_where_value_has_nothing_to_do_with_attributes_few_runs_raise_a_false_alarm():
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(40):
        drawn = {name: rng.integers(0, 8, 400) for name in ("country", "customer_type", "first_category")}
        values = np.round(rng.gamma(1.0, 100, 400), 2)
        people = [customer(values[n], **{name: f"v{drawn[name][n]}" for name in drawn}) for n in range(400)]
        alarms += bool(make_mart(people)[0]["stands_out"].any())
    assert alarms <= 8  # 10 % are expected at most; 8 or fewer of 40 in 96 of 100 draws
