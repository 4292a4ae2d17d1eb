"""A contact whose CRM knows several addresses buys with each of them (HGData/mk-node-hubspot#175)."""

from collections.abc import Callable

import pytest

from tests.shop import Shop

pytestmark = pytest.mark.slow

SETTINGS = """
company: {name: B12, timezone: UTC, currency: EUR}
as_of: 2025-06-30
sources:
  crm:
    path: contacts.csv
    kind: customers
    columns:
      customer_record_id: Record ID
      email: Email
      other_emails: Additional email addresses
      country: Country
  shop:
    path: orders.csv
    kind: orders
    columns: {order_id: order, email: email, ordered_at: at, gross_sales: amount}
"""


@pytest.fixture(scope="module")
def shop(run_case: Callable[..., Shop]) -> Shop:
    return run_case("B12", SETTINGS)


def test_orders_under_all_addresses_are_one_customers(shop):
    worth = "select order_count, net_sales_to_date, country from marts.customer_360 where not is_unknown order by all"
    assert shop.ask(worth) == [(1, 10, "DE"), (3, 60, "DE")]


def test_no_address_is_published(shop):
    known = "select column_name from information_schema.columns where column_name = 'other_emails'"
    assert shop.ask(known) == []
