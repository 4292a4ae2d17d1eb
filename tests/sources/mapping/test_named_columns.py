"""Files whose header is another vintage's or another language's, and columns that a file may lack."""

import pytest

SHOP = {
    "path": "*.csv",
    "kind": "orders",
    "headers": {"Order": ["Bestellung", "Order no."], "Total": ["Summe"]},
    "optional": ["Mail", "Cancelled", "Currency"],
    "columns": {
        "order_id": "Order",
        "ordered_at": "Day",
        "gross_sales": "Total",
        "email": ["Mail", "E-Mail"],
        "currency": "Currency",
        "is_cancelled": {"sql": "Cancelled is not null"},
    },
}


@pytest.fixture
def orders(shop):
    shop.sources = {"shop": dict(SHOP)}
    return shop


def read(shop, columns="order_id, gross_sales, email, currency, is_cancelled"):
    with shop.delivered() as con:
        return con.execute(f"select {columns} from landed.orders order by 1").fetchall()


def test_a_translated_header_is_read_as_the_one_that_the_settings_name(orders):
    orders.write("a.csv", "BESTELLUNG ,Day,Summe,Mail,Cancelled,Currency\n1,2026-01-01,9,ann@x.example,,USD\n")
    assert read(orders) == [("1", "9", "ann@x.example", "USD", "false")]


def test_the_name_of_the_settings_goes_before_its_translations(orders):
    orders.write("a.csv", "Order no.,Order,Day,Total\nx,1,2026-01-01,9\n")
    assert read(orders, "order_id") == [("1",)]


def test_an_optional_column_that_the_file_lacks_is_empty_and_gets_its_default(orders):
    orders.write("a.csv", "Order,Day,Total\n1,2026-01-01,9\n")
    assert read(orders) == [("1", "9", None, "EUR", "false")]


def test_of_two_header_names_the_one_in_the_file_counts_though_the_other_is_optional(orders):
    orders.write("a.csv", "Order,Day,Total,E-Mail\n1,2026-01-01,9,ann@x.example\n")
    assert read(orders, "email") == [("ann@x.example",)]


def test_a_column_that_is_not_optional_must_be_there(orders):
    orders.write("a.csv", "Bestellung,Day,Mail\n1,2026-01-01,ann@x.example\n")
    assert orders.refusal().sentence == (
        "a.csv (header): column `Total` for orders.gross_sales is missing; the file has `Bestellung`, `Day`, `Mail`"
    )


def test_a_translated_name_that_stands_twice_is_ambiguous(orders):
    orders.write("a.csv", "Bestellung,Bestellung,Day,Total\n1,2,2026-01-01,9\n")
    assert orders.refusal().reason_code == "ambiguous_column"


def test_columns_that_no_key_names_are_kept_under_their_own_name(orders):
    orders.write("a.csv", "Bestellung,Day,Summe,Notiz\n1,2026-01-01,9,leise\n")
    assert read(orders, "order_id, _rest") == [("1", '{"Notiz":"leise"}')]
