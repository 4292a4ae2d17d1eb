"""Whether a metric is on track to its target, period by period.

Put here: the verdict, its trend and its reason; values in, rows out. Keep out: reading the values (`scorecard.py`).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import hypot
from typing import Any, Literal

from regulars.pipelines.definitions.enumerations import ScorecardPeriod

MONTHS: Mapping[ScorecardPeriod, int] = {"month": 1, "quarter": 3, "year": 12}
PERIODS_SHOWN = 13
SAME = 1e-9
"""Values that differ by no more than this, relative to their size, are equal."""


@dataclass(frozen=True)
class PeriodValue:
    """What a metric was in a period.

    Attributes:
        value: The number; None where it cannot be known.
        is_known: Whether all that it rests on is known for good.
        groups: How many groups of rows that must not be added up it is made of; one, if it is sound.
        low: The lower end of its interval; None without one.
        high: The upper end.
    """

    value: float | None
    is_known: bool = True
    groups: int = 1
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Aim:
    """What is wanted of a metric.

    Attributes:
        target: The value to reach in a period.
        good: Whether `up` or `down` is good; a target on what is good in neither direction is refused before a run.
        period: How long a period is.
        is_sum: Whether the metric grows day by day, so that a part of the target is due in a part of the period.
        is_state: Whether the table tells of as_of alone.
        coverage: What of a period a value covers, in words; empty where it is the whole period.
    """

    target: Decimal
    good: Literal["up", "down", "neither", ""]
    period: ScorecardPeriod
    is_sum: bool = False
    is_state: bool = False
    coverage: str = ""


def assess_periods(aim: Aim, values: Mapping[dt.date, PeriodValue], as_of: dt.date) -> Iterator[dict[str, Any]]:
    """Assess the last periods up to that of `as_of`, beginning with the first one that has a value.

    Args:
        aim: What is wanted.
        values: First day of a period -> what the metric was in it.
        as_of: Last day that counts.

    Yields:
        `period_start`, `period_end`, `metric_value`, `metric_value_low`, `metric_value_high`, `target_to_date`,
        `previous_value`, `metric_change`, `trend`, `is_trend_beyond_chance`, `is_on_track`,
        `is_beyond_chance`, `is_complete`, `reason`.
    """
    for start in _list_starts(aim.period, min(values, default=as_of), as_of):
        end = _move(start, MONTHS[aim.period]) - dt.timedelta(days=1)
        found = values.get(start, PeriodValue(None))
        value = found.value if found.groups == 1 else None
        is_over = end <= as_of and found.is_known and value is not None
        before = values.get(_move(start, -MONTHS[aim.period]))
        previous = before.value if before and before.groups == 1 else None
        due = _find_due(aim, start, end, as_of)
        is_compared = value is not None and (is_over or aim.is_state or (aim.is_sum and end > as_of))
        change = value - previous if value is not None and previous is not None and is_over else None
        beyond_chance = _is_beyond_chance(aim, found, float(due)) if is_compared else None
        yield {
            "period_start": start,
            "period_end": end,
            "metric_value": value,
            "metric_value_low": found.low if found.groups == 1 else None,
            "metric_value_high": found.high if found.groups == 1 else None,
            "target_to_date": due,
            "previous_value": previous,
            "metric_change": change,
            "trend": _name_trend(aim, change, previous),
            "is_trend_beyond_chance": _is_change_beyond_chance(change, found, before),
            "is_on_track": _is_reached(aim, value, float(due)) if is_compared and value is not None else None,
            "is_beyond_chance": beyond_chance,
            "is_complete": is_over,
            "reason": _give_reason(aim, found, end, as_of, beyond_chance=beyond_chance),
        }


def find_period_start(period: ScorecardPeriod, day: dt.date) -> dt.date:
    """The first day of the period that holds a day."""
    month = day.month - (day.month - 1) % MONTHS[period]
    return day.replace(month=month, day=1)


def _list_starts(period: ScorecardPeriod, first: dt.date, as_of: dt.date) -> list[dt.date]:
    starts = [find_period_start(period, as_of)]
    while len(starts) < PERIODS_SHOWN and starts[-1] > first:
        starts.append(_move(starts[-1], -MONTHS[period]))
    return starts[::-1]


def _move(start: dt.date, months: int) -> dt.date:
    """The first day of a month so many months later."""
    years, month = divmod(start.month - 1 + months, 12)
    return dt.date(start.year + years, month + 1, 1)


def _find_due(aim: Aim, start: dt.date, end: dt.date, as_of: dt.date) -> Decimal:
    """What of the target is due: of a sum the part of the days that are over, of all else the whole."""
    days, over = (end - start).days + 1, (min(end, as_of) - start).days + 1
    return round(aim.target * over / days, 4) if aim.is_sum else aim.target


def _is_reached(aim: Aim, value: float, due: float) -> bool:
    room = SAME * max(1.0, abs(due))
    return value <= due + room if aim.good == "down" else value >= due - room


def _is_beyond_chance(aim: Aim, found: PeriodValue, due: float) -> bool | None:
    """Whether both ends of the value's interval give one verdict; None without an interval."""
    if found.low is None or found.high is None:
        return None
    return _is_reached(aim, found.low, due) == _is_reached(aim, found.high, due)


def _is_change_beyond_chance(change: float | None, found: PeriodValue, before: PeriodValue | None) -> bool | None:
    """Whether a change is larger than chance alone would make it; None without an interval in both periods.

    The ends that face each other are as far from their values as so many standard errors; those of a difference are the
    root of the sum of both squares (Newcombe 1998, method 10).
    """
    if change is None or before is None or before.value is None or found.value is None:
        return None
    ends = (found.low, before.high) if change > 0 else (found.high, before.low)
    if ends[0] is None or ends[1] is None:
        return None
    return abs(change) > hypot(found.value - ends[0], before.value - ends[1])


def _name_trend(aim: Aim, change: float | None, previous: float | None) -> str | None:
    if change is None or previous is None:
        return None
    if abs(change) <= SAME * max(1.0, abs(previous)):
        return "same"
    return "better" if (change > 0) == (aim.good != "down") else "worse"


def _give_reason(
    aim: Aim, found: PeriodValue, end: dt.date, as_of: dt.date, *, beyond_chance: bool | None
) -> str | None:
    if found.groups != 1:
        return "several groups would be added up that must not be: name one in `where` of the target"
    if found.value is None:
        return "the value is not known"
    few = (
        "the target lies within the interval of the value: chance may have decided" if beyond_chance is False else None
    )
    return "; ".join(filter(None, (_limit_comparison(aim, found, end, as_of), aim.coverage, few))) or None


def _limit_comparison(aim: Aim, found: PeriodValue, end: dt.date, as_of: dt.date) -> str | None:
    if aim.is_state:
        return "the table tells of as_of alone: there is no earlier period to compare with"
    if end > as_of and aim.is_sum:
        return f"the period ends on {end}: the target is counted by the days that are over"
    if end > as_of:
        return f"the period ends on {end}: what is no sum is compared when it is over"
    return None if found.is_known else "the period is over, but not all of it is known for good yet"
