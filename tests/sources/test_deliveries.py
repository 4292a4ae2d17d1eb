"""Which deliveries a run reads, and when bytes that landed before are a delivery again."""

import pytest

from regulars.pipelines.settings.sources.source import Source
from tests.sources.order_files import HEAD, orders


def write_files(shop, **hours_old):
    """`a_2=5`: the file `a.csv` with two orders, five hours old."""
    for name, hours in hours_old.items():
        path, count = name.split("_")
        shop.write(f"{path}.csv", orders(int(count)), hours_old=hours)


def land_names(shop):
    """The files that landed in a run, and those that it reads."""
    landed = shop.land()["shop"]
    return len(landed.landed), [delivery.file_name for delivery in landed.deliveries]


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


@pytest.mark.parametrize("delivery", ["full", "incremental"])
def test_bytes_that_come_back_in_a_younger_file_are_the_newest_again(shop, delivery):
    shop.sources["shop"] |= {"path": "*.csv", "delivery": delivery}
    write_files(shop, a_2=5, b_3=4)
    shop.land()
    write_files(shop, c_2=3)
    landed = shop.land()["shop"]
    assert [each.file_name for each in landed.deliveries][-1] == "c.csv"
    assert [(finding.name, finding.count) for finding in landed.findings] == [("delivery_put_back", 1)]
    assert land_names(shop)[0] == 0


def test_a_file_rewritten_with_its_old_bytes_after_the_newest_is_the_newest_again(shop):
    shop.sources["shop"]["path"] = "*.csv"
    write_files(shop, a_2=5, b_3=4)
    shop.land()
    write_files(shop, a_2=3)
    assert land_names(shop) == (1, ["a.csv"])


def test_files_that_are_all_copied_anew_are_no_deliveries_whatever_the_order_of_copying(shop):
    shop.sources["shop"]["path"] = "*.csv"
    write_files(shop, a_2=5, b_3=4)
    shop.land()
    write_files(shop, b_3=2, a_2=1)
    assert land_names(shop) == (0, ["b.csv"])


def test_an_older_file_that_is_still_there_is_not_the_newest_when_that_is_taken_away(shop):
    shop.sources["shop"]["path"] = "*.csv"
    write_files(shop, a_2=5, b_3=4)
    shop.land()
    (shop.data / "b.csv").unlink()
    assert land_names(shop) == (0, ["b.csv"])


def test_a_copy_that_is_older_than_the_newest_is_no_delivery(shop):
    shop.sources["shop"]["path"] = "*.csv"
    write_files(shop, a_2=5, b_3=4)
    shop.land()
    write_files(shop, c_2=4.5)
    assert land_names(shop) == (0, ["b.csv"])


@pytest.mark.parametrize(("delivery", "is_refused"), [("full", True), ("incremental", False), ("append", False)])
def test_a_day_without_records_is_a_delivery_of_a_required_source_that_adds_to_those_before(shop, delivery, is_refused):
    shop.sources["shop"] |= {"delivery": delivery, "required": True}
    shop.write("orders.csv", HEAD)
    assert (shop.refusal() is not None) is is_refused


@pytest.mark.parametrize(
    ("kinds", "mode"),
    [
        (["customers"], "full"),
        (["customers", "products"], "full"),
        (["orders"], "incremental"),
        (["order_lines"], "incremental"),
        (["payments"], "append"),
        (["survey_responses"], "append"),
        (["customers", "payments"], "append"),
        (["orders", "payments", "customers"], "incremental"),
    ],
)
def test_the_kinds_of_a_source_say_how_it_is_delivered_unless_it_is_set(kinds, mode):
    mappings = {kind: {"columns": {"order_id": "id"}} for kind in kinds}
    assert Source.model_validate({"path": "x", "kinds": mappings}).delivery_mode == mode
    assert Source.model_validate({"path": "x", "kinds": mappings, "delivery": "full"}).delivery_mode == "full"


@pytest.mark.parametrize(
    ("kinds", "repeating"),
    [
        (["orders"], set()),
        (["orders", "order_lines", "customers"], {"orders", "customers"}),
        (["orders", "customers", "payments"], {"customers"}),
    ],
)
def test_a_file_of_several_kinds_may_repeat_what_its_rows_have_in_common(kinds, repeating):
    mappings = {kind: {"columns": {"order_id": "id"}} for kind in kinds}
    assert Source.model_validate({"path": "x", "kinds": mappings}).repeating_kinds == repeating
