"""What is said about refunds whose goods were not told, and discounts that were spread."""

from regulars.pipelines.audit.findings.tables.money import (
    find_cut_refund_lines,
    find_never_charged_periods,
    find_plans_taken_as_successive,
    find_refund_findings,
    find_spread_discounts,
)
from regulars.pipelines.findings.catalogue import FINDINGS
from tests.builders import build

ORDER = {"order_id": "1", "gross_sales": "100", "shipping": "10", "tax": "20.90"}


def test_every_way_in_which_the_goods_of_a_refund_are_not_told_is_counted():
    with build(
        raw__orders=[ORDER, ORDER | {"order_id": "2", "is_test": "true"}],
        raw__refunds=[
            {"refund_id": "a", "order_id": "1", "amount": "130.90"},
            {"refund_id": "b", "order_id": "1", "amount": "7"},
            {"refund_id": "c", "amount": "5"},
            {"refund_id": "d", "order_id": "2", "goods": "3", "amount": "3", "refunded_at": None},
        ],
    ) as con:
        found = {each.name: each for each in find_refund_findings(con)}
    assert {name: each.count for name, each in found.items()} == {
        "refund_goods_derived": 2,
        "refund_order_unknown": 1,
        "refund_beyond_order": 1,
        "refund_of_uncounted_order": 1,
        "refund_day_estimated": 1,
    }
    says = "shop: 2 of 4 refunds tell only the whole amount; 100.00 EUR of it is goods, by the proportions of their"
    assert found["refund_goods_derived"].sentence == f"{says} orders."
    assert "7.00 EUR" in found["refund_beyond_order"].sentence
    assert found["refund_order_unknown"].share == 0.25
    assert all(each.severity == FINDINGS[name].severity for name, each in found.items())


def test_refunds_that_tell_their_goods_are_no_finding():
    with build(
        raw__orders=[ORDER], raw__refunds=[{"refund_id": "a", "order_id": "1", "goods": "100", "amount": "100"}]
    ) as con:
        assert list(find_refund_findings(con)) == []


def test_lines_that_tell_more_goods_than_their_refund_are_counted_with_the_money():
    refund = {"order_id": "1", "currency": "USD"}
    with build(
        raw__orders=[ORDER | {"currency": "USD"}],
        raw__fx_rates=[{"currency": "USD", "rate_date": "2026-01-01", "rate": "0.5"}],
        raw__refunds=[
            refund | {"refund_id": "whole", "amount": "10", "goods": "10"},
            refund | {"refund_id": "with tax", "amount": "12", "goods": "10", "tax": "2"},
            refund | {"refund_id": "shipping", "amount": "4", "goods": "0", "shipping": "4"},
            refund | {"refund_id": "no lines", "amount": "5"},
        ],
        raw__refund_lines=[
            {"refund_id": "whole", "goods": "9"},
            {"refund_id": "with tax", "goods": "6"},
            {"refund_id": "with tax", "goods": "6"},
            {"refund_id": "shipping", "goods": "4"},
        ],
    ) as con:
        (found,) = find_cut_refund_lines(con)
    assert (found.name, found.count, found.source) == ("refund_lines_cut", 2, "shop")
    assert "2 of 3 refunds tell 3.00 EUR more goods" in found.sentence


def test_orders_whose_discounts_were_spread_are_counted():
    lines = [{"order_id": each, "unit_price": "10"} for each in "112"]
    with build(raw__orders=[{"order_id": "1", "discounts": "3"}, {"order_id": "2"}], raw__order_lines=lines) as con:
        (found,) = find_spread_discounts(con)
    assert (found.count, found.source) == (1, "shop")


def test_periods_that_another_replaced_on_their_first_day_are_counted():
    rows = [{"subscription_id": "1", "started_at": f"2026-01-01 {hour}:00:00", "plan": "S"} for hour in ("09", "10")]
    with build(raw__subscriptions=rows) as con:
        (found,) = find_never_charged_periods(con)
    assert found.count == 1
    assert "worth 10.00 EUR a month" in found.sentence


def test_plans_without_items_that_may_run_side_by_side_are_counted():
    def row(subscription_id, plan, month, end=None, **more):
        start = f"2026-{month}-01"
        return {"subscription_id": subscription_id, "plan": plan, "started_at": start, "ended_at": end, **more}

    rows = [
        *(row("open", "S", "01"), row("open", "M", "02")),
        *(row("overlapping", "S", "01", "2026-03-01"), row("overlapping", "M", "02")),
        *(row("ended", "S", "01", "2026-02-01"), row("ended", "M", "02")),
        *(row("same plan", "S", "01"), row("same plan", "S", "02")),
        *(row("items", "S", "01", item_id="a"), row("items", "M", "02", item_id="b")),
        *(row("together", "S", "01"), row("together", "M", "01")),
    ]
    with build(raw__subscriptions=rows) as con:
        (found,) = find_plans_taken_as_successive(con)
    assert (found.count, found.severity) == (2, "info")
    assert "1 of them say a later end" in found.sentence
