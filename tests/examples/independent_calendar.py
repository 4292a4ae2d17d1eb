"""Month arithmetic for the independent computations, in plain Python.

Put here: months as first days. Keep out: anything imported from the pipeline.
"""

import datetime as dt
from collections.abc import Iterator


def month_of(day: dt.date) -> dt.date:
    return day.replace(day=1)


def months_after(month: dt.date, count: int) -> dt.date:
    """The first day of the month that lies `count` months after (before, when negative)."""
    years, months = divmod(month.year * 12 + month.month - 1 + count, 12)
    return dt.date(years, months + 1, 1)


def month_end(day: dt.date) -> dt.date:
    """The last day of the month that `day` lies in."""
    return months_after(month_of(day), 1) - dt.timedelta(days=1)


def months_between(first: dt.date, last: dt.date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def months_from(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The first day of every month from `first` to `last`, both included."""
    return (months_after(month_of(first), count) for count in range(months_between(first, last) + 1))


def year_before(day: dt.date) -> dt.date:
    """The same day of the year before; a month-end stays a month-end."""
    if day == month_end(day):
        return month_end(months_after(month_of(day), -12))
    return day.replace(year=day.year - 1)
