"""Whether a metric is on track: sums by the days that are over, all else when its period is."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from regulars.pipelines.audit.scorecard.assessment import Aim, PeriodValue, assess_periods, find_period_start

AS_OF = dt.date(2026, 5, 10)
APRIL, MAY = dt.date(2026, 4, 1), dt.date(2026, 5, 1)


def rows_of(aim: Aim, values: dict[dt.date, PeriodValue], as_of: dt.date = AS_OF) -> list[dict[str, Any]]:
    return list(assess_periods(aim, values, as_of))


def aim(target: str, good: Any = "up", **more: Any) -> Aim:
    return Aim(Decimal(target), good, more.pop("period", "month"), **more)


@pytest.mark.parametrize(
    ("value", "good", "on_track"), [(100, "up", True), (99.9, "up", False), (100, "down", True), (100.1, "down", False)]
)
def test_a_sum_is_compared_with_what_is_due_by_the_days_that_are_over(value, good, on_track):
    # 10 of the 31 days of May are over: 100 of 310 are due
    (row,) = rows_of(aim("310", good, is_sum=True), {MAY: PeriodValue(value)})
    assert (row["target_to_date"], row["is_on_track"], row["is_complete"]) == (Decimal(100), on_track, False)
    assert row["reason"] == "the period ends on 2026-05-31: the target is counted by the days that are over"


def test_a_rate_is_compared_when_its_period_is_over():
    april, may = rows_of(aim("0.25", "down"), {APRIL: PeriodValue(0.24), MAY: PeriodValue(0.1)})
    assert (april["is_on_track"], april["reason"], april["target_to_date"]) == (True, None, Decimal("0.25"))
    assert (may["metric_value"], may["is_on_track"], may["metric_change"]) == (0.1, None, None)
    assert may["reason"] == "the period ends on 2026-05-31: what is no sum is compared when it is over"


def test_the_trend_follows_the_direction_that_is_good():
    values = {dt.date(2026, month, 1): PeriodValue(value) for month, value in [(1, 5.0), (2, 4.0), (3, 4.0), (4, 6.0)]}
    falling = rows_of(aim("5", "down"), values, dt.date(2026, 4, 30))
    assert [row["trend"] for row in falling] == [None, "better", "same", "worse"]
    assert [row["trend"] for row in rows_of(aim("5"), values, dt.date(2026, 4, 30))] == [
        None,
        "worse",
        "same",
        "better",
    ]
    assert [row["previous_value"] for row in falling] == [None, 5.0, 4.0, 4.0]
    assert [row["metric_change"] for row in falling] == [None, -1.0, 0.0, 2.0]


def test_what_is_over_and_not_known_for_good_is_not_compared():
    april = rows_of(aim("5"), {APRIL: PeriodValue(9.0, is_known=False)}, dt.date(2026, 4, 30))[0]
    assert (april["is_on_track"], april["is_complete"]) == (None, False)
    assert april["reason"] == "the period is over, but not all of it is known for good yet"


def test_a_value_of_the_latest_month_says_so_beside_what_else_limits_it():
    said = "the value is that of the latest month, not of the quarter"
    values = {dt.date(2026, 1, 1): PeriodValue(0.5), APRIL: PeriodValue(0.7)}
    first, second = rows_of(aim("0.6", period="quarter", coverage=said), values)
    assert (first["reason"], first["is_on_track"], first["is_complete"]) == (said, False, True)
    over = "the period ends on 2026-06-30: what is no sum is compared when it is over"
    assert (second["reason"], second["is_on_track"]) == (f"{over}; {said}", None)
    (nothing,) = rows_of(aim("0.6", coverage=said), {MAY: PeriodValue(None)})
    assert nothing["reason"] == "the value is not known"


def test_a_period_that_is_over_and_has_no_value_is_not_complete():
    april, _ = rows_of(aim("5"), {APRIL: PeriodValue(None)})
    assert (april["is_complete"], april["is_on_track"], april["reason"]) == (False, None, "the value is not known")


def test_groups_that_must_not_be_added_up_are_no_value():
    april = rows_of(aim("5"), {APRIL: PeriodValue(9.0, groups=2)}, dt.date(2026, 4, 30))[0]
    assert (april["metric_value"], april["is_on_track"]) == (None, None)
    assert "name one in `where`" in april["reason"]


def test_a_state_of_as_of_is_compared_at_once():
    (row,) = rows_of(aim("5", is_state=True), {MAY: PeriodValue(6.0)})
    assert (row["is_on_track"], row["trend"]) == (True, None)
    assert row["reason"].startswith("the table tells of as_of alone")


def test_a_period_without_a_row_says_so_and_a_metric_without_any_has_one_row():
    march, april, may = rows_of(aim("5"), {dt.date(2026, 3, 1): PeriodValue(6.0)})
    assert [row["reason"] for row in (april, may)] == ["the value is not known"] * 2
    assert march["is_on_track"] is True
    (only,) = rows_of(aim("5"), {})
    assert (only["period_start"], only["metric_value"], only["reason"]) == (MAY, None, "the value is not known")


@pytest.mark.parametrize(
    ("period", "start", "shown"),
    [("month", MAY, "2025-05-01"), ("quarter", APRIL, "2023-04-01"), ("year", dt.date(2026, 1, 1), "2020-01-01")],
)
def test_the_last_13_periods_are_shown(period, start, shown):
    first = find_period_start(period, dt.date(2020, 2, 3))
    rows = rows_of(aim("5", period=period), {first: PeriodValue(1.0)})
    assert find_period_start(period, AS_OF) == start == rows[-1]["period_start"]
    assert (rows[0]["period_start"], len(rows)) == (dt.date.fromisoformat(shown), 7 if period == "year" else 13)


def test_days_of_a_year_are_counted():
    (row,) = rows_of(aim("365", is_sum=True, period="year"), {dt.date(2026, 1, 1): PeriodValue(130.0)})
    assert (row["target_to_date"], row["period_end"], row["is_on_track"]) == (Decimal(130), dt.date(2026, 12, 31), True)


@pytest.mark.parametrize(
    ("low", "high", "wanted", "beyond"),
    [
        (5.0, 8.0, "4", True),
        (5.0, 8.0, "9", True),
        (5.0, 8.0, "5.5", False),
        (5.0, 8.0, "7", False),
        (None, None, "5", None),
    ],
)
def test_a_target_within_the_interval_may_be_reached_by_chance(low, high, wanted, beyond):
    (row,) = rows_of(aim(wanted, is_state=True), {MAY: PeriodValue(6.0, True, 1, low, high)})
    assert (row["is_beyond_chance"], row["is_on_track"]) == (beyond, float(wanted) <= 6)
    assert ("chance may have decided" in (row["reason"] or "")) == (beyond is False)
    open_month = rows_of(aim(wanted), {MAY: PeriodValue(6.0, True, 1, low, high)})[-1]
    assert (open_month["is_on_track"], open_month["is_beyond_chance"]) == (None, None)


def test_the_interval_of_a_value_stands_beside_it_unless_groups_are_mixed():
    ranges = {groups: PeriodValue(6.0, True, groups, 5.0, 8.0) for groups in (1, 2)}
    sound, mixed = (rows_of(aim("5", is_state=True), {MAY: each})[0] for each in ranges.values())
    assert (sound["metric_value_low"], sound["metric_value_high"]) == (5.0, 8.0)
    assert (mixed["metric_value"], mixed["metric_value_low"], mixed["metric_value_high"]) == (None, None, None)


@pytest.mark.parametrize(
    ("before", "after", "beyond"),
    [
        # NPS of 44 answers each: 47.2 to 50.0, half widths of 17 and 25 facing each other
        ((47.2, 22.8, 64.4), (50.0, 25.0, 68.0), False),
        ((10.0, 7.0, 13.0), (15.0, 11.0, 19.0), False),  # apart by exactly the root of 3² + 4²
        ((10.0, 7.0, 13.0), (15.1, 11.1, 19.1), True),  # though the intervals overlap
        ((15.1, 11.1, 19.1), (10.0, 7.0, 13.0), True),
        ((10.0, 0.0, 13.0), (15.1, 11.1, 90.0), True),  # ends that look away do not count
        ((15.1, 11.1, 90.0), (10.0, 0.0, 13.0), True),
        ((10.0, 7.0, 13.0), (10.0, 7.0, 13.0), False),
        ((10.0, None, None), (50.0, 49.0, 51.0), None),
        ((10.0, 9.0, 11.0), (50.0, None, None), None),
    ],
)
def test_a_trend_within_the_intervals_of_both_periods_may_be_chance(before, after, beyond):
    values = {month: PeriodValue(value, True, 1, *ends) for month, (value, *ends) in ((APRIL, before), (MAY, after))}
    first, second = rows_of(aim("5"), values, dt.date(2026, 5, 31))
    assert (first["is_trend_beyond_chance"], second["is_trend_beyond_chance"]) == (None, beyond)


def test_a_period_that_is_not_over_has_no_trend_to_be_sure_of():
    values = {month: PeriodValue(value, True, 1, value - 1, value + 1) for month, value in ((APRIL, 1.0), (MAY, 9.0))}
    assert rows_of(aim("5"), values)[-1]["is_trend_beyond_chance"] is None
