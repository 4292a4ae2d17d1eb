"""Whether the season is in the forecast of a total: by a rule that stands before the test."""

import datetime as dt

import numpy as np
import pytest

from regulars.pipelines.models.demand.season_factors import find_season_factors
from regulars.pipelines.transforms.products.demand.demand_totals import NO_BETTER, UNTESTED
from regulars.pipelines.transforms.products.demand.season_of_totals import (
    compare_with_guesses,
    multiply_forecasts,
    try_season,
)
from tests.transforms.products.product_tables import Row
from tests.transforms.products.test_demand_totals import SUNDAY, follow, mart, season, weekly

SEASON = np.array([1, 1, 1, 0.4, 0.4, 1, 1, 1, 1, 1, 1.6, 1.6])
MONDAYS = [SUNDAY - dt.timedelta(days=6 + 7 * back) for back in range(156)][::-1]
MONTHS = np.array(
    [12 * day.year + day.month - 1 for week in range(160) for day in [MONDAYS[0] + dt.timedelta(days=7 * week + 3)]]
)
FACTORS = np.full(53, 0.5)


def drawn(seed: int, level: float = 60, seasonal: bool = True) -> np.ndarray:
    """Pieces of 156 weeks."""
    lift = SEASON[MONTHS[:156] % 12] if seasonal else np.ones(156)
    return np.random.default_rng(seed).poisson(level * lift)


def total(numbers: np.ndarray, **more: object) -> Row:
    return mart(weekly("bar", numbers, "2"), **more)["all"]  # type: ignore[arg-type]


def test_a_season_that_makes_the_error_smaller_is_in_the_forecast_of_pieces_and_of_money():
    numbers = drawn(1)
    row = total(numbers, seasonality=season((4, 0.4, True)))
    path = follow(numbers, False)
    factors = find_season_factors(numbers.astype(float), MONTHS, np.append(np.arange(100, 152), 155), 4)
    assert (row["is_season_in_4w"], row["is_season_left_out_4w"], row["reason"]) == (True, False, None)
    assert row["season_factor_4w"] == pytest.approx(factors[-1])
    assert row["demand_forecast_4w"] == pytest.approx(4 * path[-1] * factors[-1])
    assert float(row["sales_forecast_4w"]) == pytest.approx(2 * row["demand_forecast_4w"], abs=1e-3)
    came = [numbers[week + 1 : week + 5].sum() for week in range(100, 152)]
    plain = [4 * path[week] for week in range(100, 152)]
    tested = np.flatnonzero(np.isfinite(factors[:-1]))
    assert row["tested_windows_4w"] == len(tested) < 52
    assert row["tested_demand_4w"] == sum(came[n] for n in tested)
    off = [came[n] - plain[n] * factors[n] for n in tested]
    assert row["tested_absolute_error_4w"] == pytest.approx(np.abs(off).sum())
    assert row["tested_absolute_error_4w_with_season"] == row["tested_absolute_error_4w"]
    assert row["tested_absolute_error_4w_without_season"] == pytest.approx(sum(abs(came[n] - plain[n]) for n in tested))
    assert row["tested_error_4w"] == pytest.approx(-sum(off))
    naive = sum(abs(came[n] - numbers[100 + n - 51 : 100 + n - 47].sum()) for n in tested)
    assert row["tested_absolute_error_4w_seasonal_naive"] == pytest.approx(naive)
    mean = sum(abs(came[n] - numbers[100 + n - 7 : 100 + n + 1].sum() / 2) for n in tested)
    assert row["tested_absolute_error_4w_mean_8w"] == pytest.approx(mean)
    assert row["wape_4w_mean_8w"] == pytest.approx(mean / row["tested_demand_4w"])
    apart = len(tested) / 4
    near = (0.1 * (apart + 1) - 1) / (apart - 1)
    ends = row["demand_forecast_4w"] + np.quantile(off, [near, 1 - near])
    assert (row["demand_forecast_4w_low"], row["demand_forecast_4w_high"]) == (
        pytest.approx(max(ends[0], 0)),
        pytest.approx(ends[1]),
    )
    assert float(row["sales_forecast_4w_high"]) == pytest.approx(2 * ends[1], abs=1e-3)


