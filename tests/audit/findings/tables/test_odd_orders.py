"""Orders, totals, ids and addresses that no rule forbids and that can hardly be meant."""

from typing import Any

import pytest

from regulars.pipelines.audit.findings.tables.footers import find_footers
from regulars.pipelines.audit.findings.tables.odd_orders import find_odd_orders
from regulars.pipelines.audit.findings.tables.same_orders import find_same_orders
from tests.audit.findings.measured import counts, measured


def orders_of(amounts: list[str], **more: Any) -> list[dict[str, Any]]:
    return [
        {"order_id": f"o{n}", "ordered_at": f"2026-01-05 10:{n:02}:00", "gross_sales": amount, **more}
        for n, amount in enumerate(amounts)
    ]


def test_orders_of_nothing_are_a_share_and_those_far_above_the_median_are_counted():
    (worthless,) = measured(find_odd_orders, orders=orders_of(["0"] * 5 + ["10"] * 15))
    assert (worthless.name, worthless.count, worthless.share) == ("orders_worth_nothing", 5, 0.25)
    assert counts(measured(find_odd_orders, orders=orders_of(["10"] * 19 + ["10001"]))) == {"orders_stand_out": 1}
    assert counts(measured(find_odd_orders, orders=orders_of(["4006381333931"] * 20))) == {"orders_stand_out": 20}
    assert measured(find_odd_orders, orders=orders_of(["10"] * 19 + ["10000"])) == []
    assert measured(find_odd_orders, orders=orders_of(["0"] * 19)) == []


def test_discounts_beyond_the_goods_and_discounts_that_are_shares_are_counted():
    assert counts(measured(find_odd_orders, orders=orders_of(["10"], discounts="11"))) == {"discounts_beyond_goods": 1}
    shares = orders_of(["10"] * 5, discounts="0.1")
    assert counts(measured(find_odd_orders, orders=shares)) == {"discounts_like_shares": 5}
    assert measured(find_odd_orders, orders=[*shares, *orders_of(["10"], order_id="x", discounts="1")]) == []


def test_orders_whose_lines_name_two_customers_or_two_stores_are_counted():
    def lines_of(*lines: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"order_id": "1", "unit_price": "5", "ordered_at": "2026-01-05 10:00:00", **line} for line in lines]

    ada, bob = {"customer_record_id": "ada", "store_id": "7"}, {"customer_record_id": "bob", "store_id": "8"}
    both = {"lines_of_several_customers": 1, "lines_of_several_places": 1}
    assert counts(measured(find_odd_orders, order_lines=lines_of(ada, bob))) == both
    assert measured(find_odd_orders, order_lines=lines_of(ada, {}, ada)) == []
    assert measured(find_odd_orders, order_lines=lines_of(ada, bob | {"order_id": "2"})) == []
    refund = bob | {"line_type": "refund", "unit_price": "-5"}
    assert measured(find_odd_orders, order_lines=lines_of(ada, refund)) == []
    (abroad,) = measured(find_odd_orders, order_lines=lines_of({"country": "FR"}, {"country": "DE"}))
    assert (abroad.name, abroad.severity) == ("lines_of_several_places", "info")
    of_two_systems = lines_of({"customer_record_id": "1"}, {"customer_record_id": "1", "customer_system": "crm"})
    assert counts(measured(find_odd_orders, order_lines=of_two_systems)) == {"lines_of_several_customers": 1}
    said_twice = lines_of({"customer_record_id": "1"}, {"customer_record_id": "1", "customer_system": "shop"})
    assert measured(find_odd_orders, order_lines=said_twice) == []


def test_orders_of_one_second_are_counted_but_not_those_that_have_a_day_only():
    at_once = orders_of(["10"] * 20)
    assert counts(
        measured(find_odd_orders, orders=[row | {"ordered_at": "2026-01-05 10:00:01"} for row in at_once])
    ) == {"orders_of_one_moment": 20}
    assert measured(find_odd_orders, orders=[row | {"ordered_at": "2026-01-05 00:00:00"} for row in at_once]) == []


def test_refunds_days_before_their_order_are_counted():
    refunds = [
        {"refund_id": "r1", "order_id": "o0", "refunded_at": "2025-01-05 10:00:00", "amount": "1"},
        {"refund_id": "r2", "order_id": "o0", "refunded_at": "2026-01-05 09:00:00", "amount": "1"},
    ]
    assert counts(measured(find_odd_orders, orders=orders_of(["10"]), refunds=refunds)) == {"refunds_before_orders": 1}


def test_orders_of_one_customer_second_and_amount_under_two_ids_are_a_share():
    once = orders_of(["10"] * 10, customer_record_id="c1")
    twice = [row | {"order_id": f"new {row['order_id']}"} for row in once]
    (found,) = measured(find_same_orders, orders=[*once, *twice])
    assert (found.name, found.count, found.share) == ("orders_under_two_ids", 10, 0.5)
    assert measured(find_same_orders, orders=once) == []


@pytest.mark.parametrize("name", ["Total", "grand total", "Summe:", "Gesamtsumme", "SUBTOTAL", "Итого"])
def test_a_row_called_a_total_is_one(name):
    (found,) = measured(find_footers, orders=[*orders_of(["10", "20"]), *orders_of(["7"], order_id=name)])
    assert (found.name, found.severity, found.count) == ("totals_rows", "stop", 1)


def test_a_last_row_that_is_the_sum_of_all_before_it_is_a_total():
    rows = orders_of(["10", "20", "5", "5", "40"])
    assert counts(measured(find_footers, orders=rows)) == {"totals_rows": 1}
    assert measured(find_footers, orders=[rows[-1], *rows[:-1]]) == []
    assert measured(find_footers, orders=orders_of(["10", "10"])) == []


def test_a_last_row_whose_id_is_a_sentence_is_a_footer():
    rows = [{"customer_record_id": f"c{n}"} for n in range(5)]
    footer = {"customer_record_id": "5 records exported"}
    assert counts(measured(find_footers, customers=[*rows, footer])) == {"footer_rows": 1}
    assert measured(find_footers, customers=[footer, *rows]) == []
    assert measured(find_footers, customers=[{"customer_record_id": f"no {n}"} for n in range(6)]) == []
