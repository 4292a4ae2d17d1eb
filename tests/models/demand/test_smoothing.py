"""Forecasts of demand, against loops over single series, worked numbers, and a real retailer's two years."""

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.models.demand.forecasts import find_quantile, forecast_demand
from regulars.pipelines.models.demand.smoothing import (
    ALPHAS,
    average_last_weeks,
    compare_with_last_year,
    compare_with_path,
    scale_by_naive,
    smooth_exponentially,
    smooth_size_and_chance,
)
from tests.models.online_retail import load_online_retail

LAST_MONDAY = 15312
"""2011-12-05, days since 1970: the week after the last whole one."""
PUBLISHED = {"rmsse": 0.713, "wape": 0.750}
"""The errors measured before for smoothing alone; those of the seasonal naive were 1.031 and 1.094."""


def drawn(n: int = 6, weeks: int = 70, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 30, n)
    demand = rng.poisson(rng.uniform(0.2, 6, n)[:, np.newaxis], (n, weeks)).astype(float)
    demand[np.arange(weeks) < first[:, np.newaxis]] = 0
    demand[np.arange(n), first] = 3
    return demand, first


def smooth_one(series: list[float]) -> list[float]:
    path, levels, squares = [], dict.fromkeys(ALPHAS, series[0]), dict.fromkeys(ALPHAS, 0.0)
    for week, new in enumerate(series):
        for alpha in ALPHAS:
            if week:
                squares[alpha] += (new - levels[alpha]) ** 2
                levels[alpha] += alpha * (new - levels[alpha])
        path.append(levels[min(ALPHAS, key=lambda alpha: squares[alpha])])
    return path


def tsb_one(series: list[float]) -> list[float]:
    size, chance, path = series[0], 1.0, [series[0]]
    for new in series[1:]:
        if new > 0:
            size = 0.1 * new + 0.9 * size
        chance = 0.1 * (new > 0) + 0.9 * chance
        path.append(size * chance)
    return path


@pytest.mark.parametrize(("batch", "one"), [(smooth_exponentially, smooth_one), (smooth_size_and_chance, tsb_one)])
def test_all_series_at_once_are_each_smoothed_as_alone(batch, one):
    demand, first = drawn()
    path = batch(demand, first)
    for row, begins, found in zip(demand, first, path, strict=True):
        assert np.isnan(found[:begins]).all()
        assert found[begins:] == pytest.approx(one(row[begins:].tolist()))


def test_the_mean_of_the_last_weeks_counts_only_weeks_since_the_first_sale():
    path = average_last_weeks(np.array([[0, 4, 2, 0, 6.0]]), np.array([1]), weeks=3)
    assert path[0, 1:].tolist() == [4, 3, 2, pytest.approx(8 / 3)]
    assert np.isnan(path[0, 0])


def test_errors_are_what_came_less_what_was_forecast():
    demand, path = np.array([[1, 5, 2, 7.0]]), np.array([[1, 3, 4, 9.0]])
    found = compare_with_path(demand, path, np.array([0, 2]), 2)
    assert found[0, 0].tolist() == [4, 1]
    assert found[0, 1, 0] == 3
    assert np.isnan(found[0, 1, 1])


def test_the_seasonal_naive_is_the_week_a_year_before_and_the_mean_where_the_series_is_younger():
    demand = np.arange(60.0)[np.newaxis]
    younger = np.full((1, 60), 100.0)
    assert compare_with_last_year(demand, np.array([0]), younger, np.array([55]), 2)[0, 0].tolist() == [52, 52]
    assert compare_with_last_year(demand, np.array([5]), younger, np.array([55]), 2)[0, 0].tolist() == [-44, 52]


def test_a_constant_series_has_no_scale():
    found = scale_by_naive(np.array([[2, 2, 2.0], [0, 1, 3.0]]), np.array([0, 1]))
    assert np.isnan(found[0])
    assert found[1] == 4


