"""Which files are a source's, and in which order they are delivered."""

import pytest

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.source_files import find_files
from tests.sources.order_files import orders


def names(shop, source="shop"):
    return [delivery.file_name for delivery in shop.land()[source].deliveries]


def test_files_are_listed_in_the_order_of_the_settings_and_by_natural_name_within_a_glob(shop):
    for name in ("b/o-10.csv", "b/o-9.csv", "a/o-11.csv", "z.csv"):
        shop.write(name, orders(1))
    source = Source(path=["z.csv", "*/o-*.csv", "b/o-9.csv"], kind="orders", columns={"order_id": "id"})
    assert [name for name, _ in find_files(source, shop.data)] == ["z.csv", "a/o-11.csv", "b/o-9.csv", "b/o-10.csv"]


def test_files_that_are_new_in_one_run_are_delivered_as_they_were_changed_within_a_glob(shop):
    shop.sources["shop"] |= {"path": ["old/*.csv", "o-*.csv"], "delivery": "incremental"}
    for name, hours_old in {"o-1.csv": 2, "o-2.csv": 3, "o-10.csv": 5, "o-9.csv": 5, "old/x.csv": 1}.items():
        shop.write(name, orders(1, first=hours_old * 10 + len(name)), hours_old=hours_old)
    assert names(shop) == ["x.csv", "o-9.csv", "o-10.csv", "o-2.csv", "o-1.csv"]


@pytest.mark.parametrize("name", ["o.csv.part", "o.csv.tmp", "o.csv.filepart", ".o.csv"])
def test_unfinished_uploads_and_hidden_files_are_passed_over(shop, name):
    shop.write(name, orders(1))
    assert find_files(Source(path=["*", name], kind="orders", columns={"order_id": "id"}), shop.data) == []


def test_a_name_with_brackets_is_a_name_before_it_is_a_pattern(shop):
    shop.write("orders [1].csv", orders(1))
    shop.sources["shop"]["path"] = "orders [1].csv"
    assert names(shop) == ["orders [1].csv"]


def test_a_symlink_is_followed(shop):
    shop.write("real.csv", orders(1))
    (shop.data / "orders.csv").symlink_to("real.csv")
    assert names(shop) == ["orders.csv"]
