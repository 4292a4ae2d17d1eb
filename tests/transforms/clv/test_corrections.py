from statistics import NormalDist

import numpy as np
import pytest

from regulars.pipelines.transforms.clv.corrections import (
    WIDENINGS,
    Corrections,
    calibrate,
    choose_widening,
    declare_coverage,
    find_probability,
    weigh_test,
    widen_for_untested_days,
)


def test_totals_are_multiplied_by_what_came_over_what_was_predicted_after_a_whole_year():
    assert calibrate(80, 100, is_whole_year=True) == 1.25
    assert calibrate(125, 100, is_whole_year=True) == 0.8


def test_half_a_year_changes_no_total():
    assert calibrate(80, 100, is_whole_year=False) == 1


def test_a_total_is_at_most_doubled_or_halved():
    assert calibrate(10, 100, is_whole_year=True) == 2
    assert calibrate(100, 10, is_whole_year=True) == 0.5
    assert calibrate(100, 0, is_whole_year=True) == calibrate(0, 100, is_whole_year=True) == 1
    assert calibrate(100, -5, is_whole_year=True) == 1


def test_few_subscribers_correct_a_total_by_little():
    assert weigh_test(0) == 0
    assert weigh_test(25) == 0.5
    assert weigh_test(2475) == 0.99
    assert calibrate(50, 100, is_whole_year=True, weight=0) == 1
    assert calibrate(100, 81, is_whole_year=True, weight=0.5) == pytest.approx(0.9)
    assert calibrate(10, 100, is_whole_year=True, weight=0.5) == pytest.approx(2**0.5)


def test_an_interval_of_normal_amounts_becomes_as_many_times_as_wide():
    normal = NormalDist()
    assert find_probability(1) == 0.8
    for widening in WIDENINGS[1:6]:
        upper = normal.inv_cdf((1 + find_probability(widening)) / 2)
        assert upper == pytest.approx(widening * normal.inv_cdf(0.9))
    assert find_probability(9) == 0.999


def test_the_first_widening_that_holds_what_it_declares_is_taken():
    declared = [0.8] * 4
    assert choose_widening([0.795, 0.85, 0.9, 0.95], declared) == 0
    assert choose_widening([0.63, 0.7, 0.791, 0.9], declared) == 2
    assert choose_widening([0.5, 0.55, 0.6, 0.7], declared) == 3
    assert choose_widening([0.82, 0.86, 0.9, 0.95], [0.88, 0.86, 0.85, 0.84]) == 1


def test_a_widened_interval_declares_what_it_is_meant_to_hold():
    held = np.array([0.8, 0.95])
    assert declare_coverage(held, 0.8).tolist() == pytest.approx([0.8, 0.95])
    # read at 90 % to hold 80 %: twice as much lies outside as the model says
    assert declare_coverage(np.array([0.9, 0.95, 1.0]), 0.9).tolist() == pytest.approx([0.8, 0.9, 1.0])


def test_days_that_were_not_tested_widen_every_interval():
    assert widen_for_untested_days(365) == widen_for_untested_days(730) == 1
    assert widen_for_untested_days(180) == pytest.approx(1.0924, abs=1e-4)
    row = {
        "horizon_days": 90,
        "purchases_calibration": 1.0,
        "value_calibration": 1.0,
        "purchases_interval_widening": 1.0,
        "value_interval_widening": 1.5,
    }
    found = Corrections.read(row)
    assert found.purchases_widening == pytest.approx((365 / 90) ** 0.125)
    assert found.value_widening == pytest.approx(1.5 * (365 / 90) ** 0.125)
