"""What the rows of a delivery lead to, and when they happened, is compared with the deliveries before it."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from regulars.pipelines.audit.findings.deliveries.compare import compare_deliveries
from regulars.pipelines.audit.findings.deliveries.profile import Profile
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings

DAY = Profile(
    "till",
    "orders",
    1,
    "till.csv",
    rows=40,
    known={"customer": 0.8},
    currencies={"EUR": 0.9, "CHF": 0.1},
    repeated=0.0,
    median_hour=14.0,
    lag_days=0,
)
POLICY = Policy(dt.date(2026, 6, 30))


def find(profiles: Sequence[Profile], delivery: str = "incremental") -> list[str]:
    """The names of what is odd about the last of the profiles."""
    measured = compare_deliveries(profiles, [len(profiles) - 1], {"till": delivery})
    return [each.finding.name for each in evaluate_findings(measured, POLICY)]


def test_a_delivery_like_those_before_is_not_odd():
    assert find([DAY] * 13) == []


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"known": {"customer": 0.0}}, ["fewer_known_ids"]),
        ({"known": {"customer": 0.5}}, []),
        ({"known": {}}, []),
        ({"repeated": 1.0}, ["rows_repeated_under_other_ids"]),
        ({"repeated": 0.5}, ["rows_repeated_under_other_ids"]),
        ({"repeated": 0.1}, []),
        ({"currencies": {"CHF": 1.0}}, ["currencies_shifted"]),
        ({"currencies": {"EUR": 0.7, "CHF": 0.3}}, []),
        ({"currencies": {"USD": 1.0}}, ["currencies_shifted"]),
        ({"median_hour": 23.0}, ["hours_shifted"]),
        ({"median_hour": 5.0}, ["hours_shifted"]),
        ({"median_hour": 16.0}, []),
        ({"median_hour": None}, []),
        ({"lag_days": 29}, ["rows_older_than_usual"]),
        ({"lag_days": 3}, []),
    ],
)
def test_values_are_compared_with_the_usual_ones(change, names):
    assert find([*[DAY] * 12, replace(DAY, **change)]) == names
    assert find([*[DAY] * 2, replace(DAY, **change)]) == []


def test_of_two_rows_nothing_can_be_said_and_of_three_without_exception_much():
    refunds = replace(DAY, rows=3, known={"order_id": 1.0})
    assert find([*[refunds] * 12, replace(refunds, known={"order_id": 0.0})]) == ["fewer_known_ids"]
    assert find([*[refunds] * 12, replace(refunds, rows=2, known={"order_id": 0.0})]) == []


def test_shares_that_change_from_day_to_day_may_do_so():
    days = [replace(DAY, rows=6, known={"customer": 0.2 + day % 5 * 0.1}) for day in range(30)]
    assert find([*days, replace(DAY, rows=6, known={"customer": 0.0})]) == []


def draw_day(draw: random.Random, rows: int) -> Profile:
    """A day of a shop in two currencies, most of whose customers come again, and that reports orders late at times."""
    count = max(1, round(draw.gauss(rows, rows**0.5)))
    hours = sorted(draw.triangular(8, 22, 18) for _ in range(count))
    known, francs, again = (sum(draw.random() < share for _ in range(count)) / count for share in (0.6, 0.15, 0.02))
    return replace(
        DAY,
        rows=count,
        known={"customer": known},
        currencies={"EUR": 1 - francs, "CHF": francs},
        repeated=again,
        median_hour=hours[count // 2],
        lag_days=draw.choice((0, 0, 0, 1, 2)),
    )


@pytest.mark.parametrize("rows", [3, 12, 60, 400])
def test_two_years_of_an_ordinary_shop_raise_fewer_than_one_alarm_in_sixty_nights(rows):
    draw = random.Random(rows)
    nights = [draw_day(draw, rows) for _ in range(730)]
    alarms: Counter[str] = Counter()
    for last in range(1, len(nights) + 1):
        alarms.update(find(nights[max(0, last - 40) : last]))
    assert alarms.total() <= 730 / 60, alarms
