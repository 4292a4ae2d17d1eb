"""How far chance may move a ratio of sums."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from regulars.pipelines.models.comparisons.ratios import bound_ratio


def bound(had: Any, has: Any) -> tuple[Any, Any]:
    """The ends, of worlds (rows) with what each member (columns) had and has."""
    had, has = np.atleast_2d(np.asarray(had, dtype=float)), np.atleast_2d(np.asarray(has, dtype=float))
    size = np.full(len(had), had.shape[1], dtype=float)
    off = has - (has.sum(1) / had.sum(1))[:, None] * had
    return bound_ratio(size, had.sum(1), has.sum(1), (had**2).sum(1), (off**2).sum(1), (off * had).sum(1))


def test_after_adding_members_the_deviations_are_those_of_all_of_them():
    rng = np.random.default_rng(1)
    had = np.exp(rng.normal(0, 1, 9))
    has = had * rng.choice([0.0, 1.0, 1.3], 9)
    low, high = bound(had, has)
    mean, degrees = had.mean(), had.sum() ** 2 / (had**2).sum() - 1
    ends = []
    for made_up in ([], [mean] * 4):
        before, now = np.r_[had, made_up], np.r_[has, made_up[:2], np.zeros(len(made_up) // 2)]
        ratio = now.sum() / before.sum()
        error = np.sqrt(((now - ratio * before) ** 2).sum() * len(before) / (len(before) - 1)) / before.sum()
        reach = stats.t.ppf(0.975, degrees) * error
        ends.append((ratio - reach, ratio + reach))
    assert (low[0], high[0]) == pytest.approx((min(ends)[0], max(end for _, end in ends)))


def test_of_members_of_one_size_it_is_student_s_interval_of_the_mean_where_many_stay_and_go():
    had, has = np.full(400, 10.0), np.repeat([0.0, 10.0], 200)
    low, high = bound(had, has)
    assert (low[0], high[0]) == pytest.approx(stats.t.interval(0.95, 399, 0.5, stats.sem(has / 10)), abs=2e-4)


def test_where_nobody_was_lost_somebody_may_be():
    low, high = bound(np.full(20, 7.0), np.full(20, 7.0))
    assert high[0] >= 1
    assert 0.75 < low[0] < 0.9  # the exact binomial interval of 20 of 20 begins at 0.83


def test_one_large_member_makes_it_wide():
    many, few = bound([10] * 40, [10] * 30 + [0] * 10), bound([1] * 39 + [361], [1] * 29 + [0] * 10 + [361])
    assert few[1][0] - few[0][0] > 2 * (many[1][0] - many[0][0])


def test_one_member_has_none():
    assert np.isnan(bound([5], [5])).all()


def test_it_grows_with_the_unit_of_money_in_no_way():
    had, has = [3.0, 4, 9, 2], [3.0, 5, 0, 1]
    assert np.allclose(bound(had, has), bound(np.array(had) * 1e4, np.array(has) * 1e4))


@pytest.mark.parametrize("members", [12, 58, 300])
@pytest.mark.parametrize(("stay", "spread", "growing"), [(0.6, 0.5, 0.3), (0.9, 1.0, 0.3), (0.97, 0.5, 0.0)])
def test_it_holds_the_true_ratio_as_often_as_it_claims(members: int, stay: float, spread: float, growing: float):
    rng = np.random.default_rng(5)
    shape = (3000, members)
    had = np.exp(rng.normal(0, spread, shape))
    growth = np.where(rng.random(shape) < growing, np.exp(rng.normal(0.2, 0.3, shape)), 1.0)
    low, high = bound(had, had * growth * (rng.random(shape) < stay))
    truth = stay * (1 - growing + growing * np.exp(0.2 + 0.3**2 / 2))
    assert ((low <= truth) & (truth <= high)).mean() > 0.94
