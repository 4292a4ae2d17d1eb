import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.transforms.churn.active_intervals import (
    find_history_start,
    list_active_intervals,
    list_active_periods,
)
from regulars.pipelines.transforms.clv.values.simple_formula import apply_simple_formula, measure_churn_by_customer_type
from tests.transforms import subscription_tables

AS_OF = dt.date(2026, 3, 31)
MONEY = pl.Decimal(18, 4)
BUYER_SCHEMA = {
    "customer_type": pl.String,
    "first_order_date": pl.Date,
    "lapse_date": pl.Date,
    "net_sales_to_date": MONEY,
    "acquisition_cost": MONEY,
}
CHURN_SCHEMA = {"customer_type": pl.String, "churn_rate_12m": pl.Float64, "average_customers": pl.Float64}
NO_COST = "acquisition cost is unknown: nothing is subtracted"


def valued(
    first: str,
    last: str,
    value: str,
    cost: str | None = "0",
    churn: float | None = 0.5,
    *,
    kind: str | None = None,
    types: dict[str, tuple[float | None, float]] | None = None,
) -> dict[str, Any]:
    """One customer who lapses 365 days after the last order; `churn` is the whole base's, `types` holds others."""
    buyer = (
        kind,
        dt.date.fromisoformat(first),
        dt.date.fromisoformat(last) + dt.timedelta(days=365),
        Decimal(value),
        None if cost is None else Decimal(cost),
    )
    rates = [(None, churn, 1000.0), *[(name, *both) for name, both in (types or {}).items()]]
    found = apply_simple_formula(
        pl.DataFrame([buyer], schema=BUYER_SCHEMA, orient="row"),
        pl.DataFrame(rates, schema=CHURN_SCHEMA, orient="row"),
        as_of=AS_OF,
        max_lifetime_years=10,
    )
    return found.row(0, named=True)


def test_1000_a_year_over_10_years_less_1000_is_9000():
    ada = valued("2025-03-31", "2026-03-30", "1000", cost="1000", churn=0.05)
    assert (ada["avg_annual_value"], ada["expected_lifetime_years"]) == (Decimal(1000), 10)
    assert ada["clv_simple"] == Decimal(9000)


def test_value_within_the_first_year_is_not_multiplied_up():
    ada = valued("2026-03-01", "2026-03-01", "50")
    assert ada["years_observed"] == 30 / 365.25
    assert ada["avg_annual_value"] == Decimal(50)


def test_value_over_years_is_spread_over_them():
    ada = valued("2022-03-31", "2026-03-01", "1000")  # 1461 days are 4 years
    assert (ada["years_observed"], ada["avg_annual_value"]) == (4, Decimal(250))


def test_an_active_customer_is_expected_for_one_over_churn_further_years():
    ada = valued("2022-03-31", "2026-03-01", "1000", churn=0.4)
    assert ada["expected_lifetime_years"] == 6.5
    assert ada["clv_simple"] == Decimal(1625)
    assert ada["reason"] is None


def test_a_lapsed_customer_is_observed_to_the_lapse_point_and_expected_no_longer():
    ada = valued("2021-03-31", "2024-03-30", "1000")  # lapsed on 2025-03-30, 1460 days after the first order
    assert ada["years_observed"] == ada["expected_lifetime_years"] == 1460 / 365.25
    assert ada["clv_simple"] == ada["net_sales_to_date"] == Decimal(1000)
    assert ada["reason"] == "lapsed: the simple formula adds no further years"


def test_the_last_active_day_is_the_day_before_the_lapse_point():
    assert valued("2025-04-01", "2025-04-01", "10")["reason"] is None
    assert valued("2025-03-31", "2025-03-31", "10")["reason"].startswith("lapsed")


def test_the_expected_lifetime_is_capped_but_never_below_the_years_observed():
    assert valued("2018-03-31", "2026-03-01", "10", churn=0.1)["expected_lifetime_years"] == 10
    long_known = valued("2011-03-31", "2026-03-01", "10", churn=0.1)
    assert long_known["expected_lifetime_years"] == long_known["years_observed"] == 5479 / 365.25
    assert long_known["reason"] == "no years beyond the cap of 10 are added to the expected lifetime"


def test_where_nobody_churns_the_cap_decides():
    assert valued("2025-03-31", "2026-03-01", "10", churn=0.0)["expected_lifetime_years"] == 10


def test_a_churn_not_known_yet_adds_nothing_and_says_so():
    ada = valued("2025-12-31", "2026-03-01", "10", churn=None)
    assert ada["expected_lifetime_years"] == ada["years_observed"] == 90 / 365.25
    assert ada["reason"] == "12-month churn is not known yet: no further years are added"


def test_an_unknown_acquisition_cost_subtracts_nothing_and_says_so():
    ada = valued("2025-03-31", "2026-03-30", "1000", cost=None, churn=0.5)
    assert ada["acquisition_cost"] is None
    assert ada["clv_simple"] == Decimal("2999.3155")  # 365 days / 365.25 + 2 years
    assert ada["reason"] == NO_COST


