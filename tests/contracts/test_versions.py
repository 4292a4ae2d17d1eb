"""Which version of a document is used when it was delivered more than once."""

from tests.contracts.deliveries import loaded, quarantined, run_step, superseded

BAD = {"ordered_at": "2024-02-30 10:00:00"}  # a day that does not exist


def test_a_newer_delivery_replaces_an_older_one():
    con, _ = run_step(orders=[{"gross_sales": "1"}, {"gross_sales": "2", "delivery": 2}])
    assert loaded(con, "orders", "gross_sales") == ["2"]
    assert superseded(con) == [("orders", 1, 1)]


def test_a_correction_heals_a_bad_row():
    con, _ = run_step(orders=[BAD, {"delivery": 2}])
    assert loaded(con, "orders", "_delivery") == [2]
    assert quarantined(con) == []
    assert superseded(con) == [("orders", 1, 1)]


def test_a_garbled_newest_version_falls_back_on_the_newest_good_one():
    con, _ = run_step(
        orders=[
            {"gross_sales": "1"},
            {"gross_sales": "2", "delivery": 2},
            {"gross_sales": "3", "delivery": 3} | BAD,
            {"gross_sales": "4", "delivery": 4} | BAD,
        ]
    )
    assert loaded(con, "orders", "gross_sales") == ["2"]
    assert [(delivery, row) for _, delivery, row, _ in quarantined(con)] == [(3, 1), (4, 1)]
    assert superseded(con) == [("orders", 1, 1)]


def test_without_a_good_version_only_the_newest_is_quarantined():
    con, _ = run_step(orders=[BAD, {"delivery": 2} | BAD])
    assert loaded(con, "orders", "order_id") == []
    assert [(delivery, row) for _, delivery, row, _ in quarantined(con)] == [(2, 1)]
    assert superseded(con) == [("orders", 1, 1)]


def test_the_last_row_of_a_repeated_document_wins_within_a_delivery():
    con, _ = run_step(customers=[{"city": "Bonn"}, {"city": "Ulm"}, {"customer_record_id": "c2"}])
    assert loaded(con, "customers", "city") == ["Ulm", None]
    assert superseded(con) == [("customers", 1, 1)]


def test_identical_lines_of_one_delivery_are_real():
    con, _ = run_step(orders=[{}], order_lines=[{}, {}])
    assert loaded(con, "order_lines", "_row") == [1, 2]


def test_a_later_delivery_of_an_order_replaces_all_its_lines():
    con, _ = run_step(orders=[{}], order_lines=[{}, {}, {"delivery": 2}])
    assert loaded(con, "order_lines", "_delivery") == [2]
    assert superseded(con) == [("order_lines", 1, 1), ("order_lines", 1, 2)]


def test_the_same_id_in_two_systems_is_two_documents():
    con, _ = run_step(orders=[{"source": "shop"}, {"source": "till", "delivery": 2}])
    assert loaded(con, "orders", "_source") == ["shop", "till"]


def test_a_document_key_of_two_columns_is_one_key():
    con, _ = run_step(fx_rates=[{"rate": "0.9"}, {"rate": "0.8", "delivery": 2}, {"currency": "GBP", "delivery": 2}])
    assert loaded(con, "fx_rates", "currency, rate") == [("USD", "0.8"), ("GBP", "0.9")]


def test_rows_without_a_key_are_documents_of_their_own():
    con, _ = run_step(orders=[{"order_id": None}, {"order_id": None, "delivery": 2}, {}])
    assert loaded(con, "orders", "order_id") == ["o1"]
    assert [rules for *_, rules in quarantined(con)] == ["orders.order_id.required"] * 2
    assert superseded(con) == []
