"""The difference of two means: against another implementation, and where nothing varies."""

import numpy as np
import pytest
from scipy import stats

from regulars.pipelines.models.comparisons.means import compare_means


def compare(*groups: list[float]) -> list[float]:
    described = [
        np.array([part]) for group in groups for part in (np.mean(group), np.var(group, ddof=1), float(len(group)))
    ]
    return [float(each[0]) for each in compare_means(*described)]


def test_difference_interval_and_p_value_are_those_of_welch():
    large, small = [3.0, 500, 20, 90, 41, 7, 66], [12.0, 8, 30, 2]
    found = stats.ttest_ind(large, small, equal_var=False)
    interval = found.confidence_interval(0.95)
    mean = np.mean(large) - np.mean(small)
    assert compare(large, small) == pytest.approx([mean, interval.low, interval.high, found.pvalue])


def test_groups_in_which_everybody_is_alike_differ_for_sure_or_not_at_all():
    assert compare([5.0, 5, 5], [3.0, 3]) == [2, 2, 2, 0]
    assert compare([5.0, 5, 5], [5.0, 5]) == [0, 0, 0, 1]
