"""What customers were at past month-ends, and who moved: beside customer_segments of those days."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from functools import cache
from itertools import pairwise

import polars as pl

from regulars.pipelines.transforms.customers.customer_segments import customer_segments
from regulars.pipelines.transforms.customers.segment_history import (
    HISTORY,
    MOVES,
    NOT_YET,
    SEGMENTATIONS,
    list_month_ends,
    list_past_segments,
    segment_moves,
)
from tests.transforms.customers.test_contracts_of_customer_marts import AS_OF, small_company

NO_OWN = pl.DataFrame(schema={"own_segment": pl.String, "followed_since": pl.Date})
NAMES = ("orders", "refunds", "subscriptions", "customers", "calendar")


@cache
def history() -> pl.DataFrame:
    frames = small_company()
    return list_past_segments(*(frames[name] for name in NAMES), as_of=AS_OF, lapse_days=365)


@cache
def naive(month_end: dt.date) -> dict[tuple[str, str], str]:
    """{(customer, segmentation): value} of a month-end, by the mart of that day."""
    frames = small_company()
    rows = customer_segments(*(frames[name] for name in NAMES), as_of=month_end, lapse_days=365).to_dicts()
    return {(row["customer_id"], name): row[name] for row in rows for name in SEGMENTATIONS}


def worth() -> pl.DataFrame:
    ids = history()["customer_id"].unique().sort()
    return pl.DataFrame({"customer_id": ids}).with_columns(avg_annual_value_total=pl.lit(Decimal(2), pl.Decimal(18, 4)))


def test_month_ends_are_thirteen_up_to_the_day():
    ends = list_month_ends(dt.date(2024, 3, 30))
    assert (len(ends), ends[0], ends[-1]) == (13, dt.date(2023, 2, 28), dt.date(2024, 2, 29))
    assert list_month_ends(dt.date(2024, 3, 31))[-1] == dt.date(2024, 3, 31)


def test_the_row_valid_at_a_month_end_is_what_customer_segments_says_of_that_day():
    assert history().schema == HISTORY
    for month_end in list_month_ends(AS_OF):
        valid = history().filter(
            pl.col("valid_from") <= month_end, pl.col("valid_to").is_null() | (pl.col("valid_to") > month_end)
        )
        found = {(row["customer_id"], row["segmentation"]): row["to_value"] for row in valid.to_dicts()}
        assert found == naive(month_end)


def test_moves_are_counted_from_one_month_end_to_the_next():
    moves = segment_moves(history(), worth(), NO_OWN, as_of=AS_OF)
    assert moves.schema == MOVES
    ends = list_month_ends(AS_OF)
    expected: Counter[tuple[dt.date, str, str, str]] = Counter()
    for before, month_end in pairwise(ends):
        for (customer, name), value in naive(month_end).items():
            expected[month_end, name, naive(before).get((customer, name), NOT_YET), value] += 1
    rows = moves.to_dicts()
    key = ("month_end", "segmentation", "from_value", "to_value")
    assert {tuple(row[name] for name in key): row["segmented_customers"] for row in rows} == expected
    assert all(row["total_annual_value"] == 2 * row["segmented_customers"] for row in rows)
    assert all(row["has_moved"] == (row["from_value"] != row["to_value"]) for row in rows)
    assert {row["has_moved"] for row in rows} == {True, False}


def test_without_orders_there_is_no_history():
    frames = small_company() | {
        "orders": small_company()["orders"].clear(),
        "refunds": small_company()["refunds"].clear(),
    }
    empty = list_past_segments(*(frames[name] for name in NAMES), as_of=AS_OF, lapse_days=365)
    assert empty.is_empty()
    assert segment_moves(empty, worth(), NO_OWN, as_of=AS_OF).schema == MOVES
