"""Doubts about money begin where the evidence does: at so many rows, beyond so many cents."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from regulars.pipelines.audit.findings.doubts.money import MONEY_DOUBTS
from tests.audit.findings.doubts.asked import Said, ask
from tests.builders import build

Row = dict[str, Any]
Cells = Callable[[int], Row]


class Company:
    """Rows of several shops, each a source and a system of its own."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {
            f"raw__{kind}": [] for kind in ("orders", "order_lines", "payments", "refunds")
        }

    def add(self, shop: str, kind: str, count: int, cells: Cells, system: str | None = None) -> None:
        """Rows of a kind; `cells` gives what the number of a row from 1 has."""
        rows = self.rows[f"raw__{kind}"]
        for number in range(1, count + 1):
            trace = {"_source": shop, "_system": system or shop, "_row": len(rows) + 1}
            rows.append({"order_id": f"o{number}", **trace, **cells(number)})

    def sell(self, shop: str, count: int, order: Row, line: Row | None = None, paid: str | None = None) -> None:
        """Orders, each with one line or one payment."""
        self.add(shop, "orders", count, lambda n: order)
        if line is not None:
            self.add(shop, "order_lines", count, lambda n: line)
        if paid is not None:
            self.add(shop, "payments", count, lambda n: {"payment_id": f"p{n}", "amount": paid})


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    company = Company()
    dear = {"gross_sales": "100", "shipping": "5"}
    company.sell("ten within", 10, dear, line={"unit_price": "95"})
    company.sell("nine within", 9, dear, line={"unit_price": "95"})
    company.sell("paid within", 10, dear, paid="100")
    company.sell("beside", 10, dear, line={"unit_price": "100"})
    company.sell("paid beside", 10, dear, paid="105")
    cheap = {"gross_sales": "90", "discounts": "10"}
    company.sell("twice", 10, cheap, line={"unit_price": "100"})
    company.sell("nine twice", 9, cheap, line={"unit_price": "100"})
    company.sell("paid twice", 10, cheap, paid="90")
    company.sell("once", 10, {"gross_sales": "100", "discounts": "10"}, line={"unit_price": "100"})
    company.sell("a percent", 10, {"gross_sales": "100"}, line={"unit_price": "98.98"})
    company.sell("beyond a percent", 10, {"gross_sales": "100"}, line={"unit_price": "98.97"})
    company.sell("above by a percent", 10, {"gross_sales": "100"}, line={"unit_price": "101.02"})
    company.sell("nine beyond", 9, {"gross_sales": "100"}, line={"unit_price": "50"})
    company.sell("with tax", 10, {"gross_sales": "100", "tax": "19"}, line={"unit_price": "119"})
    company.sell("without tax", 10, {"gross_sales": "119", "tax": "19"}, line={"unit_price": "100"})
    company.sell("with shipping and tax", 10, {**dear, "tax": "19"}, line={"unit_price": "76"})
    for shop, count, tax in (("rates", 10, "19"), ("nine rates", 9, "19"), ("shares", 10, "0.19"), ("dues", 10, "3")):
        company.add(shop, "orders", count, lambda n, tax=tax: {"gross_sales": f"{50 + n}", "tax": tax})  # type: ignore[misc]
    company.add("nine rates", "orders", 3, lambda n: {"order_id": f"u{n}", "gross_sales": f"{70 + n}", "tax": "0"})
    company.add("two rates", "orders", 12, lambda n: {"gross_sales": f"{50 + n}", "tax": ("7", "19")[n % 2]})
    company.add("three rates", "orders", 12, lambda n: {"gross_sales": f"{50 + n}", "tax": ("7", "19", "5")[n % 3]})
    company.add("pennies", "orders", 12, lambda n: {"gross_sales": f"{4 + n / 10}", "tax": "1"})
    company.add("cards", "order_lines", 20, lambda n: sold(1, "10", "Gift Card 50" if n == 1 else "Tea"))

    def give_back(sign: str) -> Cells:
        return lambda n: {"line_type": "refund", "quantity": sign if n == 1 else "-1", "unit_price": "5"}

    company.add("back", "order_lines", 4, give_back("-1"))
    company.add("back above", "order_lines", 4, give_back("1"))
    company.add("gross above", "order_lines", 1, lambda n: {"line_type": "refund", "gross_sales": "3"})
    company.add("gross below", "order_lines", 1, lambda n: {"line_type": "refund", "gross_sales": "-3"})
    company.add("low", "order_lines", 20, lambda n: sold(1, "-10" if n <= 2 else "10"))
    company.add("few low", "order_lines", 19, lambda n: sold(1, "-10" if n <= 2 else "10"))
    company.add("pieces low", "order_lines", 20, lambda n: sold(*((-1, "-10") if n == 1 else (1, "10"))))
    company.add("totals", "order_lines", 3, lambda n: sold(n, "30", Total="30"))
    company.add("own totals", "order_lines", 3, lambda n: sold(n, "30", Total=f"{30 * n}"))
    for shop, count, amount in (("hundredths", 5, "1"), ("four hundredths", 4, "1"), ("units", 5, "100")):
        company.add(shop, "orders", count, lambda n: {"gross_sales": "100", "tax": "7"})
        company.add(shop, "refunds", count, lambda n, amount=amount: {"refund_id": f"r{n}", "amount": amount})  # type: ignore[misc]
    company.add("hundredths of all", "orders", 5, lambda n: {"gross_sales": "100", "tax": "7"})
    company.add("hundredths of all", "refunds", 5, lambda n: {"refund_id": f"r{n}", "amount": "1.07"})
    for shop, count, later in (("five", 5, 3), ("four", 4, 3), ("days later", 5, 4)):
        company.add(shop, "orders", count, lambda n: {"gross_sales": "50", "customer_record_id": f"c{n}"})
        company.add(shop, "refunds", count, lambda n: {"refund_id": f"r{n}", "amount": "7"})
        company.add(f"{shop} again", "refunds", count, lambda n, day=20 + later: paid_back(n, day), system=shop)  # type: ignore[misc]
    with build(**company.rows) as con:
        yield con


