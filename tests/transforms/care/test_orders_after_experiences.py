"""The mart `orders_after_experiences`: a planted effect of one kind of experience is found, and none elsewhere."""

import datetime as dt
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.transforms.care import orders_after_experiences as module
from regulars.pipelines.transforms.care.orders_after_experiences import COLUMNS, orders_after_experiences
from tests.transforms import subscription_tables
from tests.transforms.core_tables import CALENDAR, ENGINES
from tests.transforms.mart_rules import broken_rules

FIRST_DAY, AS_OF = dt.date(2022, 1, 1), dt.date(2025, 6, 30)
SPAN = (AS_OF - FIRST_DAY).days
SIGNS = ["complaint", "late_delivery", "refund"]
EXPERIENCES = {"customer_idx": pl.Int32, "experienced_on": pl.Date, **{f"has_{sign}": pl.Boolean for sign in SIGNS}}
RATES = ("outcome_rate", "expected_outcome_rate", "outcome_ratio", "outcome_ratio_low", "outcome_ratio_high")


def simulate_company(customers: int, leaves_after_late: float) -> dict[str, pl.DataFrame]:
    """Customers who order every 60 days or so, a tenth of orders each late and refunded; half of the late complain.

    After any order one of twenty leaves for good, and of late ones so many more.
    """
    rng = np.random.default_rng(5)
    orders, bad = [], []
    for customer in range(1, customers + 1):
        day = rng.uniform(0, SPAN)
        while day <= SPAN:
            on = FIRST_DAY + dt.timedelta(days=int(day))
            orders.append((customer, on, True))
            is_late, is_refunded = rng.random(2) < 0.1
            if is_late or is_refunded:
                bad.append((customer, on, bool(is_late and rng.random() < 0.5), bool(is_late), bool(is_refunded)))
            if rng.random() < 0.05 + leaves_after_late * is_late:
                break
            day += rng.exponential(60)
    columns = {"customer_idx": pl.Int32, "order_date": pl.Date, "is_countable": pl.Boolean}
    return {
        "orders": pl.DataFrame(orders, schema=columns, orient="row"),
        "bad_experiences": pl.DataFrame(bad, schema=EXPERIENCES, orient="row"),
        "subscriptions": subscription_tables.table(),
        "calendar": CALENDAR,
    }


def build(tables: dict[str, pl.DataFrame], engine: str = "polars") -> pl.DataFrame:
    risk = ServiceRisk(signs=SIGNS)
    with ENGINES[engine](tables) as lazy:
        return orders_after_experiences(**lazy, as_of=AS_OF, lapse_days=365, service_risk=risk)


def of(mart: pl.DataFrame, sign: str, outcome: str) -> dict[str, Any]:
    return mart.row(by_predicate=(pl.col("sign") == sign) & (pl.col("outcome") == outcome), named=True)


@pytest.fixture(scope="module")
def company() -> dict[str, pl.DataFrame]:
    return simulate_company(3000, leaves_after_late=0.4)


