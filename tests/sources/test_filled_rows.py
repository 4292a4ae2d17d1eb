"""Files that write an order over several rows, and what belongs to the whole order on the first of them only."""

import pytest

HEAD = "Name,Mail,Day,Currency,Total,Item,Sku\n"
SHOP = {
    "path": "orders.csv",
    "fill_down": {"document": "Name", "columns": ["Mail", "Currency", "Total"]},
    "kinds": {
        "orders": {
            "columns": {"order_id": "Name", "email": "Mail", "ordered_at": "Day", "currency": "Currency"}
            | {"gross_sales": "Total"}
        },
        "order_lines": {
            "when": "coalesce(Item, '') <> ''",
            "columns": {"order_id": "Name", "product_id": "Sku", "product_name": "Item", "currency": "Currency"},
        },
    },
}


@pytest.fixture
def orders(shop):
    shop.sources = {"shop": SHOP}
    return shop


def test_a_line_knows_its_orders_currency_and_no_other_orders_buyer(orders):
    orders.write(
        "orders.csv",
        HEAD
        + "1,ann@x.example,2026-01-01,EUR,9,Mug,m1\n1,,2026-01-01,,,Tea,\n"
        + "2,,2026-01-02,USD,5,Box,b1\n2,,2026-01-02, ,,Cup,c1\n",
    )
    with orders.delivered() as con:
        read = con.execute("select order_id, product_name, product_id, currency from landed.order_lines").fetchall()
        told = con.execute("select distinct order_id, email, currency, gross_sales from landed.orders order by 1")
        assert read == [
            ("1", "Mug", "m1", "EUR"),
            ("1", "Tea", None, "EUR"),
            ("2", "Box", "b1", "USD"),
            ("2", "Cup", "c1", "USD"),
        ]
        assert told.fetchall() == [("1", "ann@x.example", "EUR", "9"), ("2", None, "USD", "5")]


def test_a_row_without_the_documents_name_continues_the_row_above(orders):
    orders.write("orders.csv", HEAD + "1,,2026-01-01,EUR,9,Mug,m1\n,,2026-01-01,,,Tea,t1\n2,,2026-01-02,SEK,5,Box,b1\n")
    with orders.delivered() as con:
        read = con.execute("select order_id, product_name, currency from landed.order_lines").fetchall()
        assert read == [("1", "Mug", "EUR"), ("1", "Tea", "EUR"), ("2", "Box", "SEK")]


def test_an_order_that_stands_twice_in_a_file_is_filled_from_its_own_rows(orders):
    orders.write("orders.csv", HEAD + "1,,2026-01-01,EUR,9,Mug,m1\n2,,2026-01-02,,5,Box,b1\n1,,2026-01-01,,,Tea,t1\n")
    with orders.delivered() as con:
        read = con.execute("select order_id, currency from landed.order_lines").fetchall()
        assert read == [("1", "EUR"), ("2", None), ("1", None)]


def test_a_column_to_fill_that_the_file_lacks_is_said(orders):
    orders.sources = {"shop": SHOP | {"fill_down": {"document": "Name", "columns": ["Curency"]}}}
    orders.write("orders.csv", HEAD + "1,,2026-01-01,EUR,9,Mug,m1\n")
    refused = orders.refusal()
    assert refused is not None
    assert "column `Curency` for fill_down is missing" in refused.sentence
    assert "`Currency`" in refused.sentence
