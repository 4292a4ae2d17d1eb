"""A source is silent when it lacks a day that it never lacked, or far longer than ever; its rhythm is no finding."""

import datetime as dt
import math
import random
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

import duckdb
import pytest

from regulars.pipelines.audit.findings.deliveries.profile import Profile
from regulars.pipelines.audit.findings.silence import _expect_longest_silence, find_silent_sources
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings

AS_OF = dt.date(2026, 6, 30)  # a Tuesday
EPOCH = dt.date(1970, 1, 1)
EVERY_DAY = range(1, 8)
WORKING_DAYS = range(1, 6)
DAY = dt.timedelta(days=1)


def list_days(weekdays: Collection[int], silent: int, count: int = 150) -> list[dt.date]:
    """Days with rows of some weekdays, the newest `silent` days before the day of the run."""
    days = (AS_OF - number * DAY for number in range(silent, count))
    return sorted(day for day in days if day.isoweekday() in weekdays)


def deliver_daily(days: Sequence[dt.date], late: int = 0) -> Iterator[Profile]:
    """A file a day with the rows of that day, in a run `late` days later."""
    for number, day in enumerate(days):
        yield Profile("till", "orders", number, "f", 9, newest_day=(day - EPOCH).days, age_days=late)


def deliver_weekly(days: Sequence[dt.date]) -> Iterator[Profile]:
    """A file each Monday with all rows until then."""
    for number, day in enumerate(each for each in days if each.isoweekday() == 1):
        yield Profile("till", "orders", number, "f", 9, newest_day=(day - EPOCH).days, age_days=0)


def is_silent(days: Sequence[dt.date], profiles: Iterator[Profile] | Sequence[Profile], rows: int = 20) -> bool:
    with duckdb.connect() as con:
        con.execute("create table days_with_rows (source varchar, kind varchar, day date, rows integer)")
        con.executemany("insert into days_with_rows values ('till', 'orders', ?, ?)", [[day, rows] for day in days])
        found = evaluate_findings(find_silent_sources(con, AS_OF, list(profiles)), Policy(AS_OF))
    return [each.finding.name for each in found] == ["source_silent"]


@pytest.mark.parametrize(("silent", "found"), [(0, False), (1, True), (2, True)])
def test_a_daily_source_is_silent_on_the_first_day_without_rows(silent, found):
    days = list_days(EVERY_DAY, silent)
    assert is_silent(days, deliver_daily(days)) is found


@pytest.mark.parametrize(("silent", "found"), [(1, False), (2, True)])
def test_a_source_that_always_comes_a_day_late_may_do_so(silent, found):
    days = list_days(EVERY_DAY, silent)
    assert is_silent(days, deliver_daily(days, late=1)) is found


def test_a_source_that_rests_on_weekends_is_not_silent_on_them_but_on_monday():
    sunday = [day for day in list_days(WORKING_DAYS, 0) if day <= AS_OF - 4 * DAY]
    assert is_silent(sunday, deliver_daily(sunday))  # Monday and Tuesday are missing
    days = list_days(WORKING_DAYS, 0)
    assert not is_silent(days, deliver_daily(days))


def test_a_shop_without_orders_on_some_days_is_not_silent_on_another_one():
    days = [day for number, day in enumerate(list_days(EVERY_DAY, 0)) if number % 5]
    silent = [day for day in days if day < AS_OF - DAY]
    assert not is_silent(silent, deliver_daily(silent))


@pytest.mark.parametrize(("silent", "found"), [(2, False), (3, False), (4, True)])
def test_a_shop_of_three_orders_a_day_may_have_none_on_a_day(silent, found):
    days = [*list_days(EVERY_DAY, 103, 120), *list_days(EVERY_DAY, silent, 100)]  # once it had none for three days
    assert is_silent(days, list(deliver_daily(days))[-40:], rows=3) is found


def test_a_file_a_week_may_take_a_week():
    days = list_days(EVERY_DAY, 1)
    assert not is_silent([day for day in days if day <= AS_OF - 5 * DAY], list(deliver_weekly(days))[:12])
    assert is_silent([day for day in days if day <= AS_OF - 15 * DAY], list(deliver_weekly(days))[:12])


def draw_days(rate: float, seed: int) -> list[dt.date]:
    """Days of 40 years with at least one row, where rows come at random."""
    rng = random.Random(seed)
    return [AS_OF - n * DAY for n in range(40 * 365, -1, -1) if rng.random() < 1 - math.exp(-rate)]


@pytest.mark.parametrize("rate", [1 / 15, 2 / 7, 0.6])
def test_rows_that_come_at_random_are_hardly_ever_silent(rate):
    """Silences are judged as a night does that sees them whole: three at most in forty years."""
    days, alarms = draw_days(rate, seed=3), 0
    for place in range(1, len(days)):
        since = days[place - 1] - dt.timedelta(days=180)
        known = [day for day in days[max(0, place - 200) : place] if day > since]
        silences = [(after - before).days for before, after in pairwise(known)]
        if len(silences) >= 4:
            allowed = max(2 * max(silences), _expect_longest_silence(silences))
            alarms += (days[place] - days[place - 1]).days > allowed
    assert alarms <= 3


@pytest.mark.parametrize(("every", "longest"), [(1, 1), (7, 7)])
def test_rows_that_come_by_the_clock_may_not_be_late(every, longest):
    assert _expect_longest_silence([every] * 25) == longest


def test_two_answers_a_week_may_be_silent_for_weeks_and_not_for_months():
    days = [day for day in draw_days(2 / 7, seed=1) if day > AS_OF - dt.timedelta(days=250)]
    for silent, found in ((25, False), (75, True)):
        shifted = [day - (days[-1] - AS_OF) - silent * DAY for day in days]
        assert is_silent(shifted, deliver_daily(shifted), rows=1) is found


@pytest.mark.parametrize(("silent", "found"), [(8, False), (9, True)])
def test_after_a_single_delivery_nobody_knows_whether_the_next_one_comes_in_a_week(silent, found):
    days = list_days(EVERY_DAY, silent)
    assert is_silent(days, list(deliver_daily(days))[-1:]) is found


@pytest.mark.parametrize(("silent", "found"), [(2, False), (3, True)])
def test_files_that_came_all_at_once_tell_no_rhythm_but_that_of_their_days(silent, found):
    days = list_days(EVERY_DAY, silent)
    at_once = [
        Profile("till", "orders", n, "f", 9, newest_day=(day - EPOCH).days, age_days=(AS_OF - day).days)
        for n, day in enumerate(days)
    ]
    assert is_silent(days, at_once) is found


def test_with_four_days_of_rows_nobody_knows_the_rhythm():
    days = [AS_OF - number * DAY for number in (43, 42, 41, 40)]
    assert not is_silent(days, deliver_daily(days))
