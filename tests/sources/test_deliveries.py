"""Which deliveries a run reads, and when bytes that landed before are a delivery again."""

from tests.sources.order_files import orders


def test_a_full_source_uses_its_newest_delivery_and_an_incremental_one_all(shop):
    shop.sources["shop"]["path"] = "o-*.csv"
    shop.write("o-1.csv", orders(2))
    shop.write("o-2.csv", orders(2, first=2))
    assert shop.rows("_delivery, order_id") == [(2, "2"), (2, "3")]
    shop.sources["shop"]["delivery"] = "incremental"
    assert shop.rows("_delivery, order_id") == [(1, "1"), (1, "2"), (2, "2"), (2, "3")]


def test_the_same_bytes_under_another_name_are_not_a_new_delivery(shop):
    shop.sources["shop"]["path"] = "o-*.csv"
    shop.write("o-1.csv", orders(2))
    assert shop.land()["shop"].landed == [1]
    shop.write("o-2.csv", orders(2))
    assert shop.land()["shop"].landed == []
    assert shop.land()["shop"].refusals == []


def test_a_file_that_has_changed_back_is_a_new_delivery(shop):
    for count in (2, 3, 2):
        shop.write("orders.csv", orders(count))
        landed = shop.land()["shop"]
    assert [delivery.delivery for delivery in landed.deliveries] == [3]
    assert len(shop.rows("order_id")) == 2


def test_the_last_file_of_a_full_source_is_read_though_it_repeats_an_older_delivery(shop):
    shop.sources["shop"]["path"] = "c_*.csv"
    for number, count in ((1, 2), (2, 3), (3, 2)):
        shop.write(f"c_{number}.csv", orders(count))
    runs = [shop.land()["shop"] for _ in range(3)]
    assert [run.landed for run in runs] == [[1, 2, 3], [], []]
    assert [[delivery.file_name for delivery in run.deliveries] for run in runs] == [["c_3.csv"]] * 3


def test_files_of_one_name_in_two_folders_are_not_taken_for_changes_of_each_other(shop):
    shop.sources["shop"] |= {"path": "*/orders.csv", "delivery": "incremental"}
    shop.write("2025/orders.csv", orders(2))
    shop.write("2026/orders.csv", orders(2, first=3))
    assert shop.land()["shop"].landed == [1, 2]
    assert shop.land()["shop"].landed == []


def test_one_file_may_feed_two_sources(shop):
    shop.sources["again"] = dict(shop.sources["shop"])
    shop.write("orders.csv", orders(2))
    assert shop.rows("_source, _system, _delivery, _row") == [
        ("again", "again", 2, 1),
        ("again", "again", 2, 2),
        ("shop", "shop", 1, 1),
        ("shop", "shop", 1, 2),
    ]


def test_rows_are_numbered_over_all_deliveries_in_order(shop):
    shop.write("orders.csv", orders(2))
    assert shop.rows("_row_id, _row_id = _delivery * 2::bigint ** 40 + _row") == [(2**40 + 1, True), (2**40 + 2, True)]


def test_changed_options_read_the_same_bytes_again(shop):
    shop.write("orders.csv", "id,day,total\n1,2026-01-01,*9.50*\n")
    assert shop.rows("gross_sales") == [("*9.50*",)]
    shop.sources["shop"]["options"] = {"quote": "*"}
    assert shop.rows("gross_sales") == [("9.50",)]
