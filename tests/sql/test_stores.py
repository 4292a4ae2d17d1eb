"""`core.stores`: where is sold."""

from tests.builders import build, only, pick, rows_of


def stores(**tables) -> list[dict]:
    with build(**tables) as con:
        return rows_of(con, "core.stores")


def test_a_store_keeps_what_is_known_of_it():
    row = only(stores(raw__stores=[{"store_id": "7", "store_name": "Mitte", "store_type": "own", "city": "Berlin"}]))
    assert (row["system"], row["store_id"], row["store_name"], row["store_type"]) == ("shop", "7", "Mitte", "own")
    assert (row["country"], row["region"], row["city"]) == (None, None, "Berlin")


def test_a_store_that_only_orders_name_is_there_once_by_its_id():
    rows = stores(
        raw__stores=[{"store_id": "7", "store_name": "Mitte"}],
        raw__orders=[
            {"order_id": "1", "store_id": "8"},
            {"order_id": "2", "store_id": "8"},
            {"order_id": "3", "store_id": "7"},
            {"order_id": "4", "store_id": "7", "_system": "till"},
            {"order_id": "5"},
        ],
    )
    assert list(pick(rows, "system", "store_id", "store_name")) == [
        ("shop", "7", "Mitte"),
        ("shop", "8", None),
        ("till", "7", None),
    ]
