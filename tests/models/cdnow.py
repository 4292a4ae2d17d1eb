"""The CDNOW 1/10 sample as the papers use it: weeks, same-day orders merged, calibration to 1997-09-30."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

FILE = Path(__file__).parents[2].parent / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
CALIBRATION_DAYS = 272
"""1997-01-01, day 0, to 1997-09-30."""
HOLDOUT_DAYS = 545
"""To 1998-06-30."""


@dataclass(frozen=True)
class Cdnow:
    """One row per customer, 2,357 in all, in the file's order of sample ids; times in weeks.

    Attributes:
        frequency: Repeat purchase days in the calibration period.
        recency: From the first to the last of them.
        T: From the first purchase to 1997-09-30.
        monetary_value: Mean spend of a repeat purchase day of the calibration period; 0 without one.
        holdout: Purchase days in the 39 weeks after.
        birth_day: Day of the first purchase, from 0 = 1997-01-01.
        repeat_days: Day of every repeat purchase of anybody, both periods.
    """

    frequency: NDArray[np.float64]
    recency: NDArray[np.float64]
    T: NDArray[np.float64]
    monetary_value: NDArray[np.float64]
    holdout: NDArray[np.float64]
    birth_day: NDArray[np.float64]
    repeat_days: NDArray[np.float64]


@cache
def load_cdnow() -> Cdnow:
    if not FILE.exists():
        pytest.skip(f"the CDNOW sample is not at {FILE}")
    parts = [line.split() for line in FILE.read_text(encoding="ascii").splitlines()]
    days = (
        pl.DataFrame({"id": [p[1] for p in parts], "on": [p[2] for p in parts], "spend": [float(p[4]) for p in parts]})
        .with_columns(day=(pl.col("on").str.to_date("%Y%m%d") - pl.date(1997, 1, 1)).dt.total_days())
        .group_by("id", "day")
        .agg(pl.col("spend").sum())
        .with_columns(birth=pl.col("day").min().over("id"))
        .sort("id", "day")
    )
    repeat = (pl.col("day") > pl.col("birth")) & (pl.col("day") <= CALIBRATION_DAYS)
    customers = (
        days.group_by("id", maintain_order=True)
        .agg(
            frequency=repeat.sum(),
            last=pl.col("day").filter(pl.col("day") <= CALIBRATION_DAYS).max(),
            birth=pl.col("birth").first(),
            value=pl.col("spend").filter(repeat).mean().fill_null(0.0),
            holdout=(pl.col("day") > CALIBRATION_DAYS).sum(),
        )
        .cast({"frequency": pl.Float64, "last": pl.Float64, "birth": pl.Float64, "holdout": pl.Float64})
    )
    birth = customers["birth"].to_numpy()
    return Cdnow(
        frequency=customers["frequency"].to_numpy(),
        recency=(customers["last"].to_numpy() - birth) / 7,
        T=(CALIBRATION_DAYS - birth) / 7,
        monetary_value=customers["value"].to_numpy(),
        holdout=customers["holdout"].to_numpy(),
        birth_day=birth,
        repeat_days=days.filter(pl.col("day") > pl.col("birth"))["day"].to_numpy().astype(np.float64),
    )
