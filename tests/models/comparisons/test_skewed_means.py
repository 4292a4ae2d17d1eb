"""Intervals and comparisons of means of skewed amounts: how often they hold the truth, and where nothing varies."""

import numpy as np
import pytest
from scipy import stats

from regulars.pipelines.models.comparisons.skewed_means import FEWEST_FOR_AN_INTERVAL, Group, Shape

TRIALS = 600
LARGEST = 10_000


def describe(amounts: np.ndarray) -> Group:
    """The moments of groups, one in each row."""
    sizes = np.full(len(amounts), float(amounts.shape[1]))
    return Group(amounts.mean(axis=1), amounts.var(axis=1, ddof=1), sizes)


def draw_groups(amounts: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Groups drawn by lot, and their rests."""
    rng = np.random.default_rng(size)
    orders = np.array([rng.permutation(len(amounts)) for _ in range(TRIALS)])
    return amounts[orders[:, :size]], amounts[orders[:, size:]]


def draw_amounts(name: str) -> np.ndarray:
    rng = np.random.default_rng(4)
    sigma, share = {"skewed": (1.0, 1.0), "very skewed": (1.5, 1.0), "mostly 0": (1.0, 0.2)}[name]
    return np.exp(rng.normal(4, sigma, 1500)) * (rng.random(1500) < share)


@pytest.mark.parametrize("size", [5, 30, 100, 400])
@pytest.mark.parametrize("name", ["skewed", "very skewed", "mostly 0"])
def test_intervals_hold_the_truth_as_often_as_they_say(name, size):
    amounts = draw_amounts(name)
    groups, rests = draw_groups(amounts, size)
    shape = Shape(amounts)
    low, high = shape.bound_means(describe(groups))
    assert ((low <= amounts.mean()) & (amounts.mean() <= high)).mean() >= 0.93
    _, low, high, p = shape.compare(describe(groups), describe(rests))
    assert ((low <= 0) & (high >= 0)).mean() >= 0.93
    assert (p < 0.05).mean() <= 0.07
    assert (p < 0.05).tolist() == ((low > 0) | (high < 0)).tolist()


def test_students_interval_would_be_too_sure():
    amounts = draw_amounts("very skewed")
    groups, _ = draw_groups(amounts, 30)
    own = stats.ttest_1samp(groups, 0, axis=1).confidence_interval(0.95)
    assert ((own.low <= amounts.mean()) & (amounts.mean() <= own.high)).mean() < 0.88


def test_a_group_that_is_worth_half_as_much_again_is_found_and_the_interval_holds_it():
    amounts = draw_amounts("skewed")
    groups, rests = draw_groups(amounts, 200)
    _, low, high, p = Shape(amounts).compare(describe(groups * 1.5), describe(rests))
    assert ((low <= amounts.mean() / 2) & (amounts.mean() / 2 <= high)).mean() >= 0.93
    assert (p < 0.05).mean() > 0.9


def test_without_skew_they_are_those_of_student_and_welch():
    amounts = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    few, many = amounts[::40] + 0.3, amounts[1::2]
    group, other = describe(few[None]), describe(many[None])
    shape = Shape(amounts)
    own = stats.ttest_1samp(few, 0).confidence_interval(0.95)
    assert [each[0] for each in shape.bound_means(group)] == pytest.approx([own.low, own.high], abs=0.03)
    found = stats.ttest_ind(few, many, equal_var=False)
    ends = found.confidence_interval(0.95)
    difference, low, high, p = (each[0] for each in shape.compare(group, other))
    assert difference == pytest.approx(few.mean() - many.mean())
    assert [low, high, p] == pytest.approx([ends.low, ends.high, found.pvalue], abs=0.03)


def test_large_groups_are_drawn_as_small_ones_are():
    # the shape of few amounts with a giant among them: what is far off is that a group holds it, or does not
    amounts = np.append(np.exp(np.random.default_rng(8).normal(0, 1, 999)), 500.0)
    shape = Shape(amounts)
    one_by_one = shape._draw_each(np.random.default_rng(1), 300)
    counted = shape._draw_counts(np.random.default_rng(2), 300)
    for each, all_at_once in zip(one_by_one, counted, strict=True):
        for share in (0.025, 0.25, 0.5, 0.9, 0.975):
            assert np.quantile(all_at_once, share) == pytest.approx(np.quantile(each, share), abs=0.06, rel=0.1)


def test_the_order_of_the_amounts_and_unknown_ones_do_not_matter():
    amounts = draw_amounts("skewed")
    group = describe(amounts[None, :40])
    found = Shape(amounts).bound_means(group)
    assert found == Shape(np.append(amounts[::-1], np.nan)).bound_means(group)


def test_the_interval_holds_the_mean_also_where_one_amount_is_nearly_all():
    amounts = np.append(np.linspace(1, 2, LARGEST), 1e9)
    low, high = Shape(amounts).bound_means(describe(amounts[None, :5]))
    assert low[0] <= amounts[:5].mean() <= high[0]
    difference, low, high, p = Shape(amounts).compare(describe(amounts[None, :30]), describe(amounts[None, 30:]))
    assert low[0] <= difference[0] <= high[0]
    assert (p[0] < 0.05) == (low[0] > 0 or high[0] < 0)


def test_members_who_are_alike_vary_as_all_do():
    amounts = np.append(np.zeros(60), np.arange(1.0, 41.0))
    shape = Shape(amounts)
    difference, low, high, p = (each[0] for each in shape.compare(describe(np.zeros((1, 30))), describe(amounts[None])))
    assert (low < difference < high, high > 0) == (True, p >= 0.05)
    low, high = shape.bound_means(describe(np.full((1, 6), 3.1)))
    assert low[0] < 3.1 < high[0]


def test_where_nobody_varies_groups_differ_for_sure_or_not_at_all():
    shape = Shape(np.full(50, 0.1))
    same, other = describe(np.full((1, 30), 0.1)), describe(np.full((1, 40), 7.0))
    low, high = shape.bound_means(same)
    assert [low[0], high[0]] == pytest.approx([0.1, 0.1], rel=1e-14)
    assert shape.compare(same, same)[3].tolist() == [1]
    difference, low, high, p = (each[0] for each in shape.compare(other, same))
    assert (difference, low, high, p) == (pytest.approx(6.9), difference, difference, 0.001)


def test_few_members_have_no_interval():
    shape = Shape(np.arange(50.0))
    few, enough = FEWEST_FOR_AN_INTERVAL - 1.0, float(FEWEST_FOR_AN_INTERVAL)
    low, high = shape.bound_means(Group(np.full(3, 9.0), np.full(3, 2.0), np.array([few, enough, np.nan])))
    assert (np.isnan(low).tolist(), np.isnan(high).tolist()) == ([True, False, True],) * 2
    assert np.isnan(Shape(np.array([])).bound_means(Group(*np.full((3, 1), np.nan)))).all()
