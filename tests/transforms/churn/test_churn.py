import datetime as dt
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.churn.churn import CHURN_COLUMNS, churn
from regulars.pipelines.transforms.churn.churned_customers import (
    CHURNED_COLUMNS,
    REACTIVATED_COLUMNS,
    churned_customers,
    reactivated_customers,
)
from tests.transforms.core_tables import (
    WHOLE_BASE,
    Row,
    core,
    dimensions_of,
    order,
    paid,
    refund,
)

AS_OF = dt.date(2026, 3, 31)
LONG_AGO = order("zoe", "2022-01-01")
"""Gives the data the history that a 12-month churn needs. Zoe lapses on 2023-01-01 and is churned until 2023-12-31."""


def months(*rows: Row, as_of: dt.date = AS_OF, lapse_days: int = 365) -> dict[str, Row]:
    """{month: row} of churn."""
    tables = core(*rows)
    found = monthly(tables, as_of=as_of, lapse_days=lapse_days)
    return {f"{row['month_end']:%Y-%m}": row for row in found.to_dicts()}


def monthly(
    tables: dict[str, pl.DataFrame], *, as_of: dt.date = AS_OF, lapse_days: int = 365, cohorts: Cohorts = WHOLE_BASE
) -> pl.DataFrame:
    known = dimensions_of(tables, as_of, lapse_days)
    inputs = (tables["orders"], tables["subscriptions"], tables["calendar"], known)
    return churn(*inputs, as_of=as_of, lapse_days=lapse_days, cohorts=cohorts)


def back(*rows: Row, as_of: dt.date = AS_OF, lapse_days: int = 365) -> list[Row]:
    """The rows of reactivated_customers."""
    return reactivated_customers(**core(*rows), as_of=as_of, lapse_days=lapse_days).to_dicts()


def lost(*rows: Row, as_of: dt.date = AS_OF, lapse_days: int = 365) -> dict[str, Row]:
    """{customer: row} of churned_customers."""
    found = churned_customers(**core(*rows), as_of=as_of, lapse_days=lapse_days)
    return {row["customer_id"]: row for row in found.to_dicts()}


def column(found: dict[str, Row], name: str, *wanted: str) -> list[Any]:
    return [found[month][name] for month in wanted]


def test_a_customer_is_active_for_365_days_and_lapsed_on_the_day_after():
    assert lost(order("ada", "2025-03-31"), as_of=dt.date(2026, 3, 30)) == {}
    assert lost(order("ada", "2025-03-31"))["ada"]["lapsed_on"] == dt.date(2026, 3, 31)


def test_the_days_to_the_lapse_are_days_also_in_a_leap_year():
    assert lost(order("ada", "2023-03-01"))["ada"]["lapsed_on"] == dt.date(2024, 2, 29)


def test_an_order_on_the_lapse_date_itself_comes_in_time():
    in_time = (order("ada", "2024-01-01"), order("ada", "2024-12-31"))
    too_late = (order("ada", "2024-01-01"), order("ada", "2025-01-01"))
    assert column(months(*in_time), "lapsed_in_month", "2024-12", "2025-01") == [0, 0]
    assert column(months(*too_late), "lapsed_in_month", "2024-12", "2025-01") == [1, 0]
    assert column(months(*too_late), "reactivated_customers", "2024-12", "2025-01") == [0, 1]


def test_twelve_month_churn_is_lost_customers_over_the_average_of_13_month_ends():
    rows = [LONG_AGO, *(order(name, "2024-02-10") for name in ("ada", "bob", "cem", "dan"))]
    # bob, cem and dan come again in time; ada lapses on 2025-02-09
    rows += [order(name, "2024-12-10") for name in ("bob", "cem", "dan")]
    found = months(*rows, as_of=dt.date(2025, 2, 28))["2025-02"]
    assert found["churned_customers_12m"] == 1
    assert found["active_customers"] == 3
    # four at the ends of February 2024 to January 2025, three at the last
    assert found["average_customers_12m"] == pytest.approx((12 * 4 + 3) / 13)
    assert found["churn_rate_12m"] == pytest.approx(1 / (51 / 13))
    # the roots of (p - rate)² = z² p (1 - p) / n
    n, rate = 51 / 13, 13 / 51
    for p in (found["churn_rate_12m_low"], found["churn_rate_12m_high"]):
        assert abs(p - rate) == pytest.approx(1.959964 * (p * (1 - p) / n) ** 0.5, rel=1e-6)
    assert 0 < found["churn_rate_12m_low"] < rate < found["churn_rate_12m_high"] < 1


