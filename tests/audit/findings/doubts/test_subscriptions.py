"""Doubts about subscriptions begin where the evidence does."""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from regulars.pipelines.audit.findings.doubts.subscriptions import SUBSCRIPTION_DOUBTS
from tests.audit.findings.doubts.asked import Said, ask
from tests.builders import build

Row = dict[str, Any]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    plans: list[Row] = []
    orders: list[Row] = []

    def add(tool: str, count: int, cells: Callable[[int], Row]) -> None:
        for number in range(1, count + 1):
            row = {"_source": tool, "_system": tool, "_row": len(plans) + 1, "subscription_id": f"u{number}"}
            plans.append({**row, "plan": "basic", "started_at": "2025-03-05 10:00:00", **cells(number)})

    def charge(tool: str, customer: int, *days: str, amount: str = "10", **rest: str) -> None:
        for day in days:
            row = {"_source": tool, "_system": tool, "_row": len(orders) + 1, "order_id": f"o{len(orders)}"}
            who = {"customer_record_id": f"c{customer}", "ordered_at": f"{day} 10:00:00", "gross_sales": amount}
            orders.append({**row, **who, **rest})

    add("ended by name", 2, lambda n: {"status": ("Canceled", "active")[n - 1]})
    add("ended", 2, lambda n: {"status": "expired", "ended_at": "2025-12-05 10:00:00"})
    add("on trial by name", 1, lambda n: {"status": "trialing"})
    add("on trial", 1, lambda n: {"status": "trialing", "trial_ends_at": "2026-02-20 10:00:00"})
    add("live by name", 1, lambda n: {"status": "active", "ended_at": "2025-12-05 10:00:00"})
    add("ends later", 1, lambda n: {"status": "active", "ended_at": "2026-03-05 10:00:00"})
    add("ten of one price", 10, lambda n: {"quantity": f"{n % 2 + 1}"})
    add("nine of one price", 9, lambda n: {"quantity": f"{n % 2 + 1}"})
    add("one quantity", 10, lambda n: {"quantity": "2"})
    add("two prices", 10, lambda n: {"quantity": f"{n % 2 + 1}", "monthly_amount": f"{10 * (n % 2 + 1)}"})
    add("six times", 4, lambda n: {"plan": "Yearly" if n > 2 else "basic", "monthly_amount": "60" if n > 2 else "10"})
    add("five times", 4, lambda n: {"plan": "Yearly" if n > 2 else "basic", "monthly_amount": "59" if n > 2 else "10"})
    for tool, count, months in (("charged", 5, 3), ("four charged", 4, 3), ("twice charged", 5, 2)):
        add(tool, count, lambda n: {"customer_record_id": f"c{n}"})
        for customer in range(1, count + 1):
            charge(tool, customer, *(f"2025-{month:02}-05" for month in range(4, 4 + months)))
    for tool, rest in (("dearer", {"amount": "11"}), ("tests", {"is_test": "true"}), ("dollars", {"currency": "USD"})):
        add(tool, 5, lambda n: {"customer_record_id": f"c{n}"})
        for customer in range(1, 6):
            charge(tool, customer, *(f"2025-{month:02}-05" for month in range(4, 8)), **rest)
    add("before", 5, lambda n: {"customer_record_id": f"c{n}", "ended_at": "2025-06-20 10:00:00"})
    for customer in range(1, 6):
        charge("before", customer, "2025-02-05", "2025-04-05", "2025-05-05", "2025-07-05")
    for system, count, cells in (
        ("one", 5, {}),
        ("two", 5, {}),
        ("three", 4, {"monthly_amount": "12"}),
        ("four", 4, {"monthly_amount": "12"}),
        ("five", 5, {"monthly_amount": "14"}),
        ("six", 5, {"monthly_amount": "14", "ended_at": "2026-01-31 10:00:00"}),
    ):
        add(
            system,
            count,
            lambda n, cells=cells: {"customer_record_id": f"c{n}", "customer_system": "crm", **cells},  # type: ignore[misc]
        )
    customers = [{"_source": "crm", "_system": "crm", "_row": n, "customer_record_id": f"c{n}"} for n in range(1, 6)]
    rates = [{"currency": "USD", "rate_date": "2025-01-01", "rate": "1"}]
    with build(raw__subscriptions=plans, raw__orders=orders, raw__customers=customers, raw__fx_rates=rates) as con:
        yield con


def said(con: duckdb.DuckDBPyConnection, name: str) -> Said:
    return ask(con, SUBSCRIPTION_DOUBTS, name)


def test_states_that_contradict_the_days_are_counted(con):
    assert said(con, "subscription_status_disagrees") == {
        "ended by name": (1, 0.5),
        "live by name": (1, 1.0),
        "on trial by name": (1, 1.0),
    }


def test_one_price_for_several_quantities_is_told_by_ten_periods(con):
    assert said(con, "monthly_amount_per_unit") == {"ten of one price": (10, 1.0)}


def test_a_yearly_plan_of_six_times_the_price_counts_each_month(con):
    assert said(con, "billing_interval_not_read") == {"six times": (2, 0.5)}


def test_charges_are_orders_where_five_subscribers_are_charged_in_three_months_within_their_time(con):
    assert said(con, "subscription_charges_as_orders") == {"charged": (5, 1.0)}


def test_subscriptions_of_two_systems_are_the_same_where_five_subscribers_pay_the_same_now(con):
    assert said(con, "same_subscriptions_in_two_systems") == {"one, two": (5, 1.0)}
