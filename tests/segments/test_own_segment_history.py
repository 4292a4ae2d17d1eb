"""Who came into own segments and left them, run by run, and by month-end; beside a naive replay of the same nights."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

import polars as pl
import pytest

from regulars.pipelines.segments.own_segment_history import (
    FOLLOWED,
    HISTORY,
    MEMBER,
    NOT_MEMBER,
    add_followed_since,
    follow_own_segments,
)
from regulars.pipelines.transforms.customers.segment_history import list_month_ends, segment_moves
from tests.transforms.mart_rules import broken_rules

Night = tuple[dt.date, dict[str, set[str]]]
PEOPLE = [f"c{number}" for number in range(12)]
RULES = {"often": "order_count > 3", "angry": "latest_nps_score <= 6"}
START = dt.date(2026, 1, 20)


def run_nights(nights: list[Night], rules: dict[str, str] = RULES) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The history and the segments after each night."""
    history, before = pl.DataFrame(schema=HISTORY), pl.DataFrame(schema=FOLLOWED)
    customers = pl.DataFrame({"customer_id": PEOPLE})
    for as_of, members in nights:
        named = pl.DataFrame({"own_segment": sorted(members), "rule": [rules[name] for name in sorted(members)]})
        segments = add_followed_since(named, before, as_of=as_of)
        pairs = [(person, name) for name, people in members.items() for person in people]
        rows = pl.DataFrame(pairs, schema={"customer_id": pl.String, "own_segment": pl.String}, orient="row")
        history = follow_own_segments(rows, segments, customers, history, as_of=as_of)
        before = segments.select(*FOLLOWED)
        yield history, segments


def last(nights: list[Night], rules: dict[str, str] = RULES) -> list[tuple]:
    *_, (history, _) = run_nights(nights, rules)
    kept = ("customer_id", "valid_from", "valid_to", "from_value", "to_value", "is_first_known")
    return history.sort("customer_id", "valid_from").select(kept).rows()


def night(day: str, *often: str) -> Night:
    return dt.date.fromisoformat(day), {"often": set(often)}


def test_who_is_there_on_the_first_night_may_have_been_so_before_and_who_comes_later_came():
    first, second = dt.date(2026, 3, 1), dt.date(2026, 3, 2)
    assert last([night("2026-03-01", "c1"), night("2026-03-02", "c1", "c2")]) == [
        ("c1", first, None, None, MEMBER, True),
        ("c2", second, None, NOT_MEMBER, MEMBER, False),
    ]


def test_who_leaves_is_no_member_until_coming_back():
    days = [dt.date(2026, 3, day) for day in (1, 5, 9)]
    found = last([night("2026-03-01", "c1"), night("2026-03-05"), night("2026-03-09", "c1")])
    assert found == [
        ("c1", days[0], days[1], None, MEMBER, True),
        ("c1", days[1], days[2], MEMBER, NOT_MEMBER, False),
        ("c1", days[2], None, NOT_MEMBER, MEMBER, False),
    ]


def test_a_second_run_of_the_same_day_takes_the_place_of_the_first():
    nights = [night("2026-03-01", "c1"), night("2026-03-02", "c2"), night("2026-03-02", "c1")]
    assert last(nights) == last([nights[0], nights[2]])
    assert last([night("2026-03-01", "c1"), night("2026-03-01", "c2")]) == last([night("2026-03-01", "c2")])


def test_another_rule_is_another_segment_that_is_followed_anew():
    (history, segments), *_ = run_nights([night("2026-03-01", "c1")])
    changed = segments.drop("followed_since").with_columns(rule=pl.lit("order_count > 9"))
    again = add_followed_since(changed, segments.select(*FOLLOWED), as_of=dt.date(2026, 3, 2))
    assert again["followed_since"].to_list() == [dt.date(2026, 3, 2)]
    members = pl.DataFrame({"customer_id": ["c2"], "own_segment": ["often"]})
    people = pl.DataFrame({"customer_id": PEOPLE})
    found = follow_own_segments(members, again, people, history, as_of=dt.date(2026, 3, 2))
    assert found.select("customer_id", "is_first_known").rows() == [("c2", True)]


def test_a_customer_who_was_merged_into_another_has_no_history():
    (history, segments), *_ = run_nights([night("2026-03-01", "c1", "c2")])
    members = pl.DataFrame({"customer_id": ["c2"], "own_segment": ["often"]})
    left = pl.DataFrame({"customer_id": ["c2"]})
    found = follow_own_segments(members, segments, left, history, as_of=dt.date(2026, 3, 2))
    assert found["customer_id"].to_list() == ["c2"]


def draw_nights(seed: int) -> list[Night]:
    """Some 40 nights of half a year with gaps, in which two segments fill and empty; one is in the settings later."""
    draw = random.Random(seed)
    nights, day = [], START
    is_in = {name: set(draw.sample(PEOPLE, 4)) for name in RULES}
    while len(nights) < 40:
        for people in is_in.values():
            people.symmetric_difference_update(draw.sample(PEOPLE, draw.choice((0, 0, 1, 2))))
        names = ["often", "angry"] if len(nights) > 12 else ["often"]
        nights.append((day, {name: set(is_in[name]) for name in names}))
        day += dt.timedelta(days=draw.choice((1, 1, 2, 9)))
    return nights


@pytest.mark.parametrize("seed", range(6))
def test_the_state_of_every_day_and_the_moves_are_those_of_a_naive_replay(seed: int):
    nights = draw_nights(seed)
    *_, (history, segments) = run_nights(nights)
    as_of = nights[-1][0]

    def stood(day: dt.date, name: str) -> set[str] | None:
        """Who was a member on the last night up to a day; None before the segment was known."""
        known = [members[name] for at, members in nights if at <= day and name in members]
        return known[-1] if known else None

    for day, members in nights:
        valid = history.filter(
            pl.col("valid_from") <= day,
            pl.col("valid_to").is_null() | (pl.col("valid_to") > day),
            to_value=MEMBER,
        )
        found = set(valid.select("customer_id", "segmentation").rows())
        assert found == {(person, name) for name, people in members.items() for person in people}
    expected: Counter[tuple[dt.date, str, str, str]] = Counter()
    for before, end in pairwise(list_month_ends(as_of)):
        for name in RULES:
            was, now = stood(before, name), stood(end, name)
            if was is None or now is None:
                continue
            for person in was | now:
                places = [MEMBER if person in people else NOT_MEMBER for people in (was, now)]
                expected[(end, name, *places)] += 1
    worth = pl.DataFrame({"customer_id": PEOPLE}).with_columns(
        avg_annual_value_total=pl.lit(Decimal(2), pl.Decimal(18, 4))
    )
    moves = segment_moves(history, worth, segments, as_of=as_of)
    key = ("month_end", "segmentation", "from_value", "to_value")
    assert {tuple(row[name] for name in key): row["segmented_customers"] for row in moves.to_dicts()} == expected
    assert expected
    assert broken_rules("segment_moves", moves, {}) == set()
    assert (
        broken_rules("customer_segment_history", history, {"customers": pl.DataFrame({"customer_id": PEOPLE})}) == set()
    )


def test_what_ended_more_than_a_year_ago_is_dropped():
    found = last([night("2024-01-01", "c1", "c2"), night("2024-02-01", "c2"), night("2026-03-01", "c2")])
    assert [row[0] for row in found] == ["c2"]
