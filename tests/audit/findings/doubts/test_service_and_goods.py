"""Doubts about tickets, spend, costs and rates begin where the evidence does."""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from regulars.pipelines.audit.findings.doubts.service_and_goods import SERVICE_AND_GOODS_DOUBTS
from tests.audit.findings.doubts.asked import Said, ask
from tests.builders import build

Row = dict[str, Any]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    rows: dict[str, list[Row]] = {
        f"raw__{kind}": []
        for kind in ("tickets", "acquisition_spend", "customers", "products", "order_lines", "fx_rates")
    }

    def add(source: str, kind: str, count: int, cells: Callable[[int], Row]) -> None:
        own = rows[f"raw__{kind}"]
        for number in range(1, count + 1):
            own.append({"_source": source, "_system": source, "_row": len(own) + 1, **cells(number)})

    def ticket(opened: str, replied: str) -> Callable[[int], Row]:
        return lambda n: {
            "ticket_id": f"t{n}",
            "opened_at": f"2026-01-{n:02} {opened.format(n)}",
            "first_public_reply_at": f"2026-01-{n:02} {replied.format(n)}" if replied else None,
        }

    add("midnight", "tickets", 20, ticket("00:00:00", "10:{:02}:00"))
    add("few at midnight", "tickets", 19, ticket("00:00:00", "10:{:02}:00"))
    add("days of both", "tickets", 20, ticket("00:00:00", "00:00:00"))
    add("ten seconds", "tickets", 20, ticket("10:{:02}:00", "10:{:02}:10"))
    add("eleven seconds", "tickets", 20, ticket("10:{:02}:00", "10:{:02}:11"))
    add("few at once", "tickets", 19, ticket("10:{:02}:00", "10:{:02}:01"))
    add("unanswered", "tickets", 20, ticket("10:{:02}:00", ""))

    def spend(*parts: tuple[str, str], channel: str = "search") -> Callable[[int], Row]:
        return lambda n: {"month": parts[n - 1][0], "amount": parts[n - 1][1], "channel": channel, "campaign": "x"}

    days = [(f"2026-01-{day:02}", "10") for day in range(2, 5)]
    add("sum of days", "acquisition_spend", 4, spend(("2026-01-01", "30"), *days))
    add("more than days", "acquisition_spend", 4, spend(("2026-01-01", "31"), *days))
    add("two days", "acquisition_spend", 3, spend(("2026-01-01", "20"), *days[:2]))

    def by_channel(*months: tuple[str, ...]) -> Callable[[int], Row]:
        cells = [
            {"month": f"2026-0{month}-01", "channel": f"c{place}", "amount": amount}
            for month, amounts in enumerate(months, 1)
            for place, amount in enumerate(amounts)
        ]
        return lambda n: cells[n - 1]

    add(
        "named",
        "acquisition_spend",
        3,
        lambda n: {"month": "2026-01-01", "channel": ("Total", "a", "b")[n - 1], "amount": "10"},
    )
    add("like a name", "acquisition_spend", 1, lambda n: {"month": "2026-01-01", "channel": "Total TV", "amount": "10"})
    add("sums of two months", "acquisition_spend", 6, by_channel(("30", "10", "20"), ("50", "20", "30")))
    add("sum of one of two months", "acquisition_spend", 6, by_channel(("30", "10", "20"), ("51", "20", "30")))
    add("sum of one month", "acquisition_spend", 3, by_channel(("30", "10", "20")))
    add("equal pairs", "acquisition_spend", 4, by_channel(("10", "10"), ("20", "20")))
    add("crm", "customers", 1, lambda n: {"customer_record_id": "a", "acquisition_channel": "search"})

    for source, count, cost in (("dear", 20, "11"), ("even", 20, "10"), ("few dear", 19, "11"), ("free", 20, "0")):
        add(source, "products", 1, lambda n, cost=cost: {"product_id": "p", "cost": cost})  # type: ignore[misc]
        add(source, "order_lines", count, lambda n: line(n, quantity=2, price="10"))
    add_costs(add)
    rates = ("1", "4", "5", "0.25", "0.2", "1", "1", "1", "1")
    add("moved", "fx_rates", 9, lambda n: {"currency": "XTS", "rate_date": f"2026-01-{n:02}", "rate": rates[n - 1]})
    add("upside down", "fx_rates", 1, lambda n: {"currency": "SEK", "rate_date": "2026-01-01", "rate": "11"})
    add("sound", "fx_rates", 1, lambda n: {"currency": "DKK", "rate_date": "2026-01-01", "rate": "0.134"})
    add("own", "fx_rates", 1, lambda n: {"currency": "EUR", "rate_date": "2026-01-01", "rate": "9"})
    with build(**rows) as con:
        yield con


