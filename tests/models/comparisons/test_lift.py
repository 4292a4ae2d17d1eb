"""Lift, its interval and its p-value, beside worked examples and scipy."""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from regulars.pipelines.models.comparisons.lift import compute_exact_p, compute_lift


def lift_of(*table: int) -> tuple[float, float, float]:
    return tuple(float(each[0]) for each in compute_lift(*(np.array([count]) for count in table)))


@pytest.mark.parametrize(
    ("table", "lift", "low", "high", "p"),
    [
        ((60, 200, 120, 800), 2.00, 1.53, 2.62, 0.00),
        ((9, 100, 45, 900), 1.80, 0.96, 3.65, 0.10),
        ((4, 200, 5, 800), 3.20, 0.95, 11.2, 0.08),
    ],
)
def test_worked_examples(table, lift, low, high, p):
    found = lift_of(*table)
    assert found[:2] == (pytest.approx(lift), pytest.approx(low, abs=0.005))
    assert found[2] == pytest.approx(high, abs=0.05 if high > 10 else 0.005)
    assert compute_exact_p(*table) == pytest.approx(p, abs=0.005)


def test_the_exact_p_is_that_of_scipy():
    rng = np.random.default_rng(3)
    for _ in range(40):
        n_1, n_0 = rng.integers(1, 60, 2)
        a, b = rng.integers(0, n_1 + 1), rng.integers(0, n_0 + 1)
        expected = fisher_exact([[a, n_1 - a], [b, n_0 - b]]).pvalue
        assert compute_exact_p(int(a), int(n_1), int(b), int(n_0)) == pytest.approx(expected, rel=1e-6)


def test_the_interval_holds_the_true_lift_in_about_95_of_100_samples():
    rng = np.random.default_rng(4)
    a, b = rng.binomial(200, 0.2, 4000), rng.binomial(800, 0.1, 4000)
    _, low, high = compute_lift(a, np.full(4000, 200), b, np.full(4000, 800))
    assert 0.94 <= np.mean((low <= 2) & (high >= 2)) <= 0.965


def test_a_value_that_nobody_else_has_has_an_interval_but_no_lift():
    lift, low, high = lift_of(5, 10, 0, 10)
    assert np.isnan(lift)
    assert 0 < low < high
