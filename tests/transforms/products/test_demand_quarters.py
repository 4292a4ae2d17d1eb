"""The mart `demand_totals`: all products together over the 13 weeks of a quarter, and how far off such totals were."""

import numpy as np
import pytest

from regulars.pipelines.models.demand.forecasts import forecast_demand
from regulars.pipelines.models.demand.season_factors import find_season_factors
from tests.transforms.products.test_demand_totals import follow, mart, weekly
from tests.transforms.products.test_season_of_totals import MONTHS, drawn, total

WEEKS = 13
NEXT_MONTHS = np.append(MONTHS, MONTHS[-1] + np.r_[0, np.repeat([1, 2], 4)])
"""Months of 156 weeks and of the 13 after them: April, May and June 2026, by their Thursdays."""


def test_a_quarter_is_13_weeks_of_the_level_and_graded_by_past_quarters():
    pieces = np.random.default_rng(4).poisson([[20], [1]], (2, 80))
    row = mart(weekly("bar", pieces[0], "3") + weekly("box", pieces[1], "7"))["all"]
    found = forecast_demand(pieces.astype(float), np.array([0, int(np.argmax(pieces[1] > 0))]), 8)
    paths = [follow(numbers, is_tsb) for numbers, is_tsb in zip(pieces, found.is_tsb, strict=True)]
    assert row["demand_forecast_13w"] == pytest.approx(WEEKS * sum(path[-1] for path in paths))
    assert float(row["sales_forecast_13w"]) == pytest.approx(WEEKS * (3 * paths[0][-1] + 7 * paths[1][-1]), abs=1e-3)
    assert row["demand_last_13w"] == pieces[:, -WEEKS:].sum()
    sold, off, guessed, money, of_money = [], [], [], [], []
    for week in range(80 - WEEKS - 52, 80 - WEEKS):
        came = pieces[:, week + 1 : week + 1 + WEEKS].sum(axis=1)
        errors = [each - WEEKS * path[week] for each, path in zip(came, paths, strict=True)]
        sold.append(came.sum())
        off.append(sum(errors))
        guessed.append(came.sum() - WEEKS * np.mean(pieces[:, max(week - 7, 0) : week + 1].sum(axis=0)))
        money.append(3 * came[0] + 7 * came[1])
        of_money.append(3 * errors[0] + 7 * errors[1])
    assert (row["tested_windows_13w"], row["tested_demand_13w"]) == (52, sum(sold))
    for name in ("wape_13w", "wape_13w_without_season"):
        assert row[name] == pytest.approx(np.abs(off).sum() / sum(sold))
    assert row["bias_rate_13w"] == pytest.approx(-sum(off) / sum(sold))
    assert row["wape_13w_mean_8w"] == pytest.approx(np.abs(guessed).sum() / sum(sold))
    assert row["wape_sales_13w"] == pytest.approx(np.abs(of_money).sum() / sum(money))
    assert row["largest_error_rate_13w"] == pytest.approx(max(np.abs(off) / sold))


def test_a_quarter_has_the_season_of_its_own_months_where_four_weeks_have_one():
    numbers = drawn(1)
    row = total(numbers)
    origins = np.arange(156 - WEEKS - 52, 156 - WEEKS)
    factors = find_season_factors(numbers.astype(float), NEXT_MONTHS, np.append(origins, 155), WEEKS)
    assert (row["is_season_in_4w"], row["is_season_in_13w"]) == (True, True)
    assert row["season_factor_13w"] == pytest.approx(factors[-1])
    assert row["season_factor_13w"] != pytest.approx(row["season_factor_4w"], rel=0.05)
    path = follow(numbers, False)
    assert row["demand_forecast_13w"] == pytest.approx(WEEKS * path[-1] * factors[-1])
    tested = [n for n, each in enumerate(factors[:-1]) if np.isfinite(each)]
    came = [numbers[origins[n] + 1 : origins[n] + 1 + WEEKS].sum() for n in tested]
    off = [abs(each - WEEKS * path[origins[n]] * factors[n]) for each, n in zip(came, tested, strict=True)]
    assert (row["tested_windows_13w"], row["tested_demand_13w"]) == (len(tested), sum(came))
    for name in ("wape_13w", "wape_13w_with_season"):
        assert row[name] == pytest.approx(sum(off) / sum(came))


def test_without_a_season_of_four_weeks_a_quarter_has_none():
    row = total(drawn(2, seasonal=False))
    assert (row["is_season_in_4w"], row["is_season_in_13w"], row["season_factor_13w"]) == (False, False, 1)


def test_a_company_of_13_weeks_has_a_quarter_of_which_no_error_is_known():
    row = mart(weekly("bar", [5] * WEEKS))["all"]
    assert (row["demand_forecast_13w"], row["tested_windows_13w"]) == (pytest.approx(65), 0)
    assert [row[name] for name in ("wape_13w", "bias_rate_13w", "largest_error_rate_13w", "wape_sales_13w")] == [
        None
    ] * 4


def test_a_place_that_began_within_a_window_is_not_tested_by_it():
    rows = mart(weekly("bar", [5] * 90, region="Nord") + weekly("bar", [5] * 20, region="Sued"))
    assert (rows["Nord"]["tested_windows_13w"], rows["Sued"]["tested_windows_13w"]) == (52, 7)
