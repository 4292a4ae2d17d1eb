"""Stripe and PayPal: 79, 23 and older columns, failed payments, part refunds, subscriptions, invoices, languages."""

import pytest

from tests.sources.profiles.conftest import header_of, recognise, write_export

ALL, DEFAULT, OLD = (
    f"stripe/stripe_{name}_header_only.csv"
    for name in ("unified_payments_79cols", "unified_payments_default_23cols_2026", "charges_legacy_2013_2020")
)
PAID = {
    **{"id": "ch_1", "Created date (UTC)": "2026-01-31 23:30:00", "Amount": "43.21", "Amount Refunded": "3.21"},
    **{"Currency": "usd", "Captured": "true", "Converted Amount": "39.90", "Converted Amount Refunded": "2.96"},
    **{"Converted Currency": "eur", "Status": "Paid", "Customer ID": "cus_1", "Customer Email": "ann@x.example"},
    **{"Refunded date (UTC)": "2026-02-03 10:00:00"},
}
SUBSCRIPTIONS = [
    "id",
    "Customer ID",
    "Customer Description",
    "Customer Email",
    "Plan",
    "Product",
    "Quantity",
    "Currency",
    "Interval",
    "Amount",
    "Status",
    "Created (UTC)",
    "Start (UTC)",
    "Current Period Start (UTC)",
    "Current Period End (UTC)",
    "Trial Start (UTC)",
    "Trial End (UTC)",
    "Canceled At (UTC)",
    "Cancel At Period End",
    "Ended At (UTC)",
    "Cancellation Reason",
]
INVOICES = [
    "id",
    "Amount Due",
    "Amount Paid",
    "Amount Remaining",
    "Billing",
    "Closed",
    "Currency",
    "Customer",
    "Customer Email",
    "Customer Name",
    "Date (UTC)",
    "Due Date (UTC)",
    "Number",
    "Paid",
    "Subscription",
    "Subtotal",
    "Total Discount Amount",
    "Tax",
    "Total",
    "Status",
    "Finalized At (UTC)",
]
PAYPAL = [
    "Date",
    "Time",
    "TimeZone",
    "Name",
    "Type",
    "Status",
    "Currency",
    "Gross",
    "Fee",
    "Net",
    "From Email Address",
    "To Email Address",
    "Transaction ID",
    "Reference Txn ID",
    "Shipping and Handling Amount",
    "Sales Tax",
    "Balance Impact",
]
GERMAN = [
    "Datum",
    "Uhrzeit",
    "Zeitzone",
    "Name",
    "Typ",
    "Status",
    "Währung",
    "Brutto",
    "Gebühr",
    "Netto",
    "Absender E-Mail-Adresse",
    "Empfänger E-Mail-Adresse",
    "Transaktionscode",
    "Zugehöriger Transaktionscode",
]


@pytest.mark.parametrize("name", [ALL, DEFAULT])
def test_paid_payments_are_orders_in_the_currency_that_stripe_settled(read, name):
    header = header_of(name)
    assert recognise(header) == "stripe_payments"
    export = write_export(
        header, PAID, {**PAID, "id": "ch_2", "Status": "Failed"}, {**PAID, "id": "ch_3", "Captured": "false"}
    )
    orders = "order_id, customer_record_id, email, ordered_at, gross_sales, currency, is_test"
    assert read("stripe_payments", export, "orders", orders, timezone="UTC") == [
        ("ch_1", "cus_1", "ann@x.example", "2026-01-31 23:30:00", "39.90", "EUR", "false")
    ]
    assert read.excluded == {"paid": 1, "captured": 1}
    assert read("stripe_payments", export, "refunds", "refund_id, order_id, refunded_at, amount, currency") == [
        ("ch_1", "ch_1", "2026-02-03 10:00:00", "2.96", "EUR")
    ]


def test_a_test_payment_is_a_test(read):
    export = write_export(header_of(ALL), {**PAID, "Mode": "Test"})
    assert read("stripe_payments", export, "orders", "is_test") == [("true",)]


def test_old_charges_that_a_spreadsheet_saved_in_europe(read):
    header = header_of(OLD)
    assert recognise(header) == "stripe_charges"
    charge = {"id": "ch_1", "Created (UTC)": "2019-05-01 10:00", "Amount": "1234,50", "Amount Refunded": "0,25",
              "Currency": "eur", "Status": "Paid", "Captured": "WAHR", "Tax": "0,00"}  # fmt: skip
    export = write_export(header, charge).replace(",", "\x00").replace('"\x00"', '";"').replace("\x00", ",")
    how = {"options": {"delimiter": ";", "decimal": ","}}
    assert read("stripe_charges", export, "orders", "order_id, gross_sales, ordered_at", **how) == [
        ("ch_1", "1234.50", "2019-05-01 10:00:00")
    ]
    assert read("stripe_charges", export, "refunds", "amount, refunded_at", **how) == [("0.25", None)]


def test_customers_of_stripe(read):
    header = header_of("stripe/stripe_customers_2026_header_only.csv")
    export = write_export(header, {"id": "cus_1", "Email": "ann@x.example", "Created (UTC)": "2026-01-02 03:04"})
    assert read("stripe_customers", export, "customers", "customer_record_id, email, created_at") == [
        ("cus_1", "ann@x.example", "2026-01-02 03:04:00")
    ]


