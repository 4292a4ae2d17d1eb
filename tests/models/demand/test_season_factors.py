"""The factor by which a season lifts the next four weeks: against a reckoning by hand, and where there is no season."""

import datetime as dt
from collections import defaultdict

import numpy as np
import pytest

from regulars.pipelines.models.demand.season_factors import LEAST_INDEX, find_season_factors, shrink_index
from regulars.pipelines.models.demand.seasonal_index import compute_season_index

LAST = dt.date(2026, 6, 22)
SEASON = np.array([0.97, 0.95, 1.08, 1.01, 1.11, 0.96, 0.64, 0.69, 1.05, 1.15, 1.3, 1.09])


def months_of(weeks: int, last: dt.date = LAST) -> np.ndarray:
    """The month of the Thursday of each week up to the Monday of the last one, and of four more."""
    days = [last + dt.timedelta(days=7 * (week - weeks + 1) + 3) for week in range(weeks + 4)]
    return np.array([12 * day.year + day.month - 1 for day in days])


def factor_by_hand(sold: list[float], months: list[int], origin: int) -> float | None:
    """Months that are over and whole, each by the mean of its weeks; NULL under two years of them."""
    weeks_of = defaultdict(list)
    for week in range(origin + 1):
        weeks_of[months[week]].append(sold[week])
    over = [month for month in sorted(weeks_of) if month < months[origin + 1]]
    if len(weeks_of[over[0]]) < 4:
        over = over[1:]
    over = over[len(over) % 12 :]
    if len(over) < 24:
        return None
    known = np.array([[np.mean(weeks_of[month]) for month in over]])
    index, error = compute_season_index(known, np.zeros_like(known))
    chance, spread = sum(error[0] ** 2), sum((index[0] - 1) ** 2)
    kept = max(0.0, 1 - chance / spread)
    of_month = {month % 12: 1 + kept * (each - 1) for month, each in zip(over[:12], index[0], strict=True)}
    ahead = [of_month[months[origin + week] % 12] for week in range(1, 5)]
    last = [of_month[months[origin - back] % 12] for back in range(8)]
    return float(np.mean(ahead) / max(float(np.mean(last)), LEAST_INDEX))


@pytest.mark.parametrize("seed", range(6))
def test_factors_are_those_of_a_reckoning_by_hand(seed: int):
    rng = np.random.default_rng(seed)
    weeks = int(rng.integers(104, 170))
    months = months_of(weeks, LAST - dt.timedelta(days=7 * int(rng.integers(0, 52))))
    sold = rng.poisson(60 * SEASON[months[:weeks] % 12]).astype(float)
    origins = np.arange(weeks - 56, weeks)
    found = find_season_factors(sold, months, origins, 4)
    expected = [factor_by_hand(list(sold), list(months), origin) for origin in origins]
    assert [None if np.isnan(each) else pytest.approx(each) for each in found] == expected


def test_what_came_later_changes_no_factor():
    months = months_of(150)
    sold = 60 * SEASON[months[:150] % 12]
    later = sold.copy()
    later[121:] *= np.linspace(0.2, 5, 29)
    origins = np.arange(108, 121)
    assert (find_season_factors(sold, months, origins, 4) == find_season_factors(later, months, origins, 4)).all()


def test_a_season_without_noise_is_found_again():
    months = months_of(156)
    origins = np.arange(120, 156)
    found = find_season_factors(100 * SEASON[months[:156] % 12], months, origins, 4)
    of_year = SEASON / SEASON.mean()
    true = [
        of_year[months[at + 1 : at + 5] % 12].mean() / of_year[months[at - 7 : at + 1] % 12].mean() for at in origins
    ]
    assert found == pytest.approx(true, rel=0.03)


def test_without_a_season_factors_stay_near_one():
    months = months_of(156)
    found = find_season_factors(np.random.default_rng(3).poisson(50, 156).astype(float), months, np.arange(108, 156), 4)
    assert np.abs(found - 1).max() < 0.05


@pytest.mark.parametrize("weeks", range(108, 114))
def test_under_two_whole_years_there_is_none(weeks: int):
    months = months_of(weeks)
    found = find_season_factors(np.full(weeks, 5.0), months, np.arange(60, weeks), 4)
    known = [origin for origin, each in zip(range(60, weeks), found, strict=True) if np.isfinite(each)]
    first_whole = next(month for month in months if (months == month).sum() >= 4)
    assert known[0] == int(np.flatnonzero(months == first_whole + 23)[-1])
    assert set(found[np.isfinite(found)]) == {1.0}


def test_a_company_that_rests_for_months_is_not_lifted_without_end():
    months = months_of(156, dt.date(2026, 8, 31))
    rests = np.isin(months[:156] % 12, [6, 7])
    sold = np.where(rests, 0.0, 100.0)
    found = find_season_factors(sold, months, np.array([155]), 4)
    assert found[0] < 1.3 / LEAST_INDEX


def test_indices_are_drawn_in_by_what_chance_would_make_of_their_spread():
    index = np.r_[1.5, 0.5, np.ones(10)]
    assert shrink_index(index, np.sqrt(np.r_[0.125, np.zeros(11)])) == pytest.approx(1 + 0.75 * (index - 1))
    assert shrink_index(index, np.full(12, 0.5)) == pytest.approx(np.ones(12))
    assert shrink_index(np.ones(12), np.zeros(12)) == pytest.approx(np.ones(12))