def test_of_those_who_were_customers_a_year_ago_the_gone_are_a_share_that_growth_does_not_hide():
    names = ("ada", "bob", "cem", "dan")
    rows = [LONG_AGO, order("yan", "2022-01-01"), *(order(name, "2024-02-10") for name in names)]
    # bob and cem come again; ada and dan lapse on 2025-02-09; six new ones are won, which the average counts
    rows += [order(name, "2024-12-10") for name in ("bob", "cem", "eva", "fay", "gil", "hal", "ian", "joe")]
    found = months(*rows, as_of=dt.date(2025, 2, 28))["2025-02"]
    assert (found["active_a_year_ago"], found["gone_of_active_a_year_ago"]) == (4, 2)
    assert found["gone_rate_12m"] == 0.5  # of four customers two are gone
    assert found["churned_customers_12m"] == 2
    assert found["churn_rate_12m"] == pytest.approx(2 / ((10 * 4 + 2 * 10 + 8) / 13))  # below 0.5: the base grew
    n = 4
    for p in (found["gone_rate_12m_low"], found["gone_rate_12m_high"]):
        assert abs(p - 0.5) == pytest.approx(1.959964 * (p * (1 - p) / n) ** 0.5, rel=1e-6)


def test_who_was_lost_and_is_back_at_the_month_end_is_not_gone_and_who_was_won_since_is_not_counted():
    # ada lapses on 2024-07-10 and is back; bob, won in the year, is lost again within it; cem was never away
    rows = [LONG_AGO, order("ada", "2024-06-10"), order("ada", "2024-12-05"), order("bob", "2024-09-01")]
    rows += [order("cem", f"2024-{month:02}-{day:02}") for month in range(6, 13) for day in (1, 15, 28)]
    rows += [order("cem", f"2025-{month:02}-{day:02}") for month in range(1, 7) for day in (1, 15, 28)]
    found = months(*rows, as_of=dt.date(2025, 6, 30), lapse_days=30)
    assert column(found, "active_a_year_ago", "2024-12", "2025-06") == [0, 2]
    assert column(found, "gone_of_active_a_year_ago", "2024-12", "2025-06") == [0, 1]
    assert column(found, "gone_rate_12m", "2024-12", "2025-06") == [None, 0.5]
    assert found["2024-12"]["gone_rate_12m_low"] is found["2024-12"]["gone_rate_12m_high"] is None


def test_who_is_gone_is_not_known_before_the_churn_is():
    found = months(order("ada", "2022-01-01"), order("ada", "2022-12-15"), as_of=dt.date(2023, 12, 31))
    assert column(found, "active_a_year_ago", "2023-11", "2023-12") == [None, 1]
    assert column(found, "gone_of_active_a_year_ago", "2023-11", "2023-12") == [None, 1]
    assert column(found, "gone_rate_12m", "2023-11", "2023-12") == [None, 1.0]


def test_more_lost_than_there_were_on_average_is_no_share_and_has_no_interval():
    rows = [LONG_AGO, *(order(name, "2025-01-05") for name in ("ada", "bob", "cem"))]
    found = months(*rows, as_of=dt.date(2026, 3, 31), lapse_days=60)["2026-02"]
    assert found["churn_rate_12m"] > 1
    assert found["churn_rate_12m_low"] is found["churn_rate_12m_high"] is None


