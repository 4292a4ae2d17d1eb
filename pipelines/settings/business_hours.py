"""When the company is open: opening hours, days of rest and public holidays, and the tables that SQL reads of them.

Put here: the shape of `business_hours` in `regulars.yaml`, and the days that differ from the week's usual ones. Keep
out: counting minutes (`sql/core/calendar.sql`, `sql/core/tickets.sql`).
"""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal, Self, get_args

import duckdb
from pydantic import BeforeValidator, Field, model_validator

from regulars.pipelines.settings.part import COUNTRY_CODE_PATTERN, TIME_PATTERN, Part

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
YEARS_OF_HOLIDAYS = 30
"""How many years before as_of holidays are known for; one year after it too."""


def _write_as_time(value: object) -> object:
    """What YAML makes of `17:00`, a number to the base of 60, as a time again."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value // 60:02}:{value % 60:02}"
    return f"0{value}" if isinstance(value, str) and value[1:2] == ":" else value


TimeOfDay = Annotated[str, BeforeValidator(_write_as_time), Field(pattern=TIME_PATTERN)]


class BusinessHours(Part):
    """When support is open, by the clock of the company's time zone.

    Waiting outside these hours does not count in the numbers by business hours.
    """

    opens: TimeOfDay = "09:00"
    """When a business day begins."""
    closes: TimeOfDay = "17:00"
    """When it ends; `24:00` for midnight."""
    country: Annotated[str, Field(pattern=COUNTRY_CODE_PATTERN)] | None = None
    """The country whose public holidays are closed: two capitals, such as FI. Without it no day is a holiday. Its
    weekend is closed too (in Bangladesh Friday and Saturday), and weekend days that it works in exchange for holidays
    are open (China)."""
    subdivision: str | None = None
    """The part of the country, by its code, such as `BY` for Bavaria. Germany, the United States and Great Britain have
    holidays of their own in each."""
    rest_days: list[Weekday] | None = None
    """The days of the week that are closed, in place of the country's weekend. Without a country they are Saturday
    and Sunday."""
    closed_on: list[dt.date] = []
    """Further days that are closed, such as those of a company outing. They win over all rules above."""
    open_on: list[dt.date] = []
    """Days that are open, whatever the rules above say."""

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.opens_minute >= self.closes_minute:
            raise ValueError(f"`opens` ({self.opens}) must be before `closes` ({self.closes})")
        if both := sorted(set(self.closed_on) & set(self.open_on)):
            raise ValueError(f"{both[0]} stands in `closed_on` and in `open_on`")
        if self.subdivision is not None and self.country is None:
            raise ValueError("`subdivision` needs a `country`")
        if self.country is not None:
            try:
                _find_holidays(self.country, self.subdivision, range(2026, 2027))
            except NotImplementedError as unknown:
                raise ValueError(f"no holidays are known: {unknown}") from None
        return self

    @property
    def opens_minute(self) -> int:
        """Minutes from midnight to `opens`."""
        return _count_minutes(self.opens)

    @property
    def closes_minute(self) -> int:
        """Minutes from midnight to `closes`."""
        return _count_minutes(self.closes)


class Support(Part):
    """How fast support promises to answer."""

    reply_within_minutes: Annotated[int, Field(ge=1)] = 60
    """A ticket is answered in time when a first public reply went out within so many minutes."""


def _count_minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _find_holidays(country: str, subdivision: str | None, years: range) -> tuple[dict[dt.date, bool], set[int]]:
    """Days of a country that differ from its week (day -> whether it is open), and its days of rest from 0, Monday."""
    import holidays  # takes 0.06 s, which a company without a country need not wait for

    found = holidays.country_holidays(country, subdiv=subdivision, years=years)
    days = dict.fromkeys(found, False) | dict.fromkeys(getattr(found, "weekend_workdays", ()), True)
    return days, set(found.weekend)


def find_rest_days(hours: BusinessHours) -> set[int]:
    """Days of the week that are closed, by their ISO numbers from 1, Monday."""
    if hours.rest_days is not None:
        return {WEEKDAYS.index(each) + 1 for each in hours.rest_days}
    if hours.country is None:
        return {6, 7}
    return {day + 1 for day in _find_holidays(hours.country, hours.subdivision, range(2026, 2027))[1]}


def list_special_days(hours: BusinessHours, as_of: dt.date) -> Iterator[tuple[dt.date, bool]]:
    """Days that are open or closed whatever day of the week they are: the day, and whether it is open.

    Args:
        hours: The settings.
        as_of: Last day that counts; holidays are known from `YEARS_OF_HOLIDAYS` years before it to a year after it.
    """
    years = range(as_of.year - YEARS_OF_HOLIDAYS, as_of.year + 2)
    known = _find_holidays(hours.country, hours.subdivision, years)[0] if hours.country else {}
    yield from sorted((known | dict.fromkeys(hours.closed_on, False) | dict.fromkeys(hours.open_on, True)).items())


def write_business_hours(con: duckdb.DuckDBPyConnection, hours: BusinessHours, as_of: dt.date) -> None:
    """Make `raw.weekdays` (one row per day of the week) and `raw.special_days` (one per day that differs)."""
    con.execute(
        "create table raw.weekdays (iso_weekday integer, is_business_day boolean, opens_minute integer, "
        "closes_minute integer)"
    )
    rest = find_rest_days(hours)
    for weekday in range(1, len(WEEKDAYS) + 1):
        con.execute(
            "insert into raw.weekdays values (?, ?, ?, ?)",
            [weekday, weekday not in rest, hours.opens_minute, hours.closes_minute],
        )
    con.execute("create table raw.special_days (day date, is_business_day boolean)")
    special = list(list_special_days(hours, as_of))
    con.execute(
        "insert into raw.special_days select unnest($1::date[]), unnest($2::boolean[])",
        [[day for day, _ in special], [is_open for _, is_open in special]],
    )
