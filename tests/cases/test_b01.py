"""A full refund gives back shipping and tax too; only its goods lower sales (woocommerce/woocommerce-admin#4757)."""

from collections.abc import Callable

import pytest

from tests.shop import Shop

pytestmark = pytest.mark.slow

SETTINGS = """
company: {name: B01, timezone: Europe/Berlin, currency: EUR}
as_of: 2025-12-31
sources:
  shop:
    path: orders.csv
    kind: orders
    columns: {order_id: order, email: email, ordered_at: placed, gross_sales: goods, shipping: shipping, tax: tax}
  shop_refunds:
    path: refunds.csv
    kind: refunds
    system: shop
    columns: {refund_id: id, order_id: order, refunded_at: date, amount: amount}
"""


@pytest.fixture(scope="module")
def shop(run_case: Callable[..., Shop]) -> Shop:
    return run_case("B01", SETTINGS)


def test_a_full_refund_lowers_sales_by_the_orders_goods(shop):
    march = "select refunds, net_sales from marts.sales_new_vs_returning where month = date '2025-03-01'"
    assert shop.ask(march) == [(100, 100)]


def test_shipping_and_tax_given_back_stand_beside(shop):
    beside = (
        "select sum(refunded_shipping), sum(refunded_tax), sum(refunded_otherwise) from marts.sales_new_vs_returning"
    )
    assert [float(each) for each in shop.ask(beside)[0]] == [10, 20.9, 0]


def test_what_is_left_of_an_order_given_back_whole_is_nothing(shop):
    worth = "select net_sales_to_date from marts.customer_360 where not is_unknown order by all"
    assert shop.ask(worth) == [(0,), (100,)]


def test_all_money_given_back_ties_out(shop):
    found = shop.ask("select source_amount, refunds_amount, difference from meta.tie_out where kind = 'refunds'")
    assert [tuple(map(float, row)) for row in found] == [(-130.9, 130.9, 0)]
