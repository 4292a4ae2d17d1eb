"""Whether two kinds of customers differ, and a kind from itself a year before."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from scipy.stats import false_discovery_control, norm

from regulars.pipelines.definitions.enumerations import NPS_YEAR_ROLLING_GRAIN
from regulars.pipelines.transforms.customers.group_differences import COLUMNS, group_differences
from tests.transforms.mart_rules import broken_rules

AS_OF = dt.date(2026, 7, 9)
LAST, BEFORE = dt.date(2026, 6, 30), dt.date(2025, 6, 30)
NUMBERS = [f"group_difference{part}" for part in ("", "_low", "_high", "_p_value")]
CHURN = {
    **{"month_end": pl.Date, "dimension": pl.String, "dimension_value": pl.String, "gone_rate_12m": pl.Float64},
    **{"gone_of_active_a_year_ago": pl.Int64, "active_a_year_ago": pl.Int64, "reason": pl.String},
}
NPS = {
    **{"grain": pl.String, "period_end": pl.Date, "dimension": pl.String, "dimension_value": pl.String},
    **{"nps": pl.Float64, "promoters": pl.Int64, "detractors": pl.Int64, "responses": pl.Int64},
    "is_complete": pl.Boolean,
}

REPLIES = {
    **{"grain": pl.String, "period_end": pl.Date, "dimension": pl.String, "dimension_value": pl.String},
    **{"tickets_on_time": pl.Int64, "tickets_decided": pl.Int64, "tickets": pl.Int64, "left_out_tickets": pl.Int64},
}


def gone(
    value: str, count: int | None, base: int | None, end: dt.date = LAST, dimension: str = "kind"
) -> tuple[Any, ...]:
    rate = None if count is None or not base else count / base
    reason = "history too short: known from 2027-01-31 on" if base is None else None
    return (end, dimension, value, rate, count, base, reason)


def scored(value: str, up: int, down: int, n: int, end: dt.date = LAST, dimension: str = "kind") -> tuple[Any, ...]:
    return (NPS_YEAR_ROLLING_GRAIN, end, dimension, value, 100 * (up - down) / n, up, down, n, True)


def first_answer(day: dt.date) -> tuple[Any, ...]:
    return ("day", day, "all", "all", 100.0, 1, 0, 1, True)


def found_of(
    losses: Sequence[Any] = (), scores: Sequence[Any] = (), replies: Sequence[Any] = (), as_of: dt.date = AS_OF
) -> list[dict[str, Any]]:
    churn = pl.DataFrame(list(losses), schema=CHURN, orient="row")
    nps = pl.DataFrame(list(scores), schema=NPS, orient="row")
    support = add_whole(replies)
    mart = group_differences(churn.lazy(), nps.lazy(), support.lazy(), as_of=as_of)
    assert mart.schema == COLUMNS
    assert not broken_rules("group_differences", mart, {"marts.churn": churn, "marts.support_response": support})
    return mart.to_dicts()


def add_whole(replies: Sequence[Any]) -> pl.DataFrame:
    """The rows of all topics, and beside them those of dimension `all`."""
    topics = pl.DataFrame(list(replies), schema=REPLIES, orient="row")
    whole = topics.with_columns(dimension=pl.lit("all"), dimension_value=pl.lit("all"))
    keys = list(REPLIES)[:4]
    return pl.concat([topics, whole.group_by(keys).agg(pl.all().sum()).select(topics.columns)])


def compare_shares(gone: int, base: int, other_gone: int, other_base: int) -> list[float]:
    mine, theirs = (gone + 1) / (base + 2), (other_gone + 1) / (other_base + 2)
    error = math.sqrt(mine * (1 - mine) / (base + 2) + theirs * (1 - theirs) / (other_base + 2))
    return [gone / base - other_gone / other_base, *bound(mine - theirs, error)]


def compare_votes(own: tuple[int, int, int], other: tuple[int, int, int]) -> list[float]:
    def adjust(up: int, down: int, n: int) -> tuple[float, float]:
        one, two = (up + 0.75) / (n + 3), (down + 0.75) / (n + 3)
        return one - two, (one + two - (one - two) ** 2) / (n + 3)

    (mine, variance), (theirs, other_variance) = adjust(*own), adjust(*other)
    low, high, p = bound(mine - theirs, math.sqrt(variance + other_variance))
    scores = [100 * (up - down) / n for up, down, n in (own, other)]
    return [scores[0] - scores[1], 100 * low, 100 * high, p]


def bound(difference: float, error: float) -> list[float]:
    half = norm.ppf(0.975) * error
    return [difference - half, difference + half, 2 * norm.sf(abs(difference) / error)]


def test_each_two_kinds_of_customers_are_compared_once():
    counts = {"home": (60, 100), "office": (20, 80), "unknown": (30, 50)}
    rows = found_of([gone(value, *each) for value, each in counts.items()])
    pairs = [row for row in rows if row["comparison"] == "values" and row["period_end"] == LAST]
    named = [(row["dimension_value"], row["other_dimension_value"]) for row in pairs]
    assert named == [("home", "office"), ("home", "unknown"), ("office", "unknown")]
    for row, (one, two) in zip(pairs, named, strict=True):
        assert [row[name] for name in NUMBERS] == pytest.approx(compare_shares(*counts[one], *counts[two]))
    stands = [row["is_group_difference_significant"] for row in pairs]
    p_values = [row["group_difference_p_value"] for row in pairs]
    assert stands == (false_discovery_control(p_values) <= 0.1).tolist() == [True, False, True]


def test_a_difference_stands_among_those_of_all_dimensions():
    # p = 0.06 alone: flagged as the only question, and no more beside ten dimensions in which nothing differs
    pair = [gone("home", 50, 100), gone("office", 26, 70)]
    quiet = [gone(value, 20, 60, dimension=f"d{n}") for n in range(10) for value in ("a", "b")]
    for losses, is_flagged in ((pair, True), ([*pair, *quiet], False)):
        row = next(row for row in found_of(losses) if row["dimension"] == "kind" and row["period_end"] == LAST)
        assert 0.05 < row["group_difference_p_value"] < 0.1
        assert row["is_group_difference_significant"] is is_flagged


def test_scores_of_a_year_are_compared_as_votes():
    counts = {"home": (60, 20, 100), "office": (20, 30, 60)}
    scores = [first_answer(dt.date(2024, 1, 1)), *(scored(value, *each) for value, each in counts.items())]
    row = next(row for row in found_of(scores=scores) if row["comparison"] == "values" and row["period_end"] == LAST)
    assert [row[name] for name in NUMBERS] == pytest.approx(compare_votes(counts["home"], counts["office"]))
    assert (row["metric"], row["group_size"], row["other_group_size"]) == ("nps", 100, 60)


def replied(
    topic: str, on_time: int, decided: int, day: dt.date, grain: str = "day", dimension: str = "reason"
) -> tuple[Any, ...]:
    return (grain, day, dimension, topic, on_time, decided, decided - 1, 1)


def test_topics_are_compared_by_the_replies_of_a_year_and_with_the_year_before():
    first, middle = dt.date(2025, 7, 1), dt.date(2026, 1, 5)
    replies = [
        *(replied("quality", 10, 40, first), replied("quality", 11, 20, middle), replied("quality", 999, 999, AS_OF)),
        *(replied("quality", 30, 50, first - dt.timedelta(days=1)), replied("quality", 4, 10, dt.date(2024, 7, 1))),
        *(
            replied("delivery", 40, 50, LAST),
            replied("delivery", 20, 29, BEFORE),
            replied("quality", 9, 9, LAST, "week"),
        ),
        *(replied("billing", 9, 29, LAST), replied("billing", 1, 99, dt.date(2024, 6, 30))),
    ]
    rows = {
        (row["comparison"], row["period_end"], row["dimension_value"], row["other_dimension_value"]): row
        for row in found_of(replies=replies)
    }
    assert {row["metric"] for row in rows.values()} == {"tickets_on_time_rate"}
    now = rows["values", LAST, "delivery", "quality"]
    assert [now[name] for name in NUMBERS] == pytest.approx(compare_shares(40, 50, 21, 60))
    assert (now["group_size"], now["other_group_size"]) == (50, 60)
    worse = rows["year_before", LAST, "quality", "quality"]
    assert [worse[name] for name in NUMBERS] == pytest.approx(compare_shares(21, 60, 34, 60))
    mart = pl.DataFrame(list(rows.values()), schema=COLUMNS)
    support = pl.DataFrame(replies, schema=REPLIES, orient="row")
    changed = mart.with_columns(pl.col("group_size") + 1)
    core = {"marts.churn": pl.DataFrame(schema=CHURN), "marts.support_response": support}
    assert "replies_are_those_of_support_response" in broken_rules("group_differences", changed, core)
    few = "fewer than 30 tickets in at least one of the two groups: too few to tell"
    assert rows["values", LAST, "billing", "quality"]["reason"] == few
    assert rows["year_before", LAST, "delivery", "delivery"]["reason"] == few


def test_replies_of_a_year_are_known_when_tickets_are_for_all_of_it():
    replies = [replied(topic, 20, 40, dt.date(2025, 7, 2)) for topic in ("billing", "quality")]
    why = "history too short: known from 2026-07-31 on, and a year before from 2027-07-31 on"
    assert {(row["group_value"], row["reason"]) for row in found_of(replies=replies)} == {(None, why)}


def test_one_ticket_or_vote_of_ten_years_ago_does_not_make_a_year_known():
    begin = dt.date(2025, 7, 2)
    stray = replied("quality", 1, 1, dt.date(2016, 1, 1))
    replies = [replied(topic, 20, 40, begin) for topic in ("billing", "quality")]
    kept = [replied(topic, 20, 40, dt.date(2024, 8, 1)) for topic in ("billing", "quality")]
    why = "history too short: known from 2026-07-31 on, and a year before from 2027-07-31 on"
    assert {row["reason"] for row in found_of(replies=[stray, *replies])} == {why}
    pairs = [row for row in found_of(replies=[*kept, *replies]) if row["comparison"] == "values"]
    assert {row["period_end"]: row["is_complete"] for row in pairs} == {LAST: True, BEFORE: False}
    votes = [("day", begin, "all", "all", 50.0, 20, 10, 20, True), scored("a", 40, 20, 80), scored("b", 40, 20, 80)]
    old = first_answer(dt.date(2016, 1, 1))
    assert {row["reason"] for row in found_of(scores=[old, *votes])} == {why}


def test_a_kind_and_the_whole_are_compared_with_themselves_a_year_before():
    losses = [
        *(gone("all", 90, 200, dimension="all"), gone("all", 50, 180, BEFORE, dimension="all")),
        *(gone("home", 60, 100), gone("home", 30, 90, BEFORE)),
    ]
    rows = [row for row in found_of(losses) if row["comparison"] == "year_before"]
    assert [(row["dimension_value"], row["period_end"], row["other_period_end"]) for row in rows] == [
        ("all", LAST, BEFORE),
        ("home", LAST, BEFORE),
    ]
    assert [rows[1][name] for name in NUMBERS] == pytest.approx(compare_shares(60, 100, 30, 90))
    assert all(row["is_complete"] for row in rows)


@pytest.mark.parametrize("dimension", ["segment", "value_tier", "owner"])
def test_what_customers_are_today_is_not_compared_with_a_year_before(dimension: str):
    scores = [scored(value, 40, 10, 100, end, dimension) for value in ("a", "b") for end in (LAST, BEFORE)]
    rows = found_of(scores=[first_answer(dt.date(2023, 1, 1)), *scores])
    assert {(row["comparison"], row["period_end"]) for row in rows} == {("values", LAST), ("values", BEFORE)}


@pytest.mark.parametrize(
    ("dimension", "comparisons"), [("owner", {"values", "year_before"}), ("value_tier", {"values"})]
)
def test_the_owner_of_a_ticket_is_its_own_and_is_compared_with_a_year_before(dimension, comparisons):
    days = (dt.date(2024, 7, 1), BEFORE, LAST)
    replies = [replied(value, 30, 40, day, dimension=dimension) for value in ("a", "b") for day in days]
    rows = [row for row in found_of(replies=replies) if row["dimension"] == dimension]
    assert {row["comparison"] for row in rows} == comparisons
    owned = pl.DataFrame(rows, schema=COLUMNS).with_columns(metric=pl.lit("nps"), dimension=pl.lit("owner"))
    support = pl.DataFrame(replies, schema=REPLIES, orient="row")
    broken = broken_rules(
        "group_differences", owned, {"marts.churn": pl.DataFrame(schema=CHURN), "marts.support_response": support}
    )
    assert ("of_today_has_no_year_before" in broken) == ("year_before" in comparisons)


def test_where_a_year_before_is_not_known_the_row_says_from_when_it_will_be():
    rows = found_of([gone("home", 60, 100), gone("office", 20, 80), gone("home", None, None, BEFORE)])
    unknown = [row for row in rows if row["group_difference"] is None]
    assert {row["comparison"] for row in unknown} == {"values", "year_before"}
    text = "history too short: known from 2026-06-30 on, and a year before from 2027-06-30 on"
    assert {(row["reason"], row["is_complete"]) for row in unknown} == {(text, False)}
    early = found_of([gone("home", None, None), gone("office", None, None)])
    assert {row["reason"] for row in early} == {"history too short: known from 2027-01-31 on"}


def test_a_year_of_votes_is_known_once_answers_reach_back_a_year():
    scores = [first_answer(dt.date(2025, 1, 20)), scored("home", 40, 20, 80), scored("office", 40, 20, 80)]
    rows = found_of(scores=scores)
    assert [row["is_complete"] for row in rows if row["comparison"] == "values"] == [False, True]
    assert [row["group_value"] is None for row in rows if row["comparison"] == "values"] == [True, False]
    reasons = {row["reason"] for row in rows} - {None}
    assert reasons == {"history too short: known from 2026-01-31 on, and a year before from 2027-01-31 on"}


@pytest.mark.parametrize(("size", "is_compared"), [(29, False), (30, True)])
def test_fewer_than_thirty_are_not_compared(size, is_compared):
    row = next(row for row in found_of([gone("a", 10, size), gone("b", 10, 400)]) if row["period_end"] == LAST)
    assert [row[name] is not None for name in NUMBERS] == [is_compared] * 4
    few = "fewer than 30 customers of a year before in at least one of the two groups: too few to tell"
    assert (row["reason"], row["is_complete"]) == (None if is_compared else few, is_compared)


def test_a_kind_of_whom_nobody_voted_a_year_before_is_too_small():
    rows = found_of(scores=[first_answer(dt.date(2024, 1, 1)), scored("home", 40, 20, 80)])
    few = "fewer than 30 votes in at least one of the two groups: too few to tell"
    assert [(row["other_group_size"], row["is_complete"], row["reason"]) for row in rows] == [(None, False, few)]


@pytest.mark.parametrize(("values", "pairs"), [(6, 15), (7, 0)])
def test_a_dimension_of_many_values_is_not_compared_in_pairs(values, pairs):
    rows = found_of([gone(f"v{n}", 10, 50) for n in range(values)])
    assert sum(row["comparison"] == "values" and row["period_end"] == LAST for row in rows) == pairs
    assert sum(row["comparison"] == "year_before" for row in rows) == values


def test_a_month_end_is_over_on_its_own_day_and_without_rows_there_is_nothing():
    assert found_of() == []
    rows = found_of([gone("a", 10, 50), gone("b", 10, 50)], as_of=LAST)
    assert max(row["period_end"] for row in rows) == LAST
    assert found_of([gone("a", 10, 50), gone("b", 10, 50)], as_of=dt.date(2026, 6, 29)) == []