def sold(quantity: int, price: str, name: str = "Tea", **rest: str) -> Row:
    line = {"ordered_at": "2026-01-05 10:00:00", "quantity": f"{quantity}", "unit_price": price, "product_name": name}
    return line | {"_rest": json.dumps(rest) if rest else None}


def paid_back(number: int, day: int) -> Row:
    return {"refund_id": f"a{number}", "amount": "7", "refunded_at": f"2026-01-{day} 09:00:00"}


def said(con: duckdb.DuckDBPyConnection, name: str) -> Said:
    return ask(con, MONEY_DOUBTS, name)


def test_shipping_within_the_price_is_told_by_lines_or_payments_of_ten_orders(con):
    assert said(con, "shipping_within_gross_sales") == {
        "ten within": (10, 1.0),
        "paid within": (10, 1.0),
    }


def test_discounts_that_were_taken_off_already_are_told_by_lines_or_payments_of_ten_orders(con):
    assert said(con, "discounts_taken_twice") == {"twice": (10, 1.0), "paid twice": (10, 1.0)}


def test_lines_are_unlike_their_orders_beyond_a_percent_and_two_cents_whatever_is_within_prices(con):
    assert said(con, "lines_unlike_orders") == {"beyond a percent": (10, 1.0)}


def test_taxes_are_like_rates_when_two_amounts_at_most_stand_on_ten_different_prices(con):
    assert said(con, "taxes_like_rates") == {"rates": (10, 1.0), "two rates": (12, 1.0), "shares": (10, 1.0)}


def test_gift_cards_are_known_by_their_name(con):
    assert said(con, "gift_cards_sold") == {"cards": (1, 0.05)}


def test_lines_below_zero_are_counted_where_there_are_twenty(con):
    assert said(con, "negative_sale_lines") == {"low": (2, 0.1), "pieces low": (1, 0.05)}


def test_refund_lines_that_would_raise_sales_are_counted_from_the_first(con):
    assert said(con, "refund_lines_above_zero") == {"back above": (1, 0.25), "gross above": (1, 1.0)}


def test_a_total_that_is_the_price_of_one_of_several_pieces_is_no_price(con):
    assert said(con, "line_totals_as_prices") == {"totals": (2, 1.0)}


def test_refunds_of_exactly_a_hundredth_of_goods_or_of_all_are_in_another_unit(con):
    assert said(con, "refunds_in_another_unit") == {"hundredths": (5, 1.0), "hundredths of all": (5, 1.0)}


def test_refunds_of_two_sources_are_the_same_within_three_days(con):
    assert said(con, "same_refunds_in_two_sources") == {"five, five again": (5, 1.0)}