def add_costs(add: Callable[[str, str, int, Callable[[int], Row]], None]) -> None:
    """Lines in francs, at 0.9, whose costs are the numbers of the company's currency, or are not."""
    add("rates of costs", "fx_rates", 1, lambda n: {"currency": "CHF", "rate_date": "2025-01-01", "rate": "0.9"})
    add("rates near 1", "fx_rates", 1, lambda n: {"currency": "USD", "rate_date": "2025-01-01", "rate": "1.01"})

    def cost(currency: str, amount: str, own: str | None = None) -> Callable[[int], Row]:
        return lambda n: (
            line(n, quantity=2, price="10")
            | {**{"order_id": f"{currency}{own}{n}", "currency": currency, "cost": amount, "cost_currency": own}}
        )

    for source in ("listed", "converted", "few francs", "told", "near 1"):
        add(source, "products", 1, lambda n: {"product_id": "p", "cost": "6"})
    add("listed", "order_lines", 20, cost("CHF", "12"))
    add("converted", "order_lines", 20, cost("CHF", "13.33"))
    add("few francs", "order_lines", 19, cost("CHF", "12"))
    add("told", "order_lines", 20, cost("CHF", "12", "EUR"))
    add("near 1", "order_lines", 20, cost("USD", "12"))
    add("by lines", "order_lines", 1, cost("EUR", "12"))
    add("by lines", "order_lines", 20, cost("CHF", "12"))
    for source, costs in (("twenty costs", 20), ("more costs", 21)):
        add(source, "order_lines", costs, lambda n: cost("EUR", f"{11 + n}")(n))
        add(source, "order_lines", 20, cost("CHF", "12"))


def line(number: int, quantity: int, price: str) -> Row:
    at = "2026-01-05 10:00:00"
    return {
        "order_id": f"o{number}",
        "ordered_at": at,
        "product_id": "p",
        "quantity": f"{quantity}",
        "unit_price": price,
    }


def said(con: duckdb.DuckDBPyConnection, name: str) -> Said:
    return ask(con, SERVICE_AND_GOODS_DOUBTS, name)


def test_tickets_have_no_hours_where_twenty_were_opened_at_one_time_and_answered_at_many(con):
    assert said(con, "tickets_opened_at_midnight") == {"midnight": (20, 1.0)}


def test_replies_within_ten_seconds_are_a_machine_s_in_twenty_tickets(con):
    assert said(con, "replies_at_once") == {"ten seconds": (20, 1.0)}


def test_a_row_that_is_the_sum_of_three_days_is_their_month(con):
    assert said(con, "spend_by_day_and_month") == {"sum of days": (1, 1.0)}


def test_totals_are_known_by_their_name_or_by_their_amount_in_every_month(con):
    assert said(con, "totals_rows") == {"named": (1, 0.33), "sums of two months": (2, 0.33)}


def test_channels_of_no_customer_are_counted(con):
    assert said(con, "spend_channels_unmatched")["named"] == (3, 1.0)
    assert "sum of days" not in said(con, "spend_channels_unmatched")


def test_costs_are_compared_for_all_pieces_of_twenty_lines(con):
    assert said(con, "costs_beyond_prices") == {"dear": (20, 1.0)}


def test_rates_stand_out_beyond_four_times_the_usual_or_the_known_rate(con):
    assert said(con, "rate_stands_out") == {"moved": (2, 0.22), "upside down": (1, 1.0)}


def test_costs_in_a_foreign_currency_with_the_numbers_of_the_companys_are_doubted(con):
    found = said(con, "costs_not_in_order_currency")
    assert found.pop("converted", (0, 0.0)) == (0, 0.0)
    assert found == {"listed": (20, 1.0), "by lines": (20, 1.0), "twenty costs": (20, 1.0)}
