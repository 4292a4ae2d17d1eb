"""Orders whose prices include their tax: it is taken out of their amounts, of those of their lines, and of refunds."""

import pytest

from regulars.pipelines.audit.tie_out import write_tie_out
from tests.builders import build, only, rows_of, run_sql

GROSS = {"order_id": "1", "gross_sales": "119", "tax": "19", "prices_include_tax": "true"}


def amounts(**order):
    """Goods before discounts, discounts, shipping and tax of one order."""
    row = only(run_sql("core/orders", staging__orders=[GROSS | order]))
    return tuple(float(row[name]) for name in ("gross_sales", "discounts", "shipping", "tax"))


def test_tax_within_prices_is_taken_out_of_goods():
    assert amounts() == (100, 0, 0, 19)


def test_tax_beside_prices_leaves_them_alone():
    assert amounts(prices_include_tax=None) == (119, 0, 0, 19)


def test_tax_lies_in_goods_discounts_and_shipping_in_proportion():
    assert amounts(discounts="11.90", shipping="11.90") == (100, 10, 10, 19)


def test_the_tax_of_each_amount_is_whole_cents():
    # 19 of 111.23 + 5: of the discount 1.2701…, of the shipping 0.8173…
    assert amounts(discounts="7.77", shipping="5") == (99.55, 6.50, 4.18, 19)


@pytest.mark.parametrize(
    "fraction", [{"gross_sales": "119.005"}, {"discounts": "7.775"}, {"shipping": "5.005"}, {"tax": "19.005"}]
)
def test_an_order_with_fractions_of_a_cent_has_tax_in_fractions(fraction):
    _, discount, shipping, _ = amounts(**{"discounts": "7.77", "shipping": "5"} | fraction)
    assert round(discount, 2) != pytest.approx(discount, abs=1e-6)
    assert round(shipping, 2) != pytest.approx(shipping, abs=1e-6)


@pytest.mark.parametrize(("gross", "tax"), [("0.03", "0.01"), ("100", "15.97"), ("99.99", "7.77"), ("-119", "-19")])
def test_amounts_without_tax_and_the_tax_make_up_what_was_charged(gross, tax):
    found = amounts(gross_sales=gross, tax=tax, shipping="0", discounts="0")
    assert found[0] + found[3] == pytest.approx(float(gross), abs=1e-9)


def test_a_full_refund_of_an_order_with_tax_in_its_prices_gives_back_all_goods():
    refund = {"refund_id": "r", "order_id": "1", "amount": "119"}
    row = only(run_sql("core/refunds", staging__orders=[GROSS], staging__refunds=[refund]))
    assert (row["goods"], row["tax"], row["other"]) == (100, 19, 0)


LINES = [{"order_id": "1", "unit_price": price} for price in ("33.33", "33.33", "52.34")]


def test_lines_lose_the_tax_of_their_order_to_the_cent():
    rows = run_sql("core/order_lines", staging__orders=[GROSS], staging__order_lines=LINES)
    assert sum(row["gross_sales"] for row in rows) == 100
    assert sum(row["included_tax_original"] for row in rows) == 19
    assert {row["discounts"] for row in rows} == {0}


def test_lines_that_are_without_tax_already_lose_none():
    lines = [{"order_id": "1", "unit_price": "60"}, {"order_id": "1", "unit_price": "40"}]
    rows = run_sql("core/order_lines", staging__orders=[GROSS], staging__order_lines=lines)
    assert sorted(row["gross_sales"] for row in rows) == [40, 60]


def test_refund_lines_with_tax_in_their_prices_give_back_goods_and_tax():
    lines = [*LINES, {"order_id": "1", "line_type": "refund", "gross_sales": "-59.50"}]
    row = only(run_sql("core/refunds", staging__orders=[GROSS], staging__order_lines=lines))
    assert (row["amount"], row["goods"], row["tax"]) == (59.5, 50, 9.5)


def test_money_with_tax_in_its_prices_ties_out():
    lines = [*LINES, {"order_id": "1", "line_type": "refund", "gross_sales": "-59.50"}]
    orders = [GROSS | {"discounts": "7.77", "shipping": "5"}, {**GROSS, "order_id": "2", "gross_sales": None}]
    more = [{"order_id": "2", "unit_price": "119", "discounts": "3"}]
    with build(raw__orders=orders, raw__order_lines=lines + more) as con:
        write_tie_out(con)
        found = rows_of(con, "meta.tie_out")
        held = con.execute("select sum(gross_sales_original - discounts_original) from core.order_lines").fetchall()
    assert [row["kind"] for row in found] == ["order_lines", "orders"]
    assert [row["difference"] for row in found] == [0, 0]
    assert held == [(found[0]["orders_amount"],)]
    assert all(row["included_tax_amount"] > 0 for row in found)
