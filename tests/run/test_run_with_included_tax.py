"""A shop with gross prices: the run says that the tax lies within them, and takes it out where the settings say so."""

import pytest

from tests.builders import money
from tests.shop import Shop

pytestmark = pytest.mark.slow
COMPANY = """
company: {name: Corner Shop, timezone: Europe/Berlin, currency: EUR}
as_of: 2024-03-31
sources:
"""
ORDERS = """
  shop:
    path: orders.csv
    kind: orders
    columns: {order_id: order, email: email, ordered_at: at, gross_sales: goods, tax: tax MORE}
"""
LINES = """
  lines:
    path: lines.csv
    system: shop
    kind: order_lines
    columns: {order_id: order, product_id: product, quantity: quantity, unit_price: price}
"""
REFUNDS = """
  refunds:
    path: refunds.csv
    system: shop
    kind: refunds
    columns: {refund_id: refund, order_id: order, refunded_at: at, amount: amount}
"""


@pytest.mark.parametrize(
    ("more", "sales", "findings"),
    [("", "357", ["tax_within_prices"]), (", prices_include_tax: {value: true}", "300", [])],
)
def test_included_tax_is_said_or_taken_out(tmp_path, more, sales, findings):
    shop = Shop(tmp_path)
    shop.set_up(ORDERS.replace(" MORE", more), LINES, REFUNDS, company=COMPANY)
    days = ("2024-01-05 10:00:00", "2024-02-05 10:00:00", "2024-03-05 10:00:00")
    rows = [(f"o{n}", f"p{n}@example.org", day, "119.00", "19.00", "119.00") for n, day in enumerate(days)]
    shop.deliver("orders.csv", ("order", "email", "at", "goods", "tax", "Total"), *rows)
    shop.deliver(
        "lines.csv", ("order", "product", "quantity", "price"), *((f"o{n}", "tea", "7", "17") for n in range(3))
    )
    shop.deliver("refunds.csv", ("refund", "order", "at", "amount"), ("r1", "o0", "2024-01-09 10:00:00", "119.00"))
    assert shop.run() == 0, shop.said
    assert shop.ask("select sum(gross_sales) from core.orders") == [(money(sales),)]
    assert shop.ask("select sum(gross_sales) from core.order_lines") == [(money(sales),)]
    if not findings:
        assert shop.ask("select goods, tax from core.refunds") == [(money("100"), money("19"))]
    assert shop.ask("select finding from meta.findings where finding like 'tax%'") == [(each,) for each in findings]
    assert shop.ask("select count(*) from meta.tie_out where difference <> 0") == [(0,)]
