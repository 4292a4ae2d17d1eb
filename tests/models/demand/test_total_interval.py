"""The interval of totals over products and weeks: how often it holds what comes."""

import numpy as np
import pytest

from regulars.pipelines.models.demand.forecasts import bound_total, forecast_demand


@pytest.mark.parametrize(("drift", "common"), [(0.0, 0.0), (0.03, 0.02)])
def test_it_holds_the_next_total_about_four_times_of_five(drift: float, common: float):
    rng = np.random.default_rng(8)
    held = []
    for _ in range(300):
        steps = rng.normal(0, drift, (20, 124)) + rng.normal(0, common, 124)
        drawn = rng.poisson(8 * np.exp(np.cumsum(steps, axis=1))).astype(float)
        found = forecast_demand(drawn[:, :-4], np.zeros(20, dtype=np.int64), 8)
        total = np.array([4 * found.forecast.sum()])
        low, high = bound_total(total, found.window_errors[4].sum(axis=0)[np.newaxis])
        held.append(low[0] <= drawn[:, -4:].sum() <= high[0])
    assert 0.75 < np.mean(held) < 0.95


def test_few_windows_give_no_interval_and_the_total_lies_within_its_own():
    errors = np.vstack([np.r_[np.full(17, np.nan), np.ones(35)], np.full(52, 3.0)])
    low, high = bound_total(np.array([10.0, 10.0]), errors)
    assert np.isnan([low[0], high[0]]).all()
    assert (low[1], high[1]) == (10, 13)


def test_an_interval_of_money_may_go_below_nothing():
    low, high = bound_total(np.array([-5.0]), np.linspace(-40, 40, 53)[np.newaxis])
    assert low[0] < -35
    assert 25 < high[0] < 35
