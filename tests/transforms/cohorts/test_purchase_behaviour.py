import datetime as dt
import statistics
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from polars.testing import assert_frame_equal

from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.cohorts.purchase_behaviour import COLUMNS, purchase_behaviour
from tests.transforms import oracle
from tests.transforms.core_tables import (
    ENGINES,
    TYPES,
    WHOLE_BASE,
    Row,
    companies,
    core,
    dimensions_of,
    frames,
    order,
    refund,
)

AS_OF = dt.date(2026, 3, 31)


def months(*rows: Row, as_of: dt.date = AS_OF) -> dict[str, Row]:
    """{month: row} of the whole base."""
    tables = core(*rows)
    known = dimensions_of(tables, as_of)
    found = purchase_behaviour(
        tables["orders"], tables["refunds"], tables["calendar"], known, as_of=as_of, cohorts=WHOLE_BASE
    )
    return {f"{row['month']:%Y-%m}": row for row in found.to_dicts()}


def test_averages_are_of_the_months_orders_and_customers():
    rows = [order("ada", "2026-01-05", "30"), order("ada", "2026-01-06", "10"), order("bob", "2026-01-06", "20", "3")]
    found = months(*rows, refund("ada", "2026-02-01", "5"))
    january, february = found["2026-01"], found["2026-02"]
    assert (january["average_order_value"], january["orders_per_customer"]) == (19.0, 1.5)
    assert (january["new_customers"], january["returning_customer_rate"]) == (2, 0.0)
    assert (february["known_customer_net_sales"], february["average_order_value"]) == (Decimal(-5), None)


def test_a_second_order_counts_from_the_next_day_on_and_within_the_window():
    rows = [
        order("ada", "2025-01-01"),
        order("ada", "2025-01-01"),
        order("bob", "2025-01-01"),
        order("bob", "2025-04-01"),  # day 90
        order("cem", "2025-01-01"),
        order("cem", "2025-04-02"),  # day 91
    ]
    january = months(*rows)["2025-01"]
    assert (january["repeat_customers_90d"], january["repeat_rate_90d"]) == (1, pytest.approx(1 / 3))
    assert (january["repeat_customers_365d"], january["repeat_rate_365d"]) == (2, pytest.approx(2 / 3))
    assert january["median_days_to_second_order_365d"] == 90.5


def test_a_repeat_rate_is_unknown_until_the_window_of_the_months_last_day_is_over():
    rows = (order("ada", "2026-01-01"), order("ada", "2026-01-09"))
    assert months(*rows, as_of=dt.date(2026, 4, 30))["2026-01"]["repeat_rate_90d"] is None
    january = months(*rows, as_of=dt.date(2026, 5, 1))["2026-01"]  # 90 days after 31 January
    assert (january["repeat_rate_90d"], january["repeat_rate_365d"]) == (1.0, None)
    assert january["repeat_customers_365d"] == 1


def test_the_median_counts_who_has_not_come_back_for_the_days_they_were_watched():
    # Ada bought again after 10 days; Bob has been observed for 5 days without, Cem for 29
    rows = [order("ada", "2026-01-01"), order("ada", "2026-01-11"), order("cem", "2026-01-02")]
    found = months(*rows, order("bob", "2026-01-26"), as_of=dt.date(2026, 1, 31))
    assert found["2026-01"]["median_days_to_second_order"] == 10  # of the two still watched on day 10, one came
    assert (
        months(*rows, order("eve", "2026-01-03"), as_of=dt.date(2026, 1, 31))["2026-01"]["median_days_to_second_order"]
        is None
    )


def test_the_running_month_has_counts_but_no_averages():
    march = months(order("ada", "2026-03-05"), as_of=dt.date(2026, 3, 30))["2026-03"]
    assert (march["known_customer_orders"], march["average_order_value"], march["is_complete"]) == (1, None, False)


