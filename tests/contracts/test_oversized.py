"""A document whose amounts do not fit fourteen digits, added up or converted, is quarantined."""

import duckdb
import pytest

from regulars.pipelines.contracts.quarantine.quarantine_step import run_quarantine_step
from tests.contracts.deliveries import delivered, quarantined, raw_contracts


def too_large(**kinds):
    """Every kind is settled; (kind, row, rules) of what is quarantined."""
    con = delivered(duckdb.connect(), **kinds)
    run_quarantine_step(con, raw_contracts())
    return quarantined(con, "kind, row, rules")


YEN = {"rate_date": "2026-01-01", "currency": "JPY", "rate": "0.006"}
DINAR = {"rate_date": "2026-01-01", "currency": "KWD", "rate": "3"}
LARGEST = "99999999999999.9999"


def test_amounts_of_fourteen_digits_are_loaded():
    large = {"amount": LARGEST}
    assert (
        too_large(
            orders=[{"gross_sales": LARGEST, "currency": "JPY"}, {"order_id": "o2", "gross_sales": "-" + LARGEST}],
            order_lines=[{"gross_sales": LARGEST, "currency": "JPY"}],
            payments=[large, large],
            refunds=[large],
            subscriptions=[{"monthly_amount": LARGEST}],
            fx_rates=[YEN],
        )
        == []
    )


def test_a_barcode_in_quantity_quarantines_its_order_with_all_its_lines():
    barcode = {"quantity": "4006381333931", "unit_price": "25.5"}
    assert too_large(orders=[{}, {"order_id": "o2"}], order_lines=[{}, barcode, {"order_id": "o2"}]) == [
        ("order_lines", 1, "document"),
        ("order_lines", 2, "order_lines.line_amount_fits"),
        ("orders", 1, "document"),
    ]


def test_an_order_whose_lines_sum_up_to_too_much_is_quarantined():
    lines = [{"unit_price": "60000000000000"}] * 2
    assert too_large(order_lines=[{**line, "ordered_at": "2026-03-01 10:00:00"} for line in lines]) == [
        ("order_lines", 1, "order_lines.fits_the_company_currency"),
        ("order_lines", 2, "order_lines.fits_the_company_currency"),
    ]
    assert too_large(orders=[{"gross_sales": "3"}], order_lines=lines) == []  # the order's own total counts


def test_many_small_lines_that_sum_up_to_too_much_quarantine_their_order():
    line = {"unit_price": "1000000000000", "ordered_at": "2026-03-01 10:00:00"}
    assert len(too_large(order_lines=[line] * 100)) == 100
    assert too_large(order_lines=[line] * 99) == []


def test_a_sum_that_is_too_long_in_its_own_currency_is_quarantined_though_it_fits_after_conversion():
    line = {"unit_price": "60000000000000", "currency": "JPY", "ordered_at": "2026-03-01 10:00:00"}
    assert [row for _, row, _ in too_large(order_lines=[line, line], fx_rates=[YEN])] == [1, 2]
    assert too_large(order_lines=[line], fx_rates=[YEN]) == []


def test_an_amount_that_does_not_fit_after_conversion_quarantines_its_order_with_all_its_lines():
    order = {"currency": "KWD", "gross_sales": "33333333333333.3334"}
    assert too_large(orders=[order, {"order_id": "o2"}], order_lines=[{}, {"order_id": "o2"}], fx_rates=[DINAR]) == [
        ("order_lines", 1, "order_lines.fits_the_company_currency"),
        ("orders", 1, "orders.fits_the_company_currency"),
    ]
    assert too_large(orders=[order | {"gross_sales": "33333333333333.3333"}], fx_rates=[DINAR]) == []


