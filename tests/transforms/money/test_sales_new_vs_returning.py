import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from polars.testing import assert_frame_equal

from regulars.pipelines.transforms.money.sales_new_vs_returning import COLUMNS, sales_new_vs_returning
from tests.transforms import oracle
from tests.transforms.core_tables import ENGINES, Row, companies, core, frames, order, paid, refund
from tests.transforms.subscription_tables import subscriptions

AS_OF = dt.date(2026, 3, 31)
WON = ("won_this_year_net_sales", "won_earlier_net_sales", "unattributed_net_sales")


def mart(*rows: Row, as_of: dt.date = AS_OF) -> pl.DataFrame:
    return sales_new_vs_returning(**_inputs(core(*rows)), as_of=as_of)


def months(*rows: Row, as_of: dt.date = AS_OF) -> dict[str, Row]:
    """{month: row}."""
    return {f"{row['month']:%Y-%m}": row for row in mart(*rows, as_of=as_of).to_dicts()}


def _inputs(tables: dict[str, Any]) -> dict[str, Any]:
    return {name: tables[name] for name in ("orders", "refunds", "subscriptions", "calendar")} | {
        "subscription_revenue_is_in_orders": False
    }


def test_a_customers_first_order_is_new_and_every_later_one_returning():
    found = months(order("ada", "2026-02-28", "60"), order("ada", "2026-03-01", "40", "5"), order("bob", "2026-03-02"))
    assert found["2026-02"]["new_customer_sales"] == 60
    march = found["2026-03"]
    assert (march["new_customers"], march["new_orders"], march["new_customer_sales"]) == (1, 1, 100)
    assert (march["customers_with_repeat_orders"], march["returning_orders"], march["returning_customer_sales"]) == (
        1,
        1,
        35,
    )


def test_the_second_order_of_the_first_day_is_returning():
    march = months(order("ada", "2026-03-01", "60"), order("ada", "2026-03-01", "40"))["2026-03"]
    assert (march["new_customers"], march["customers_with_repeat_orders"]) == (1, 1)
    assert (march["new_customer_sales"], march["returning_customer_sales"]) == (60, 40)


def test_a_customer_who_returns_twice_in_a_month_is_one_returning_customer():
    rows = (order("ada", "2026-02-01"), order("ada", "2026-03-01"), order("ada", "2026-03-02"))
    march = months(*rows)["2026-03"]
    assert (march["customers_with_repeat_orders"], march["returning_orders"]) == (1, 2)


def test_orders_of_the_unknown_customer_are_neither_new_nor_returning():
    march = months(order("unknown", "2026-03-01", "60"), order("unknown", "2026-03-02", "40"))["2026-03"]
    assert (march["new_orders"], march["returning_orders"], march["unknown_customer_orders"]) == (0, 0, 2)
    assert march["unknown_customer_sales"] == march["net_sales"] == 100


def test_what_was_given_back_beside_goods_stands_beside_sales():
    march = months(
        order("ada", "2026-03-01", "100"),
        refund("ada", "2026-03-02", "60", "10", "12.60", "3"),
        refund("bob", "2026-03-03", "5", "2", countable=False),
    )["2026-03"]
    assert (march["refunds"], march["net_sales"]) == (60, 40)
    beside = ("refunded_shipping", "refunded_tax", "refunded_otherwise")
    assert [float(march[name]) for name in beside] == [10, 12.6, 3 + 5 + 2]


def test_refunds_are_taken_off_in_their_own_month_and_everything_ties_out():
    found = months(
        order("ada", "2026-01-05", "100", "10"),
        order("ada", "2026-01-06", "50"),
        order("unknown", "2026-01-07", "7"),
        refund("ada", "2026-03-01", "30"),
        refund("unknown", "2026-03-02", "2"),
    )
    assert found["2026-01"]["net_sales"] == 90 + 50 + 7
    assert found["2026-03"]["refunds"] == 32
    assert found["2026-03"]["net_sales"] == -32


