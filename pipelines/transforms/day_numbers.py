"""Days and months as numbers, so that transforms compare and subtract them without a calendar.

`day_idx` of `core.calendar` counts days since 1970-01-01, as the physical value of a polars Date does.
Put here: conversions between days and their numbers. Keep out: weeks and fiscal periods (`core.calendar` has them).
"""

import datetime as dt

import polars as pl

EPOCH = dt.date(1970, 1, 1)
MONTHS_PER_YEAR = 12
DAYS_PER_YEAR = 365.25
"""The mean length of a year, by which spans of days become years."""


def count_days_since_epoch(day: dt.date) -> int:
    """The calendar's `day_idx` of a day."""
    return (day - EPOCH).days


def number_months(day: pl.Expr) -> pl.Expr:
    """The number of a Date's month, Int32: months since the year 0, so that neighbours differ by 1."""
    return day.dt.year() * MONTHS_PER_YEAR + day.dt.month().cast(pl.Int32) - 1


def find_first_day_of_month(month_number: pl.Expr) -> pl.Expr:
    """The first day, Date, of a month by its number."""
    return pl.date(month_number // MONTHS_PER_YEAR, month_number % MONTHS_PER_YEAR + 1, 1)


def find_last_month_end(day: dt.date) -> dt.date:
    """The last day of the latest month that is over on a day, which may be the day itself."""
    return (day + dt.timedelta(days=1)).replace(day=1) - dt.timedelta(days=1)
