"""Net sales of real tools' exports, to the cent, against a recomputation that shares nothing with the product."""

from decimal import Decimal

import pytest

from tests.examples.exports import amazon, etsy, paypal, shopify, square, stripe, woocommerce
from tests.examples.exports.books import Books
from tests.shop import Shop

pytestmark = pytest.mark.slow
RECOMPUTED = {
    "shopify": shopify.recompute,
    "shopify_tax_included": shopify.recompute_tax_included,
    "stripe": stripe.recompute,
    "stripe_legacy": stripe.recompute_legacy,
    "stripe_charges": lambda folder: stripe.recompute_tables(folder)["stripe_charges"],
    "stripe_refunds": lambda folder: stripe.recompute_tables(folder)["stripe_refunds"],
    "paypal": paypal.recompute,
    "paypal_german": paypal.recompute_german,
    "etsy": etsy.recompute,
    "square": square.recompute,
    "square_2018": square.recompute_2018,
    "woocommerce": woocommerce.recompute,
    "amazon": amazon.recompute,
}


@pytest.fixture(scope="module", params=RECOMPUTED)
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def expected(source: str, exports_shop: Shop) -> Books:
    return RECOMPUTED[source](exports_shop.folder)


def by_month(shop: Shop, query: str) -> dict[object, object]:
    return {month: amount for month, amount in shop.ask(query) if amount}


def test_sales_of_every_month_agree(exports_shop, source, expected):
    sales = by_month(
        exports_shop,
        f"""
        select strftime(order_date, '%Y-%m'), sum(gross_sales - discounts) from core.orders
        where source = '{source}' and is_countable group by all
        """,
    )
    assert sales == {month: amount for month, amount in expected.sales.items() if amount}


def test_refunds_of_every_month_agree(exports_shop, source, expected):
    refunds = by_month(
        exports_shop,
        f"""
        select strftime(refund_date, '%Y-%m'), sum(goods) from core.refunds
        where source = '{source}' and is_countable group by all
        """,
    )
    assert refunds == {month: amount for month, amount in expected.refunds.items() if amount}


def test_orders_and_customers_agree(exports_shop, source, expected):
    counted = exports_shop.ask(
        f"""
        select count(*), count(distinct customer_idx) filter (customer_idx <> 0) from core.orders
        where source = '{source}' and is_countable
        """
    )
    assert counted == [(expected.orders, len(expected.customers))]


def test_net_sales_of_all_tools_together_are_those_of_the_marts(exports_shop):
    books = [recompute(exports_shop.folder) for recompute in RECOMPUTED.values()]
    net = sum((sum(each.sales.values()) - sum(each.refunds.values()) for each in books), Decimal(0))
    assert exports_shop.ask("select sum(net_sales) from marts.sales_new_vs_returning") == [(net,)]
    assert exports_shop.ask("select sum(net_sales_to_date) from marts.customer_360") == [(net,)]


def test_everything_ties_out_and_nothing_is_quarantined(exports_shop):
    assert exports_shop.ask("select source, month from meta.tie_out where difference <> 0") == []
    assert exports_shop.ask("select source, rows_quarantined from meta.row_accounting where rows_quarantined > 0") == []