def test_subscriptions_of_stripe_know_how_they_ended(read):
    assert recognise(SUBSCRIPTIONS) == "stripe_subscriptions"
    one = {"id": "sub_1", "Customer ID": "cus_1", "Plan": "Gold", "Quantity": "2", "Currency": "eur", "Amount": "9.90",
           "Interval": "month", "Status": "canceled", "Created (UTC)": "2025-01-01 00:00", "Start (UTC)": "",
           "Canceled At (UTC)": "2026-01-10 08:00", "Ended At (UTC)": "2026-02-01 00:00",
           "Cancellation Reason": "payment_failed"}  # fmt: skip
    export = write_export(SUBSCRIPTIONS, one, {**one, "id": "sub_2", "Status": "incomplete_expired"})
    columns = (
        "subscription_id, plan, amount, quantity, billing_interval, currency, started_at, ended_at, is_involuntary"
    )
    assert read("stripe_subscriptions", export, "subscriptions", columns) == [
        ("sub_1", "Gold", "9.90", "2", "month", "EUR", "2025-01-01 00:00:00", "2026-02-01 00:00:00", "true")
    ]
    assert read.excluded == {"never_began": 1}


def test_paid_invoices_are_orders_before_discount_and_tax(read):
    assert recognise(INVOICES) == "stripe_invoices"
    one = {"id": "in_1", "Customer": "cus_1", "Currency": "eur", "Subtotal": "100.00", "Total Discount Amount": "10.00",
           "Tax": "17.10", "Total": "107.10", "Amount Due": "107.10", "Amount Paid": "107.10", "Status": "paid",
           "Date (UTC)": "2026-01-05 12:00"}  # fmt: skip
    export = write_export(INVOICES, one, {**one, "id": "in_2", "Status": "void"})
    columns = "order_id, customer_record_id, gross_sales, discounts, tax, ordered_at"
    assert read("stripe_invoices", export, "orders", columns) == [
        ("in_1", "cus_1", "100.00", "10.00", "17.10", "2026-01-05 12:00:00")
    ]


def test_of_paypals_movements_only_completed_sales_and_refunds_are_read(read):
    assert recognise(PAYPAL) == "paypal_activity"
    sale = {"Date": "01/31/2026", "Time": "22:15:00", "Type": "Express Checkout Payment", "Status": "Completed",
            "Currency": "USD", "Gross": "1,234.50", "Shipping and Handling Amount": "4.50", "Sales Tax": "30.00",
            "From Email Address": "ann@x.example", "Transaction ID": "T1", "Balance Impact": "Credit"}  # fmt: skip
    back = {**sale, "Type": "Payment Refund", "Gross": "-34.50", "Transaction ID": "T2", "Reference Txn ID": "T1"}
    export = write_export(
        PAYPAL,
        sale,
        back,
        {**sale, "Type": "General Withdrawal"},
        {**sale, "Status": "Pending"},
        {**sale, "Balance Impact": "Memo"},
    )
    orders = "order_id, email, ordered_at, gross_sales, shipping, tax"
    assert read("paypal_activity", export, "orders", orders, timezone="America/New_York") == [
        ("T1", "ann@x.example", "2026-02-01 03:15:00", "1200.00", "4.50", "30.00")
    ]
    assert read.excluded == {"sales_and_refunds": 1, "completed": 1, "moves_the_balance": 1}
    assert read("paypal_activity", export, "refunds", "refund_id, order_id, amount") == [("T2", "T1", "34.50")]


def test_paypal_in_german_has_decimal_commas_and_days_first(read):
    assert recognise(GERMAN) == "paypal_activity_german"
    export = write_export(
        GERMAN,
        {"Datum": "02.01.2026", "Uhrzeit": "10:00:00", "Typ": "Website-Zahlung", "Status": "Abgeschlossen",
         "Währung": "EUR", "Brutto": "1.234,50", "Transaktionscode": "T1"},
    )  # fmt: skip
    columns = "order_id, ordered_at, gross_sales"
    assert read("paypal_activity_german", export, "orders", columns, timezone="UTC") == [
        ("T1", "2026-01-02 10:00:00", "1234.50")
    ]


def test_columns_of_stripe_that_somebody_chose_are_read_with_the_decimal_comma_of_a_spreadsheet(read):
    header = ["id", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Status", "Customer Email"]
    assert recognise(header) == "stripe_payments_chosen"
    paid = {**{key: PAID[key] for key in header}, "Amount": "43,21", "Amount Refunded": "3,21"}
    export = write_export(
        header, paid, {**paid, "id": "ch_2", "Status": "Failed"}, {**paid, "id": "ch_3", "Amount Refunded": "0,00"}
    )
    comma = {"options": {"decimal": ","}}
    orders = "order_id, ordered_at, gross_sales, currency"
    assert read("stripe_payments_chosen", export, "orders", orders, **comma) == [
        ("ch_1", "2026-01-31 23:30:00", "43.21", "USD"),
        ("ch_3", "2026-01-31 23:30:00", "43.21", "USD"),
    ]
    assert read.excluded == {"paid": 1}
    refunds = "refund_id, refunded_at, amount, currency"
    assert read("stripe_payments_chosen", export, "refunds", refunds, **comma) == [("ch_1", None, "3.21", "USD")]
