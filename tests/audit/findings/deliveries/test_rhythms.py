"""Companies of every rhythm hear of what is new to them once, and of nothing else."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from regulars.pipelines.audit.findings.deliveries.compare import compare_deliveries
from regulars.pipelines.audit.findings.deliveries.profile import Profile
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings

FIRST = dt.date(2025, 9, 1)
NIGHTS = 120
FRIDAY = dt.date(2025, 11, 28)
Mean = Callable[[dt.date], float]


def draw_deliveries(mean: Mean, seed: int) -> Iterator[Profile]:
    """A file of each day on which orders are expected."""
    draw = random.Random(seed)
    for night in range(NIGHTS):
        day = FIRST + dt.timedelta(days=night)
        expected = mean(day)
        if not expected:
            continue
        rows = max(0, round(draw.gauss(expected, (expected * 1.5) ** 0.5)))
        amounts = sorted(draw.lognormvariate(3, 0.8) for _ in range(rows))
        known = sum(draw.random() < 0.7 for _ in range(rows)) / max(rows, 1)
        yield Profile(
            "till",
            "orders",
            night,
            f"till-{day}.csv",
            rows,
            median_amount=amounts[rows // 2] if rows else None,
            known={"customer": known} if rows else {},
            repeated=0.0 if rows else None,
            weekday=day.isoweekday() if rows else None,
            median_hour=14.0 + draw.gauss(0, 1) if rows else None,
            lag_days=0 if rows else None,
        )


RHYTHMS: dict[str, tuple[Mean, int]] = {
    "weekdays only": (lambda day: 25.0 * (day.isoweekday() < 6), 0),
    "a market at weekends": (lambda day: 80.0 * (day.isoweekday() > 5), 0),
    "three orders a day": (lambda day: 3.0, 0),
    "quiet Sundays": (lambda day: 300.0 if day.isoweekday() < 7 else 110.0, 0),
    "a batch at the end of the month": (lambda day: 60.0 if day.day > 26 else 6.0, 1),
    "six times as much on Black Friday": (lambda day: 240.0 if day == FRIDAY else 40.0, 1),
    "a fortnight closed": (lambda day: 15.0 * (not dt.date(2025, 10, 6) <= day < dt.date(2025, 10, 20)), 0),
    "growing by half in four months": (lambda day: 40.0 * (1 + (day - FIRST).days / 240), 0),
}


@pytest.mark.parametrize("name", RHYTHMS)
def test_a_rhythm_is_no_finding(name):
    mean, expected = RHYTHMS[name]
    for seed in range(3):
        nights = list(draw_deliveries(mean, seed))
        found: Counter[str] = Counter()
        for last in range(len(nights)):
            measured = compare_deliveries(nights[: last + 1][-40:], [min(last, 39)], {"till": "incremental"})
            found.update(each.finding.name for each in evaluate_findings(measured, Policy(FIRST)))
        assert found.total() <= expected + 1, (name, seed, found)
        assert found.total() >= (1 if "Friday" in name else 0)
