"""No row is lost and no penny; and when one is, the proof says so."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pytest

from regulars.pipelines.audit.accounting import find_missing_rate, write_excluded_rows, write_row_accounting
from regulars.pipelines.audit.tie_out import write_tie_out
from tests.builders import build, fill, money, only, pick, rows_of

JANUARY, FEBRUARY = dt.date(2026, 1, 1), dt.date(2026, 2, 1)


@contextmanager
def tied_out(**tables) -> Iterator[duckdb.DuckDBPyConnection]:
    with build(**tables) as con:
        write_tie_out(con)
        yield con


def tie_out(**tables) -> list[dict]:
    with tied_out(**tables) as con:
        assert con.execute("select count(*) from meta.tie_out where difference <> 0").fetchall() == [(0,)]
        return rows_of(con, "meta.tie_out")


def line(order_id: str, amount: str, **rest) -> dict:
    return {"order_id": order_id, "unit_price": amount, "ordered_at": "2026-01-09 12:00:00", **rest}


def test_every_row_of_a_file_is_loaded_quarantined_or_superseded():
    with build(
        raw__orders=[
            {"order_id": "1", "_delivery": 1, "fate": "superseded"},
            {"order_id": "1", "_delivery": 2},
            {"order_id": "2", "_delivery": 2},
            {"order_id": None, "_delivery": 2, "fate": "quarantined"},
        ],
        raw__payments=[{"order_id": "1", "_delivery": 2}],
    ) as con:
        fill(con, "landed.files", [{"source": "shop", "delivery": 2, "file_name": "o.csv", "file_sha256": "file 2"}])
        fill(con, "landed.malformed", [{"source": "shop", "file_sha256": "file 2", "line": 9, "text": "??"}])
        fill(con, "quarantine.rows", [{"kind": "malformed", "source": "shop", "file_sha256": "file 2", "row": 9}])
        write_row_accounting(con)
        rows = rows_of(con, "meta.row_accounting")
    counts = ("kind", "file_name", "rows_read", "rows_loaded", "rows_quarantined", "rows_superseded")
    assert list(pick(rows, *counts)) == [
        ("malformed", "o.csv", 1, 0, 1, 0),
        ("orders", "o.csv", 3, 2, 1, 0),
        ("orders", None, 1, 0, 0, 1),
        ("payments", "o.csv", 1, 1, 0, 0),
    ]


def test_a_file_that_was_delivered_again_is_called_by_its_newest_name():
    names = {1: "z.csv", 3: "b.csv", 2: "m.csv"}
    with build(raw__orders=[{"order_id": "1", "_file_sha256": "same"}]) as con:
        files = [
            {"source": "shop", "delivery": delivery, "file_name": name, "file_sha256": "same"}
            for delivery, name in names.items()
        ]
        fill(con, "landed.files", files)
        write_row_accounting(con)
        assert only(rows_of(con, "meta.row_accounting"))["file_name"] == "b.csv"


def test_a_row_that_got_lost_on_the_way_is_seen():
    with build(raw__orders=[{"order_id": "1"}, {"order_id": "2"}]) as con:
        con.execute("delete from staging.orders where order_id = '2'")
        write_row_accounting(con)
        row = only(rows_of(con, "meta.row_accounting"))
    assert row["rows_read"] != row["rows_loaded"] + row["rows_quarantined"] + row["rows_superseded"]


def test_lines_are_sales_less_refunds_plus_adjustments():
    row = only(
        tie_out(
            raw__order_lines=[
                line("1", "10.005", quantity="2", discounts="1"),
                line("C1", "4", quantity="-1", line_type="refund"),
                line("A1", "-7", line_type="adjustment"),
            ]
        )
    )
    assert (row["source"], row["kind"], row["month"], row["currency"]) == ("shop", "order_lines", JANUARY, "EUR")
    assert row["source_amount"] == money("8.01")
    assert (row["orders_amount"], row["refunds_amount"], row["adjustments_amount"]) == (money("19.01"), 4, -7)


def test_money_that_was_quarantined_or_superseded_is_accounted_for():
    row = only(
        tie_out(
            raw__order_lines=[
                line("1", "5"),
                line("2", "7", fate="quarantined"),
                line("2", "no number", fate="quarantined"),
                line("3", "11", fate="superseded"),
                line("3", "13", _delivery=2),
            ]
        )
    )
    parts = ("source_amount", "orders_amount", "quarantined_amount", "superseded_amount")
    assert tuple(row[part] for part in parts) == (36, 18, 7, 11)


def test_orders_tie_out_by_the_amounts_that_they_gave_themselves():
    rows = tie_out(
        raw__orders=[{"order_id": "1", "gross_sales": "10", "discounts": "2"}, {"order_id": "2"}],
        raw__order_lines=[line("1", "3"), line("2", "4", discounts="0.5")],
    )
    assert list(pick(rows, "kind", "source_amount", "orders_amount")) == [
        ("order_lines", money("6.5"), money("4.5")),
        ("orders", 8, 8),
    ]


def test_the_discount_of_an_order_that_its_lines_did_not_have_is_named():
    tables = {
        "raw__orders": [{"order_id": "1", "gross_sales": "7", "discounts": "1.5"}],
        "raw__order_lines": [line("1", "3"), line("1", "4", discounts="0.5")],
    }
    with tied_out(**tables) as con:
        lines, orders = rows_of(con, "meta.tie_out")
        held = con.execute("select sum(gross_sales_original - discounts_original) from core.order_lines").fetchall()
    assert (lines["kind"], lines["source_amount"]) == ("order_lines", money("6.5"))
    assert (lines["orders_amount"], lines["spread_discounts_amount"]) == (money("5.5"), 1)
    assert held == [(orders["orders_amount"],)] == [(lines["orders_amount"],)]
    assert (lines["difference"], orders["difference"], orders["spread_discounts_amount"]) == (0, 0, 0)


def test_refunds_and_payments_tie_out_of_their_own():
    rows = tie_out(
        raw__orders=[{"order_id": "1", "gross_sales": "10"}],
        raw__refunds=[{"refund_id": "a", "amount": "3"}, {"refund_id": "b", "amount": "1", "fate": "quarantined"}],
        raw__payments=[{"order_id": "1", "amount": "10", "paid_at": "2026-02-01"}, {"order_id": "1", "amount": "2"}],
    )
    parts = ("kind", "month", "source_amount", "refunds_amount", "payments_amount", "quarantined_amount")
    assert list(pick(rows, *parts)) == [
        ("orders", JANUARY, 10, 0, 0, 0),
        ("payments", JANUARY, 2, 0, 2, 0),  # undated: the month of its order
        ("payments", FEBRUARY, 10, 0, 10, 0),
        ("refunds", JANUARY, -4, 3, 0, -1),
    ]


def test_every_period_of_a_subscription_ties_out_by_what_it_is_worth_a_month():
    period = {"subscription_id": "a", "monthly_amount": None}
    rows = tie_out(
        raw__subscriptions=[
            period | {"monthly_amount": "10"},
            period | {"amount": "100", "billing_interval": "year", "started_at": "2026-02-01"},
            period | {"amount": "7", "quantity": "2", "started_at": "2026-02-03"},
            {"subscription_id": "b", "amount": "1", "monthly_amount": "-1", "fate": "quarantined"},
            {"subscription_id": "c", "monthly_amount": "5", "fate": "superseded"},
        ]
    )
    parts = ("kind", "month", "source_amount", "subscriptions_amount", "quarantined_amount", "superseded_amount")
    assert list(pick(rows, *parts)) == [
        ("subscriptions", JANUARY, 14, 10, -1, 5),
        ("subscriptions", FEBRUARY, money("22.3333"), money("22.3333"), 0, 0),
    ]


def test_a_line_counts_in_the_month_and_currency_of_its_order():
    rows = tie_out(
        raw__company=[{"timezone": "Europe/Berlin"}],
        raw__fx_rates=[{"rate_date": "2026-01-01", "currency": "USD", "rate": "0.5"}],
        raw__orders=[{"order_id": "1", "ordered_at": "2026-01-31 23:30:00", "currency": "USD"}],
        raw__order_lines=[
            {"order_id": "1", "unit_price": "3"},
            line("2", "1", ordered_at="2026-01-31 22:59:00"),
            line("2", "1", ordered_at="2026-01-31 23:01:00"),
        ],
    )
    assert list(pick(rows, "kind", "month", "currency", "source_amount")) == [
        ("order_lines", JANUARY, "EUR", 2),
        ("order_lines", FEBRUARY, "USD", 3),
        ("orders", FEBRUARY, "USD", 0),
    ]


def test_rows_without_a_readable_day_or_currency_are_accounted_for_too():
    row = only(
        tie_out(
            raw__orders=[
                {"order_id": "1", "gross_sales": "5", "ordered_at": "?", "currency": None, "fate": "quarantined"}
            ]
        )
    )
    assert (row["month"], row["currency"], row["source_amount"], row["quarantined_amount"]) == (None, None, 5, 5)


@pytest.mark.parametrize(
    "loss",
    [
        "update core.order_lines set gross_sales_original = gross_sales_original - 0.0001",
        "delete from core.refunds",
        "delete from core.adjustments",
        "update core.subscriptions set monthly_amount_original = monthly_amount_original + 0.0001",
        "insert into core.order_lines from core.order_lines",
        "delete from quarantine.rows",
    ],
)
def test_a_lost_or_doubled_penny_is_seen(loss):
    with build(
        raw__order_lines=[
            line("1", "5"),
            line("2", "7", fate="quarantined"),
            line("C1", "-4", line_type="refund"),
            line("A1", "-7", line_type="adjustment"),
        ],
        raw__subscriptions=[{"subscription_id": "a"}],
    ) as con:
        con.execute(loss)
        write_tie_out(con)
        assert con.execute("select count(*) from meta.tie_out where difference <> 0").fetchall() == [(1,)]


def test_a_missing_rate_is_reported_with_its_currency_and_first_day():
    orders = [
        {"order_id": "1", "currency": "CHF", "gross_sales": "1", "ordered_at": "2026-01-08"},
        {"order_id": "2", "currency": "CHF", "gross_sales": "1", "ordered_at": "2026-01-07"},
        {"order_id": "3", "gross_sales": "1"},
    ]
    with build(raw__orders=orders) as con:
        sentence = find_missing_rate(con)
    assert sentence is not None
    assert sentence.startswith("core.orders: there is no rate of CHF on or before 2026-01-07 (2 document(s)")
    with build(raw__orders=orders[2:]) as con:
        assert find_missing_rate(con) is None


def test_of_two_missing_rates_the_one_that_is_missing_first_is_reported():
    orders = [
        {"order_id": "1", "currency": "AUD", "gross_sales": "1", "ordered_at": "2026-01-09"},
        {"order_id": "2", "currency": "CHF", "gross_sales": "1", "ordered_at": "2026-01-07"},
        {"order_id": "3", "currency": "DKK", "gross_sales": "1", "ordered_at": "2026-01-08"},
    ]
    with build(raw__orders=orders) as con:
        assert "there is no rate of CHF on or before 2026-01-07" in str(find_missing_rate(con))


def test_a_missing_rate_of_a_subscription_is_reported_too():
    with build(raw__subscriptions=[{"subscription_id": "a", "currency": "CHF"}]) as con:
        assert "core.subscriptions: there is no rate of CHF on or before 2026-01-05" in str(find_missing_rate(con))


def test_lines_of_one_document_in_two_currencies_are_reported():
    with build(raw__order_lines=[line("1", "1"), line("1", "1", currency="USD")]) as con:
        assert "more than one currency" in str(find_missing_rate(con))


def test_lines_of_one_document_tie_out_in_the_months_of_their_own_days():
    rows = tie_out(
        raw__order_lines=[
            line("T1", "100"),
            line("T1", "10", quantity="-1", line_type="refund", ordered_at="2026-02-09 12:00:00"),
            line("T1", "20", quantity="-1", line_type="refund", ordered_at="2026-04-09 12:00:00"),
            line("T1", "7", ordered_at="2026-04-09 12:00:00"),
        ]
    )
    assert list(pick(rows, "month", "orders_amount", "refunds_amount")) == [
        (JANUARY, 100, 0),
        (FEBRUARY, 0, 10),
        (dt.date(2026, 4, 1), 7, 20),
    ]


def test_rows_left_out_are_counted_by_what_became_of_them():
    with build(raw__orders=[{"order_id": "1"}, {"order_id": "1", "fate": "duplicate"}]) as con:
        excluded = {"source": "shop", "kind": "orders", "file_sha256": "file 1", "rule": "failed"}
        fill(con, "landed.excluded", [excluded | {"row": number} for number in (3, 4)])
        fill(con, "landed.malformed", [{"source": "shop", "file_sha256": "file 1", "delivery": 1, "line": 9}])
        fill(con, "quarantine.healed", [{"delivery": 1}])
        write_row_accounting(con)
        write_excluded_rows(con)
        rows = rows_of(con, "meta.row_accounting")
        rules = rows_of(con, "meta.excluded_rows")
    counts = ("kind", "rows_read", "rows_loaded", "rows_superseded", "rows_duplicate", "rows_excluded")
    assert list(pick(rows, *counts)) == [("malformed", 1, 0, 1, 0, 0), ("orders", 4, 1, 0, 1, 2)]
    assert list(pick(rules, "kind", "rule", "rows_excluded")) == [("orders", "failed", 2)]


def test_money_of_duplicates_is_accounted_for():
    refund = {"refund_id": "a", "amount": "3"}
    row = only(tie_out(raw__refunds=[refund, refund | {"fate": "duplicate"}]))
    assert (row["source_amount"], row["refunds_amount"], row["duplicate_amount"]) == (-6, 3, -3)
