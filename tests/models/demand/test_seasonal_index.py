"""The index of a month of the year, against sums written out by hand and drawn years with a known season."""

import numpy as np
import pytest

from regulars.pipelines.models.demand.seasonal_index import compute_season_index, compute_trend

SEASON = np.array([0.8, 0.8, 0.9, 1, 1, 1, 0.7, 0.7, 1.1, 1.2, 1.3, 1.5])


def test_a_straight_trend_is_found_to_its_ends():
    straight = np.arange(36.0)[np.newaxis] + 100
    assert compute_trend(straight) == pytest.approx(straight)


def test_the_trend_of_the_middle_is_the_mean_of_twelve_months_with_half_ends():
    sales = np.random.default_rng(2).random((2, 36)) + 1
    by_hand = [(0.5 * row[3] + row[4:15].sum() + 0.5 * row[15]) / 12 for row in sales]
    assert compute_trend(sales)[:, 9] == pytest.approx(by_hand)


def test_a_season_that_repeats_is_found_exactly():
    index, error = compute_season_index(np.tile(100 * SEASON, (1, 3)), np.zeros((1, 36)))
    assert index[0] == pytest.approx(SEASON)
    assert error == pytest.approx(np.zeros((1, 12)), abs=1e-9)


def test_a_season_on_a_growing_company_is_found_within_a_few_percent():
    growing = (np.arange(60) + 60) * np.tile(SEASON, 5)
    assert compute_season_index(growing[np.newaxis], np.zeros((1, 60)))[0][0] == pytest.approx(SEASON, abs=0.03)


def test_the_error_grows_with_the_spread_of_customers_and_of_years():
    flat = np.full((1, 24), 100.0)
    assert compute_season_index(flat, np.full((1, 24), 400.0))[1][0] == pytest.approx(np.sqrt(800) / 200)
    uneven = np.tile([90.0, 110.0], 18)[np.newaxis]
    shifted = np.r_[uneven[0, :12], uneven[0, 1:13], uneven[0, :12]][np.newaxis]
    assert (compute_season_index(shifted, np.zeros((1, 36)))[1] > 0).all()


def test_intervals_hold_the_truth_and_a_flat_year_raises_few_alarms():
    rng = np.random.default_rng(7)
    bought = rng.poisson(400, (500, 36)).astype(float)
    index, error = compute_season_index(bought, bought)  # each customer buys for 1
    assert (np.abs(index - 1) > 1.96 * error).mean() < 0.06
    seasonal = rng.poisson(400 * np.tile(SEASON, 3), (500, 36)).astype(float)
    index, error = compute_season_index(seasonal, seasonal)
    assert (np.abs(index - SEASON) < 1.96 * error).mean() > 0.9
