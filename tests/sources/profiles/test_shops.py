"""WooCommerce, Magento, Amazon and Etsy: items in columns, passwords, several currencies, what the files cannot say."""

import csv

import pytest

from tests.sources.profiles.conftest import EXPORTS, header_of, recognise, write_export

WOO_ORDERS = "woocommerce/woocommerce_analytics_orders_header_only.csv"
PLUGIN = "woocommerce/woocommerce_order_csv_export_plugin_one_row_per_order_header_only.csv"
ETSY = [
    "Sale Date",
    "Order ID",
    "Buyer User ID",
    "Full Name",
    "Number of Items",
    "Date Shipped",
    "Ship Country",
    "Currency",
    "Order Value",
    "Discount Amount",
    "Shipping Discount",
    "Shipping",
    "Sales Tax",
    "Order Total",
    "Status",
    "Adjusted Order Total",
]


def tab_separated(name, *records):
    with (EXPORTS / name).open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file, delimiter="\t"))
    rows = ["\t".join(record.get(column, "") for column in header) for record in records]
    return header, "\n".join(["\t".join(header), *rows, ""])


def test_orders_of_the_plugin_have_their_items_as_lines_and_goods_without_the_rest(read):
    header = header_of(PLUGIN)
    assert recognise(header) == "woocommerce_order_export"
    order = {"order_id": "7", "date": "2026-01-05 10:00:00", "status": "completed", "order_total": "70.00",
             "order_tax": "9.00", "order_shipping": "5.00", "order_shipping_tax": "1.00", "order_fees": "0.00",
             "order_fee_tax": "0.00", "cart_discount": "5.00", "order_discount": "0.00", "billing_email": "a@x.example",
             "order_item_1": "product_id:4959|1|30|size: Medium", "order_item_2": "sku:T-1|2|25|"}  # fmt: skip
    export = write_export(header, order, {**order, "order_id": "8", "status": "refunded", "order_item_2": ""})
    orders = "order_id, gross_sales, discounts, shipping, tax, is_cancelled"
    rows = read("woocommerce_order_export", export, "orders", orders, timezone="UTC")
    assert list(dict.fromkeys(rows)) == [
        ("7", "60.00", "5.00", "5.00", "10.00", "false"),
        ("8", "60.00", "5.00", "5.00", "10.00", "false"),
    ]
    lines = "order_id, line_id, product_id, quantity, gross_sales"
    assert read("woocommerce_order_export", export, "order_lines", lines, timezone="UTC") == [
        ("7", "1", "4959", "1", "30"),
        ("7", "2", "T-1", "2", "25"),
        ("8", "1", "4959", "1", "30"),
    ]
    assert read("woocommerce_order_export", export, "refunds", "order_id, amount") == [("8", "70.00")]


def test_analytics_orders_are_totals_and_negative_rows_are_refunds(read):
    header = header_of(WOO_ORDERS)
    assert recognise(header) == recognise([name.replace("Net Sales", "N. Revenue") for name in header])
    export = write_export(
        header,
        {"Date": "2026-01-05 10:00:00", "Order #": "7", "N. Revenue (formatted)": "৳2,999", "Net Sales": "2999",
         "Status": "completed", "Product(s)": "2× Mug, 1× Tea"},
        {"Date": "2026-01-06 10:00:00", "Order #": "8", "Net Sales": "-99", "Status": "refunded"},
        {"Date": "2026-01-06 11:00:00", "Order #": "9", "Net Sales": "10", "Status": "On hold"},
    )  # fmt: skip
    orders = "order_id, gross_sales, is_cancelled"
    name = "woocommerce_analytics_orders"
    assert read(name, export, "orders", orders) == [("7", "2999", "false"), ("9", "10", "true")]
    assert read(name, export, "refunds", "refund_id, goods") == [("8", "99")]


def test_analytics_customers_are_known_by_address_or_else_by_user_name(read):
    header = header_of("woocommerce/woocommerce_analytics_customers_header_only.csv")
    export = write_export(
        header,
        {"Email": "Ann@X.example", "Country / Region": "BD", "Sign Up": "2026-01-01 00:00:00"},
        {"Username": "bob"},
        {"Name": "Nobody"},
    )
    assert read("woocommerce_analytics_customers", export, "customers", "customer_record_id, country") == [
        ("ann@x.example", "BD"),
        ("bob", None),
    ]


def test_the_main_file_of_magento_lands_without_its_passwords(read, shop):
    header = header_of("magento/magento_customers_main_file_header_only.csv")
    assert recognise(header) == "magento_customers_main_file"
    one = {"email": "Ann@x.example", "_website": "base", "created_at": "09/01/24 12:49", "password_hash": "S3CRET:1",
           "rp_token": "S3CRET:2", "password": "S3CRET:3"}  # fmt: skip
    export = write_export(header, one, {**one, "_website": "b2b"})
    columns = "customer_record_id, email, created_at"
    assert read("magento_customers_main_file", export, "customers", columns, timezone="UTC") == [
        ("base ann@x.example", "Ann@x.example", "2024-09-01 12:49:00"),
        ("b2b ann@x.example", "Ann@x.example", "2024-09-01 12:49:00"),
    ]
    assert not [path for path in shop.home.rglob("*") if path.is_file() and b"S3CRET" in path.read_bytes()]


