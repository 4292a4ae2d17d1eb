"""History begins with the first order, unless a stray date stands alone years before all others."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.pipelines.transforms.history_start import find_first_day

START = dt.date(2024, 1, 1)


def days(*offsets: int) -> pl.Series:
    return pl.Series([START + dt.timedelta(days=each) for each in offsets], dtype=pl.Date)


def first(*offsets: int) -> int | None:
    found = find_first_day(days(*offsets))
    return None if found is None else (found - START).days


def test_without_customers_history_has_no_beginning():
    assert first() is None


def test_history_begins_with_the_first_of_all_days():
    assert first(30, 10, 20) == 10


def test_one_stray_day_among_ten_customers_does_not_begin_it():
    assert first(-9000, *range(9)) == 0


def test_among_fewer_customers_nobody_can_say_which_day_is_stray():
    assert first(-9000, *range(8)) == -9000


@pytest.mark.parametrize(("gap", "start"), [(365, -365), (366, 0)])
def test_a_gap_of_a_year_is_a_pause_and_a_longer_one_is_not(gap, start):
    assert first(-gap, *range(20)) == start


@pytest.mark.parametrize(("strays", "start"), [(2, 0), (3, -9000)])
def test_of_two_hundred_customers_two_may_be_stray(strays, start):
    assert first(*[-9000] * strays, *range(200 - strays)) == start


def test_strays_that_lie_years_apart_are_all_strays():
    assert first(-9000, -4000, *range(300)) == 0


def test_a_pause_in_the_middle_of_history_does_not_begin_it_anew():
    assert first(*range(50), *range(500, 550)) == 0


@given(st.lists(st.integers(0, 300), min_size=10, max_size=60), st.randoms())
def test_days_without_a_gap_of_a_year_begin_with_their_first_in_any_order(offsets, random):
    shuffled = offsets[:]
    random.shuffle(shuffled)
    assert first(*shuffled) == min(offsets)
