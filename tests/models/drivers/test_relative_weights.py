"""Relative weights against published values, correlations where answers are missing, and the width of importance."""

import numpy as np
import pytest

from regulars.pipelines.models.drivers.partial_effects import fit_partial_effects
from regulars.pipelines.models.drivers.relative_weights import (
    bootstrap_importance,
    compute_correlations,
    compute_importance,
    compute_relative_weights,
    estimate_moments,
)

MTCARS = """
21.0 6 160.0 110 2.620 4|21.0 6 160.0 110 2.875 4|22.8 4 108.0 93 2.320 4|21.4 6 258.0 110 3.215 3
18.7 8 360.0 175 3.440 3|18.1 6 225.0 105 3.460 3|14.3 8 360.0 245 3.570 3|24.4 4 146.7 62 3.190 4
22.8 4 140.8 95 3.150 4|19.2 6 167.6 123 3.440 4|17.8 6 167.6 123 3.440 4|16.4 8 275.8 180 4.070 3
17.3 8 275.8 180 3.730 3|15.2 8 275.8 180 3.780 3|10.4 8 472.0 205 5.250 3|10.4 8 460.0 215 5.424 3
14.7 8 440.0 230 5.345 3|32.4 4 78.7 66 2.200 4|30.4 4 75.7 52 1.615 4|33.9 4 71.1 65 1.835 4
21.5 4 120.1 97 2.465 3|15.5 8 318.0 150 3.520 3|15.2 8 304.0 150 3.435 3|13.3 8 350.0 245 3.840 3
19.2 8 400.0 175 3.845 3|27.3 4 79.0 66 1.935 4|26.0 4 120.3 91 2.140 5|30.4 4 95.1 113 1.513 5
15.8 8 351.0 264 3.170 5|19.7 6 145.0 175 2.770 5|15.0 8 301.0 335 3.570 5|21.4 4 121.0 109 2.780 4
"""
"""mpg cyl disp hp wt gear of 32 cars (Motor Trend, 1974)."""
ATTITUDE = """
43 51 30 39 61 92 45|63 64 51 54 63 73 47|71 70 68 69 76 86 48|61 63 45 47 54 84 35
81 78 56 66 71 83 47|43 55 49 44 54 49 34|58 67 42 56 66 68 35|71 75 50 55 70 66 41
72 82 72 67 71 83 31|67 61 45 47 62 80 41|64 53 53 58 58 67 34|67 60 47 39 59 74 41
69 62 57 42 55 63 25|68 83 83 45 59 77 35|77 77 54 72 79 77 46|81 90 50 72 60 54 36
74 85 64 69 79 79 63|65 60 65 75 55 80 60|65 70 46 57 75 85 46|50 58 68 54 64 78 52
50 40 33 34 43 64 33|64 61 52 62 66 80 41|53 66 52 50 63 80 37|40 37 42 58 50 57 49
63 54 42 48 66 75 33|66 77 66 63 88 76 72|78 75 58 74 80 78 49|48 57 44 45 51 83 38
85 85 71 71 77 74 55|82 82 39 59 64 78 39
"""
"""rating complaints privileges learning raises critical advance of 30 departments (Chatterjee and Price, 1977)."""
SWISS = """
80.2 17.0 15 12 9.96 22.2|83.1 45.1 6 9 84.84 22.2|92.5 39.7 5 5 93.40 20.2|85.8 36.5 12 7 33.77 20.3
76.9 43.5 17 15 5.16 20.6|76.1 35.3 9 7 90.57 26.6|83.8 70.2 16 7 92.85 23.6|92.4 67.8 14 8 97.16 24.9
82.4 53.3 12 7 97.67 21.0|82.9 45.2 16 13 91.38 24.4|87.1 64.5 14 6 98.61 24.5|64.1 62.0 21 12 8.52 16.5
66.9 67.5 14 7 2.27 19.1|68.9 60.7 19 12 4.43 22.7|61.7 69.3 22 5 2.82 18.7|68.3 72.6 18 2 24.20 21.2
71.7 34.0 17 8 3.30 20.0|55.7 19.4 26 28 12.11 20.2|54.3 15.2 31 20 2.15 10.8|65.1 73.0 19 9 2.84 20.0
65.5 59.8 22 10 5.23 18.0|65.0 55.1 14 3 4.52 22.4|56.6 50.9 22 12 15.14 16.7|57.4 54.1 20 6 4.20 15.3
72.5 71.2 12 1 2.40 21.0|74.2 58.1 14 8 5.23 23.8|72.0 63.5 6 3 2.56 18.0|60.5 60.8 16 10 7.72 16.3
58.3 26.8 25 19 18.46 20.9|65.4 49.5 15 8 6.10 22.5|75.5 85.9 3 2 99.71 15.1|69.3 84.9 7 6 99.68 19.8
77.3 89.7 5 2 100.00 18.3|70.5 78.2 12 6 98.96 19.4|79.4 64.9 7 3 98.22 20.2|65.0 75.9 9 9 99.06 17.8
92.2 84.6 3 3 99.46 16.3|79.3 63.1 13 13 96.83 18.1|70.4 38.4 26 12 5.62 20.3|65.7 7.7 29 11 13.79 20.5
72.7 16.7 22 13 11.22 18.9|64.4 17.6 35 32 16.92 23.0|77.6 37.6 15 7 4.97 20.0|67.6 18.7 25 7 8.65 19.5
35.0 1.2 37 53 42.34 18.0|44.7 46.6 16 29 50.43 18.2|42.8 27.7 22 29 58.33 19.3
"""
"""Fertility Agriculture Examination Education Catholic Infant.Mortality of 47 provinces (Mosteller and Tukey, 1977)."""