def test_churn_is_unknown_until_each_of_the_13_month_ends_has_lapse_days_behind_it():
    rows = [order("ada", f"{year}-{month:02}-15") for year in (2022, 2023, 2024) for month in range(1, 13)]
    found = months(order("ada", "2022-01-01"), *rows, as_of=dt.date(2024, 6, 30))
    assert column(found, "churn_rate_12m", "2023-11", "2023-12") == [None, 0.0]
    assert column(found, "average_customers_12m", "2023-11", "2023-12") == [None, 1.0]
    assert column(found, "is_complete", "2023-11", "2023-12") == [False, True]
    assert column(found, "reason", "2023-11", "2023-12") == ["history too short: known from 2023-12-31 on", None]


def test_one_missing_day_of_history_makes_the_churn_unknown_for_a_month_longer():
    rows = [order("ada", "2022-01-02"), order("ada", "2022-12-01"), order("ada", "2023-11-01")]
    found = months(*rows, as_of=dt.date(2024, 6, 30))
    assert column(found, "is_complete", "2023-12", "2024-01") == [False, True]


def test_without_active_customers_in_the_12_months_there_is_no_rate():
    found = months(LONG_AGO)["2024-12"]
    assert (found["churned_customers_12m"], found["average_customers_12m"], found["churn_rate_12m"]) == (0, 0.0, None)
    assert found["reason"] == "no active customers in the 12 months"


def test_a_lost_customer_who_comes_back_was_churned_in_between_and_only_then():
    # last order 2022-03-10, lapse date 2023-03-10, back on 2023-06-20
    found = months(LONG_AGO, order("ada", "2022-03-10"), order("ada", "2023-06-20"), as_of=dt.date(2024, 7, 31))
    names = ("2023-02", "2023-03", "2023-05", "2023-06")
    assert column(found, "churned_customers_12m", *names) == [1, 2, 2, 1]  # zoe is the other one
    assert column(found, "active_customers", *names) == [1, 0, 0, 1]
    assert column(found, "lapsed_in_month", *names) == [0, 1, 0, 0]
    assert column(found, "reactivated_customers", *names) == [0, 0, 0, 1]


def test_a_lapse_counts_in_twelve_month_ends_and_then_no_more():
    found = months(order("ada", "2022-03-10"))
    assert [month for month, row in found.items() if row["churned_customers_12m"]] == [
        *(f"2023-{month:02}" for month in range(3, 13)),
        "2024-01",
        "2024-02",
    ]


def test_what_is_said_of_a_month_does_not_change_with_later_orders():
    rows = [LONG_AGO, order("ada", "2023-03-10"), order("bob", "2023-04-10"), order("bob", "2024-02-10")]
    then = months(*rows, as_of=dt.date(2024, 5, 31))
    now = months(*rows, order("ada", "2024-06-01"), order("bob", "2026-01-01"))
    stable = set(CHURN_COLUMNS) - {"as_of"}
    assert {name: then["2024-05"][name] for name in stable} == {name: now["2024-05"][name] for name in stable}


def test_month_ends_after_the_as_of_day_have_no_row():
    assert list(months(order("ada", "2026-01-15"), as_of=dt.date(2026, 3, 30))) == ["2026-01", "2026-02"]
    assert list(months(order("ada", "2024-02-29"), as_of=dt.date(2024, 2, 29))) == ["2024-02"]
    assert list(months(order("ada", "2024-02-28"), as_of=dt.date(2024, 2, 28))) == []


def test_new_and_returning_customers_less_the_lapsed_are_the_change_in_active_customers():
    rows = [LONG_AGO, order("ada", "2022-03-10"), order("ada", "2023-06-20"), order("bob", "2023-06-01")]
    found = list(months(*rows).values())
    for before, after in pairwise(found):
        came = after["newly_active_customers"] + after["reactivated_customers"]
        assert after["active_customers"] == before["active_customers"] + came - after["lapsed_in_month"]


def test_a_live_subscriber_without_orders_is_active():
    found = months(LONG_AGO, paid("ada", "2024-02-10"))
    assert column(found, "newly_active_customers", "2024-01", "2024-02") == [0, 1]
    assert column(found, "active_customers", "2024-01", "2024-02", "2026-03") == [0, 1, 1]
    assert lost(LONG_AGO, paid("ada", "2024-02-10")).keys() == {"zoe"}


