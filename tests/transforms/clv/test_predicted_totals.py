"""Totals of predictions by hand: orders and subscriptions, groups, money at risk, and their ranges."""

import datetime as dt
import math
from collections import defaultdict
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars.pipelines.models.comparisons.random_subsets import compare_with_drawn
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
    "owner": pl.String,
    "at_risk_because": pl.String,
    "value_at_risk_of_leaving_12m": MONEY,
    "value_at_any_risk_12m": MONEY,
}
Amount = int | None


def customer(
    number: int,
    orders: Amount,
    subscriptions: Amount,
    *,
    total: Amount = None,
    risk: str = "none",
    owner: str | None = None,
    because: str | None = None,
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """A customer's row of customer_clv and of customer_360; the total is the sum where neither is unknown.

    With a risk all of the total is at risk, and with another sign (`because`) too.

    In 36 months they bring twice as much.
    """
    if total is None and subscriptions is not None:
        total = (orders or 0) + subscriptions
    money = [None if each is None else Decimal(each) for each in (orders, subscriptions, total)]
    at_risk = Decimal(0) if risk == "none" else money[2]
    because = because or ("none" if risk == "none" else "leaving")
    either = Decimal(0) if because == "none" else money[2]
    tier = "top_10_percent" if number == 1 else "bottom_50_percent"
    lifecycle = "active" if orders else None
    return (
        (str(number), *money, *(each and each * 2 for each in money), tier, "net_sales"),
        (str(number), tier, lifecycle, "champions", risk, owner, because, at_risk, either),
    )


PEOPLE = [
    customer(1, 1000, 0),
    customer(2, 600, 120, risk="high"),
    customer(3, None, 240, because="bad_experiences"),
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
    assert row["customers_with_value_at_risk_of_leaving"] == 1  # of the other with a risk no total is predicted
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
    assert read(of(mart), "value_at_risk_of_leaving_12m") == [720, 600 / 1.25 + 80, 600 * 1.25 + 180]
    assert read(of(mart, "risk", "high"), "value_at_risk_of_leaving_12m") == [720, 600 / 1.25 + 80, 600 * 1.25 + 180]
    assert read(of(mart, "risk", "watch"), "value_at_risk_of_leaving_12m") == [None, None, None]
    assert read(of(mart, "risk", "none"), "value_at_risk_of_leaving_12m") == [0, 0, 0]


def test_money_at_risk_by_either_sign_counts_each_customer_once_and_has_a_range(mart):
    row = of(mart)
    assert read(row, "value_at_any_risk_12m") == [960, 600 / 1.25 + 360 / 1.5, 600 * 1.25 + 360 * 1.5]
    assert (row["customers_with_value_at_risk_of_leaving"], row["customers_with_value_at_any_risk"]) == (1, 2)
    by_sign = {each["scope_value"]: each for each in mart.filter(scope="at_risk_because").to_dicts()}
    assert {sign: each["value_at_any_risk_12m"] for sign, each in by_sign.items()} == {
        "bad_experiences": 240,
        "leaving": 720,
        "none": 0,
    }
    assert {sign: each["value_at_risk_of_leaving_12m"] for sign, each in by_sign.items()} == {
        "bad_experiences": 0,
        "leaving": 720,
        "none": 0,
    }


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
        "value_at_risk_of_leaving_12m",
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
    for wrong in (pl.col("predicted_total_value_12m") + 1, pl.col("value_at_risk_of_leaving_12m") / 2):
        changed = mart.with_columns(
            value_at_risk_of_leaving_12m=wrong.cast(MONEY), value_at_risk_of_leaving_12m_low=None
        )
        assert "at_risk_is_part_of_what_is_predicted" in broken_rules("predicted_totals", changed, {})


OVER_OTHERS = "at_risk_per_customer_12m_over_others"


def draw_owned(sizes: dict[str | None, int], shift: float = 0.0) -> list[Any]:
    """Customers of owners, some of them at risk; those of the first owner with `shift` more."""
    rng, people = np.random.default_rng(7), []
    for owner, size in sizes.items():
        for _ in range(size):
            amount = int(rng.gamma(2, 100) + (shift if owner == "owner_1" else 0))
            risk = "watch" if rng.random() < 0.5 else "none"
            because = (
                "bad_experiences" if risk == "none" and len(people) % 3 == 0 else None
            )  # the other sign counts too
            people.append(customer(len(people), amount, 0, risk=risk, owner=owner, because=because))
    return people


def read_drawn(amounts: np.ndarray, difference: float, size: int) -> list[float]:
    moments = np.var(amounts), stats.skew(amounts)
    found = compare_with_drawn(np.array([difference]), np.array([float(size)]), len(amounts), *map(float, moments))
    return [float(each[0]) for each in found]


def test_owners_are_compared_by_what_is_at_risk_per_customer():
    people = draw_owned({"owner_1": 60, "owner_2": 45, "owner_3": 90, "owner_4": 29, None: 300}, shift=400)
    people.append(customer(9999, None, None, risk="high", owner="owner_1"))  # no prediction: not compared
    mart, at_risk = add_up(people, TESTED), defaultdict(list)
    for _, (*_, owner, _, _, amount) in people:
        at_risk[owner] += [] if amount is None else [float(amount)]
    owners = [name for name in at_risk if name]
    tests = {}
    for name in owners:
        own, rest = at_risk[name], [each for other in owners if other != name for each in at_risk[other]]
        row = of(mart, "owner", name)
        assert row["at_risk_per_customer_12m"] == pytest.approx(np.mean(own))
        if len(own) < 30:
            assert row[OVER_OTHERS] is None
            assert row["reason"].endswith("of the owner or of all others: not compared")
            continue
        welch = stats.ttest_ind(own, rest, equal_var=False)
        drawn = read_drawn(np.r_[own, rest], np.mean(own) - np.mean(rest), len(own))
        (low, high), p = zip(welch.confidence_interval(), drawn[:2], strict=True), (welch.pvalue, drawn[2])
        low, high, tests[name] = min(low), max(high), max(p)
        assert row["at_risk_per_customer_12m_of_others"] == pytest.approx(np.mean(rest))
        assert [row[f"{OVER_OTHERS}{end}"] for end in ("", "_low", "_high", "_p_value")] == [
            pytest.approx(each) for each in (np.mean(own) - np.mean(rest), low, high, tests[name])
        ]
    adjusted = dict(zip(tests, stats.false_discovery_control(list(tests.values())), strict=True))
    flags = {name: of(mart, "owner", name)[f"is_{OVER_OTHERS}_significant"] for name in tests}
    assert flags == {name: bool(p <= 0.1) for name, p in adjusted.items()}
    assert flags["owner_1"] is True
    assert of(mart, "owner", "unassigned")[OVER_OTHERS] is None
    assert broken_rules("predicted_totals", mart, {}) == set()
    wrong = mart.with_columns(pl.col(OVER_OTHERS) + 1)
    assert broken_rules("predicted_totals", wrong, {}) == {"owners_are_compared_with_each_other"}


@pytest.mark.parametrize(("sizes", "compared"), [((30, 30), [True, True]), ((31, 29), [False, False])])
def test_either_side_needs_thirty_customers(sizes, compared):
    mart = add_up(draw_owned({"owner_1": sizes[0], "owner_2": sizes[1]}), TESTED)
    assert [of(mart, "owner", name)[OVER_OTHERS] is not None for name in ("owner_1", "owner_2")] == compared


def test_a_single_owner_is_compared_with_nobody():
    row = of(add_up(draw_owned({"owner_1": 40, None: 50}), TESTED), "owner", "owner_1")
    assert row[OVER_OTHERS] is None
    assert row["reason"].startswith("fewer than 30 customers with a prediction")


def test_an_owner_of_whose_few_customers_none_is_at_risk_may_be_so_by_chance():
    """One of twenty customers is at risk, so that of 30 in a row none is in one of five cases."""
    people = [
        customer(
            number,
            500 + 7 * (number % 40),
            0,
            risk="watch" if number >= 30 and number % 20 == 0 else "none",
            owner="owner_1" if number < 30 else f"owner_{2 + number % 5}",
        )
        for number in range(630)
    ]
    mart = add_up(people, TESTED)
    row = of(mart, "owner", "owner_1")
    assert row["customers_with_value_at_risk_of_leaving"] == 0
    assert row[f"{OVER_OTHERS}_low"] < row[OVER_OTHERS] < 0 < row[f"{OVER_OTHERS}_high"]
    assert row[f"{OVER_OTHERS}_p_value"] > 0.1
    assert row[f"is_{OVER_OTHERS}_significant"] is False
    assert broken_rules("predicted_totals", mart, {}) == set()


def test_an_owner_who_is_called_unassigned_is_among_those_without_one():
    mart = add_up(draw_owned({"owner_1": 40, "owner_2": 45, "unassigned": 50, None: 60}), TESTED)
    row = of(mart, "owner", "unassigned")
    assert (row["customers"], row[OVER_OTHERS]) == (110, None)
    assert broken_rules("predicted_totals", mart, {}) == set()


def test_owners_are_compared_in_a_currency_of_many_digits():
    people = draw_owned({"owner_1": 40, "owner_2": 45, "owner_3": 47})
    scale = 300_000_007
    large = [
        (
            (each[0][0], *(m and m * scale for m in each[0][1:7]), *each[0][7:]),
            (*each[1][:-2], *(amount * scale for amount in each[1][-2:])),
        )
        for each in people
    ]
    assert broken_rules("predicted_totals", add_up(large, TESTED), {}) == set()
