"""Shopify: continuation rows, money given back, gift cards, prices with and without tax, apostrophes, DST offsets."""

from tests.sources.profiles.conftest import header_of, recognise, write_export

ORDERS = "shopify/shopify_orders_79cols_header_only.csv"
FIRST = {
    **{"Name": "#1001", "Email": "Ann@x.example", "Financial Status": "partially_refunded", "Currency": "EUR"},
    **{"Subtotal": "45.00", "Shipping": "4.90", "Taxes": "4.10", "Total": "54.00", "Discount Amount": "5.00"},
    **{"Created at": "2026-03-29 03:30:00 +0200", "Lineitem name": "Mug", "Lineitem quantity": "2"},
    **{"Lineitem price": "25.00", "Lineitem sku": "MUG", "Refunded Amount": "10.00", "Source": "web"},
}
SECOND = {
    **{"Name": "#1001", "Created at": "2026-03-29 03:30:00 +0200", "Lineitem name": "Gift card 50"},
    **{"Lineitem quantity": "1", "Lineitem price": "50.00"},
}
AMOUNTS = "order_id, email, ordered_at, discounts, shipping, tax, prices_include_tax, is_cancelled, is_test"


def test_an_order_over_two_rows_is_one_order_whose_gift_card_is_no_sale(read):
    export = write_export(header_of(ORDERS), FIRST, SECOND)
    assert recognise(header_of(ORDERS)) == "shopify_orders"
    one = ("#1001", "Ann@x.example", "2026-03-29 01:30:00", "5.00", "4.90", "4.10", "false", "false", "false")
    assert set(read("shopify_orders", export, "orders", AMOUNTS)) == {one}
    lines = "order_id, line_type, product_id, quantity, unit_price, currency"
    assert read("shopify_orders", export, "order_lines", lines) == [
        ("#1001", "sale", "MUG", "2", "25.00", "EUR"),
        ("#1001", "adjustment", None, "1", "50.00", "EUR"),
    ]
    refunds = "distinct refund_id, order_id, amount, currency, refunded_at, _row"
    assert read("shopify_orders", export, "refunds", refunds)[0][:5] == ("#1001", "#1001", "10.00", "EUR", None)


def test_prices_that_include_tax_are_seen_by_the_total_of_each_order(read):
    sums = {"Subtotal": "49.90", "Shipping": "4.90", "Taxes": "8.75", "Discount Amount": "0.00"}
    export = write_export(
        header_of(ORDERS),
        {**FIRST, **sums, "Name": "#1", "Total": "54.80"},
        {**FIRST, **sums, "Name": "#2", "Total": "63.55"},
        {**FIRST, **sums, "Name": "#3", "Total": "0.00", "Taxes": "0.00"},
    )
    assert read("shopify_orders", export, "orders", "order_id, prices_include_tax") == [
        ("#1", "true"),
        ("#2", "false"),
        ("#3", "false"),
    ]


def test_voided_cancelled_and_test_orders_do_not_count(read):
    export = write_export(
        header_of(ORDERS),
        {**FIRST, "Name": "#1", "Financial Status": "voided"},
        {**FIRST, "Name": "#2", "Cancelled at": "2026-03-30 10:00:00 +0200"},
        {**FIRST, "Name": "#3", "Payment Method": "bogus"},
    )
    assert read("shopify_orders", export, "orders", "is_cancelled, is_test") == [
        ("true", "false"),
        ("true", "false"),
        ("false", "true"),
    ]


def test_an_older_orders_file_without_the_newer_columns_is_read_too(read):
    newer = ("Refunded Amount", "Source", "Payment Method", "Cancelled at", "Id", "Payment References")
    header = [name for name in header_of(ORDERS) if name not in newer]
    record = {name: value for name, value in FIRST.items() if name not in newer}
    assert recognise(header) == "shopify_orders"
    export = write_export(header, record)
    assert read("shopify_orders", export, "orders", "order_id, channel, is_cancelled") == [("#1001", None, "false")]
    assert read("shopify_orders", export, "refunds", "refund_id") == []


def test_customers_lose_the_apostrophes_that_keep_excel_away(read):
    header = header_of("shopify/shopify_customers_20cols_header_only.csv")
    export = write_export(
        header,
        {"Customer ID": "'7210448301122", "First Name": "Ann", "Email": "ann@x.example",
         "Accepts Email Marketing": "yes",
         "Default Address Zip": "'01234", "Phone": "'+4930123", "Default Address Country Code": "DE"},
        {"Customer ID": "", "First Name": "Nobody"},
    )  # fmt: skip
    columns = "customer_record_id, email, phone, postal_code, country, email_opt_in"
    assert read("shopify_customers", export, "customers", columns) == [
        ("7210448301122", "ann@x.example", "+4930123", "01234", "DE", "true")
    ]
    assert read.excluded == {"without_id_and_address": 1}


def test_older_customers_without_an_id_are_known_by_address_or_else_by_telephone(read):
    header = [
        "First Name",
        "Last Name",
        "Email",
        "Accepts Email Marketing",
        "Company",
        "Address1",
        "Address2",
        "City",
        "Province",
        "Province Code",
        "Country",
        "Country Code",
        "Zip",
        "Phone",
        "Accepts SMS Marketing",
        "Total Spent",
        "Total Orders",
        "Tags",
        "Note",
        "Tax Exempt",
    ]
    assert recognise(header) == "shopify_customers"
    export = write_export(
        header,
        {"Email": "Ann@X.example", "Country Code": "FI", "City": "Oulu", "Zip": "'90100"},
        {"Phone": "'+358401234567"},
    )
    assert read("shopify_customers", export, "customers", "customer_record_id, country, city, postal_code") == [
        ("ann@x.example", "FI", "Oulu", "90100"),
        ("+358401234567", None, None, None),
    ]
