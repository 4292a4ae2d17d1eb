"""Square and a plain till: signs of currencies, parentheses, refunds as rows of their own, zones apart from times."""

from tests.sources.profiles.conftest import header_of, recognise, write_export

TRANSACTIONS = "square/square_transactions_55cols_header_only.csv"
ITEMS = "square/square_items_detail_35cols_2026_header_only.csv"
SALE = {
    **{"Date": "2026-07-18", "Time": "23:30:00", "Time Zone": "Eastern Time (US & Canada)", "Event Type": "Payment"},
    **{"Gross Sales": "$1,234.50 ", "Discounts": "-$12.00", "Net Sales": "$1,222.50", "Tax": "$8.00"},
    **{"Transaction ID": "T1", "Customer ID": "C1", "Location": "Mall"},
}
ZONE = {"timezone": "America/New_York", "currency": "USD"}


def test_a_sale_of_square_is_read_without_signs_and_a_refund_is_no_order(read):
    header = header_of(TRANSACTIONS)
    assert recognise(header) == "square_transactions"
    back = {**SALE, "Event Type": "Refund", "Net Sales": "($12.34)", "Tax": "-$0.46", "Transaction ID": "T2"}
    export = write_export(
        header, {**SALE, "Transaction Status": "Complete"}, back, {**SALE, "Transaction Status": "Void"}
    )
    orders = "order_id, ordered_at, gross_sales, discounts, tax, currency, store_id"
    assert read("square_transactions", export, "orders", orders, **ZONE) == [
        ("T1", "2026-07-19 03:30:00", "1234.50", "12.00", "8.00", "USD", "Mall")
    ]
    assert read.excluded == {"complete": 1}
    assert read("square_transactions", export, "refunds", "refund_id, goods, tax", **ZONE) == [("T2", "12.34", "0.46")]


def test_discounts_in_parentheses_are_positive_too(read):
    export = write_export(header_of(TRANSACTIONS), {**SALE, "Discounts": "($1.50) "})
    assert read("square_transactions", export, "orders", "discounts", **ZONE) == [("1.50",)]


def test_items_of_square_are_lines_of_the_transactions(read):
    header = header_of(ITEMS)
    assert recognise(header) == "square_items"
    item = {name: value for name, value in SALE.items() if name in header}
    export = write_export(
        header,
        {**item, "Item": "Coffee", "SKU": "", "Qty": "2.5", "Category": "Drinks"},
        {**item, "Item": "Card", "SKU": "G", "Qty": "1", "Itemization Type": "Gift Card"},
        {**item, "Item": "Coffee", "Qty": "-1", "Event Type": "Refund"},
    )
    columns = "order_id, line_type, product_id, quantity, gross_sales, discounts, category"
    assert read("square_items", export, "order_lines", columns, **ZONE) == [
        ("T1", "sale", "Coffee", "2.5", "1234.50", "12.00", "Drinks"),
        ("T1", "adjustment", "G", "1", "1234.50", "12.00", None),
    ]


def test_an_old_square_file_without_ids_tells_sales_apart_by_day_and_amount(read):
    header = header_of("square/square_transactions_2018_44cols.csv")
    export = write_export(
        header,
        {"Date": "12/27/2018", "Gross Sales": "$1,149.00 ", "Discounts": "$0.00 ", "Total Collected": "$1,149.00 ",
         "Tax": "$0.00", "Event Type": "Payment"},
    )  # fmt: skip
    columns = "order_id, ordered_at, gross_sales"
    assert read("square_transactions_2018", export, "orders", columns, **ZONE) == [
        ("12/27/2018 $1,149.00", "2018-12-27 05:00:00", "1149.00")
    ]


def test_customers_of_square(read):
    header = ["Reference ID", "First Name", "Last Name", "Email Address", "Phone Number", "Square Customer ID", "Memo"]
    assert recognise(header) == recognise(header[:5]) == "square_customers"
    export = write_export(header, {"Reference ID": "R1", "Square Customer ID": "S1"}, {"Reference ID": "R2"})
    assert read("square_customers", export, "customers", "customer_record_id") == [("S1",), ("R2",)]


def test_a_german_till_has_prices_with_tax_and_negative_receipts(read):
    header = ["Bon-Nr.", "Datum", "Summe", "MwSt", "Filiale"]
    assert recognise(header) == "till_receipts"
    export = write_export(
        header,
        {"Bon-Nr.": "0017", "Datum": "31.12.2026", "Summe": "1.234,56", "MwSt": "197,11", "Filiale": "1"},
        {"Bon-Nr.": "0018", "Datum": "31.12.2026", "Summe": "-12,50"},
    )
    how = {"options": {"decimal": ",", "thousands": ".", "datetime_format": "%d.%m.%Y"}, "timezone": "UTC"}
    orders = "order_id, ordered_at, gross_sales, tax, prices_include_tax, store_id"
    assert read("till_receipts", export, "orders", orders, **how) == [
        ("0017", "2026-12-31 00:00:00", "1234.56", "197.11", "true", "1")
    ]
    assert read("till_receipts", export, "refunds", "refund_id, amount", **how) == [("0018", "12.50")]


def test_a_line_of_totals_below_the_receipts_of_a_till_is_left_out(read):
    header = ("Kuittinumero", "Päivämäärä", "ALV", "Yhteensä")
    assert recognise(header) == "till_receipts"
    export = write_export(
        header,
        {"Kuittinumero": "5001", "Päivämäärä": "13.01.2026", "ALV": "2,04", "Yhteensä": "10,04"},
        {"Kuittinumero": "Yhteensä", "ALV": "2,04", "Yhteensä": "10,04"},
    )
    how = {"options": {"decimal": ",", "datetime_format": "%d.%m.%Y"}, "timezone": "Europe/Helsinki"}
    columns = "order_id, gross_sales, tax"
    assert read("till_receipts", export, "orders", columns, **how) == [("5001", "10.04", "2.04")]
    assert read.excluded == {"totals": 1}
