"""The mart `lapse_after_experiences`: planted effects are found, and none where none is planted."""

import datetime as dt
from collections import Counter, defaultdict

import polars as pl
import pytest

from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.transforms.care.landmarks import choose_landmarks, observe_customers
from regulars.pipelines.transforms.care.lapse_after_experiences import COLUMNS, lapse_after_experiences
from regulars.pipelines.transforms.purchases.purchases import list_purchase_days
from tests.transforms import subscription_tables
from tests.transforms.care.risky_company import AS_OF, simulate_company
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules

EXPERIENCES = {"customer_idx": pl.Int32, "experienced_on": pl.Date}


def build(tables: dict[str, pl.DataFrame], engine: str = "polars", as_of: dt.date = AS_OF, **more) -> pl.DataFrame:
    with ENGINES[engine](tables) as lazy:
        return lapse_after_experiences(**lazy, as_of=as_of, lapse_days=365, service_risk=ServiceRisk(**more))


@pytest.fixture(scope="module")
def indifferent() -> dict[str, pl.DataFrame]:
    """A company whose customers leave as often after bad experiences as without."""
    return simulate_company(20_000, leaving_factor=1.0)


@pytest.fixture(scope="module")
def offended() -> dict[str, pl.DataFrame]:
    """A company whose customers leave 1.35 times as often with each bad experience."""
    return simulate_company(20_000, leaving_factor=1.35)


def test_without_an_effect_the_interval_holds_one(indifferent):
    rows = build(indifferent).to_dicts()[1:]
    for row in rows:
        assert row["lapse_ratio"] == pytest.approx(1.0, abs=0.12)
        assert row["lapse_ratio_low"] < 1 < row["lapse_ratio_high"]
    crude = build(indifferent)["lapse_rate_unmatched"]
    assert crude[3] < 0.45 < 0.48 < crude[0]  # the crude share would praise bad experiences


def test_leaving_more_often_with_each_experience_is_found(offended):
    ratios = build(offended).select("lapse_ratio", "lapse_ratio_low").rows()[1:]
    assert [ratio for ratio, _ in ratios] == [pytest.approx(aim, abs=0.1) for aim in (1.1, 1.25, 1.45)]
    assert all(low > 1 for _, low in ratios)


def test_both_engines_find_the_same_and_no_rule_is_broken(offended):
    mart = build(offended)
    assert mart.equals(build(offended, engine="duckdb"))
    assert broken_rules("lapse_after_experiences", mart, {}) == set()
    assert mart["is_or_more"].to_list() == [False, False, False, True]
    assert mart.row(0, named=True)["reason"] is None  # the others are compared with these: nothing is missing
    assert mart["lapse_ratio"].is_null().to_list() == [True, False, False, False]
    assert mart["is_complete"].all()
    wrong = mart.with_columns(is_or_more=pl.lit(value=False), reason=pl.lit("none"))
    assert broken_rules("lapse_after_experiences", wrong, {}) == {
        "reason_stands_where_the_ratio_is_not_known",
        "counts_are_within_each_other",
    }


def test_customers_are_looked_at_on_month_ends_with_a_year_before_and_after(offended):
    mart = build(offended)
    assert mart["first_landmark"][0] == dt.date(2022, 12, 31)
    assert mart["last_landmark"][0] == dt.date(2024, 12, 31)


def test_counts_are_those_of_somebody_who_looks_at_each_customer(offended):
    some = {name: offended[name].filter(pl.col("customer_idx") <= 700) for name in ("orders", "bad_experiences")}
    mart = build(offended | some)
    expected = count_naively(some["orders"], some["bad_experiences"], mart["first_landmark"][0])
    found = mart.select("observed_customer_years", "lapsed_customer_years", "active_without_subscription").rows()
    assert found == [tuple(expected[level]) for level in range(4)]


def test_years_are_matched_where_twenty_alike_had_no_experience(offended):
    some = {name: offended[name].filter(pl.col("customer_idx") <= 2000) for name in ("orders", "bad_experiences")}
    tables = offended | some
    bought = list_purchase_days(tables["orders"].lazy(), tables["calendar"].lazy(), as_of=AS_OF).collect()
    windows = {"lapse_days": 365, "window_days": 365, "threshold": 3}
    landmarks = choose_landmarks(bought, tables["bad_experiences"], until=AS_OF - dt.timedelta(days=365), **windows)
    seen = observe_customers(bought, tables["bad_experiences"], landmarks).to_dicts()
    alike = Counter(row["cell"] for row in seen if row["level"] == 0)
    kept = [row for row in seen if alike[row["cell"]] >= 20]
    assert 0 < len(kept) < len(seen)
    mart = build(tables)
    people = [len({row["customer_idx"] for row in kept if row["level"] == level}) for level in range(4)]
    assert mart["matched_customer_years"].to_list() == [sum(row["level"] == n for row in kept) for n in range(4)]
    assert mart["matched_customers"].to_list() == people


def count_naively(orders: pl.DataFrame, experiences: pl.DataFrame, first: dt.date) -> dict[int, list[int]]:
    """Level -> customers seen at a landmark, those who lapsed, and those active now."""
    bought, suffered = defaultdict(set), defaultdict(list)
    for customer, on in orders.select("customer_idx", "order_date").rows():
        bought[customer].add(on)
    for customer, on in experiences.rows():
        suffered[customer].append(on)
    month_ends = [
        dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
        for year in (2022, 2023, 2024)
        for month in range(1, 13)
    ]
    year = dt.timedelta(days=365)
    counts = defaultdict(lambda: [0, 0, 0])
    for customer, days in bought.items():
        for end in [*(each for each in month_ends if each >= first and each.month % 12 == customer % 12), AS_OF]:
            if not any(end - year < each <= end for each in days):
                continue
            level = min(3, sum(end - year < each <= end for each in suffered[customer]))
            if end == AS_OF:
                counts[level][2] += 1
            else:
                counts[level][0] += 1
                counts[level][1] += not any(end < each <= end + year for each in days)
    return counts


def test_subscribers_and_the_unknown_customer_are_left_out(indifferent):
    subscriber = indifferent["orders"]["customer_idx"][0]
    all_of_one = {
        name: indifferent[name].filter(pl.col("customer_idx") == subscriber) for name in ("orders", "bad_experiences")
    }
    paid = subscription_tables.table(subscription_tables.period(subscriber, "2024-01-01"))
    assert build(indifferent | all_of_one | {"subscriptions": paid})["active_without_subscription"].sum() == 0
    unknown = {name: rows.with_columns(customer_idx=pl.lit(0, pl.Int32)) for name, rows in all_of_one.items()}
    mart = build(indifferent | unknown)
    assert mart["reason"].unique().to_list() == ["there is no bad experience of a known customer"]


def test_why_there_is_no_ratio_is_said(offended):
    few = {name: offended[name].filter(pl.col("customer_idx") < 400) for name in ("orders", "bad_experiences")}
    mart = build(offended | few)
    assert mart["reason"][3].endswith("customers can be compared with similar ones, fewer than 50")
    assert mart["lapse_ratio"][3] is None
    young = {name: rows.filter(pl.nth(1) > dt.date(2024, 6, 1)) for name, rows in few.items()}
    assert build(offended | young)["reason"][3].startswith("needs 365 days of orders and 365 days of bad experiences")
    none = build(offended | {"bad_experiences": pl.DataFrame(schema=EXPERIENCES)})
    assert none["reason"].unique().to_list() == ["there is no bad experience of a known customer"]
    assert none["active_without_subscription"][0] > 0
    assert build({name: rows.clear() for name, rows in offended.items()}).schema == COLUMNS
