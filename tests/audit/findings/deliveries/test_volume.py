"""A delivery is compared with those before it; weekdays, growth and chance are no findings."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from regulars.pipelines.audit.findings.deliveries.compare import compare_deliveries
from regulars.pipelines.audit.findings.deliveries.profile import Profile
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings

DAY = Profile("till", "orders", 1, "till.csv", rows=10, median_amount=20.0, customers_per_row=0.9, empty={"email": 0.1})
POLICY = Policy(dt.date(2026, 6, 30))


def find(profiles: Sequence[Profile], delivery: str = "incremental") -> list[str]:
    """The names of what is odd about the last of the profiles."""
    measured = compare_deliveries(profiles, [len(profiles) - 1], {"till": delivery})
    return [each.finding.name for each in evaluate_findings(measured, POLICY)]


def after(last: Profile, *, same: int = 12) -> list[Profile]:
    return [*[DAY] * same, last]


def test_a_delivery_like_those_before_is_not_odd():
    assert find(after(DAY)) == []
    assert find(after(DAY), "full") == []


@pytest.mark.parametrize(("rows", "names"), [(1, ["delivery_small"]), (2, []), (60, []), (61, ["delivery_large"])])
def test_a_delivery_is_small_below_half_and_large_above_three_times(rows, names):
    assert find(after(replace(DAY, rows=rows))) == names


def test_with_fewer_than_five_deliveries_nobody_knows_what_is_usual():
    assert find(after(replace(DAY, rows=1), same=4)) == []
    assert find(after(replace(DAY, rows=1), same=5)) == ["delivery_small"]


def test_one_odd_delivery_before_makes_the_next_odd_one_not_usual():
    weeks = [DAY] * 12
    weeks[5] = replace(DAY, rows=1)
    assert find([*weeks, replace(DAY, rows=1)]) == ["delivery_small"]


def test_a_quiet_day_of_each_week_is_usual():
    weeks = [replace(DAY, rows=0 if day % 7 == 6 else 10) for day in range(28)]
    assert find([*weeks, replace(DAY, rows=0)]) == []


@pytest.mark.parametrize(
    ("rows", "names"), [(100, []), (90, []), (89, ["full_delivery_shrank"]), (75, ["full_delivery_shrank"])]
)
def test_a_full_delivery_must_not_lose_more_than_a_tenth(rows, names):
    whole = replace(DAY, rows=100)
    assert find([whole] * 3 + [replace(DAY, rows=rows)], "full") == names


def test_a_full_delivery_that_loses_a_quarter_each_night_is_found_each_night():
    counts = [1000, 750, 562, 421]
    assert all(
        find([replace(DAY, rows=rows) for rows in counts[:last]], "full") == ["full_delivery_shrank"]
        for last in range(2, 5)
    )


def test_a_full_delivery_that_was_cut_for_good_is_usual_after_a_week():
    nights = [replace(DAY, rows=1000)] * 20 + [replace(DAY, rows=800)] * 9
    assert find(nights[:22], "full") == ["full_delivery_shrank"]
    assert find(nights, "full") == []


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"empty": {"email": 1.0}}, ["empty_values_rose"]),
        ({"empty": {"email": 0.3}}, []),
        ({"empty": {"email": 0.0}}, []),
        ({"median_amount": 2000.0}, ["amounts_shifted"]),
        ({"median_amount": 0.1}, ["amounts_shifted"]),
        ({"median_amount": 300.0}, []),
        ({"median_amount": -20.0}, ["amounts_shifted"]),
        ({"median_amount": 55.0}, []),
        ({"median_amount": 7.0}, []),
        ({"customers_per_row": 0.1}, ["customers_collapsed"]),
        ({"customers_per_row": 0.7}, []),
        ({"customers_per_row": None}, []),
    ],
)
def test_values_are_compared_with_the_usual_ones(change, names):
    assert find(after(replace(DAY, **change))) == names


@pytest.mark.parametrize(("rows", "times", "names"), [(3, 100, ["amounts_shifted"]), (3, 15, []), (2, 100, [])])
def test_cents_are_found_in_a_delivery_of_three_rows(rows, times, names):
    nights = [replace(DAY, rows=3, median_amount=10.0 + night % 4 * 10) for night in range(20)]
    assert find([*nights, replace(DAY, rows=rows, median_amount=40.0 * times)]) == names


def test_a_weekday_is_compared_with_the_same_weekday():
    weeks = [replace(DAY, rows=100 if day % 7 else 20, weekday=day % 7 + 1) for day in range(35)]
    monday, tuesday = replace(DAY, rows=10, weekday=1), replace(DAY, rows=10, weekday=2)
    assert find([*weeks, monday]) == []
    assert find([*weeks, tuesday]) == ["delivery_small"]
    assert find([*weeks, replace(tuesday, rows=1)]) == ["delivery_small"]


@pytest.mark.parametrize(("rows", "names"), [(40, []), (10, ["delivery_small"])])
def test_the_first_sunday_of_a_new_source_may_be_quiet_and_not_empty(rows, names):
    week = [replace(DAY, rows=100, weekday=day) for day in range(1, 7)]
    assert find([*week, replace(DAY, rows=rows, weekday=7)]) == names


def test_a_column_that_was_always_empty_may_stay_so():
    assert find([replace(DAY, empty={"email": 1.0})] * 6) == []


def draw_night(draw: random.Random, night: int, orders_a_day: float) -> Profile:
    """A night of a shop that grows by half a year, sells little on Sundays and much before Christmas."""
    week = (1.1, 1.0, 1.0, 1.0, 1.2, 1.4, 0.3)[night % 7]
    season = 1.6 if 320 <= night % 365 <= 355 else 1.0
    mean = orders_a_day * week * season * 1.5 ** (night / 365)
    rows = max(0, round(draw.gauss(mean, (mean * 1.5) ** 0.5)))
    amounts = sorted(draw.lognormvariate(3, 0.8) for _ in range(rows))
    empty = sum(draw.random() < 0.12 for _ in range(rows)) / rows if rows else 0.0
    people = len({draw.randrange(2000) for _ in range(rows)}) / rows if rows else None
    return Profile(
        "till",
        "orders",
        night,
        f"till-{night}.csv",
        rows,
        amounts[rows // 2] if rows else None,
        people,
        {"email": empty},
    )


@pytest.mark.parametrize("orders_a_day", [3, 30, 300])
def test_two_years_of_an_ordinary_shop_raise_fewer_than_one_alarm_in_thirty_nights(orders_a_day):
    draw = random.Random(orders_a_day)
    nights = [draw_night(draw, night, orders_a_day) for night in range(730)]
    alarms: Counter[str] = Counter()
    for last in range(1, len(nights) + 1):
        alarms.update(find(nights[max(0, last - 40) : last]))
    assert alarms.total() <= 730 / 30 / 2, alarms
