"""Daily exchange rates of the sample company.

Put here: drawing the rates and turning cents into the company's currency. Keep out: which order is in which currency.
"""

import datetime as dt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars.pipelines.sample.simulation import catalogue as c

Ints = NDArray[np.int64]

ONE = 100_000
"""Rates are kept as whole hundred-thousandths, so that every amount is exact."""


def draw_rates(rng: np.random.Generator) -> pl.DataFrame:
    """Draw EUR for one GBP on each weekday, from a week before the first day to the day after the last.

    Returns:
        `rate_date`, `rate` (in hundred-thousandths); weekends have no row, as in the central banks' files.
    """
    days = [c.FIRST_DAY + dt.timedelta(days=n) for n in range(-7, c.DAYS + 1)]
    walk = 1.165 + np.cumsum(rng.normal(0, 0.0018, len(days))) * 0.35
    frame = pl.DataFrame({"rate_date": days, "rate": np.rint(np.clip(walk, 1.05, 1.30) * ONE).astype(np.int64)})
    return frame.filter(pl.col("rate_date").dt.weekday() <= 5)


def list_rates_by_day(rates: pl.DataFrame) -> Ints:
    """The rate that holds on each day since `FIRST_DAY` (the newest on or before it), two days past the end."""
    days = pl.DataFrame({"rate_date": [c.FIRST_DAY + dt.timedelta(days=n) for n in range(c.DAYS + 2)]})
    return days.join_asof(rates, on="rate_date")["rate"].to_numpy().astype(np.int64)


def convert_to_company_currency(cents: Ints, rate: Ints) -> Ints:
    """Ten-thousandths of EUR for cents at a rate in hundred-thousandths, halves away from zero; cents >= 0."""
    return (cents * rate + 500) // 1_000
