"""A subscription of a base price and seats beside it is worth both (Flagsmith/flagsmith#1406)."""

from collections.abc import Callable

import pytest

from tests.shop import Shop

pytestmark = pytest.mark.slow

SETTINGS = """
company: {name: B06, timezone: UTC, currency: EUR}
as_of: 2025-12-31
sources:
  club:
    path: subs.csv
    kind: subscriptions
    columns:
      {subscription_id: id, customer_record_id: customer, plan: plan, amount: price, quantity: qty, started_at: started}
"""


@pytest.fixture(scope="module")
def shop(run_case: Callable[..., Shop]) -> Shop:
    return run_case("B06", SETTINGS)


def test_items_of_a_subscription_add_up_and_are_one_subscriber(shop):
    closing = """
        select closing_mrr, closing_customers, new_subscribers from marts.mrr_movements
        where dimension = 'all' and month = date '2025-02-01'
    """
    assert shop.ask(closing) == [(80, 1, 1)]


def test_every_period_that_was_delivered_is_charged(shop):
    amounts = "select source_amount, subscriptions_amount, never_charged_amount from meta.tie_out"
    assert [tuple(map(float, row)) for row in shop.ask(amounts)] == [(80, 80, 0)]