def test_quantiles_of_known_values_are_numpy_s():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(20, 30))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[3] = np.nan
    values[4, 1:] = np.nan
    for share in (0.1, 0.5, 0.9):
        known = [np.quantile(row[np.isfinite(row)], share) if np.isfinite(row).any() else np.nan for row in values]
        assert find_quantile(values, share) == pytest.approx(known, nan_ok=True)


def test_forecasts_do_not_depend_on_the_batch_or_on_other_series():
    demand, first = drawn(n=5)
    together, alone = forecast_demand(demand, first, 4), forecast_demand(demand[2:3], first[2:3], 4)
    assert together.forecast[2] == pytest.approx(alone.forecast[0])
    assert together.high[2] == pytest.approx(alone.high[0])


def test_nothing_after_its_origin_enters_a_tested_forecast():
    demand, first = drawn(n=4, weeks=90)
    changed = demand.copy()
    changed[:, -8:] += 50
    before, after = (forecast_demand(each, first, 8).errors[0][:, 0, 0] for each in (demand, changed))
    assert after == pytest.approx(before)


def test_a_series_of_rare_sales_takes_tsb_and_one_that_rises_does_not():
    weeks = np.arange(104.0)
    rising = 20 + weeks
    rare = np.where(weeks % 9 == 0, 40.0, 0.0)
    rare[60:] = 0
    found = forecast_demand(np.array([rising, rare]), np.array([0, 0]), 8)
    assert found.is_tsb.tolist() == [False, True]


def online_retail(origin: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Series with 26 weeks, 6 weeks with sales and a sale in the last year at the origin, and the weeks after it."""
    is_good = pl.col("product").str.contains(r"^\d{5}")  # others are postage, fees and the like
    sold = load_online_retail().filter(is_good, pl.col("day") < LAST_MONDAY)
    weeks = sold.with_columns(week=(pl.col("day") + 3) // 7)
    start = weeks["week"].min()
    cells = weeks.group_by("product", "week").agg(pl.col("quantity").sum()).with_columns(pl.col("week") - start)
    last = int(cells["week"].max()) - origin
    known = cells.filter(pl.col("week") <= last).group_by("product")
    keys = (
        known.agg(n=pl.len(), first=pl.col("week").min(), ended=pl.col("week").max())
        .filter(pl.col("n") >= 6, last - pl.col("first") + 1 >= 26, pl.col("ended") > last - 52)
        .sort("product")
        .with_row_index("series")
    )
    rows = cells.join(keys, on="product")
    demand = np.zeros((len(keys), last + origin + 1))
    demand[rows["series"].to_numpy(), rows["week"].to_numpy()] = rows["quantity"].to_numpy()
    return demand, keys["first"].to_numpy(), last + 1


@pytest.mark.slow
def test_on_online_retail_errors_and_intervals_are_at_least_as_good_as_those_published():
    ratios, off, came, covered, naive = [], 0.0, 0.0, [], 0.0
    for origin in (8, 16, 24):
        demand, first, now = online_retail(origin)
        found = forecast_demand(demand[:, :now], first, 8)
        actual = demand[:, now : now + 8]
        error = actual - found.forecast[:, np.newaxis]
        ratio = np.sqrt(np.square(error).mean(axis=1) / found.scale)
        ratios.append(ratio[np.isfinite(ratio)])
        off, came = off + np.abs(error).sum(), came + actual.sum()
        covered.append(((actual >= found.low) & (actual <= found.high)).mean())
        mean = average_last_weeks(demand[:, :now], first)
        padded = np.pad(mean, ((0, 0), (0, demand.shape[1] - now)))
        naive += np.abs(compare_with_last_year(demand, first, padded, np.array([now - 1]), 8)).sum()
    assert np.concatenate(ratios).mean() < PUBLISHED["rmsse"]
    assert off / came <= PUBLISHED["wape"]
    assert off / naive <= PUBLISHED["wape"] / 1.094
    assert 0.78 < np.mean(covered) < 0.87