def test_a_year_counts_each_customer_once_and_forgets_orders_after_twelve_months():
    rows = [order("ada", day) for day in ("2025-01-01", "2025-01-06", "2025-09-30")]
    found = months(*rows, order("bob", "2025-12-31"), as_of=dt.date(2026, 2, 28))
    year = ("customers_with_orders_12m", "customers_with_one_order_12m", "known_customer_orders_12m")
    assert [found[month]["orders_per_customer_12m"] for month in ("2025-11", "2025-12", "2026-01")] == [None, 2.0, 1.0]
    assert [[found[month][name] for name in year] for month in ("2025-12", "2026-01")] == [[2, 1, 4], [2, 2, 2]]
    assert found["2025-12"]["one_order_rate_12m"] == 0.5
    assert found["2025-12"]["orders_per_customer_12m_low"] is None


def test_the_interval_of_a_years_mean_is_that_of_its_counts():
    often = [order("ada", "2025-02-01")] * 5
    once = [order(f"c{number}", "2025-03-01") for number in range(39)]
    december = months(order("zoe", "2025-01-01"), *often, *once, as_of=dt.date(2025, 12, 31))["2025-12"]
    counts = [1] * 40 + [5]
    reach = 1.96 * statistics.stdev(counts) / 41**0.5
    mean = statistics.mean(counts)
    assert december["orders_per_customer_12m"] == pytest.approx(mean)
    assert december["orders_per_customer_12m_low"] == 1.0 > mean - reach
    assert december["orders_per_customer_12m_high"] == pytest.approx(mean + reach, abs=1e-4)


def test_a_mean_of_thirty_customers_has_an_interval_and_of_fewer_none():
    for customers, has_one in ((29, False), (30, True)):
        rows = [order(f"c{number}", "2025-01-01") for number in range(customers)]
        december = months(*rows, as_of=dt.date(2025, 12, 31))["2025-12"]
        assert december["customers_with_orders_12m"] == customers
        assert [(december[f"orders_per_customer_12m{end}"] is not None) for end in ("", "_low", "_high")] == [
            True,
            has_one,
            has_one,
        ]


def test_a_year_that_began_before_the_data_is_not_whole():
    names = ("orders_per_customer_12m", "one_order_rate_12m")
    for day, is_whole in (("2025-01-01", True), ("2025-01-02", False), ("2025-01-20", False)):
        rows = [order("ada", day), order("bob", "2025-12-31"), refund("ada", "2024-12-01")]
        found = months(*rows, as_of=dt.date(2026, 1, 31))
        assert [found["2025-12"][name] is not None for name in names] == [is_whole] * 2
        assert found["2026-01"]["orders_per_customer_12m"] == 1.0  # from February 2025 on


def test_a_stray_date_begins_no_history():
    rows = [order(f"c{number}", "2025-01-20") for number in range(10)]
    found = months(order("ada", "2020-06-01"), *rows, as_of=dt.date(2026, 1, 31))
    assert found["2025-12"]["orders_per_customer_12m"] is None
    assert found["2026-01"]["orders_per_customer_12m"] is None  # nobody ordered in it
    assert found["2025-12"]["customers_with_orders_12m"] == 10


def test_months_without_orders_are_there_with_zeros():
    found = months(order("ada", "2026-01-05"))
    assert [row["known_customer_orders"] for row in found.values()] == [1, 0, 0]
    assert found["2026-02"]["orders_per_customer"] is None


def test_without_orders_the_table_is_empty_with_all_columns():
    assert months() == {}


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=15, deadline=None)
@given(company=companies())
def test_drawn_companies_behave_as_counting_by_hand_finds(engine: str, company: Any):
    orders, refunds, as_of = company
    inputs = frames(orders, refunds)
    split = Cohorts(dimensions=["customer_type"])
    with ENGINES[engine](inputs | {"known": dimensions_of(inputs, as_of)}) as tables:
        found = purchase_behaviour(
            tables["orders"], tables["refunds"], tables["calendar"], tables["known"], as_of=as_of, cohorts=split
        )
    parts = {kind or "unknown": {idx for idx in range(1, 10) if TYPES[idx % 3] == kind} for kind in TYPES}
    expected = [
        row | {"dimension": "all" if chosen is None else "customer_type", "dimension_value": value}
        for value, chosen in ({"all": None} | parts).items()
        for row in oracle.behaviour(orders, refunds, as_of, chosen)
    ]
    by_hand = pl.DataFrame(expected, schema=COLUMNS).sort("month", "dimension", "dimension_value")
    assert_frame_equal(found, by_hand, rel_tol=1e-12)
