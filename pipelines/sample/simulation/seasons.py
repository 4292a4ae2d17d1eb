"""Seasons as a warp of time.

Customers buy by BG/NBD in *season time*, which runs faster than the calendar when their kind of customer buys more
and slower when it buys less; over a whole year both clocks show the same. So the purchase counts follow BG/NBD
exactly, given the season time a customer was observed, and the calendar shows the season.

Put here: the two clocks. Keep out: who buys (`people.py`) and what (`purchases.py`).
"""

import datetime as dt
from functools import cache

import numpy as np
from numpy.typing import NDArray

from regulars.pipelines.sample.simulation import catalogue as c

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GROWTH = 0.8
"""First purchases lie at (season time of the history) * u ** GROWTH, u uniform: below 1, more join later."""


@cache
def _compute_clock(kind: int) -> Floats:
    """Season time in weeks at the start of each day since `FIRST_DAY`, and at the end of the last."""
    k = c.KINDS[kind]
    days = [c.FIRST_DAY + dt.timedelta(days=n) for n in range(c.DAYS)]
    speed = [k.season[day.month - 1] * (k.late_december if (day.month, day.day) >= (12, 20) else 1.0) for day in days]
    year = np.mean(speed[:366])  # 2023-07-01 … 2024-06-30, a leap day among them
    return np.concatenate([[0.0], np.cumsum(speed) / year / 7])


def compute_season_time(kind: int, days: Floats) -> Floats:
    """Season time in weeks for calendar time in days, both since `FIRST_DAY`."""
    return np.interp(days, np.arange(c.DAYS + 1, dtype=np.float64), _compute_clock(kind))


def compute_calendar_time(kind: Ints, weeks: Floats) -> Floats:
    """Calendar time in days for season time in weeks, both since `FIRST_DAY`, for customers of mixed kinds."""
    days = np.empty(len(weeks))
    for number in range(len(c.KINDS)):
        who = kind == number
        days[who] = np.interp(weeks[who], _compute_clock(number), np.arange(c.DAYS + 1, dtype=np.float64))
    return days


def compute_season_end(kind: Ints) -> Floats:
    """Season time in weeks at the end of the history."""
    return np.array([_compute_clock(number)[-1] for number in range(len(c.KINDS))])[kind]


def draw_joining(rng: np.random.Generator, kind: Ints) -> Floats:
    """Draw the season time, in weeks, at which each customer buys for the first time."""
    return np.asarray(compute_season_end(kind) * rng.random(len(kind)) ** GROWTH, dtype=np.float64)
