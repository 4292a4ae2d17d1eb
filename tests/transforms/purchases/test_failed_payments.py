"""Orders whose payment failed lately and that nobody has paid since."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from regulars.pipelines.settings.settings import Company
from regulars.pipelines.transforms.purchases.failed_payments import find_failed_payments
from tests.transforms.core_tables import ENGINES, MONEY

AS_OF = dt.date(2026, 3, 31)
ORDERS = {
    "system": pl.String,
    "order_id": pl.String,
    "customer_idx": pl.Int32,
    "order_date": pl.Date,
    "is_countable": pl.Boolean,
    "gross_sales": MONEY,
    "discounts": MONEY,
}
PAYMENTS = {"system": pl.String, "order_id": pl.String, "status": pl.String, "paid_at": pl.Datetime("us")}


def order(
    order_id: str, day: str = "2026-03-10", sales: str = "90", *, customer: int = 1, **more: Any
) -> dict[str, Any]:
    amounts = {"gross_sales": Decimal(sales), "discounts": Decimal(10)}
    of_order = {"system": "shop", "order_id": order_id, "order_date": dt.date.fromisoformat(day)}
    return {**of_order, "customer_idx": customer, "is_countable": True, **amounts, **more}


def payment(order_id: str, at: str | None, status: str | None = "failed", system: str = "shop") -> dict[str, Any]:
    paid_at = None if at is None else dt.datetime.fromisoformat(at)
    return {"system": system, "order_id": order_id, "status": status, "paid_at": paid_at}


def unpaid(orders, payments, *, engine="polars", zone="UTC") -> dict[int, tuple[Any, ...]]:
    """Customer -> day of the last failure, orders, sales."""
    tables = {"payments": pl.DataFrame(payments, PAYMENTS), "orders": pl.DataFrame(orders, ORDERS)}
    company = Company(name="Acme", timezone=zone, currency="EUR")
    with ENGINES[engine](tables) as frames:
        found = find_failed_payments(**frames, as_of=AS_OF, company=company, statuses=["failed", "Declined"])
    columns = ("customer_idx", "payment_failed_on", "unpaid_orders", "unpaid_sales")
    return {row[0]: row[1:] for row in found.select(columns).rows()}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_order_is_unpaid_once_however_often_its_payment_failed(engine):
    failed = [payment("a", "2026-03-11"), payment("a", "2026-03-12", "DECLINED"), payment("b", "2026-03-10")]
    orders = [order("a"), order("b", sales="20"), order("c", customer=2)]
    assert unpaid(orders, failed, engine=engine) == {1: (dt.date(2026, 3, 12), 2, Decimal(90))}


@pytest.mark.parametrize("status", ["paid", "refunded", None])
def test_any_payment_that_did_not_fail_pays_the_order_before_or_after(status):
    for at in ("2026-03-09", "2026-03-30"):
        assert unpaid([order("a")], [payment("a", "2026-03-11"), payment("a", at, status)]) == {}
    other_shop = payment("a", "2026-03-12", status, system="till")
    assert len(unpaid([order("a")], [payment("a", "2026-03-11"), other_shop])) == 1


def test_failures_count_for_30_days_in_the_companys_zone_or_on_the_day_of_their_order():
    for at, count in (
        ("2026-03-01T12:00", 0),
        ("2026-03-02T00:00", 1),
        ("2026-03-31T23:59", 1),
        ("2026-04-01T00:00", 0),
    ):
        assert len(unpaid([order("a", "2026-02-01")], [payment("a", at)])) == count, at
    at_midnight = unpaid([order("a")], [payment("a", "2026-03-11T23:30")], zone="Europe/Berlin")
    assert at_midnight[1][0] == dt.date(2026, 3, 12)
    assert unpaid([order("a")], [payment("a", None)])[1][0] == dt.date(2026, 3, 10)


def test_orders_that_do_not_count_or_are_not_known_are_not_due():
    failed = [payment("a", "2026-03-11")]
    assert unpaid([order("a", is_countable=False)], failed) == {}
    assert unpaid([order("a", "2026-04-01")], failed) == {}
    assert unpaid([order("b")], failed) == {}
