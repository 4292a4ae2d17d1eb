"""P-values of a rise, and the end of an interval: against the distributions themselves."""

import numpy as np
import pytest
from scipy import stats

from regulars.pipelines.models.comparisons.significance import Z_95, compute_rise_p


def test_the_chance_of_a_rise_is_the_mid_p_value_of_the_binomial():
    count, size, before, size_before = (np.array(each, float) for each in ([9, 6, 3, 0, 4], 50, [24, 8, 4, 7, 0], 400))
    told = compute_rise_p(count, size, before, size_before)
    for p, now, earlier in zip(told, count, before, strict=True):
        n, chance = now + earlier, 50 / 450
        assert p == pytest.approx(stats.binom.sf(now, n, chance) + stats.binom.pmf(now, n, chance) / 2)


def test_counts_divided_by_a_dispersion_are_less_surprising():
    whole = compute_rise_p(np.array([9.0]), np.array([120.0]), np.array([24.0]), np.array([960.0]))
    half = compute_rise_p(np.array([4.5]), np.array([120.0]), np.array([12.0]), np.array([960.0]))
    assert whole == pytest.approx(0.0053, abs=5e-5)
    assert whole < half < 0.5


def test_a_standard_normal_number_is_beyond_the_ends_of_an_interval_in_five_of_a_hundred_cases():
    assert 2 * stats.norm.sf(Z_95) == pytest.approx(0.05, rel=1e-14)
    assert pytest.approx(1.959963984540054, rel=1e-15) == Z_95
