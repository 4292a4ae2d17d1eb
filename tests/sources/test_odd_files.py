"""A file of exactly as many records as exports are cut at, and one with other columns, is odd."""

from dataclasses import dataclass

import pytest

from regulars.pipelines.sources.odd_files import find_changed_columns, find_export_limit, find_oddities


@pytest.mark.parametrize(
    ("records", "before", "is_odd"),
    [(1000, 0, True), (1000, 1000, True), (1000, 1001, False), (999, 0, False), (65_535, 50_000, True), (0, 0, False)],
)
def test_exactly_a_limit_is_odd_unless_there_was_more_before(records, before, is_odd):
    assert len(list(find_export_limit("till", "till.csv", records, before))) == is_odd


def test_new_and_vanished_columns_are_named():
    found = list(find_changed_columns("till", "till.csv", ["id", "day", "Shop"], ["id", "day", "Store", "Town"]))
    assert [(each.name, each.count, each.severity) for each in found] == [
        ("columns_appeared", 1, "info"),
        ("columns_vanished", 2, "info"),
    ]
    assert found[1].sentence == ("till.csv has lost the columns `Store`, `Town` compared with the delivery before it.")


def test_what_may_be_a_value_is_not_shown():
    [found] = find_changed_columns("till", "till.csv", ["id", "ann@example.org"], ["id"])
    assert "ann" not in found.sentence
    assert "1 that do not look like names" in found.sentence


def test_the_same_columns_in_another_order_are_nothing():
    assert list(find_changed_columns("till", "till.csv", ["a", "b"], ["b", "a"])) == []


@dataclass(frozen=True)
class File:
    header: tuple[str, ...]
    record_count: int | None


def test_a_file_is_compared_with_the_columns_of_the_last_and_the_records_of_all_before():
    before = [File(("id", "shop"), 1001), File(("id",), 5)]
    assert [each.name for each in find_oddities("till", "till.csv", File(("id", "shop"), 1000), before)] == [
        "columns_appeared"
    ]
    assert [each.name for each in find_oddities("till", "till.csv", File(("id",), 1000), before[1:])] == [
        "export_limit"
    ]
    assert list(find_oddities("till", "till.csv", File(("id",), 7), [])) == []
