import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from regulars.pipelines.transforms.money.revenue_concentration import (
    COLUMNS,
    measure_concentration,
    revenue_concentration,
)
from tests.transforms import oracle
from tests.transforms.core_tables import ENGINES, Row, companies, core, frames, in_polars, order, paid, refund

AS_OF = dt.date(2026, 3, 31)


def mart(*rows: Row, as_of: dt.date = AS_OF) -> pl.DataFrame:
    return revenue_concentration(**_inputs(core(*rows)), as_of=as_of)


def at(day: str, *rows: Row, scope: str = "to_date", as_of: dt.date = AS_OF) -> Row:
    """The row of one scope and day."""
    found = mart(*rows, as_of=as_of).filter(
        pl.col("scope") == scope, pl.col("period_end") == dt.date.fromisoformat(day)
    )
    return found.row(0, named=True)


def _inputs(tables: dict[str, Any]) -> dict[str, Any]:
    return {name: tables[name] for name in ("orders", "refunds", "subscriptions", "calendar")} | {
        "subscription_revenue_is_in_orders": False
    }


def test_the_share_of_the_top_percents_is_that_of_so_many_customers_rounded_up():
    rows = [order(f"c{number}", "2026-01-05", str(number)) for number in range(1, 12)]  # 11 customers, 66 in all
    row = at("2026-03-31", *rows)
    assert (row["customers_in_shares"], row["net_sales_above_zero"]) == (11, 66)
    assert row["top_1_percent_share"] == row["top_5_percent_share"] == 11 / 66
    assert row["top_10_percent_share"] == (11 + 10) / 66
    assert row["top_20_percent_share"] == (11 + 10 + 9) / 66
    assert row["largest_customer_share"] == 11 / 66


def test_one_customer_is_all_of_it():
    row = at("2026-03-31", order("ada", "2026-01-05"))
    assert [row[name] for name in ("top_1_percent_share", "largest_customer_share", "hhi", "gini")] == [1, 1, 1, 0]


def test_equal_customers_have_a_gini_of_zero_and_an_hhi_of_one_over_n():
    row = at("2026-03-31", *(order(name, "2026-01-05") for name in "abcd"))
    assert (row["gini"], row["hhi"]) == (0, 0.25)


def test_gini_of_one_and_three_is_a_quarter():
    assert at("2026-03-31", order("ada", "2026-01-05", "1"), order("bob", "2026-01-05", "3"))["gini"] == 0.25


def test_customers_who_brought_nothing_count_as_zero_and_are_named_so_that_the_total_ties_out():
    row = at(
        "2026-03-31",
        order("ada", "2026-01-05", "50"),
        order("bob", "2026-01-05", "20"),
        refund("bob", "2026-01-09", "20"),
        refund("cem", "2026-01-09", "5"),
        order("unknown", "2026-01-05", "7"),
        refund("unknown", "2026-01-05", "1"),
    )
    assert (row["customers_in_shares"], row["net_sales_above_zero"]) == (3, 50)
    assert (row["customers_without_sales"], row["net_sales_below_zero"]) == (2, -5)
    assert row["gini"] == pytest.approx(2 / 3)
    assert row["unknown_net_sales"] == 6


def test_the_last_12_months_of_a_month_end_begin_after_the_month_end_a_year_earlier():
    rows = (order("ada", "2024-01-31"), order("bob", "2024-02-29", "7"), order("cem", "2024-03-01", "5"))
    row = at("2025-02-28", *rows, scope="last_12_months")
    assert (row["customers_in_shares"], row["net_sales_above_zero"], row["is_complete"]) == (1, 5, True)


def test_the_last_12_months_of_a_leap_day_are_a_whole_year():
    rows = (order("ada", "2023-02-28"), order("bob", "2023-03-01", "7"))
    assert at("2024-02-29", *rows, scope="last_12_months")["net_sales_above_zero"] == 7


def test_the_last_12_months_of_a_december_are_its_calendar_year():
    rows = (order("ada", "2024-12-31"), order("bob", "2025-01-01", "7"), order("cem", "2025-12-31", "5"))
    assert at("2025-12-31", *rows, scope="last_12_months")["net_sales_above_zero"] == 12