def test_the_grids_of_magento(read):
    header = header_of("magento/magento_sales_order_grid_header_only.csv")
    assert recognise(header) == "magento_orders_grid"
    one = {"ID": "000000012", "Purchase Point": "Main\n  Store\n    Default", "Purchase Date": "2026-01-05 10:00:00",
           "Grand Total (Base)": "59.5", "Subtotal": "50", "Shipping and Handling": "5", "Status": "complete",
           "Customer Email": "a@x.example", "Total Refunded": "9.5"}  # fmt: skip
    export = write_export(header, one, {**one, "ID": "13", "Status": "Pending Payment", "Total Refunded": ""})
    orders = "order_id, gross_sales, shipping, store_id, is_cancelled"
    assert read("magento_orders_grid", export, "orders", orders) == [
        ("000000012", "50", "5", "Main Store Default", "false"),
        ("13", "50", "5", "Main Store Default", "true"),
    ]
    assert read("magento_orders_grid", export, "refunds", "order_id, amount") == [("000000012", "9.5")]
    customers = header_of("magento/magento_customer_grid_header_only.csv")
    export = write_export(customers, {"ID": "5", "Email": "a@x.example", "Group": "Wholesale", "ZIP": "01234"})
    columns = "customer_record_id, customer_type, postal_code"
    assert read("magento_customers_grid", export, "customers", columns) == [("5", "Wholesale", "01234")]


def test_amazons_items_are_lines_and_a_pending_one_has_the_currency_of_its_marketplace(read):
    header_of("magento/magento_customer_grid_header_only.csv")  # skips where the exports are absent
    name = "amazon/amazon_flat_file_all_orders_32cols_header_only.txt"
    item = {"amazon-order-id": "302-1", "purchase-date": "2026-01-05T10:00:00+01:00", "order-status": "Shipped",
            "last-updated-date": "2026-01-06T10:00:00+01:00", "sales-channel": "Amazon.co.uk", "sku": "S1",
            "product-name": '12" Plate', "item-status": "Shipped", "quantity": "2", "currency": "GBP",
            "item-price": "20.00", "item-promotion-discount": "1.00"}  # fmt: skip
    pending = {**item, "amazon-order-id": "302-2", "order-status": "Pending", "item-status": "Pending", "currency": "",
               "item-price": "", "quantity": "0", "item-promotion-discount": ""}  # fmt: skip
    header, export = tab_separated(name, item, pending, {**item, "sku": "S2", "item-status": "Cancelled"})
    assert recognise(header) == "amazon_all_orders"
    orders = "order_id, ordered_at, currency, channel, is_cancelled"
    assert read("amazon_all_orders", export, "orders", orders) == [
        ("302-1", "2026-01-05 09:00:00", "GBP", "Amazon.co.uk", "false"),
        ("302-2", "2026-01-05 09:00:00", "GBP", "Amazon.co.uk", "false"),
    ]
    lines = "order_id, product_id, product_name, quantity, gross_sales, discounts, currency"
    assert read("amazon_all_orders", export, "order_lines", lines) == [
        ("302-1", "S1", '12" Plate', "2", "20.00", "1.00", "GBP"),
        ("302-2", "S1", '12" Plate', "0", "0", "0", "GBP"),
        ("302-1", "S2", '12" Plate', "0", "0", "0", "GBP"),
    ]


def test_new_orders_of_amazon_know_the_buyer_by_the_relay_address(read):
    header_of("magento/magento_customer_grid_header_only.csv")
    one = {"order-id": "302-1", "order-item-id": "9", "purchase-date": "2026-01-05T10:00:00+00:00", "sku": "S1",
           "buyer-email": "x@marketplace.amazon.de", "quantity-purchased": "2"}  # fmt: skip
    header, export = tab_separated("amazon/amazon_new_orders_report_30cols_header_only.txt", one)
    assert recognise(header) == "amazon_new_orders"
    assert read("amazon_new_orders", export, "orders", "order_id, email, currency") == [
        ("302-1", "x@marketplace.amazon.de", "EUR")
    ]
    lines = "line_id, product_id, quantity, gross_sales"
    assert read("amazon_new_orders", export, "order_lines", lines) == [("9", "S1", "2", None)]