def test_a_type_of_100_customers_has_its_own_churn_and_a_smaller_one_takes_the_whole_bases():
    types: dict[str, tuple[float | None, float]] = {
        "office": (0.25, 100.0),
        "home": (0.25, 99.9),
        "shop": (None, 500.0),
    }
    dates = ("2022-03-31", "2026-03-01", "1000")
    assert valued(*dates, kind="office", types=types)["expected_lifetime_years"] == 8
    for kind in ("home", "shop"):
        found = valued(*dates, kind=kind, types=types)
        assert found["expected_lifetime_years"] == 6
        assert found["reason"] == "churn of the whole base: fewer than 100 customers of this type"
    assert valued(*dates, types=types)["reason"] is None


def test_several_reasons_are_one_sentence():
    found = valued("2021-03-31", "2024-03-30", "1000", cost=None)
    assert found["reason"] == f"lapsed: the simple formula adds no further years; {NO_COST}"


def test_money_is_rounded_half_to_even_at_the_end():
    assert valued("2023-03-31", "2026-03-01", "0.0001")["avg_annual_value"] == Decimal("0.0000")
    assert valued("2022-03-31", "2026-03-01", "1.0002")["avg_annual_value"] == Decimal("0.2500")  # 0.25005


def month_ends(as_of: dt.date) -> list[dt.date]:
    """The last 13 month-ends up to `as_of`, oldest first."""
    days = [as_of - dt.timedelta(days=offset) for offset in range(430)]
    return sorted(day for day in days if (day + dt.timedelta(days=1)).day == 1)[-13:]


def churn(purchases: list[tuple[int, str]], lapse_days: int = 365, as_of: dt.date = AS_OF) -> dict[str | None, Any]:
    """{customer type: (rate, average customers)}; odd customers are of type `odd`."""
    dated = [(customer, dt.date.fromisoformat(day)) for customer, day in purchases]
    days = [(customer, (day - dt.date(1970, 1, 1)).days) for customer, day in dated if day <= as_of]
    customers = sorted({customer for customer, _ in purchases})
    bought = pl.DataFrame(days, schema={"customer_idx": pl.Int32, "day_idx": pl.Int32}, orient="row").unique()
    active_periods = list_active_periods(bought, subscription_tables.table(), as_of=as_of, lapse_days=lapse_days)
    found = measure_churn_by_customer_type(
        list_active_intervals(active_periods),
        pl.DataFrame(
            {"customer_idx": customers, "customer_type": ["odd" if customer % 2 else None for customer in customers]},
            schema={"customer_idx": pl.Int32, "customer_type": pl.String},
        ),
        find_history_start(active_periods, lapse_days),
        as_of=as_of,
    )
    return {kind: (rate, average) for kind, rate, average in found.rows()}


def test_churn_is_the_lost_of_12_months_over_the_average_of_13_month_ends():
    # 2 buys monthly; 1 bought once and lapsed on 2025-10-01: active at 7 of the 13 month-ends from 2025-03-31
    monthly = [(2, f"{year}-{month:02}-15") for year in (2024, 2025, 2026) for month in range(1, 13)]
    found = churn([*monthly, (1, "2024-10-01")])
    assert found["odd"] == (pytest.approx(1 / (7 / 13)), 7 / 13)
    assert found[None] == (pytest.approx(1 / (20 / 13)), 20 / 13)


def test_churn_is_unknown_until_the_first_month_end_has_the_lapse_days_behind_it():
    assert churn([(2, "2024-04-01"), (2, "2026-01-01")])[None] == (0.0, pytest.approx(1 / 13 + 3 / 13))
    assert churn([(2, "2024-04-02"), (2, "2026-01-01")])[None][0] is None


def test_who_lapsed_and_came_back_before_the_month_end_is_not_lost():
    assert churn([(2, "2024-01-01"), (2, "2026-03-31")])[None] == (0.0, 1 / 13)
    assert churn([(2, "2024-05-01"), (2, "2026-04-01"), (4, "2024-01-01")])[None][0] == pytest.approx(1 / (2 / 13))


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 900)), min_size=1, max_size=25),
    st.sampled_from([30, 90, 365]),
    st.sampled_from([AS_OF, dt.date(2026, 3, 30), dt.date(2025, 1, 1)]),
)
@settings(max_examples=60, deadline=None)
def test_churn_is_what_counting_customer_by_customer_gives(
    drawn: list[tuple[int, int]], lapse_days: int, as_of: dt.date
):
    purchases = [(customer, dt.date(2023, 11, 1) + dt.timedelta(days=offset)) for customer, offset in drawn]
    ends = month_ends(as_of)
    used = [(customer, day) for customer, day in purchases if day <= ends[-1]]

    def is_active(customer: int, end: dt.date) -> bool:
        return any(who == customer and 0 <= (end - day).days < lapse_days for who, day in used)

    people = {customer for customer, _ in used}
    average = sum(is_active(customer, end) for customer in people for end in ends) / 13
    last = {customer: max(day for who, day in used if who == customer) for customer in people}
    lapses = [day + dt.timedelta(days=lapse_days) for day in last.values()]
    lost = sum(ends[0] < day <= ends[-1] for day in lapses)
    known = bool(used) and min(day for _, day in used) <= ends[0] - dt.timedelta(days=lapse_days - 1) and average > 0
    rate, found_average = churn([(customer, str(day)) for customer, day in purchases], lapse_days, as_of).get(
        None, (None, 0)
    )
    assert found_average == pytest.approx(average)
    assert rate == (pytest.approx(lost / average) if known else None)