def test_a_year_of_data_is_needed_for_the_shares_of_the_last_12_months_but_not_for_those_to_date():
    rows = (order("ada", "2025-02-01"), order("bob", "2025-02-02"))
    early, whole = (at(day, *rows, scope="last_12_months") for day in ("2025-12-31", "2026-01-31"))
    assert (early["is_complete"], early["top_1_percent_share"], early["net_sales_above_zero"]) == (False, None, 200)
    assert (whole["is_complete"], whole["top_1_percent_share"]) == (True, 0.5)
    assert at("2025-12-31", *rows)["top_1_percent_share"] == 0.5


def test_a_refund_takes_from_the_month_it_was_made_in():
    rows = (order("ada", "2026-01-05", "50"), refund("ada", "2026-02-01", "20"))
    assert at("2026-01-31", *rows)["net_sales_above_zero"] == 50
    assert at("2026-02-28", *rows)["net_sales_above_zero"] == 30


def test_there_is_a_row_for_as_of_itself_and_for_36_month_ends_at_most():
    days = mart(order("ada", "2020-05-05"), as_of=dt.date(2026, 3, 30)).filter(pl.col("scope") == "to_date")
    assert days["period_end"].to_list()[-3:] == [dt.date(2026, 1, 31), dt.date(2026, 2, 28), dt.date(2026, 3, 30)]
    assert days.height == 37
    assert mart(order("ada", "2026-02-05")).height == 2 * 2  # the end of February, and of March, which is as_of


def test_without_an_order_of_a_known_customer_the_table_is_empty_with_all_columns():
    assert mart(order("unknown", "2026-01-01"), refund("ada", "2026-01-01")).is_empty()
    assert mart().schema == pl.Schema(COLUMNS)


@pytest.mark.parametrize(
    ("sales", "gini", "hhi"),
    [([1, 2, 3, 4], 0.25, 0.30), ([50, 30, 20], 0.20, 0.38), ([100, 0, 0, 0], 0.75, 1), ([7, 7, 7, 7, 7], 0, 0.2)],
)
def test_concentration_is_that_of_the_worked_examples(sales: list[int], gini: float, hhi: float):
    found = measure_concentration(np.array(sales))
    assert found["gini"] == pytest.approx(gini)
    assert found["hhi"] == pytest.approx(hhi)


def test_effective_customers_are_as_many_equal_ones_as_would_be_as_concentrated():
    rows = [order(name, "2026-01-05", amount) for name, amount in zip("abcd", "1234", strict=True)]
    assert at("2026-03-31", *rows)["effective_customers"] == pytest.approx(3.33, abs=0.005)
    fewer = [order(name, "2026-01-05", amount) for name, amount in zip("abc", ("50", "30", "20"), strict=True)]
    assert at("2026-03-31", *fewer)["effective_customers"] == pytest.approx(2.63, abs=0.005)


def test_negative_sales_count_as_zero_and_are_counted():
    rows = [order("ada", "2026-01-05", "5"), order("bob", "2026-01-05", "3"), refund("cem", "2026-01-05", "2")]
    row = at("2026-03-31", *rows)
    assert (row["gini"], row["customers_in_shares"], row["customers_without_sales"]) == (pytest.approx(10 / 24), 3, 1)
    assert row["net_sales_below_zero"] == -2


def test_one_customer_of_four_who_brings_all_of_it_gives_a_gini_of_three_quarters():
    bought = [order(name, "2026-01-05") for name in "abcd"]
    returned = [refund(name, "2026-01-09", "100") for name in "bcd"]
    row = at("2026-03-31", *bought, *returned, order("unknown", "2026-01-05", "900"))
    assert (row["gini"], row["hhi"], row["customers_in_shares"], row["top_20_percent_share"]) == (0.75, 1, 4, 1)
    assert (row["unknown_net_sales"], row["unknown_share"]) == (900, pytest.approx(0.9))


def test_where_everything_came_back_there_is_no_share():
    row = at("2026-03-31", order("ada", "2026-01-05", "5"), refund("ada", "2026-01-05", "5"))
    assert (row["customers_in_shares"], row["customers_without_sales"], row["gini"], row["hhi"]) == (1, 1, None, None)


def test_the_unknown_customer_s_share_is_that_of_all_net_sales():
    rows = [order("ada", "2026-01-05", "75"), order("unknown", "2026-01-05", "25")]
    assert at("2026-03-31", *rows)["unknown_share"] == pytest.approx(0.25)
    returned = refund("unknown", "2026-02-05", "90")
    assert at("2026-03-31", *rows, returned)["unknown_share"] is None


