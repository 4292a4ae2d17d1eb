"""A Shopify export with prices that include tax, refunds as a column, and a cancelled order: net sales to the cent."""

import csv
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.cases.conftest import CASES
from tests.shop import Shop

pytestmark = pytest.mark.slow

FILE = CASES.parent / "exports" / "shopify" / "synthetic_shopify_orders_quirks.csv"
SETTINGS = """
company: {name: Shopify, timezone: Europe/Berlin, currency: EUR}
as_of: 2026-04-30
sources:
  shop:
    path: synthetic_shopify_orders_quirks.csv
    options: {datetime_format: "%Y-%m-%d %H:%M:%S %z"}
    kinds:
      orders:
        when: '"Id" <> \'\''
        columns:
          order_id: Name
          email: Email
          ordered_at: Created at
          currency: Currency
          gross_sales: {sql: '"Subtotal"::decimal(18,2) + "Discount Amount"::decimal(18,2) - "Taxes"::decimal(18,2)'}
          discounts: Discount Amount
          shipping: Shipping
          tax: Taxes
          is_cancelled: {sql: '"Cancelled at" <> \'\''}
      refunds:
        when: '"Id" <> \'\' and "Refunded Amount"::decimal(18,2) > 0'
        columns: {refund_id: Name, order_id: Name, amount: Refunded Amount, currency: Currency}
"""


@pytest.fixture(scope="module")
def shop(run_case: Callable[..., Shop]) -> Shop:
    return run_case("../exports/shopify", SETTINGS)


def test_net_sales_are_those_of_a_plain_recomputation(shop):
    sold = refunded = beside = Decimal(0)
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if not row["Id"]:
                continue
            subtotal, tax, shipping, back = (
                Decimal(row[name]) for name in ("Subtotal", "Taxes", "Shipping", "Refunded Amount")
            )
            goods = subtotal - tax
            part = (back * goods / (goods + shipping + tax)).quantize(Decimal("0.01"), ROUND_HALF_UP)
            if row["Cancelled at"]:
                beside += back
            else:
                sold += goods
                refunded += part
    columns = "sum(net_sales), sum(refunds), sum(refunds + refunded_shipping + refunded_tax + refunded_otherwise)"
    assert shop.ask(f"select {columns} from marts.sales_new_vs_returning") == [
        (sold - refunded, refunded, beside + Decimal(15))
    ]


def test_a_refund_column_without_a_day_counts_on_the_day_of_its_order(shop):
    days = "select order_id, refund_date::varchar, date_is_estimated, is_countable from core.refunds order by all"
    assert shop.ask(days) == [("#1003", "2026-02-11", True, False), ("#1005", "2026-03-29", True, True)]
