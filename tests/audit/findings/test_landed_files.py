"""What is odd about a file is said when it is new, and not again when the parent has forgotten it."""

import datetime as dt
from collections.abc import Collection

import pytest

from regulars.pipelines.audit.findings.landed_files import find_odd_files
from regulars.pipelines.sources.landed_source import LandedSource
from regulars.pipelines.sources.ledger import Delivery
from regulars.pipelines.sources.odd_files import COMPARED_DELIVERIES

MOMENT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
KEPT = 2 * COMPARED_DELIVERIES


def find(counts: Collection[int], known: Collection[int] = (), first: int = 1) -> list[str]:
    """The findings about files of so many records each, numbered from `first`; the parent knows some of them."""
    deliveries = [
        Delivery(
            source="till",
            path=f"{number}.csv",
            file_name=f"{number}.csv",
            file_sha256=f"{number}",
            bytes=9,
            record_count=count,
            header=["id"],
            modified_at=MOMENT,
            landed_at=MOMENT,
            delivery=number,
        )
        for number, count in enumerate(counts, first)
    ]
    landed = LandedSource("till", last_deliveries=deliveries)
    found = find_odd_files([landed], {("till", number) for number in known} | {("shop", 1)})
    return [f"{each.name} {each.sentence.split()[0]}" for each in found]


@pytest.mark.parametrize(
    ("counts", "known", "found"),
    [
        ([0, 9], [], ["first_file_is_empty 1.csv"]),
        ([0, 9], [1], []),
        ([9, 0], [], []),
        ([9, 1000], [1], ["export_limit 2.csv"]),
        ([1000, 9, 1000], [1], ["export_limit 3.csv"]),
    ],
)
def test_a_file_is_odd_in_the_first_run_after_it_landed(counts, known, found):
    assert find(counts, known) == found


def test_a_file_that_the_parent_has_forgotten_is_no_news():
    assert find([0, 1000, 9, 9, 9], known=[3, 4]) == []
    assert find([0, 1000, 9, 9, 1000], known=[3, 4]) == ["export_limit 5.csv"]


def test_the_first_of_the_last_deliveries_is_not_the_first_of_its_source():
    assert find([0] + [9] * (KEPT - 1), first=7) == []
    assert find([0] + [9] * (KEPT - 2)) == ["first_file_is_empty 1.csv"]
