"""Payments of which none succeeded say nothing of what was paid later."""

from typing import Any

from regulars.pipelines.audit.findings.payments import find_payments_without_success
from tests.builders import build

FAILED = ["Failed", "declined"]


def found(count: int, *more: dict[str, Any], order: dict[str, Any] | None = None) -> list[tuple[int | None, str]]:
    payments: list[dict[str, Any]] = [
        {"order_id": f"o{n}", "status": "FAILED" if n % 2 else "declined", "amount": "5"} for n in range(count)
    ]
    orders = [{"order_id": f"o{n}", "status": "Paid" if n < 2 else "open"} for n in range(count - 1)]
    with build(raw__orders=orders, raw__payments=[*payments, *more]) as con:
        return [(each.count, each.sentence) for each in find_payments_without_success(con, FAILED)]


def test_failures_alone_are_said_with_the_orders_that_the_shop_calls_paid():
    ((count, sentence),) = found(10)
    assert count == 10
    assert "all 10 payments that were delivered failed" in sentence
    assert sentence.endswith("2 of their 9 orders are called paid by the shop.")


def test_one_success_of_the_system_is_enough():
    assert found(10, {"order_id": "o1", "status": "captured", "amount": "5"}) == []
    assert found(10, {"order_id": "o1", "status": None, "amount": "5"}) == []
    assert found(10, {"_source": "other", "order_id": "o1", "status": "captured", "amount": "5"}) == []
    assert len(found(10, {"_system": "other", "order_id": "o1", "status": "captured", "amount": "5"})) == 1


def test_a_few_failures_may_be_all_that_happened():
    assert found(9) == []
    assert len(found(9, {"order_id": "o1", "status": "failed", "amount": "5"})) == 1
