"""The mart `nps_value`: the money of promoters, passives, detractors and those who never answered."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.models.comparisons.skewed_means import Group, Shape
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.referrals import referrals
from regulars.pipelines.transforms.voice.nps_groups import NPS_GROUPS as GROUPS
from regulars.pipelines.transforms.voice.nps_groups import choose_nps_group
from regulars.pipelines.transforms.voice.nps_value import nps_value
from tests.transforms.mart_rules import contract_of

AS_OF = dt.date(2026, 3, 31)
SCHEMA = {
    "customer_id": pl.String,
    "is_unknown": pl.Boolean,
    "region": pl.String,
    "lifecycle": pl.String,
    "is_active": pl.Boolean,
    "referred_by_customer_id": pl.String,
    "first_order_date": pl.Date,
    "latest_nps_group": pl.String,
    "latest_nps_at": pl.Datetime("us"),
    "net_sales_to_date": MONEY,
    "total_revenue_to_date": MONEY,
    "avg_annual_value_total": MONEY,
    "predicted_value_12m": MONEY,
    "predicted_total_value_12m": MONEY,
    "mrr": MONEY,
    "value_basis": pl.String,
    "is_overdue": pl.Boolean,
    "is_near_lapse": pl.Boolean,
    "is_subscription_ending": pl.Boolean,
}

TESTED = pl.DataFrame(
    {
        "scope": ["all", "subscribers"],
        "is_chosen": [True, True],
        "value_total_margin_rate": [0.25, 0.5],
        "value_dispersion": [0.0, 0.0],
    }
)


@dataclass(frozen=True)
class Answers:
    max_answer_days: int = 365


COMPANY = SimpleNamespace(timezone="Europe/Helsinki")


def customer(
    name: str, group: str | None = None, days_ago: int = 10, sales: str = "0", expected: str | None = "0", **more: Any
) -> dict[str, Any]:
    """A row of customer_360; `expected` of orders, and in total unless `more` says otherwise."""
    at = dt.datetime.combine(AS_OF, dt.time(9)) - dt.timedelta(days=days_ago)
    row = {
        "customer_id": name,
        "is_unknown": False,
        "region": None,
        "lifecycle": "active",
        "referred_by_customer_id": None,
        "latest_nps_group": group,
        "latest_nps_at": at if group else None,
        "net_sales_to_date": Decimal(sales),
        "total_revenue_to_date": Decimal(sales),
        "avg_annual_value_total": Decimal(sales),
        "predicted_value_12m": None if expected is None else Decimal(expected),
        "predicted_total_value_12m": None if expected is None else Decimal(expected),
        "mrr": Decimal(0),
        "value_basis": None if expected is None else "contribution_margin",
    } | more
    return row | {"is_active": row["lifecycle"] in ("active", "new", "reactivated")}


def mart_of(*customers: dict[str, Any], lapse_days: int = 180) -> pl.DataFrame:
    known = pl.DataFrame(customers, schema=SCHEMA)
    frame = known.with_columns(nps_group=choose_nps_group(AS_OF, Answers().max_answer_days, COMPANY)).lazy()
    own = frame.select("customer_id", is_own_referrer=pl.lit(value=False))
    brought = referrals(own, frame, as_of=AS_OF).lazy()
    return nps_value(frame, brought, TESTED.lazy(), as_of=AS_OF, lapse_days=lapse_days, surveys=Answers())


def test_the_age_of_an_answer_is_counted_in_days_of_the_company():
    late = dt.datetime.fromisoformat("2025-03-30 22:30")  # half past one on 31 March in Helsinki, 365 days before as_of
    old = late - dt.timedelta(hours=2)
    groups = mart_of(
        customer("ada", "promoter", latest_nps_at=late), customer("bob", "promoter", latest_nps_at=old)
    ).filter(dimension="all")
    counted = dict(groups.select("nps_group", "customers").iter_rows())
    assert (counted["promoter"], counted["answer_too_old"]) == (1, 1)


def test_money_at_risk_has_the_range_of_the_test():
    in_total = {"predicted_total_value_12m": Decimal(170)}
    unhappy = [customer(name, "detractor", expected="50", **in_total) for name in ("ada", "bob")]
    found = rows_of(*unhappy, customer("cyd", "promoter", expected="70"))
    ends = ("detractor_value_at_risk_12m", "detractor_value_at_risk_12m_low", "detractor_value_at_risk_12m_high")
    assert [float(found["detractor"][end]) for end in ends] == [340, 100 / 1.25 + 240 / 1.5, 100 * 1.25 + 240 * 1.5]
    assert [found["promoter"][end] for end in ends] == [0, 0, 0]
    names = [f"predicted_total_value_12m{end}" for end in ("", "_low", "_high")]
    assert [found["detractor"][name] for name in names] == [found["detractor"][end] for end in ends]
    assert [float(found["promoter"][name]) for name in names] == [70, 70 / 1.25, 70 * 1.25]
    of_orders = [customer(name, "detractor", expected="50", mrr=Decimal(10)) for name in ("ada", "bob")]
    assert [float(rows_of(*of_orders)["detractor"][end]) for end in ends] == [100, 80, 125]


def test_what_a_group_is_expected_to_bring_has_the_range_of_a_total_and_of_its_mean():
    found = rows_of(customer("ada", "passive", expected="100"), customer("bob", "passive", expected="300"))["passive"]
    assert [float(found[f"predicted_value_12m{end}"]) for end in ("", "_low", "_high")] == [400, 400 / 1.25, 400 * 1.25]
    assert [found[f"predicted_value_per_customer{end}"] for end in ("", "_low", "_high")] == [200, 160, 250]


def test_every_group_says_what_its_values_are_made_of():
    found = mart_of(customer("ada", "promoter", expected="5"), customer("bob", "detractor", expected=None))
    assert set(found["value_basis"]) == {"contribution_margin"}
    assert mart_of(customer("bob", expected=None))["value_basis"].unique().to_list() == [None]


def rows_of(*customers: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = mart_of(*customers).filter(dimension="all")
    return {row["nps_group"]: row for row in found.iter_rows(named=True)}


def test_each_customer_is_in_the_group_of_the_latest_answer_that_is_not_too_old():
    rows = rows_of(
        customer("ada", "promoter", sales="100"),
        customer("bob", "detractor", days_ago=365, sales="40"),
        customer("cleo", "detractor", days_ago=366, sales="20"),
        customer("dan", sales="7"),
        customer("a prospect", "promoter", lifecycle="prospect"),
        customer("nobody known", sales="500", is_unknown=True),
    )
    assert {group: (row["customers"], row["net_sales_to_date"]) for group, row in rows.items()} == {
        "promoter": (1, Decimal(100)),
        "passive": (0, Decimal(0)),
        "detractor": (1, Decimal(40)),
        "answer_too_old": (1, Decimal(20)),
        "never_answered": (1, Decimal(7)),
    }
    assert rows["passive"]["reason"] == "the group has no customers"


BUYERS = (
    customer("ada", "detractor"),
    customer("bob", "detractor", expected=None),
    customer("cleo", "promoter"),
    customer("dan", "detractor", days_ago=364, lifecycle="lapsed"),
    customer("eve", "detractor", days_ago=400, lifecycle="lapsed"),
    customer("fay", lifecycle="lapsed"),
)
LATER = (
    "no lapsed_rate: answers count no longer (surveys.max_answer_days) than customers stay active after an order "
    "(lapse_days), so hardly anybody with a current answer can have lapsed, whatever the answer"
)


@pytest.mark.parametrize("lapse_days", [365, 730])
def test_answers_that_count_no_longer_than_an_order_do_not_say_who_leaves(lapse_days):
    rows = {row["nps_group"]: row for row in mart_of(*BUYERS, lapse_days=lapse_days).to_dicts()}
    rates = {group: row["lapsed_rate"] for group, row in rows.items()}
    assert rates == {
        "promoter": None,
        "passive": None,
        "detractor": None,
        "answer_too_old": 1.0,
        "never_answered": 1.0,
    }
    assert rows["detractor"]["lapsed_customers"] == 1  # answered a day before the order would have been too old
    assert rows["promoter"]["reason"].endswith(LATER)
    assert rows["detractor"]["reason"].startswith("1 customers have no predicted value; ")
    assert rows["detractor"]["reason"].endswith(f"; {LATER}")
    assert rows["passive"]["reason"] == "the group has no customers"


def test_answers_that_count_longer_than_an_order_say_who_left():
    rows = {row["nps_group"]: row for row in mart_of(*BUYERS, lapse_days=364).to_dicts()}
    assert (rows["detractor"]["lapsed_rate"], rows["promoter"]["lapsed_rate"]) == (1 / 3, 0.0)
    assert "lapsed_rate" not in (rows["detractor"]["reason"] or "")


def test_subscribers_may_leave_the_day_after_the_answer():
    paid = {"sales": "5", "total_revenue_to_date": Decimal(30)}
    club = (customer("gil", "detractor", lifecycle="lapsed", **paid), customer("hal", "detractor", **paid))
    rows = {row["nps_group"]: row for row in mart_of(*club, customer("ian", "promoter"), lapse_days=365).to_dicts()}
    assert (rows["detractor"]["lapsed_rate"], rows["promoter"]["lapsed_rate"]) == (0.5, 0.0)


def test_at_risk_is_what_active_detractors_are_expected_to_bring():
    company = (
        customer("ada", "detractor", expected="50", predicted_total_value_12m=Decimal(62)),
        customer("dan", "detractor", expected=None, predicted_total_value_12m=Decimal(8)),
        customer("bob", "detractor", expected="30", lifecycle="lapsed"),
        customer("cleo", "promoter", expected="70"),
    )
    rows = rows_of(*company)
    assert rows["detractor"]["detractor_value_at_risk_12m"] == Decimal(70)
    assert (rows["detractor"]["predicted_value_12m"], rows["detractor"]["lapsed_rate"]) == (Decimal(80), 1 / 3)
    assert rows["promoter"]["detractor_value_at_risk_12m"] == 0
    assert rows["detractor"]["predicted_total_value_12m"] == Decimal(100)  # of who has lapsed too
    assert [rows[group]["detractors_at_risk"] for group in ("detractor", "promoter")] == [2, 0]


def test_of_detractors_those_about_to_leave_have_another_sign_than_the_answer():
    company = (
        customer("ada", "detractor", expected="100"),
        customer("bob", "detractor", expected="20", is_overdue=True, is_near_lapse=True),
        customer("cleo", "detractor", expected="3", is_subscription_ending=True),
        customer("dan", "detractor", is_overdue=True, predicted_total_value_12m=None),  # no total is predicted
        customer("eve", "detractor", expected="7", is_subscription_ending=True, lifecycle="lapsed"),
        customer("fay", "passive", expected="9", is_near_lapse=True),
    )
    rows = rows_of(*company)
    names = ("detractors_at_risk", "detractors_about_to_leave", "leaving_detractor_value_12m")
    assert [rows["detractor"][name] for name in names] == [3, 2, 23]
    assert [rows["passive"][name] for name in names] == [0, 0, 0]


def test_what_cannot_be_predicted_is_unknown_and_said():
    several = rows_of(
        customer("ada", "detractor", expected=None),
        customer("bob", "detractor", expected="5", lifecycle="lapsed"),
        customer("cleo", "detractor", expected="7"),
        customer("dan", "passive", lifecycle="lapsed"),
    )["detractor"]
    counts = ("customers", "active_customers", "lapsed_customers", "customers_with_predicted_value")
    assert [several[name] for name in counts] == [3, 2, 1, 2]
    assert (several["lapsed_rate"], several["predicted_value_per_customer"]) == (1 / 3, 6)
    row = rows_of(customer("ada", "detractor", expected=None))["detractor"]
    assert (row["predicted_value_12m"], row["detractor_value_at_risk_12m"], row["is_complete"]) == (None, None, False)
    assert row["predicted_total_value_12m"] is None
    of_risk = "detractor_value_at_risk_12m is without 1 active customers of whom no total is predicted"
    assert row["reason"] == f"1 customers have no predicted value; {of_risk}"
    of_orders = customer("ada", "detractor", expected="50", predicted_total_value_12m=None)
    row = rows_of(of_orders, customer("bob", "detractor", expected="7"))["detractor"]
    assert (row["detractor_value_at_risk_12m"], row["reason"]) == (Decimal(7), of_risk)
    assert float(row["detractor_value_at_risk_12m_high"]) == 7 * 1.25
    assert [row[name] for name in ("active_customers", "detractors_at_risk", "customers_predicted")] == [2, 1, 1]


def test_a_group_is_given_the_customers_whom_it_brought():
    rows = rows_of(
        customer("ada", "promoter"),
        customer("bob", "passive", sales="30", referred_by_customer_id="ada"),
        customer("cleo", sales="12", referred_by_customer_id="ada"),
        customer("lead", lifecycle="prospect", referred_by_customer_id="ada"),
    )
    assert {group: row["referred_customers"] for group, row in rows.items()} == dict.fromkeys(GROUPS, 0) | {
        "promoter": 2
    }
    assert rows["promoter"]["referral_rate"] == 2.0
    assert (rows["promoter"]["referring_customers"], rows["promoter"]["referring_rate"]) == (1, 1.0)
    assert (rows["promoter"]["referred_net_sales"], rows["passive"]["referred_net_sales"]) == (Decimal(42), 0)
    assert rows_of(customer("ada", "promoter"))["promoter"]["referred_customers"] is None


def spread(group: str, mean: int, count: int = 30, **more: Any) -> list[dict[str, Any]]:
    """Customers of a group who bring 10 less or 10 more a year than `mean`, by turns."""
    return [
        customer(f"{group}{number}", group, avg_annual_value_total=Decimal(mean + (10, -10)[number % 2]), **more)
        for number in range(count)
    ]


def test_promoters_are_worth_more_than_detractors_where_chance_does_not_explain_it():
    rows = rows_of(*spread("promoter", 100), *spread("passive", 61, 60), *spread("detractor", 60))
    promoter, passive, detractor = (rows[group] for group in ("promoter", "passive", "detractor"))
    assert (promoter["annual_value_per_customer"], promoter["total_annual_value"]) == (100, 3000)
    values = [110, 90] * 15 + [71, 51] * 30 + [70, 50] * 15
    sides = [Group(*np.array([[middle], [3000 / 29], [30]])) for middle in (100, 60)]
    compared = Shape(np.array(values, dtype=np.float64)).compare(*sides)
    ends = [promoter[f"annual_value_over_detractors{end}"] for end in ("", "_low", "_high", "_p_value")]
    assert ends == pytest.approx([each[0] for each in compared])
    assert (ends[0], ends[1] > 20, ends[3]) == (40, True, 0.001)
    assert promoter["stands_out"]
    assert (passive["annual_value_over_detractors"], passive["stands_out"]) == (pytest.approx(1), False)
    assert passive["annual_value_over_detractors_low"] < 0 < passive["annual_value_over_detractors_high"]
    assert (detractor["annual_value_over_detractors"], detractor["stands_out"]) == (None, None)


def test_a_group_or_detractors_of_fewer_than_30_are_not_compared():
    few_promoters = rows_of(*spread("promoter", 100, 29), *spread("detractor", 60))
    few_detractors = rows_of(*spread("promoter", 100), *spread("detractor", 60, 29))
    for rows in (few_promoters, few_detractors):
        assert (rows["promoter"]["annual_value_over_detractors"], rows["promoter"]["stands_out"]) == (None, None)


def test_of_more_than_twenty_regions_the_small_ones_are_other():
    many = [customer(f"c{number}", region=f"r{number // 2:02}", sales="1") for number in range(41)]
    found = mart_of(*many, customer("late", region="r20", sales="1"), customer("more", region="r21", sales="1"))
    counted = found.filter(dimension="region").group_by("dimension_value").agg(pl.col("customers").sum())
    assert dict(counted.rows()) == {f"r{number:02}": 2 for number in range(20)} | {"other": 3}


def test_without_customers_the_table_is_empty():
    assert mart_of().is_empty()


people = st.lists(
    st.builds(
        customer,
        st.just(""),
        st.sampled_from(["promoter", "passive", "detractor", None]),
        st.integers(300, 400),
        st.integers(-50, 900).map(str),
        st.one_of(st.none(), st.integers(0, 90).map(str)),
        lifecycle=st.sampled_from(["active", "lapsed", "new", "prospect"]),
        predicted_total_value_12m=st.sampled_from([None, Decimal(0), Decimal(95)]),
        region=st.sampled_from(["Nord", "Ost", None]),
    ),
    max_size=12,
)


@given(people, st.lists(st.integers(0, 11), max_size=12))
@settings(max_examples=25, deadline=None)
def test_sums_are_those_of_a_loop_over_customers_and_the_contract_holds(drawn, brought):
    company = [each | {"customer_id": f"c{number}"} for number, each in enumerate(drawn)]
    for each, by in zip(company, brought, strict=False):
        each["referred_by_customer_id"] = f"c{by}" if by < int(each["customer_id"][1:]) else None
    mart = mart_of(*company)
    group_of, sums = {}, defaultdict(lambda: [0, Decimal(0), Decimal(0), 0])
    for each in company:
        age = (AS_OF - each["latest_nps_at"].date()).days if each["latest_nps_at"] else None
        group = "never_answered" if age is None else "answer_too_old" if age > 365 else each["latest_nps_group"]
        group_of[each["customer_id"]] = group
        if each["lifecycle"] != "prospect":
            sums[group][0] += 1
            sums[group][1] += each["net_sales_to_date"]
            sums[group][2] += (each["predicted_total_value_12m"] or 0) if each["is_active"] else 0
    buyers = {each["customer_id"] for each in company if each["lifecycle"] != "prospect"}
    for each in company:
        if each["customer_id"] in buyers and each["referred_by_customer_id"] in buyers:
            sums[group_of[each["referred_by_customer_id"]]][3] += 1
    for row in mart.filter(dimension="all").iter_rows(named=True):
        customers, sales, expected, referred = sums[row["nps_group"]]
        assert (row["customers"], row["net_sales_to_date"]) == (customers, sales)
        assert row["referred_customers"] in (referred, None)
        if row["nps_group"] == "detractor" and row["detractor_value_at_risk_12m"] is not None:
            assert row["detractor_value_at_risk_12m"] == expected
    by_region: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for each in company:
        if each["lifecycle"] != "prospect":
            by_region[each["region"] or "unknown", group_of[each["customer_id"]]] += each["net_sales_to_date"]
    for row in mart.filter(dimension="region").iter_rows(named=True):
        assert row["net_sales_to_date"] == by_region.pop((row["dimension_value"], row["nps_group"]), 0)
    assert not by_region
    with duckdb.connect() as con:
        con.execute("create schema marts")
        for name, frame in {"nps_value": mart, "customer_360": pl.DataFrame(company, schema=SCHEMA)}.items():
            con.register("frame", frame.to_arrow())
            con.execute(f"create table marts.{name} as from frame")
        for rule in contract_of("nps_value").rules:
            assert con.execute(select_failed_count(rule, "marts.nps_value")).fetchall()[0][0] == 0, rule.id
