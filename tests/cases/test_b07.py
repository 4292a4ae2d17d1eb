"""A pause is no churn (polarsource/polar#13239)."""

from collections.abc import Callable

import pytest

from tests.shop import Shop

pytestmark = pytest.mark.slow

SETTINGS = """
company: {name: B07, timezone: UTC, currency: EUR}
as_of: 2025-12-31
sources:
  club:
    path: subs.csv
    kind: subscriptions
    columns:
      subscription_id: id
      customer_record_id: customer
      plan: plan
      monthly_amount: price
      started_at: started
      cancelled_at: cancelled
      ended_at: ended
      status: state
"""


@pytest.fixture(scope="module")
def shop(run_case: Callable[..., Shop]) -> Shop:
    return run_case("B07", SETTINGS)


def test_a_pause_moves_revenue_and_no_customer_churns_or_returns(shop):
    moved = """
        select month, paused_mrr, paused_customers, resumed_mrr, resumed_customers, closing_mrr, churned_subscribers,
            reactivated_subscribers
        from marts.mrr_movements
        where dimension = 'all' and month between date '2025-04-01' and date '2025-06-01'
        order by month
    """
    april, may, june = ([float(each) for each in row[1:]] for row in shop.ask(moved))
    assert april == [20, 1, 0, 0, 0, 0, 0]
    assert may == [0] * 7
    assert june == [0, 0, 20, 1, 20, 0, 0]


def test_a_pause_is_not_a_cancellation(shop):
    assert shop.ask("select sum(cancelled_subscriptions) from marts.subscription_churn where dimension = 'all'") == [
        (0,)
    ]


def test_whoever_pauses_stays_active(shop):
    active = "select distinct active_customers, lapsed_in_month from marts.churn where dimension = 'all'"
    assert shop.ask(active) == [(1, 0)]
    assert shop.ask("select count(*) from marts.reactivated_customers") == [(0,)]