def test_a_season_that_helps_no_twentieth_is_left_out_and_said():
    row = total(drawn(2, seasonal=False), seasonality=season((4, 0.6, True)))
    assert (row["is_season_in_4w"], row["season_factor_4w"], row["is_season_left_out_4w"]) == (False, 1.0, True)
    assert row["reason"].endswith(f"not in the forecast, since {NO_BETTER}")
    assert row["tested_absolute_error_4w_with_season"] > 0.95 * row["tested_absolute_error_4w_without_season"]


def test_a_history_too_young_to_test_a_season_has_none_in_its_forecast():
    row = total(drawn(1)[-130:], seasonality=season((4, 0.4, True)))
    assert (row["is_season_in_4w"], row["tested_windows_4w"], row["wape_4w_with_season"]) == (False, 52, None)
    assert row["reason"].endswith(f"not in the forecast, since {UNTESTED}")


def test_the_season_is_of_all_products_also_those_no_longer_sold():
    numbers = drawn(5)
    gone, here = numbers.copy(), numbers.copy()
    gone[100:], here[:100] = 0, 0
    rows = mart(weekly("old", gone) + weekly("new", here))
    alone = mart(weekly("new", here))["all"]
    assert rows["all"]["season_factor_4w"] == total(numbers)["season_factor_4w"] != 1
    assert rows["all"]["products_forecast"] == 1
    assert alone["season_factor_4w"] == 1


def test_a_place_has_the_season_of_the_whole_where_its_own_test_is_better():
    steady, seasonal = np.full(156, 50), drawn(7, 400)
    rows = mart(weekly("bar", seasonal, region="Nord") + weekly("bar", steady, region="Sued"))
    assert rows["Nord"]["is_season_in_4w"]
    assert not rows["Sued"]["is_season_in_4w"]
    assert rows["Nord"]["season_factor_4w"] == rows["all"]["season_factor_4w"]
    assert rows["Sued"]["season_factor_4w"] == 1


@pytest.mark.parametrize(("error", "chosen"), [(0.949, True), (0.951, False)])
def test_it_takes_a_twentieth(error: float, chosen: bool):
    came = np.full((1, 52), 10.0)
    forecast = np.full((1, 52), 20.0)
    factors = np.full(53, (10 + 10 * error) / 20)
    found = try_season(came - forecast, came, factors)
    assert (found.is_chosen[0], found.factors[0]) == (chosen, factors[0] if chosen else 1)


@pytest.mark.parametrize(("windows", "now", "is_tested"), [(36, 0.5, True), (35, 0.5, False), (52, np.nan, False)])
def test_it_takes_36_windows_and_a_season_now(windows: int, now: float, is_tested: bool):
    came, errors = np.full((1, 52), 10.0), np.full((1, 52), -10.0)
    factors = np.append(np.r_[np.full(52 - windows, np.nan), np.full(windows, 0.5)], now)
    found = try_season(errors, came, factors)
    assert found.is_tested[0] == found.is_chosen[0] == is_tested
    assert np.isfinite(found.past_factors).sum() == (windows if is_tested else 52)
    off = multiply_forecasts(errors, came, found.past_factors)
    assert np.nansum(np.abs(off)) == (0 if is_tested else 520)


def test_windows_before_a_place_began_are_no_test_of_the_season():
    errors = np.full((1, 52), -10.0)
    errors[0, :20] = np.nan
    assert not try_season(errors, np.full((1, 52), 10.0), FACTORS).is_tested[0]


def test_a_place_younger_than_a_year_is_guessed_by_its_mean():
    demand = np.arange(70.0)[np.newaxis] + 1
    demand[0, :10] = 0
    naive, mean = compare_with_guesses(demand, np.array([10]), np.array([60, 61, 65]), 4)
    came = [demand[0, at + 1 : at + 5].sum() for at in (60, 61, 65)]
    means = [demand[0, at - 7 : at + 1].mean() * 4 for at in (60, 61, 65)]
    assert list(mean[0]) == pytest.approx([each - guess for each, guess in zip(came, means, strict=True)])
    before = [means[0], *(demand[0, at - 51 : at - 47].sum() for at in (61, 65))]
    assert list(naive[0]) == pytest.approx([each - guess for each, guess in zip(came, before, strict=True)])
