"""Files of one export are found by one glob that finds no others, tomorrow's file too."""

import pytest

from regulars.pipelines.command.init.found_files import FoundFile
from regulars.pipelines.command.init.groups import group_files, name_source, write_glob
from regulars.pipelines.command.init.tables import TableHead


def paths(*names, others=()):
    heads = [TableHead(FoundFile(None, name), "csv", ",", ("a", "b")) for name in names]
    return [group.paths for group in group_files((("one", head) for head in heads), [*names, *others])]


@pytest.mark.parametrize(
    ("names", "glob"),
    [
        (["orders_export.csv", "orders_export (1).csv"], "orders_export*.csv"),
        (["sales_2026-01-01.csv", "sales_2026-01-02.csv"], "sales_*.csv"),
        (["20260101_till.csv", "20251231_till.csv"], "*_till.csv"),
        (["orders_9.csv", "orders_10.csv"], "orders_*.csv"),
        (["report_2026-11-01.csv"], "report_*.csv"),
        (["crm/contacts.csv"], "crm/contacts.csv"),
        (["a[1].csv", "a[2].csv"], "a[[]*].csv"),
    ],
)
def test_what_finds_the_files(names, glob):
    assert paths(*names) == [(glob,)]


def packed(*names, others=()):
    heads = [TableHead(FoundFile(None, name, archive=name.split("/")[0]), "csv", ",", ("a",)) for name in names]
    archives = {name.split("/")[0] for name in names}
    found = group_files((("one", head) for head in heads), [*names, *archives, *others])
    return [(group.paths, group.members) for group in found]


def test_archives_of_one_shape_are_found_by_one_glob_and_one_member():
    assert packed("e_1.zip/orders.csv", "e_2.zip/orders.csv") == [(("e_*.zip",), ("orders.csv",))]
    assert packed("e_1.zip/o_1.csv", "e_1.zip/o_2.csv", "e_2.zip/o_3.csv") == [(("e_*.zip",), ("o_*.csv",))]
    assert packed("e_1.zip/a.csv", "e_2.zip/a.csv", others=["e_3.zip"]) == [(("e_1.zip", "e_2.zip"), ("a.csv",))]
    assert packed("e.zip/a1.csv", "e.zip/a2.csv", others=["e.zip/ab.csv"]) == [(("e.zip",), ("a1.csv", "a2.csv"))]


def test_a_glob_that_would_find_another_export_is_not_written():
    assert paths("o1.csv", "o2.csv", others=["o_customers.csv"]) == [("o1.csv", "o2.csv")]


def test_files_of_two_folders_are_two_sources():
    assert paths("de/orders.csv", "fi/orders.csv") == [("de/orders.csv",), ("fi/orders.csv",)]


def test_names_of_sources_fit_the_settings_and_are_each_their_own():
    assert name_source("2026 Kunden-Liste!", ()) == "export_2026_kunden_liste"
    assert name_source("till", ("till", "till_2")) == "till_3"


def test_a_glob_needs_something_in_common():
    assert write_glob(["ab.csv", "cb.csv"]) == "*b.csv"
