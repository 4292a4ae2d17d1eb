"""Finds sources that are silent: no row of a day on which there always were some, or of far longer than ever.

Put here: that finding. Keep out: other days (`days.py`), and files that are missing or late (`pipelines/sources`).
"""

import datetime as dt
import math
import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

import duckdb

from regulars.pipelines.audit.findings.deliveries.profile import Profile
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.transforms.day_numbers import DAYS_PER_YEAR

SILENCE_DAYS = 180
FEWEST_DAYS = 5
WEEKS = 12
"""A weekday is one with rows when each of the last twelve had some."""
FEWEST_MISSING_ROWS = 10
"""Days on which fewer rows than that are usual, taken together, are without rows by chance at times."""
FEWEST_NIGHTS = 10
"""With fewer deliveries, each in a run of its own, nobody knows how many days a source is usually behind."""
YEARS_WITHOUT_AN_ALARM = 20
"""A silence that chance alone brings once in so many years, or more often, is none."""
UNKNOWN_RHYTHM_DAYS = 8
"""Of a single delivery nobody knows when the next one comes; many come once a week."""

EPOCH = dt.date(1970, 1, 1)

DAYS = """
    select source, kind, day, rows
    from days_with_rows
    where day <= $as_of
    order by source, kind, day
"""


def find_silent_sources(
    con: duckdb.DuckDBPyConnection, as_of: dt.date, profiles: Sequence[Profile]
) -> Iterator[Finding]:
    """Sources and kinds without rows of days on which they always had some, or silent far longer than ever.

    Args:
        con: The build, with `days_with_rows`.
        as_of: The day of the run.
        profiles: Of all deliveries, in the order of landing.
    """
    rows = con.execute(DAYS, {"as_of": as_of}).fetchall()
    for (source, kind), found in groupby(rows, key=lambda row: (row[0], row[1])):
        rows_by_day = {day: count for _, _, day, count in found}
        days = list(rows_by_day)
        since = as_of - dt.timedelta(days=SILENCE_DAYS)
        silences = [(after - before).days for before, after in pairwise(days) if after > since]
        if len(silences) < FEWEST_DAYS - 1:
            continue
        delivered = [each for each in profiles if (each.source, each.kind) == (source, kind)]
        late = _count_missed_days(rows_by_day, as_of, delivered)
        longest = max(silences)
        newest, silent = days[-1], (as_of - days[-1]).days
        allowed = max(2 * longest, _expect_longest_silence(silences), _measure_longest_wait(delivered))
        if late <= 0 and silent <= allowed:
            continue
        usual = (
            f"on {_name_days(late)} that it lacks, it had rows in each of the {WEEKS} weeks before"
            if late > 0
            else f"its longest silence of the last {SILENCE_DAYS} days was {longest} days"
        )
        yield make_finding(
            "source_silent",
            f"{source}: the newest row of {kind} is of {newest}, {silent} days before the day of the run; {usual}.",
            "See whether the tool still exports new rows, or delivers the same file again and again.",
            source=source,
            kind=kind,
            count=max(late, silent - allowed),
        )


def _expect_longest_silence(silences: Sequence[int]) -> int:
    """The longest silence that chance brings in twenty years, given how often rows come and how evenly.

    Where rows come at random, one silence in k is longer than their mean × ln(k); where they come by the clock, none is
    longer than the mean. So it is the mean and the standard deviation × the logarithm of the silences in twenty years:
    two answers a week, at random, may be silent for five weeks, one a day for ten days, and a weekly file for one week.
    A deviation that few silences show is known badly: it counts for more by two over their number.
    """
    mean = statistics.fmean(silences)
    count = YEARS_WITHOUT_AN_ALARM * DAYS_PER_YEAR / mean
    deviation = statistics.stdev(silences) * (1 + 2 / len(silences))
    return math.ceil(mean + deviation * math.log(count))


def _name_days(late: int) -> str:
    return "the weekday" if late == 1 else f"{late} weekdays"


def _count_missed_days(rows: Mapping[dt.date, int], as_of: dt.date, delivered: Sequence[Profile]) -> int:
    """How many days whose weekday always had rows are without, beyond those that usually are when a run begins."""
    waits = list(_list_waits(delivered))
    if len(waits) < FEWEST_NIGHTS:
        return 0
    newest = max(rows)
    weekdays = _find_weekdays_with_rows(rows, newest)
    usual = max(_count_weekdays(weekdays, before, day - dt.timedelta(days=1)) for before, day in waits)
    late = _count_weekdays(weekdays, newest, as_of) - usual
    since = newest - dt.timedelta(weeks=WEEKS)
    usual_rows = [count for day, count in rows.items() if day > since and day.isoweekday() in weekdays]
    return late if usual_rows and late * statistics.median(usual_rows) >= FEWEST_MISSING_ROWS else 0


def _list_waits(delivered: Sequence[Profile]) -> Iterator[tuple[dt.date, dt.date]]:
    """The newest row that was known, and the day of the run in which the next delivery came."""
    newest = run_day = None
    for each in delivered:
        if each.newest_day is None or each.age_days is None:
            continue
        day = EPOCH + dt.timedelta(days=each.newest_day + each.age_days)
        if newest is not None and day != run_day:
            yield newest, day
        run_day = day
        newest = max(newest or EPOCH, EPOCH + dt.timedelta(days=each.newest_day))


def _measure_longest_wait(delivered: Sequence[Profile]) -> int:
    waits = [(day - newest).days for newest, day in _list_waits(delivered)]
    return max(waits, default=UNKNOWN_RHYTHM_DAYS if len(delivered) == 1 else 0)


def _find_weekdays_with_rows(days: Collection[dt.date], newest: dt.date) -> Collection[int]:
    known = set(days)
    weeks = [[newest - dt.timedelta(days=7 * week + day) for week in range(WEEKS)] for day in range(7)]
    return {each[0].isoweekday() for each in weeks if known.issuperset(each)}


def _count_weekdays(weekdays: Collection[int], after: dt.date, until: dt.date) -> int:
    days = (after + dt.timedelta(days=number) for number in range(1, (until - after).days + 1))
    return sum(day.isoweekday() in weekdays for day in days)