def test_a_subscriber_lapses_when_the_paid_time_ends_if_the_last_order_is_older():
    ada = lost(order("ada", "2023-01-05"), paid("ada", "2023-02-01", "2025-10-01"))["ada"]
    assert (ada["last_order_date"], ada["lapsed_on"]) == (dt.date(2023, 1, 5), dt.date(2025, 10, 1))


def test_a_subscriber_lapses_lapse_days_after_the_last_order_if_the_paid_time_ended_before():
    rows = (order("ada", "2024-06-01"), paid("ada", "2023-02-01", "2024-10-01"))
    assert lost(*rows)["ada"]["lapsed_on"] == dt.date(2025, 6, 1)


def test_a_subscription_ends_a_lapse_as_an_order_does():
    rows = (LONG_AGO, order("ada", "2022-03-10"), paid("ada", "2023-06-20"))
    found = months(*rows, as_of=dt.date(2024, 7, 31))
    assert column(found, "reactivated_customers", "2023-05", "2023-06") == [0, 1]
    assert column(found, "churned_customers_12m", "2023-05", "2023-06") == [2, 1]  # zoe is the other one
    (ada,) = back(*rows)
    assert (ada["lapsed_on"], ada["returned_on"]) == (dt.date(2023, 3, 10), dt.date(2023, 6, 20))
    assert (ada["order_count_since"], ada["net_sales_since"], ada["has_stayed"]) == (0, Decimal(0), True)


def test_a_subscription_that_is_live_between_two_orders_leaves_no_lapse_between_them():
    rows = (order("ada", "2023-01-05"), paid("ada", "2023-03-01", "2025-06-01"), order("ada", "2025-07-01"))
    assert len(back(*rows)) == 1  # a month without subscription
    assert back(*rows, paid("ada", "2025-06-01", "2025-07-01", subscription=2)) == []


def test_trials_free_periods_future_ones_and_those_of_nobody_keep_nobody_active():
    rows = (LONG_AGO, order("ada", "2024-01-05"), refund("bob", "2024-01-05"))
    more = (
        paid("ada", "2024-06-01", None, "0"),
        paid("ada", "2024-06-01", "2024-06-01", subscription=2),
        paid("bob", "2026-04-01"),
        paid("unknown", "2020-01-01"),
    )
    assert_frame_equal(monthly(core(*rows, *more)), monthly(core(*rows)))
    assert lost(*rows, *more) == lost(*rows)
    assert back(*rows, *more) == back(*rows)


def test_the_history_begins_with_the_first_order_and_without_orders_with_the_first_paid_day():
    club = paid("ada", "2020-01-01")
    assert months(club, as_of=dt.date(2021, 12, 31))["2021-12"]["is_complete"] is True
    found = months(club, order("bob", "2023-01-01"))
    assert column(found, "is_complete", "2021-12", "2024-11", "2024-12") == [False, False, True]


def test_a_lost_subscriber_without_orders_is_in_the_list_without_order_dates():
    ada = lost(paid("ada", "2024-01-01", "2025-01-01"), refund("ada", "2025-02-01", "3"))["ada"]
    assert (ada["first_order_date"], ada["last_order_date"], ada["order_count"]) == (None, None, 0)
    assert (ada["lapsed_on"], ada["net_sales_to_date"]) == (dt.date(2025, 1, 1), Decimal(-3))


def test_the_unknown_customer_and_customers_with_refunds_only_are_not_lost():
    rows = (order("unknown", "2023-01-05"), refund("bob", "2023-01-05"))
    assert lost(*rows) == {}
    assert months(*rows) == {}


def test_a_lost_customer_has_the_value_of_the_last_active_year_beside_the_value_to_date():
    ada = lost(
        order("ada", "2023-01-01", "50"),
        order("ada", "2024-01-02", "70", "10"),
        order("ada", "2024-12-31", "20"),
        refund("ada", "2025-01-15", "5"),
    )["ada"]
    assert (ada["first_order_date"], ada["last_order_date"]) == (dt.date(2023, 1, 1), dt.date(2024, 12, 31))
    assert (ada["order_count"], ada["net_sales_to_date"]) == (3, Decimal(125))
    assert ada["net_sales_last_active_year"] == Decimal(75)  # 2024-01-02 is the first of the 365 days


