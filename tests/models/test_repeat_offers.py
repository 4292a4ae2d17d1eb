"""Chances of a next purchase, against averages over drawn rates and intervals."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from regulars.pipelines.models.repeat_offers import (
    compute_rate_chance,
    compute_renewal_chance,
    compute_repeat_rate,
    has_ended,
    is_regular,
)


@pytest.mark.parametrize(("k", "age", "rate"), [(1, 30, 0.002), (4, 200, 0.01)])
def test_without_a_gap_the_chance_is_the_average_over_all_rates(k, age, rate):
    shape, scale = k - 1 + 0.3, age + 0.3 / rate
    mean, _ = quad(lambda each: (1 - np.exp(-28 * each)) * gamma.pdf(each, shape, scale=1 / scale), 0, np.inf)
    assert float(compute_rate_chance(k, age, 0, rate, 28)) == pytest.approx(mean, rel=1e-3)


def test_the_chance_halves_with_every_180_days_since():
    now, later = compute_rate_chance([3, 3], [400, 400], [0, 180], [0.01, 0.01], 28)
    assert later == pytest.approx(now / 2)


def test_a_product_s_rate_is_mixed_with_that_of_all():
    rate = compute_repeat_rate([30, 0], [15_000, 0])
    overall = 30.3 / 15_001
    assert rate == pytest.approx([(30 + 15_000 * overall) / 30_000, overall])
    assert (compute_repeat_rate([0, 0], [0, 0]) > 0).all()


def test_a_regular_buyer_is_due_when_the_rhythm_says_so():
    rng = np.random.default_rng(1)
    waits = rng.gamma(25, 42 / 25, 400_000)  # every 42 days, CV .2
    for gap in (10, 38):
        still = waits[waits > gap]
        assert float(compute_renewal_chance(42, 0.2, gap, 14)) == pytest.approx((still <= gap + 14).mean(), abs=0.005)
    early, due, long_gone = compute_renewal_chance(42, 0.2, [5, 40, 126], 14)
    assert early < 0.01
    assert due > 0.6
    assert long_gone < 0.25 + 1e-9


def test_a_rhythm_is_regular_from_five_purchases_on():
    assert is_regular(np.array([4, 5, 5]), np.array([0.1, 0.39, 0.4])).tolist() == [False, True, False]


def test_a_rhythm_has_ended_after_one_and_a_half_of_its_intervals():
    assert has_ended([42, 42, 43.5], [63, 64, 65]).tolist() == [False, True, False]