def read(table: str, *columns: int) -> np.ndarray:
    """The chosen columns, the outcome last."""
    rows = np.array([[float(each) for each in row.split()] for row in table.replace("\n", "|").split("|") if row])
    return rows[:, [*columns, 0]]


@pytest.mark.parametrize(
    ("values", "r_squared", "weights"),
    [
        (read(MTCARS, 1, 2, 3, 5), 0.7791896, [0.2284797, 0.2221469, 0.2321744, 0.0963886]),
        (read(MTCARS, 1, 2, 3, 4), 0.8486348, [0.2096904, 0.1883043, 0.1799590, 0.2706812]),
        (read(SWISS, 1, 2, 3, 4, 5), 0.7067350, [0.0484169, 0.1547083, 0.2719641, 0.1146800, 0.1169657]),
        (
            read(ATTITUDE, 1, 2, 3, 4, 5, 6),
            0.7326020,
            [0.3627602, 0.0560023, 0.1636109, 0.1217804, 0.0082555, 0.0201927],
        ),
    ],
    ids=["mtcars with gear", "mtcars with wt", "swiss", "attitude"],
)
def test_relative_weights_are_those_published(values, r_squared, weights):
    found = compute_relative_weights(np.corrcoef(values.T))
    assert found == pytest.approx(weights, abs=5.1e-8)
    assert found.sum() == pytest.approx(r_squared, abs=5.1e-8)
    moments = estimate_moments(values)
    assert compute_relative_weights(compute_correlations(moments.covariances)) == pytest.approx(weights, abs=5.1e-8)


def test_two_drivers_share_what_both_explain():
    correlations = np.array([[1, 0.4, 0.5], [0.4, 1, 0.3], [0.5, 0.3, 1]])
    assert compute_relative_weights(correlations) == pytest.approx([0.210952, 0.050952], abs=5.1e-7)


def test_a_driver_that_is_another_one_takes_half_and_breaks_nothing():
    correlations = np.array([[1, 1, 0.6], [1, 1, 0.6], [0.6, 0.6, 1]])
    assert compute_relative_weights(correlations) == pytest.approx([0.18, 0.18], abs=1e-4)


