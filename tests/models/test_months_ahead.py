import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.pipelines.models.renewal.months_ahead import MonthsAhead, expect_months, find_months_interval

HALVES = np.array([[0.5**renewals for renewals in range(14)]])
START = np.array([0.0])


def test_a_subscription_that_half_of_all_renew_brings_two_months_less_what_lies_beyond():
    # 1 + 1/2 + 1/4 months in three months
    assert expect_months(HALVES, START, MonthsAhead(3)) == pytest.approx([1.75])


def test_the_rest_of_the_current_month_is_certain():
    # half a month for certain, then half a month and half of a month after one renewal
    assert expect_months(HALVES, np.array([0.5]), MonthsAhead(1)) == pytest.approx([0.5 + 0.5 * 0.5])


def test_the_interval_leaves_out_a_tenth_at_each_end():
    # renewed at least 1, 2, 3, 4 times: 50, 25, 12.5, 6.25 %: beyond 3 renewals lie 6.25 %
    found = find_months_interval(HALVES, START, MonthsAhead(12))
    assert (found.low[0], found.high[0], found.probability[0]) == (1, 4, 1 - 0.0625)


def test_who_is_nearly_certain_to_outlast_the_year_brings_the_whole_year():
    loyal = np.array([[0.999**renewals for renewals in range(13)]])
    found = find_months_interval(loyal, START, MonthsAhead(12))
    assert (found.low[0], found.high[0]) == (12, 12)
    assert found.probability[0] == pytest.approx(0.999**11)


def test_money_of_later_months_counts_less():
    loyal = np.ones((1, 13))
    year = expect_months(loyal, START, MonthsAhead(12, 0.1))
    # 12 a year, paid evenly: the integral of 1.1 ** -t over a year
    assert year == pytest.approx([12 * (1 - 1 / 1.1) / math.log(1.1)])


@given(
    leaving=st.floats(0.01, 0.9), elapsed=st.floats(0, 0.99), months=st.floats(0.5, 30), rate=st.sampled_from([0, 0.1])
)
def test_months_are_those_of_every_number_of_renewals_by_its_chance(leaving, elapsed, months, rate):
    ahead = MonthsAhead(months, rate)
    survival = np.array([[(1 - leaving) ** renewals for renewals in range(ahead.chances + 1)]])
    came, chances = [], []
    for renewals in range(2000):
        lasting = min(months, renewals + 1 - elapsed)
        daily = math.log1p(rate) / 12
        came.append(lasting if rate == 0 else (1 - math.exp(-daily * lasting)) / daily)
        chances.append(leaving * (1 - leaving) ** renewals)
    expected = math.fsum(each * chance for each, chance in zip(came, chances, strict=True))
    assert expect_months(survival, np.array([elapsed]), ahead) == pytest.approx([expected], abs=1e-6)
    found = find_months_interval(survival, np.array([elapsed]), ahead)
    low, high = found.low[0] - 1e-9, found.high[0] + 1e-9
    inside = math.fsum(chance for each, chance in zip(came, chances, strict=True) if low <= each <= high)
    below = math.fsum(chance for each, chance in zip(came, chances, strict=True) if each < low)
    assert found.probability[0] == pytest.approx(inside, abs=1e-6)
    assert inside >= 0.8 - 1e-9
    assert below <= 0.1 + 1e-9