def test_what_customers_bring_in_the_year_in_which_they_are_won_is_more_than_their_first_orders():
    found = months(
        order("ada", "2025-12-31", "60"),
        order("ada", "2026-01-05", "40", "5"),
        order("bob", "2026-01-06", "10"),
        order("bob", "2026-03-01", "20"),
        refund("ada", "2026-03-02", "8"),
        refund("bob", "2026-03-02", "3"),
        order("unknown", "2026-03-03", "7"),
        refund("eve", "2026-03-03", "2"),
    )
    assert [[float(row[part]) for part in WON] for row in found.values()] == [
        [60, 0, 0],
        [10, 35, 0],
        [0, 0, 0],
        [17, -8, 5],
    ]


def test_months_without_sales_are_zero():
    found = months(order("ada", "2025-12-05"), order("ada", "2026-03-05"))
    assert list(found) == ["2025-12", "2026-01", "2026-02", "2026-03"]
    assert (found["2026-01"]["new_orders"], found["2026-01"]["net_sales"]) == (0, 0)


def test_the_running_month_counts_so_far():
    found = months(
        order("ada", "2026-02-05"), order("ada", "2026-03-30"), order("ada", "2026-03-31"), as_of=dt.date(2026, 3, 30)
    )
    assert [row["is_complete"] for row in found.values()] == [True, False]
    assert found["2026-03"]["returning_orders"] == 1


def test_what_subscriptions_bring_stands_beside_sales_and_in_the_total():
    rows = (
        order("ada", "2026-03-01", "100"),
        paid("ada", "2026-02-15", "2026-03-11", "31"),
        paid("unknown", "2026-03-31"),
    )
    found = months(*rows)
    assert found["2026-02"]["new_subscriber_revenue"] == Decimal("15.5")  # 14 of 28 days
    march = found["2026-03"]
    assert (march["new_subscriber_revenue"], march["returning_subscriber_revenue"]) == (0, 10)  # 10 of 31 days
    assert march["unknown_subscriber_revenue"] == Decimal("0.3226")
    assert (march["net_sales"], march["total_revenue"]) == (100, Decimal("110.3226"))


def test_revenue_that_is_in_orders_already_is_not_added():
    tables = core(order("ada", "2026-03-01", "100"), paid("ada", "2026-02-15", amount="31"))
    found = sales_new_vs_returning(**(_inputs(tables) | {"subscription_revenue_is_in_orders": True}), as_of=AS_OF)
    assert found["total_revenue"].to_list() == [0, 100]
    assert found["subscription_revenue"].to_list() == [Decimal("15.5"), 31]


def test_orders_that_do_not_count_are_no_sales():
    assert mart(order("ada", "2026-03-05", countable=False)).is_empty()


def test_without_orders_and_refunds_the_table_is_empty_with_all_columns():
    assert mart().schema == pl.Schema(COLUMNS)
    assert mart().is_empty()


def split_by_year_won(orders: list[Row], refunds: list[Row], as_of: dt.date) -> dict[dt.date, list[Decimal]]:
    """{month: its net sales by `WON`}, one order and refund at a time."""
    bought = oracle.countable(orders, as_of)
    moved = [(row["customer_idx"], row["order_date"], row["gross_sales"] - row["discounts"]) for row in bought]
    moved += [
        (row["customer_idx"], row["refund_date"], -row["goods"])
        for row in refunds
        if row["is_countable"] and row["refund_date"] <= as_of
    ]
    found: dict[dt.date, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for customer, day, amount in moved:
        days = [row["order_date"] for row in bought if row["customer_idx"] == customer != 0]
        place = 2 if not days else 1 if min(days).year < day.year else 0
        found[day.replace(day=1)][place] += amount
    return found


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=30, deadline=None)
@given(company=companies(), club=subscriptions())
def test_drawn_companies_have_the_sales_that_counting_by_hand_finds(engine: str, company: Any, club: list[Row]):
    orders, refunds, as_of = company
    with ENGINES[engine](frames(orders, refunds, club)) as tables:
        found = sales_new_vs_returning(**_inputs(tables), as_of=as_of)
    rows = oracle.sales(orders, refunds, as_of, club)
    won = split_by_year_won(orders, refunds, as_of)
    expected = [row | dict(zip(WON, won[row["month"]], strict=True)) for row in rows]
    assert_frame_equal(found, pl.DataFrame(expected, schema=COLUMNS))