def test_the_rate_of_the_day_decides():
    later = {"rate_date": "2026-03-02", "currency": "KWD", "rate": "4"}
    order = {"currency": "KWD", "gross_sales": "30000000000000"}
    days = {"o1": "2026-03-01 23:59:59", "o2": "2026-03-02 00:00:00"}
    orders = [{**order, "order_id": order_id, "ordered_at": moment} for order_id, moment in days.items()]
    assert [row for _, row, _ in too_large(orders=orders, fx_rates=[DINAR, later])] == [2]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("refunds", {"amount": "50000000000000"}),
        ("payments", {"amount": "-50000000000000"}),
        ("payments", {"amount": "50000000000000", "paid_at": "2026-02-01 10:00:00"}),
        ("payments", {"amount": "50000000000000", "order_id": "unknown"}),
        ("subscriptions", {"monthly_amount": "50000000000000"}),
        ("subscriptions", {"monthly_amount": None, "amount": "20000000000000", "quantity": "2"}),
        ("order_lines", {"line_type": "refund", "gross_sales": "-50000000000000"}),
        ("order_lines", {"line_type": "adjustment", "gross_sales": "50000000000000"}),
        ("order_lines", {"cost": "50000000000000"}),
        ("order_lines", {"discounts": "50000000000000"}),
        ("order_lines", {"shipping": "50000000000000"}),
        ("orders", {"tax": "50000000000000"}),
        ("orders", {"shipping": "50000000000000"}),
        ("orders", {"discounts": "50000000000000"}),
    ],
)
def test_every_kind_of_money_must_fit_after_conversion(kind, row):
    order = {"ordered_at": "2026-02-01 10:00:00", "currency": "KWD"}
    row = ({} if kind in {"refunds", "payments", "subscriptions"} else order) | {"currency": "KWD"} | row
    quarantined = too_large(**{kind: [row]}, fx_rates=[DINAR])
    assert quarantined == [(kind, 1, f"{kind}.fits_the_company_currency")]
    assert too_large(**{kind: [row | {"currency": "EUR"}]}, fx_rates=[DINAR]) == []


def test_a_monthly_amount_made_of_too_much_quarantines_its_subscription():
    seats = {"monthly_amount": None, "amount": LARGEST, "quantity": LARGEST, "billing_interval": "day"}
    assert too_large(subscriptions=[seats]) == [("subscriptions", 1, "subscriptions.monthly_amount_is_known")]


def test_a_payment_without_a_day_must_fit_on_its_orders_day_and_on_the_last_day_that_counts():
    rates = [DINAR, {"rate_date": "2026-03-20", "currency": "KWD", "rate": "0.5"}]
    payment = {"currency": "KWD", "amount": "50000000000000"}
    assert [kind for kind, _, _ in too_large(orders=[{}], payments=[payment], fx_rates=rates)] == ["payments"]
    assert too_large(payments=[payment], fx_rates=rates) == []


def test_a_refund_line_is_in_its_orders_currency_and_takes_its_day():
    line = {"line_type": "refund", "gross_sales": "-50000000000000", "currency": "EUR"}
    order = {"currency": "KWD"}
    assert {kind for kind, _, _ in too_large(orders=[order], order_lines=[line], fx_rates=[DINAR])} == {
        "orders",
        "order_lines",
    }
    assert too_large(orders=[order | {"currency": "EUR"}], order_lines=[line], fx_rates=[DINAR]) == []


def test_the_day_of_a_rate_is_the_companys_day():
    later = {"rate_date": "2026-03-02", "currency": "KWD", "rate": "4"}
    refund = {"refunded_at": "2026-03-01 20:00:00", "currency": "KWD", "amount": "30000000000000"}
    con = delivered(duckdb.connect(), refunds=[refund], fx_rates=[DINAR, later])
    con.execute("update raw.company set timezone = 'Asia/Jakarta'")
    run_quarantine_step(con, raw_contracts())
    assert quarantined(con, "kind, row") == [("refunds", 1)]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Jakarta"])
def test_a_kind_that_is_dated_by_days_is_converted_on_the_day_it_names(zone):
    dearer = {"rate_date": "2026-03-01", "currency": "KWD", "rate": "4"}
    spend = {"month": "2026-02-28", "currency": "KWD", "amount": "30000000000000"}
    con = delivered(
        duckdb.connect(), acquisition_spend=[spend, spend | {"month": "2026-03-01"}], fx_rates=[DINAR, dearer]
    )
    con.execute(f"update raw.company set timezone = '{zone}'")
    run_quarantine_step(con, raw_contracts())
    assert quarantined(con, "kind, row, rules") == [
        ("acquisition_spend", 2, "acquisition_spend.fits_the_company_currency")
    ]