@settings(deadline=None)
@given(st.lists(st.integers(1, 10**13), min_size=1, max_size=40))
def test_measures_are_ratios_and_do_not_depend_on_the_unit_or_on_who_is_who(values: list[int]):
    found = measure_concentration(np.array(values))
    doubled = measure_concentration(np.array(values[::-1]) * 2)
    assert doubled == pytest.approx(found)
    assert all(value is not None and 0 <= value <= 1 for value in found.values())
    assert found["largest_customer_share"] <= found["top_1_percent_share"] <= found["top_20_percent_share"]


def test_what_subscriptions_bring_is_in_the_shares_of_the_total():
    rows = (
        order("ada", "2026-02-01", "90"),
        paid("bob", "2026-01-01", amount="10"),
        paid("unknown", "2026-03-01", amount="7"),
    )
    row = at("2026-03-31", *rows)
    assert (row["net_sales_above_zero"], row["largest_customer_share"], row["customers_in_shares"]) == (90, 1, 1)
    assert (row["subscription_revenue"], row["total_revenue_above_zero"], row["total_customers_in_shares"]) == (
        37,
        120,
        2,
    )
    assert (row["total_largest_customer_share"], row["total_gini"]) == (0.75, 0.25)


def test_the_total_is_as_concentrated_as_orders_of_the_same_amounts_would_be():
    # 11 customers bring 1 to 11, of which subscriptions since January are 3 each where there is one
    subscribers = {3, 6, 9, 11}
    bought = [order(f"c{n:02}", "2026-01-05", str(n - 3 * (n in subscribers))) for n in range(1, 12) if n != 3]
    rows = [*bought, *(paid(f"c{n:02}", "2026-01-01", amount="1") for n in sorted(subscribers))]
    alike = at("2026-03-31", *(order(f"c{n:02}", "2026-01-05", str(n)) for n in range(1, 12)))
    row = at("2026-03-31", *rows)
    names = [name for name in COLUMNS if f"total_{name}" in COLUMNS]
    assert len(names) == 8
    assert [row[f"total_{name}"] for name in names] == pytest.approx([alike[name] for name in names])
    assert (row["total_top_1_percent_share"], row["total_top_5_percent_share"]) == (11 / 66, 11 / 66)
    assert (row["total_top_10_percent_share"], row["total_top_20_percent_share"]) == (21 / 66, 30 / 66)
    assert row["total_hhi"] == pytest.approx(506 / 66**2)
    assert row["top_10_percent_share"] == 10 / 54  # of orders alone


def test_a_year_of_revenue_begins_on_the_day_after_the_same_day_a_year_before():
    rows = order("ada", "2024-01-01", "1"), paid("bob", "2025-01-01", amount="31")
    row = at("2026-03-15", *rows, scope="last_12_months", as_of=dt.date(2026, 3, 15))
    assert row["subscription_revenue"] == 16 + 11 * 31 + 15  # 16 to 31 March 2025, whole months, 1 to 15 March 2026


def test_without_orders_there_is_still_what_subscriptions_bring():
    row = at("2026-03-31", paid("bob", "2026-03-01", amount="10"))
    assert (row["customers_in_shares"], row["gini"], row["total_revenue_above_zero"]) == (0, None, 10)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=30, deadline=None)
@given(company=companies())
def test_drawn_companies_have_the_concentration_that_counting_by_hand_finds(engine: str, company: Any):
    orders, refunds, as_of = company
    with ENGINES[engine](frames(orders, refunds)) as tables:
        found = revenue_concentration(**_inputs(tables), as_of=as_of)
    expected = pl.DataFrame(oracle.concentration(orders, refunds, as_of), schema=COLUMNS)
    assert_frame_equal(found, expected, abs_tol=1e-12)


@settings(max_examples=40, deadline=None)
@given(company=companies())
def test_what_is_counted_below_zero_and_unknown_is_all_that_was_sold(company: Any):
    orders, refunds, as_of = company
    with in_polars(frames(orders, refunds)) as tables:
        found = revenue_concentration(**_inputs(tables), as_of=as_of).filter(
            pl.col("scope") == "to_date", pl.col("period_end") == as_of
        )
    sold = oracle.sold(oracle.countable(orders, as_of)) - sum(row["goods"] for row in oracle.until(refunds, as_of))
    for row in found.to_dicts():
        assert row["net_sales_above_zero"] + row["net_sales_below_zero"] + row["unknown_net_sales"] == Decimal(sold)
