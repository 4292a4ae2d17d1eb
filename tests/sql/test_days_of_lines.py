"""Lines of one document on several days: which are a document of their own, and which stay together."""

import datetime as dt

from tests.builders import pick, run_sql


def test_refunds_of_one_document_on_two_days_are_two_refunds_and_a_second_line_of_a_day_joins_the_first():
    days = ("2026-02-10 10:00:00", "2026-02-10 11:00:00", "2026-04-10 10:00:00")
    sale = {"order_id": "T1", "unit_price": "100", "ordered_at": "2026-01-10 10:00:00"}
    refund = {"order_id": "T1", "unit_price": "10", "quantity": "-1", "line_type": "refund"}
    refunds = run_sql("core/refunds", raw__order_lines=[sale, *(refund | {"ordered_at": day} for day in days)])
    assert list(pick(refunds, "refund_id", "order_id", "refund_date", "amount")) == [
        ("T1", "T1", dt.date(2026, 2, 10), 20),
        ("T1 2026-04-10", "T1", dt.date(2026, 4, 10), 10),
    ]


def test_refund_lines_name_what_was_given_back_and_make_up_their_refund():
    back = {"order_id": "T1", "line_type": "refund", "ordered_at": "2026-02-10", "currency": "USD"}
    lines = [
        {"order_id": "T1", "unit_price": "100", "ordered_at": "2026-01-10 10:00:00", "currency": "USD"},
        back | {"product_id": "tea", "unit_price": "3.3333", "quantity": "-2"},
        back | {"product_id": "cup", "gross_sales": "-5", "discounts": "0.5"},
    ]
    rates = [{"currency": "USD", "rate_date": "2026-01-01", "rate": "0.33333333"}]
    given = {
        "raw__order_lines": lines,
        "raw__fx_rates": rates,
        "raw__products": [{"product_id": "tea", "category": "dry"}],
    }
    found = run_sql("core/refund_lines", **given)
    assert list(pick(found, "refund_id", "line_number", "order_id", "product_id", "category", "quantity")) == [
        ("T1", 1, "T1", "tea", "dry", 2),
        ("T1", 2, "T1", "cup", None, 1),
    ]
    [refund] = run_sql("core/refunds", **given)
    for column in ("amount_original", "amount"):
        assert sum(line[column] for line in found) == refund[column]


def test_adjustments_of_one_document_on_two_days_are_two_adjustments():
    line = {"order_id": "A1", "gross_sales": "-3", "line_type": "adjustment"}
    days = ("2026-01-10 10:00:00", "2026-02-10 10:00:00")
    adjustments = run_sql("core/adjustments", raw__order_lines=[line | {"ordered_at": day} for day in days])
    assert list(pick(adjustments, "adjustment_id", "adjustment_date", "amount")) == [
        ("A1", dt.date(2026, 1, 10), -3),
        ("A1 2026-02-10", dt.date(2026, 2, 10), -3),
    ]


def test_an_exchange_in_march_leaves_the_order_of_january_alone():
    lines = [
        {"order_id": "T1", "unit_price": "100", "ordered_at": "2026-01-10 10:00:00"},
        {"order_id": "T1", "unit_price": "100", "quantity": "-1", "line_type": "refund", "ordered_at": "2026-03-02"},
        {"order_id": "T1", "unit_price": "120", "ordered_at": "2026-03-02 10:00:00"},
    ]
    orders = run_sql("core/orders", raw__order_lines=lines)
    assert list(pick(orders, "order_id", "order_date", "gross_sales")) == [
        ("T1", dt.date(2026, 1, 10), 100),
        ("T1 2026-03-02", dt.date(2026, 3, 2), 120),
    ]
    sold = run_sql("core/order_lines", raw__order_lines=lines)
    assert list(pick(sold, "order_id", "line_number", "order_date")) == [
        ("T1", 1, dt.date(2026, 1, 10)),
        ("T1 2026-03-02", 1, dt.date(2026, 3, 2)),
    ]


def test_a_receipt_that_runs_past_midnight_is_one_order():
    moments = ("2026-01-10 23:50:00", "2026-01-11 00:20:00")
    lines = [{"order_id": "T1", "unit_price": "5", "ordered_at": moment} for moment in moments]
    assert list(pick(run_sql("core/orders", raw__order_lines=lines), "order_id", "gross_sales")) == [("T1", 10)]


def test_an_order_with_a_row_of_its_own_keeps_its_lines_whatever_their_days():
    moments = ("2026-01-10 10:00:00", "2026-03-02 10:00:00")
    lines = [{"order_id": "1", "unit_price": "5", "ordered_at": moment} for moment in moments]
    orders = run_sql("core/orders", raw__orders=[{"order_id": "1"}], raw__order_lines=lines)
    assert [row["order_id"] for row in orders] == ["1"]