def test_an_order_365_days_before_the_last_one_is_not_in_the_last_active_year():
    ada = lost(order("ada", "2023-12-31", "50"), order("ada", "2024-12-30", "20"))["ada"]
    assert (ada["net_sales_last_active_year"], ada["net_sales_to_date"]) == (Decimal(20), Decimal(70))


def test_a_customer_who_came_back_is_not_in_the_list_of_the_lost():
    assert lost(order("ada", "2023-01-01"), order("ada", "2026-01-01")) == {}


def test_lost_customers_bring_their_country_type_and_owner():
    tables = core(order("ada", "2024-01-01"))
    attributes = {"country": pl.lit("DE"), "customer_type": pl.lit("office"), "owner": pl.lit("Omar")}
    tables["customers"] = tables["customers"].with_columns(**attributes)
    row = churned_customers(**tables, as_of=AS_OF, lapse_days=365).row(0, named=True)
    assert (row["country"], row["customer_type"], row["owner"]) == ("DE", "office", "Omar")


def test_without_orders_the_tables_are_empty_with_all_columns():
    tables = core()
    churned = churned_customers(**tables, as_of=AS_OF, lapse_days=365)
    returned = reactivated_customers(**tables, as_of=AS_OF, lapse_days=365)
    months_ = monthly(tables)
    assert (months_.schema, churned.schema) == (pl.Schema(CHURN_COLUMNS), pl.Schema(CHURNED_COLUMNS))
    assert returned.schema == pl.Schema(REACTIVATED_COLUMNS)
    assert (months_.height, churned.height, returned.height) == (0, 0, 0)


def test_a_customer_who_came_back_is_named_with_when_and_what_was_bought_since():
    found = back(
        order("ada", "2023-01-01", "50"),
        order("ada", "2024-01-02", "70", "10"),
        order("ada", "2024-05-01", "5"),
        refund("ada", "2024-06-01", "7"),
        order("bob", "2023-01-01"),
    )
    (ada,) = found
    assert (ada["customer_id"], ada["lapsed_on"], ada["returned_on"]) == (
        "ada",
        dt.date(2024, 1, 1),
        dt.date(2024, 1, 2),
    )
    assert (ada["days_lapsed"], ada["order_count_since"], ada["net_sales_since"]) == (1, 2, Decimal(58))
    assert ada["has_stayed"] is False


def test_who_comes_back_twice_is_named_twice_each_time_with_the_orders_until_the_next_lapse():
    days = ("2020-01-01", "2022-01-01", "2025-12-01")
    found = back(*(order("ada", day, str(amount)) for amount, day in enumerate(days, 1)))
    assert [(row["returned_on"].year, row["net_sales_since"], row["has_stayed"]) for row in found] == [
        (2022, Decimal(2), False),
        (2025, Decimal(3), True),
    ]


def test_a_dimension_splits_the_lost_and_each_of_its_values_has_every_month():
    tables = core(LONG_AGO, order("ada", "2024-02-10"), order("bob", "2025-02-10"))
    of = {"unknown": None, "zoe": "home", "ada": "home", "bob": "office"}
    tables["customers"] = tables["customers"].with_columns(
        customer_type=pl.col("customer_id").replace_strict(of, return_dtype=pl.String)
    )
    found = monthly(tables, cohorts=Cohorts(dimensions=["customer_type"]))
    lapses = found.group_by("dimension", "dimension_value").agg(pl.col("lapsed_in_month").sum(), pl.len())
    count = found.filter(dimension="all").height
    assert sorted(lapses.rows()) == [
        ("all", "all", 3, count),
        ("customer_type", "home", 2, count),
        ("customer_type", "office", 1, count),
    ]
    office = found.filter(dimension_value="office", month_end=dt.date(2024, 12, 31)).row(0, named=True)
    assert office["reason"] == "no active customers in the 12 months"  # the whole base's history is long enough