def test_etsys_refunds_are_what_is_missing_from_the_adjusted_total(read):
    assert recognise(ETSY) == "etsy_orders"
    one = {"Sale Date": "12/31/25", "Order ID": "1", "Buyer User ID": "ann", "Currency": "USD",
           "Order Value": "1,000.00",
           "Discount Amount": "10.00", "Shipping": "5.00", "Shipping Discount": "1.00", "Sales Tax": "3.00",
           "Order Total": "994.00", "Status": "Completed", "Adjusted Order Total": "900.00"}  # fmt: skip
    export = write_export(ETSY, one, {**one, "Order ID": "2", "Adjusted Order Total": "", "Status": "Canceled"})
    orders = "order_id, customer_record_id, ordered_at, gross_sales, discounts, shipping, is_cancelled"
    assert read("etsy_orders", export, "orders", orders, timezone="UTC") == [
        ("1", "ann", "2025-12-31 00:00:00", "1000.00", "10.00", "4.00", "false"),
        ("2", "ann", "2025-12-31 00:00:00", "1000.00", "10.00", "4.00", "true"),
    ]
    assert read("etsy_orders", export, "refunds", "order_id, amount") == [("1", "94.00")]


def test_items_of_etsy_are_the_lines_of_its_orders(read):
    header = [
        "Sale Date",
        "Item Name",
        "Buyer",
        "Quantity",
        "Price",
        "Currency",
        "Transaction ID",
        "Listing ID",
        "Order ID",
    ]
    assert recognise(header) == "etsy_order_items"
    export = write_export(
        header, {"Order ID": "1", "Transaction ID": "9", "Quantity": "2", "Price": "1,000.00", "Currency": "USD"}
    )
    columns = "order_id, line_id, quantity, unit_price, currency"
    assert read("etsy_order_items", export, "order_lines", columns) == [("1", "9", "2", "1000.00", "USD")]


@pytest.mark.parametrize("status", ["checkout-draft", "wc-cancelled", "trash", "pending"])
def test_carts_that_never_became_an_order_of_the_plugin_are_cancelled(read, status):
    header = ["order_id", "date", "status", "order_total", "order_tax", "order_shipping", "billing_email"]
    order = {
        "order_id": "1",
        "date": "2026-01-31 10:00:00",
        "order_total": "10",
        "order_tax": "0",
        "order_shipping": "0",
    }
    export = write_export(header, {**order, "status": status})
    zone = {"timezone": "Europe/London", "currency": "GBP"}
    assert read("woocommerce_order_export", export, "orders", "is_cancelled", **zone) == [("true",)]


SQUARESPACE = [
    *("Order ID", "Email", "Financial Status", "Currency", "Subtotal", "Shipping", "Taxes", "Amount Refunded", "Total"),
    *("Discount Code", "Discount Amount", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price"),
    *("Lineitem sku", "Billing Name", "Cancelled at", "Channel Type"),
]


def test_orders_of_squarespace_have_their_values_on_their_first_row_only(read):
    assert recognise(SQUARESPACE) == "squarespace_orders"
    order = {
        **{"Order ID": "00401", "Email": "a@x.example", "Financial Status": "PAID", "Currency": "USD"},
        **{"Subtotal": "40.00", "Shipping": "6.00", "Taxes": "2.45", "Amount Refunded": "4.00", "Total": "43.45"},
        **{"Discount Amount": "5.00", "Created at": "2026-03-08 23:30:00 -0500", "Channel Type": "online"},
    }
    line = {"Lineitem quantity": "1", "Lineitem name": "Print", "Lineitem price": "10.00", "Lineitem sku": "P"}
    export = write_export(
        SQUARESPACE,
        order | line,
        {"Order ID": "00401", "Email": "a@x.example"} | line | {"Lineitem quantity": "3", "Lineitem sku": "Q"},
        order | line | {"Order ID": "00402", "Cancelled at": "2026-03-09 10:00:00 -0500", "Total": "41.00"},
        order | line | {"Order ID": "00403", "Financial Status": "PENDING", "Amount Refunded": "0.00"},
    )
    orders = "order_id, ordered_at, gross_sales, discounts, tax, prices_include_tax, is_cancelled"
    assert sorted(set(read("squarespace_orders", export, "orders", orders))) == [
        ("00401", "2026-03-09 04:30:00", "40.00", "5.00", "2.45", "false", "false"),
        ("00402", "2026-03-09 04:30:00", "40.00", "5.00", "2.45", "true", "true"),
        ("00403", "2026-03-09 04:30:00", "40.00", "5.00", "2.45", "false", "true"),
    ]
    assert read("squarespace_orders", export, "order_lines", "order_id, product_id, quantity")[:2] == [
        ("00401", "P", "1"),
        ("00401", "Q", "3"),
    ]
    refunds = read("squarespace_orders", export, "refunds", "order_id, refunded_at, amount, currency")
    assert set(refunds) == {("00401", None, "4.00", "USD"), ("00402", None, "4.00", "USD")}