@pytest.fixture(scope="module")
def mart(company: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return build(company)


def test_who_got_a_late_delivery_orders_again_less_often_and_who_got_money_back_does_not(mart):
    late, refunded = (of(mart, sign, "ordered_again") for sign in ("late_delivery", "refund"))
    assert late["outcome_ratio_high"] < 0.8
    assert late["outcome_rate"] < late["expected_outcome_rate"] - 0.15
    assert of(mart, "complaint", "ordered_again")["outcome_ratio_high"] < 0.85  # complaints are about late ones
    assert refunded["outcome_ratio_high"] > 0.9
    assert of(mart, "late_delivery", "lapsed")["outcome_ratio_low"] > 1.3
    assert (late["outcome_days"], of(mart, "late_delivery", "lapsed")["outcome_days"]) == (90, 365)


def test_a_late_delivery_and_a_complaint_about_another_order_are_no_experience_of_both():
    # each customer is late in one order and complains about another one of the same month
    days = [FIRST_DAY + dt.timedelta(days=30 * each) for each in range(42)]
    customers = range(1, 200)
    bad = [
        (customer, day, *(flag == sign for sign in SIGNS))
        for customer in customers
        for day in days
        for flag in ("late_delivery", "complaint")
    ]
    tables = {
        "orders": pl.DataFrame(
            [(customer, day, True) for customer in customers for day in days],
            schema={"customer_idx": pl.Int32, "order_date": pl.Date, "is_countable": pl.Boolean},
            orient="row",
        ),
        "bad_experiences": pl.DataFrame(bad, schema=EXPERIENCES, orient="row"),
        "subscriptions": subscription_tables.table(),
        "calendar": CALENDAR,
    }
    mart = build(tables)
    assert of(mart, "late_delivery", "lapsed")["observed_customer_months"] > 0
    assert of(mart, "late_and_complaint", "lapsed")["observed_customer_months"] == 0


def test_where_complaints_do_not_count_there_is_no_row_of_both(company):
    risk = ServiceRisk(signs=["late_delivery", "refund"])
    with ENGINES["polars"](company) as lazy:
        found = orders_after_experiences(**lazy, as_of=AS_OF, lapse_days=365, service_risk=risk)
    assert found["sign"].unique(maintain_order=True).to_list() == ["any", "late_delivery", "refund"]


def test_without_an_effect_intervals_hold_one():
    mart = build(simulate_company(3000, leaves_after_late=0.0))
    rows = mart.filter("is_complete")
    assert rows.height == 10
    assert rows.filter((pl.col("outcome_ratio_low") > 1) | (pl.col("outcome_ratio_high") < 1)).height <= 1


@pytest.mark.parametrize(("outcome", "days"), [("ordered_again", 90), ("lapsed", 365)])
def test_rates_are_those_of_somebody_who_looks_at_each_month(company, mart, outcome, days):
    seen = look_naively(company, mart, outcome, days)
    unexposed = defaultdict(list)
    for _, signs, cell, has in seen:
        if not signs:
            unexposed[cell].append(has)
    assert mart["sign"].unique(maintain_order=True).to_list() == ["any", *SIGNS, "late_and_complaint"]
    for sign in ("any", *SIGNS, "late_and_complaint"):
        rows = [row for row in seen if row[1] and (sign == "any" or sign in row[1])]
        kept = [row for row in rows if len(unexposed[row[2]]) >= 20]
        found = of(mart, sign, outcome)
        assert found["observed_customer_months"] == len(rows)
        assert found["compared_customer_months"] == len(kept)
        assert found["compared_customers"] == len({row[0] for row in kept})
        assert found["outcome_rate"] == pytest.approx(np.mean([row[3] for row in kept]))
        usual = [np.mean(unexposed[row[2]]) for row in kept]
        assert found["expected_outcome_rate"] == pytest.approx(np.mean(usual))
        assert found["outcome_ratio"] == pytest.approx(found["outcome_rate"] / found["expected_outcome_rate"])


def look_naively(
    tables: dict[str, pl.DataFrame], mart: pl.DataFrame, outcome: str, days: int
) -> list[tuple[int, set[str], Any, bool]]:
    """Customer, signs of the month (empty: nothing bad in the year), who is alike, and whether the outcome came."""
    bought, suffered = defaultdict(set), defaultdict(list)
    for customer, on, _ in tables["orders"].rows():
        bought[customer].add(on)
    for row in tables["bad_experiences"].to_dicts():
        signs = {sign for sign in SIGNS if row[f"has_{sign}"]}
        both = {"late_and_complaint"} if {"late_delivery", "complaint"} <= signs else set()
        suffered[row["customer_idx"]].append((row["experienced_on"], signs | both))
    first, last = (of(mart, "any", outcome)[f"{end}_landmark"] for end in ("first", "last"))
    ends = [dt.date(n // 12, n % 12 + 1, 1) - dt.timedelta(days=1) for n in range(2022 * 12, 2026 * 12)]
    year, found = dt.timedelta(days=365), []
    for customer, all_days in bought.items():
        for end in (end for end in ends if first <= end <= last):
            before = [day for day in all_days if end - year < day <= end]
            if not before:
                continue
            month = [signs for on, signs in suffered[customer] if (on.year, on.month) == (end.year, end.month)]
            is_bad = any(end - year < on <= end for on, _ in suffered[customer])
            if is_bad and not month:
                continue
            since = (end - max(before)).days
            cell = (min(len(before), 12), sum(since > limit for limit in (30, 60, 120, 240)), (end.month - 1) // 3)
            has_ordered = any(end < day <= end + dt.timedelta(days=days) for day in all_days)
            found.append((customer, set().union(*month), cell, has_ordered == (outcome == "ordered_again")))
    return found


def test_landmarks_leave_the_time_that_the_outcome_needs(mart):
    ends = {row["outcome"]: row["last_landmark"] for row in mart.to_dicts()}
    assert ends == {"ordered_again": dt.date(2025, 3, 31), "lapsed": dt.date(2024, 6, 30)}
    assert set(mart["first_landmark"]) == {dt.date(2023, 1, 31)}


def test_both_engines_find_the_same_and_no_rule_is_broken(company, mart):
    assert mart.equals(build(company, engine="duckdb"))
    assert broken_rules("orders_after_experiences", mart, {}) == set()
    wrong = mart.with_columns(compared_customer_months=pl.lit(10**9), reason=pl.lit("none"))
    assert broken_rules("orders_after_experiences", wrong, {}) == {
        "reason_stands_where_the_ratio_is_not_known",
        "counts_are_within_each_other",
    }
    assert broken_rules("orders_after_experiences", mart[1:], {}) == {"every_sign_has_each_outcome"}


def test_of_very_many_customers_some_are_looked_at(company, mart, monkeypatch):
    monkeypatch.setattr(module, "MOST_CUSTOMERS", 1000)
    some = of(build(company), "any", "ordered_again")["observed_customer_months"]
    assert some == pytest.approx(of(mart, "any", "ordered_again")["observed_customer_months"] / 3, rel=0.1)


def test_as_many_customers_as_are_needed_are_enough(company, mart, monkeypatch):
    needed = of(mart, "complaint", "lapsed")["compared_customers"]
    monkeypatch.setattr(module, "FEWEST_MATCHED", needed)
    assert of(build(company), "complaint", "lapsed")["is_complete"]
    monkeypatch.setattr(module, "FEWEST_MATCHED", needed + 1)
    assert not of(build(company), "complaint", "lapsed")["is_complete"]


def test_why_there_is_no_ratio_is_said(company):
    few = {name: company[name].filter(pl.col("customer_idx") < 150) for name in ("orders", "bad_experiences")}
    row = of(build(company | few), "late_delivery", "lapsed")
    assert row["reason"].endswith("customers can be compared with others alike, fewer than 50")
    assert [row[name] for name in RATES] == [None] * 5
    none = build(company | {"bad_experiences": company["bad_experiences"].clear()})
    assert set(none["reason"]) == {"no bad experience of a known customer is known"}
    young = {name: rows.filter(pl.nth(1) > dt.date(2024, 3, 1)) for name, rows in few.items()}
    reasons = Counter(build(company | young)["reason"])
    needed = "needs 365 days of orders and 365 days of bad experiences before a month-end, and 365 days after it"
    assert reasons[needed] == 5
    nothing = {name: rows.clear() for name, rows in company.items()}
    assert build(nothing | {"calendar": CALENDAR}).schema == COLUMNS