def test_drivers_that_explain_nothing_are_equally_important():
    assert compute_importance(np.eye(4)) == pytest.approx([1 / 3] * 3)


def test_moments_of_whole_rows_are_the_plain_ones():
    values = read(SWISS, 1, 2, 3)
    moments = estimate_moments(values)
    assert moments.has_converged
    assert moments.means == pytest.approx(values.mean(axis=0))
    assert moments.covariances == pytest.approx(np.cov(values.T, bias=True))


def test_missing_answers_are_filled_by_regression_and_the_residual_is_added():
    """Of two variables, one missing in part: EM has a closed form (Anderson 1957)."""
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, 400)
    y = 0.6 * x + rng.normal(0, 0.8, 400)
    values = np.column_stack([x, np.where(x > 0.3, np.nan, y)])
    there = ~np.isnan(values[:, 1])
    slope = np.cov(x[there], y[there], bias=True)[0, 1] / x[there].var()
    residual = (y[there] - y[there].mean() - slope * (x[there] - x[there].mean())).var()
    moments = estimate_moments(values)
    assert moments.means[1] == pytest.approx(y[there].mean() + slope * (x.mean() - x[there].mean()), abs=1e-4)
    assert moments.covariances[0, 1] == pytest.approx(slope * x.var(), rel=1e-3)
    assert moments.covariances[1, 1] == pytest.approx(residual + slope**2 * x.var(), rel=1e-3)


def test_a_variable_without_values_or_without_spread_is_an_error():
    with pytest.raises(ValueError, match="no value"):
        estimate_moments(np.array([[1.0, np.nan], [2.0, np.nan]]))
    with pytest.raises(ValueError, match="does not vary"):
        estimate_moments(np.array([[1.0, 3.0], [2.0, 3.0]]))


def halo(rng: np.random.Generator, n: int, effects: list[float]) -> np.ndarray:
    """Items of 1 to 5, all correlated at .5, and an outcome of 0 to 10."""
    p = len(effects)
    latent = np.sqrt(0.5) * rng.normal(size=(n, 1)) + np.sqrt(0.5) * rng.normal(size=(n, p))
    outcome = latent @ np.array(effects) + rng.normal(0, 0.7, n)
    items = np.clip(np.rint(3.5 + latent), 1, 5)
    return np.column_stack([items, np.clip(np.rint(8 + 2 * outcome), 0, 10)])


def test_the_interval_holds_the_importance_and_is_narrower_with_more_answers():
    rng = np.random.default_rng(5)
    widths = []
    for n in (100, 1600):
        values = halo(rng, n, [0.45, 0.3, 0.1])
        importance = compute_importance(np.corrcoef(values.T))
        low, high = bootstrap_importance(values, np.arange(n), draws=200, seed=1)
        assert (low < importance).all()
        assert (importance < high).all()
        widths.append((high - low).mean())
    assert widths[1] < 0.5 * widths[0]


def test_rows_of_one_person_are_drawn_together():
    values = halo(np.random.default_rng(5), 200, [0.45, 0.3, 0.1])
    twice, people = np.vstack([values, values]), np.r_[np.arange(200), np.arange(200)]
    once = bootstrap_importance(values, np.arange(200), draws=100, seed=1)
    assert np.allclose(bootstrap_importance(twice, people, draws=100, seed=1), once, atol=1e-9)


