"""The values of periods, with the intervals of shares."""

import datetime as dt

import polars as pl
import pytest

from regulars.pipelines.audit.scorecard.scorecard import read_period_values

APRIL, MAY = dt.date(2026, 4, 1), dt.date(2026, 5, 1)
SCHEMA = {
    "period_start": pl.Date,
    "value": pl.Float64,
    "is_known": pl.Boolean,
    "groups": pl.Int64,
    "low": pl.Float64,
    "high": pl.Float64,
    "share_of": pl.Float64,
}


def read(*row):
    (found,) = read_period_values(pl.DataFrame([row], schema=SCHEMA, orient="row")).values()
    return found


def test_a_share_of_several_rows_has_the_interval_of_wilson():
    found = read(
        APRIL, 27 / 34, True, 1, None, None, 34.0
    )  # scipy.stats.binomtest(27, 34).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((0.6320, 0.8965), abs=5e-5)


def test_the_interval_of_a_row_goes_before():
    found = read(MAY, 0.5, True, 1, 0.1, 0.9, 40.0)
    assert (found.low, found.high) == (0.1, 0.9)


@pytest.mark.parametrize(("value", "share_of"), [(0.5, None), (None, 0.0), (None, None)])
def test_what_is_no_share_or_not_known_has_no_interval(value, share_of):
    found = read(MAY, value, True, 1, None, None, share_of)
    assert (found.value, found.low, found.high) == (value, None, None)
