"""What no landing may hold, and columns that become rows."""

import pytest

from regulars.pipelines.sources.reworking.reworked_text import list_secret_columns

CUSTOMERS = {"path": "*.csv", "kind": "customers", "columns": {"customer_record_id": "email", "email": "email"}}
ORDERS = {
    "path": "*.csv",
    "reshape": "order_items",
    "kinds": {
        "orders": {"columns": {"order_id": "id", "ordered_at": "day", "gross_sales": "total"}},
        "order_lines": {
            "when": "coalesce(order_item, '') <> ''",
            "columns": {
                "order_id": "id",
                "line_id": "order_item_number",
                "product_id": "order_item",
                "gross_sales": "total",
            },
        },
    },
}


def test_a_password_is_nowhere_in_the_home_and_the_run_says_so(shop):
    shop.sources = {"shop": CUSTOMERS}
    shop.write("c.csv", "email,password_hash,rp_token,city\na@x.example,S3CRET,T0KEN,Bonn\nb@x.example,S3CRET,T0KEN\n")
    landed = shop.land()["shop"]
    assert [each.name for each in landed.findings if "secret" in each.name] == ["secret_columns_left_out"]
    for path in shop.home.rglob("*"):
        if path.is_file():
            assert b"S3CRET" not in path.read_bytes()
            assert b"T0KEN" not in path.read_bytes()
    assert not list(shop.home.rglob("*.orig"))
    with shop.delivered() as con:
        assert con.execute("select email, _rest from landed.customers").fetchall() == [
            ("a@x.example", '{"city":"Bonn"}')
        ]


@pytest.mark.parametrize(
    "name", ["Password", "password_hash", "rp_token", "Passwort", "user_password", "Pwd", "Mot de passe"]
)
def test_names_of_secrets(name):
    assert list_secret_columns((name,)) == (name,)


@pytest.mark.parametrize(
    "name", ["Password changed at", "Token", "Payment ID", "has_password", "Passport", "rp_token_created_at"]
)
def test_names_that_only_sound_like_secrets(name):
    assert list_secret_columns((name,)) == ()


def test_each_filled_item_column_is_a_row_and_an_order_without_items_stays(shop):
    shop.sources = {"shop": ORDERS}
    shop.write(
        "o.csv",
        "id,day,order_item_1,order_item_2,total,order_item_10\n"
        "1,2026-01-01,mug,tea,9,box\n2,2026-01-02,,,0,\n3,2026-01-03,mug,,5,\n",
    )
    with shop.delivered() as con:
        lines = con.execute("select order_id, line_id, product_id from landed.order_lines order by _row_id").fetchall()
        orders = con.execute("select distinct order_id, gross_sales from landed.orders order by 1").fetchall()
    assert lines == [("1", "1", "mug"), ("1", "2", "tea"), ("1", "10", "box"), ("3", "1", "mug")]
    assert orders == [("1", "9"), ("2", "0"), ("3", "5")]


def test_a_file_without_item_columns_has_its_orders_only(shop):
    shop.sources = {"shop": ORDERS}
    shop.write("o.csv", "id,day,total\n1,2026-01-01,9\n")
    with shop.delivered() as con:
        assert con.execute("select count(*) from landed.orders").fetchall() == [(1,)]
        assert con.execute("select count(*) from landed.order_lines").fetchall() == [(0,)]
