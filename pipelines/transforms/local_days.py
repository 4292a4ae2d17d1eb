"""Moments and days: a moment in UTC as a day of the company, and the moment at which a day of the company ends.

Put here: these conversions. Keep out: business hours (`core.calendar`, `core.tickets`).
"""

import datetime as dt
from typing import Protocol
from zoneinfo import ZoneInfo

import polars as pl


class CompanyZone(Protocol):
    """What a company sets about its days."""

    @property
    def timezone(self) -> str:
        """The zone in which a day begins and ends, such as `Europe/Helsinki`."""


def find_local_day(moment: pl.Expr, company: CompanyZone) -> pl.Expr:
    """The company's day, Date, of a moment in UTC without a zone."""
    return moment.dt.replace_time_zone("UTC").dt.convert_time_zone(company.timezone).dt.date()


def find_end_of_day(day: dt.date, company: CompanyZone) -> dt.datetime:
    """The first moment, in UTC without a zone, that is no longer in a day of the company."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=ZoneInfo(company.timezone))
    return midnight.astimezone(dt.UTC).replace(tzinfo=None)


def find_start_of_day(day: pl.Expr, company: CompanyZone) -> pl.Expr:
    """The first moment of a company's day, Date, in UTC without a zone.

    Where the clocks are put forward at midnight, the day begins an hour later; where they are put back, it begins at
    the first of both midnights.
    """
    midnight = day.cast(pl.Datetime("us"))
    starts = [
        (midnight + dt.timedelta(hours=hours)).dt.replace_time_zone(
            company.timezone, ambiguous="earliest", non_existent="null"
        )
        for hours in (0, 1)
    ]
    return pl.coalesce(starts).dt.convert_time_zone("UTC").dt.replace_time_zone(None)
