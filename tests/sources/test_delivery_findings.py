"""What is said about the order in which files are used, and what their names claim about it."""

import pytest

from regulars.pipelines.sources.names.file_names import read_claim
from tests.sources.order_files import HEAD, orders


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("orders-9.csv", "orders-10.csv"),
        ("2025-12-31_orders.csv", "2026-01-01_orders.csv"),
        ("orders_20251231.csv.gz", "orders_20260101.csv.gz"),
        ("orders.csv", "orders (1).csv"),
        ("orders (9).csv", "orders (10).csv"),
        ("orders 2025 (7).csv", "orders 2026.csv"),
    ],
)
def test_names_that_differ_in_their_numbers_claim_an_order(older, newer):
    first, second = read_claim(older), read_claim(newer)
    assert first is not None
    assert second is not None
    assert first[0] == second[0]
    assert first[1] < second[1]


def test_names_of_two_series_claim_nothing_about_each_other():
    assert read_claim("orders-1.csv")[0] != read_claim("lines-2.csv")[0]


@pytest.mark.parametrize("name", ["orders 31.12.2025.csv", "orders_1-2-2026.csv"])
def test_a_day_with_the_year_last_claims_nothing(name):
    assert read_claim(name) is None


def land(shop, *files, **changes):
    """Findings of a source whose files have these names and ages in hours, each with orders of its own."""
    shop.sources["shop"] |= {"path": "*.csv", "delivery": "incremental"} | changes
    for number, (name, hours_old) in enumerate(files):
        shop.write(name, orders(2, first=10 * number), hours_old=hours_old)
    return [(each.name, each.count, each.example) for each in shop.land()["shop"].findings]


def test_nothing_is_odd_when_names_and_times_agree(shop):
    assert land(shop, ("o-1.csv", 5), ("o-2.csv", 4), ("p.csv", 3)) == []


def test_files_that_are_newer_than_their_names_say_are_counted(shop):
    found = land(shop, ("o-1.csv", 3), ("o-2.csv", 4), ("o-3.csv", 5))
    assert found == [("file_order_disagrees", 2, "o-2.csv")]


def test_a_file_that_comes_late_is_said_though_its_time_is_right(shop):
    assert land(shop, ("o-2.csv", 4)) == []
    assert land(shop, ("o-2.csv", 4), ("o-1.csv", 5)) == [("file_order_disagrees", 1, "o-1.csv")]


def test_a_version_column_decides_before_any_order_of_files(shop):
    columns = shop.sources["shop"]["columns"] | {"updated_at": "day"}
    assert land(shop, ("o-1.csv", 3), ("o-2.csv", 4), columns=columns) == []


def test_a_full_source_whose_newest_file_has_an_older_name_is_said(shop):
    found = land(shop, ("o-1.csv", 3), ("o-2.csv", 4), delivery="full")
    assert found == [("file_order_disagrees", 1, "o-1.csv")]


def test_files_of_equal_age_are_said_where_only_one_of_them_counts(shop):
    found = land(shop, ("a.csv", 3), ("b.csv", 3), delivery="full")
    assert found == [("file_times_are_equal", 2, "b.csv")]


def test_a_lone_file_is_compared_with_none(shop):
    shop.sources["shop"]["required"] = False
    shop.write("orders.csv", HEAD)
    assert shop.land()["shop"].findings == []


def test_files_that_the_settings_put_in_another_order_than_their_times_are_said(shop):
    assert land(shop, ("b.csv", 3), ("a.csv", 4), path=["b.csv", "a.csv"]) == [("file_order_disagrees", 1, "a.csv")]


def test_a_file_without_records_is_not_put_back_when_another_one_comes(shop):
    shop.sources["shop"] |= {"path": "*.csv", "delivery": "incremental"}
    found = []
    for number, rows in enumerate((HEAD, orders(2), HEAD)):
        shop.write(f"o-{number}.csv", rows, hours_old=5 - number)
        found += shop.land()["shop"].findings
    assert found == []
