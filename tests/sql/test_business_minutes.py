"""How long customers waited for a first reply: by the clock, and counting opening hours only."""

import datetime as dt
import random
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from regulars.pipelines.settings.business_hours import BusinessHours, find_rest_days, list_special_days
from tests.builders import only, pick, run_sql

AS_OF = dt.date(2026, 4, 30)
MINUTE = dt.timedelta(minutes=1)
at = dt.datetime.fromisoformat


def wait(
    opened: dt.datetime, replied: dt.datetime | None, hours: BusinessHours, timezone: str, as_of: dt.date = AS_OF
) -> dict:
    """The ticket of `core.tickets` that was opened and answered at these moments of the zone."""
    return only(wait_all([(opened, replied)], hours, timezone, as_of))


def wait_all(moments: list, hours: BusinessHours, timezone: str, as_of: dt.date) -> list[dict]:
    zone = ZoneInfo(timezone)

    def to_utc(moment: dt.datetime | None) -> str | None:
        return moment and f"{moment.replace(tzinfo=zone).astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"

    rest = find_rest_days(hours)
    weekdays = [
        {
            "iso_weekday": day,
            "is_business_day": day not in rest,
            "opens_minute": hours.opens_minute,
            "closes_minute": hours.closes_minute,
        }
        for day in range(1, 8)
    ]
    special = [{"day": day, "is_business_day": is_open} for day, is_open in list_special_days(hours, as_of)]
    tickets = [
        {"ticket_id": f"{number:04}", "opened_at": to_utc(opened), "first_public_reply_at": to_utc(replied)}
        for number, (opened, replied) in enumerate(moments)
    ]
    return run_sql(
        "core/tickets",
        raw__company=[{"timezone": timezone, "as_of": as_of}],
        raw__weekdays=weekdays,
        raw__special_days=special,
        staging__tickets=tickets,
    )


def test_waits_over_holidays_and_a_change_of_clocks():
    moments = [
        (at("2026-04-02 16:30"), at("2026-04-07 09:30")),  # Easter lies between
        (at("2026-03-27 16:50"), at("2026-03-30 09:10")),  # the clocks change between
        (at("2026-04-03 11:00"), at("2026-04-07 09:20")),  # opened on Good Friday
    ]
    rows = wait_all(moments, BusinessHours(country="FI"), "Europe/Helsinki", AS_OF)
    waits = list(pick(rows, "first_reply_business_minutes", "first_reply_minutes"))
    assert waits == [(60, 6780), (20, 3800), (20, 5660)]


def minutes_open(hours: BusinessHours, as_of: dt.date, start: dt.datetime, end: dt.datetime) -> dict:
    """Moment of the zone -> minutes of opening hours from `start` until then, counted one by one."""
    special, rest = dict(list_special_days(hours, as_of)), find_rest_days(hours)

    def is_open(moment: dt.datetime) -> bool:
        day, minute = moment.date(), moment.hour * 60 + moment.minute
        works = special.get(day, day.isoweekday() not in rest)
        return works and hours.opens_minute <= minute < hours.closes_minute

    until, counted = {start: 0}, 0
    for moment in _each_minute(start, end):
        counted += is_open(moment)
        until[moment + MINUTE] = counted
    return until


def _each_minute(start: dt.datetime, end: dt.datetime) -> Iterator[dt.datetime]:
    while start < end:
        yield start
        start += MINUTE


@pytest.mark.parametrize(
    ("hours", "timezone"),
    [
        (BusinessHours(country="FI"), "Europe/Helsinki"),
        (BusinessHours(country="CN", opens="08:30", closes="18:00"), "Asia/Shanghai"),
        (BusinessHours(country="BD"), "Asia/Dhaka"),
        (BusinessHours(country="DE", subdivision="BY", closes="24:00", open_on=[dt.date(2026, 4, 3)]), "Europe/Berlin"),
        (BusinessHours(rest_days=[], opens="00:00", closed_on=[dt.date(2026, 4, 10)]), "America/New_York"),
    ],
    ids=["Finland", "China", "Bangladesh", "Bavaria", "no country"],
)
def test_business_minutes_are_those_counted_one_by_one(hours, timezone):
    rng = random.Random(7)
    begin = at("2026-03-20 00:00")
    moments: list = []
    for _ in range(12):
        opened = begin + dt.timedelta(minutes=rng.randrange(30 * 1440))
        moments.append((opened, opened + dt.timedelta(minutes=rng.randrange(10 * 1440))))
    as_of = dt.date(2026, 4, 30)
    end = at("2026-05-01 00:00")
    until = minutes_open(hours, as_of, begin, end)
    for (opened, replied), row in zip(moments, wait_all(moments, hours, timezone, as_of), strict=True):
        assert row["first_reply_business_minutes"] == until[replied] - until[opened]
        assert row["business_minutes_until_as_of"] == until[end] - until[opened]


def test_who_was_not_answered_waited_until_the_end_of_the_last_day_that_counts():
    row = wait(at("2026-04-30 16:30"), None, BusinessHours(country="FI"), "Europe/Helsinki")
    assert (row["minutes_until_as_of"], row["business_minutes_until_as_of"]) == (450, 30)
    assert (row["first_reply_minutes"], row["first_reply_business_minutes"]) == (None, None)


def test_what_is_opened_after_the_last_day_that_counts_has_not_waited():
    row = wait(at("2026-05-01 00:00"), None, BusinessHours(), "Europe/Helsinki")
    assert (row["minutes_until_as_of"], row["business_minutes_until_as_of"]) == (None, None)


def test_a_weekend_day_that_china_makes_up_for_a_holiday_is_open():
    row = wait(at("2026-05-09 10:00"), at("2026-05-09 11:00"), BusinessHours(country="CN"), "Asia/Shanghai")
    assert row["first_reply_business_minutes"] == 60


def test_a_day_of_the_settings_wins_over_the_country():
    friday = at("2026-04-03 10:00")
    hours = BusinessHours(country="FI", open_on=[friday.date()])
    assert wait(friday, friday + 30 * MINUTE, hours, "Europe/Helsinki")["first_reply_business_minutes"] == 30


@pytest.mark.parametrize(
    ("country", "subdivision", "rest", "working_days"),
    [("FI", None, {6, 7}, 252), ("BD", None, {5, 6}, 251), ("PL", None, {6, 7}, 253), ("CN", None, {6, 7}, 248),
     ("DE", None, {6, 7}, 254), ("US", None, {6, 7}, 250)],
)  # fmt: skip
def test_the_business_days_of_2026(country, subdivision, rest, working_days):
    hours = BusinessHours(country=country, subdivision=subdivision)
    special = dict(list_special_days(hours, AS_OF))
    year = [dt.date(2026, 1, 1) + dt.timedelta(days=day) for day in range(365)]
    assert find_rest_days(hours) == rest
    assert sum(special.get(day, day.isoweekday() not in rest) for day in year) == working_days


def test_bavaria_has_holidays_that_germany_has_not():
    years = {
        part: {
            day
            for day, _ in list_special_days(BusinessHours(country="DE", subdivision=part), AS_OF)
            if day.year == 2026
        }
        for part in (None, "BY")
    }
    assert len(years["BY"] - years[None]) == 3
