"""Differences of groups from their rests, beside those of groups drawn by lot."""

import numpy as np
import pytest
from scipy import stats

from regulars.pipelines.models.comparisons.random_subsets import compare_with_drawn


def draw_amounts(members: int, seed: int) -> np.ndarray:
    """One in ten has an amount, and of these a few a large one."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(members) < 0.1, np.exp(rng.normal(6, 1, members)), 0.0)


def compare(amounts: np.ndarray, differences: np.ndarray, size: int) -> tuple[np.ndarray, ...]:
    off = amounts - amounts.mean()
    variance = (off**2).mean()
    return compare_with_drawn(
        differences, np.full(len(differences), float(size)), len(amounts), variance, (off**3).mean() / variance**1.5
    )


def draw_differences(amounts: np.ndarray, size: int, draws: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    means = np.array([rng.permutation(amounts)[:size].mean() for _ in range(draws)])
    return means - (amounts.sum() - size * means) / (len(amounts) - size)


@pytest.mark.parametrize("size", [40, 150, 460])
def test_groups_drawn_by_lot_are_beyond_chance_no_more_often_than_said(size):
    amounts = draw_amounts(500, 2)
    *_, p = compare(amounts, draw_differences(amounts, size, 4000), size)
    for level, least in ((0.05, 0.01), (0.01, 0.0), (0.002, 0.0)):
        assert least <= (p <= level).mean() <= level + 3 * np.sqrt(level / 4000)


def test_a_large_group_without_skew_has_the_test_of_a_normal_distribution():
    amounts = np.tile([0.0, 1.0], 500)
    low, high, p = compare(amounts, np.array([0.0, 0.08]), 250)
    error = np.sqrt(0.25 * 1000**2 / (999 * 250 * 750))
    assert p == pytest.approx([1.0, 2 * stats.norm.sf(0.08 / error)])
    assert (high - low)[0] == pytest.approx(2 * 1.959964 * error)


@pytest.mark.parametrize("size", [30, 470])
def test_the_interval_holds_nothing_exactly_where_chance_is_not_beaten(size):
    amounts = draw_amounts(500, 3)
    differences = np.linspace(-300, 300, 601)
    low, high, p = compare(amounts, differences, size)
    assert ((low > 0) | (high < 0)).tolist() == (p < 0.05).tolist()
    assert (p < 0.05).any()
    assert ((low <= differences) & (differences <= high)).all()


def test_amounts_that_are_all_the_same_differ_by_nothing():
    low, high, p = compare_with_drawn(np.zeros(2), np.array([30.0, 40.0]), 100, 0.0, 0.0)
    assert (low.tolist(), high.tolist(), p.tolist()) == ([0, 0], [0, 0], [1, 1])