def test_the_interval_is_the_same_when_answers_are_missing_and_the_seed_is():
    values = halo(np.random.default_rng(5), 300, [0.45, 0.3, 0.1])
    values[::3, 0] = np.nan
    first, second = (bootstrap_importance(values, np.arange(300), draws=50, seed=1) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.slow
def test_nine_of_ten_intervals_hold_the_true_importance():
    rng = np.random.default_rng(11)
    truth = compute_importance(np.corrcoef(halo(rng, 400_000, [0.45, 0.3, 0.1]).T))
    held = []
    for _ in range(150):
        values = halo(rng, 200, [0.45, 0.3, 0.1])
        low, high = bootstrap_importance(values, np.arange(200), draws=200, seed=1)
        held.append((low <= truth) & (truth <= high))
    assert np.mean(held) > 0.9


def test_errors_are_hc3():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 2))
    y = 1 + 2 * x[:, 0] + rng.normal(size=40) * (1 + np.abs(x[:, 0]))
    found = fit_partial_effects(x, y)
    design = np.column_stack([np.ones(40), x])
    hat = design @ np.linalg.solve(design.T @ design, design.T)
    slopes = np.linalg.lstsq(design, y, rcond=None)[0]
    covariance = np.zeros((3, 3))
    for row, residual, leverage in zip(design, y - design @ slopes, np.diag(hat), strict=True):
        covariance += np.outer(row, row) * (residual / (1 - leverage)) ** 2
    bread = np.linalg.inv(design.T @ design)
    assert found.coefficients == pytest.approx(slopes[1:])
    assert found.errors == pytest.approx(np.sqrt(np.diag(bread @ covariance @ bread))[1:])
    assert found.p_values[0] < 0.001 < found.p_values[1]


def test_drivers_that_cannot_be_told_apart_have_no_p_value():
    x = np.arange(10.0)
    assert np.isnan(fit_partial_effects(np.column_stack([x, 2 * x]), x).p_values).all()


def test_one_answer_more_than_coefficients_is_enough_for_a_p_value():
    x = np.array([[0.0], [1.0], [3.0]])
    assert 0 < fit_partial_effects(x, np.array([0.0, 2.0, 3.0])).p_values[0] < 1
    assert np.isnan(fit_partial_effects(x[:2], np.array([0.0, 2.0])).p_values).all()


@pytest.mark.slow
def test_a_driver_without_an_effect_is_flagged_in_one_of_twenty_surveys():
    """Its weight is never 0 for all that: the halo gives it a share."""
    rng = np.random.default_rng(4)
    flagged, shares = [], []
    for _ in range(400):
        values = halo(rng, 200, [0.45, 0.3, 0.0])
        flagged.append(fit_partial_effects(values[:, :-1], values[:, -1]).p_values[2] < 0.05)
        shares.append(compute_importance(np.corrcoef(values.T))[2])
    assert np.mean(flagged) < 0.1
    assert np.mean(shares) > 0.08


def test_samples_in_which_a_driver_does_not_vary_are_left_out():
    rng = np.random.default_rng(3)
    liked, score = rng.integers(1, 6, 40).astype(float), rng.integers(0, 11, 40).astype(float)
    rarely = np.full(40, 5.0)
    rarely[7] = 1.0  # drawn in two of three samples
    liked[::3], rarely[1::4] = np.nan, np.nan
    low, high = bootstrap_importance(np.column_stack([liked, rarely, score]), np.arange(40), draws=60, seed=1)
    assert (low >= 0).all()
    assert (low < high).all()
    assert (high <= 1).all()


def test_an_interval_without_a_sample_says_nothing():
    values = np.array([[1.0, np.nan, 3.0], [2.0, 4.0, 1.0], [3.0, 5.0, 2.0]])
    blocks = np.array([0, 1, 2])
    low, high = bootstrap_importance(values, blocks, draws=0, seed=1)
    assert (low.tolist(), high.tolist()) == ([0.0, 0.0], [1.0, 1.0])


@pytest.mark.parametrize(("people", "is_known"), [(1, False), (9, False), (10, True)])
def test_importance_of_fewer_than_ten_people_may_be_anything(people, is_known):
    rng = np.random.default_rng(4)
    liked = rng.normal(size=(300, 2))
    values = np.column_stack([liked, liked[:, 0] + rng.normal(size=300)])
    low, high = bootstrap_importance(values, np.arange(300) % people, draws=60, seed=1)
    assert bool(((low > 0) & (high < 1)).all()) is is_known
    assert is_known or (low.tolist(), high.tolist()) == ([0, 0], [1, 1])
