"""A company after its first run and a backfill, which several files go on with."""

from pathlib import Path

import pytest

from tests.conftest import MadeOnce
from tests.shop import CRM, FOUR_ORDERS, ORDERS, SURVEY, THREE_ANSWERS, TWO_CUSTOMERS, Shop

FULL_TILL = ORDERS.replace("orders-*.csv", "orders.csv").replace("incremental", "full")
REFUNDS = """
  desk:
    path: refunds.csv
    kind: refunds
    system: till
    columns: {refund_id: id, order_id: order, refunded_at: at, amount: amount, currency: currency}
"""
ONE_REFUND = (("id", "order", "at", "amount", "currency"), ("r1", "o1", "2024-01-20 10:00:00", "1.00", "GBP"))


@pytest.fixture(scope="session")
def backfilled_shop(made_once: MadeOnce) -> Shop:
    """A shop with a CRM, a till of full deliveries, refunds and a survey: a run, and one of a month before. Only to be
    looked at, or copied."""

    def make(folder: Path) -> None:
        shop = Shop(folder)
        shop.set_up(CRM, FULL_TILL, REFUNDS, SURVEY)
        shop.deliver("crm.csv", *TWO_CUSTOMERS)
        shop.deliver("orders.csv", *FOUR_ORDERS)
        shop.deliver("refunds.csv", *ONE_REFUND)
        shop.deliver("answers.csv", *THREE_ANSWERS)
        assert shop.run() == 0, shop.said
        assert shop.run("--as-of", "2024-02-29") == 0, shop.said

    return Shop(made_once("backfilled_shop", make))
