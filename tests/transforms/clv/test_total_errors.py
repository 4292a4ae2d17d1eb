"""How far off totals may be: chance of customers and what all of them share, and how often ranges hold what comes."""

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars.pipelines.transforms.clv.totals.total_errors import (
    NORMAL,
    T_OF_THREE_DRAWS,
    TotalErrors,
    bound_total,
    measure_total_errors,
    read_total_errors,
)


def bound(total: float, errors: TotalErrors | None) -> tuple[float | None, float | None]:
    low, high = bound_total(pl.col("total"), errors)
    return pl.DataFrame({"total": [total]}).select(low=low, high=high).row(0)


def measure(predicted: list[float], actual: list[float], days: int = 365, calibration: float = 1.0) -> TotalErrors:
    found = measure_total_errors(np.array(predicted), np.array(actual), calibration=calibration, horizon_days=days)
    assert found is not None
    return found


def test_the_quantiles_are_those_of_the_tables():
    assert pytest.approx(stats.t(3).ppf(0.9), abs=1e-4) == T_OF_THREE_DRAWS
    assert pytest.approx(stats.norm.ppf(0.9), abs=1e-4) == NORMAL


def test_a_test_without_an_error_leaves_two_thirds_of_the_typical_variance():
    found = measure([10, 30], [10, 30])
    assert found.margin_rate == pytest.approx(1.6377 * 0.12 * math.sqrt(2 / 3))
    assert found.dispersion == 0


def test_a_test_that_was_far_off_counts_half_as_much_as_what_is_typical():
    for came in (50, 200):  # half or twice as much: the same on a scale of ratios
        assert measure([100], [came]).margin_rate == pytest.approx(
            1.6377 * math.sqrt((2 * 0.12**2 + math.log(2) ** 2) / 3)
        )


def test_what_chance_did_to_the_test_is_no_shared_error():
    # 40 were predicted, 60 came; 15 and 45 would be right, and both miss by 5: a variance of 50 / 60² of the total
    by_chance = measure([10, 30], [10, 50]).margin_rate
    assert by_chance == pytest.approx(1.6377 * math.sqrt((2 * 0.12**2 + math.log(1.5) ** 2 - 50 / 60**2) / 3))
    # 45 came, and each misses by far more than the total does: nothing is left but what is typical
    assert measure([10, 30], [45, 0]).margin_rate == measure([10, 30], [10, 30]).margin_rate


def test_half_a_year_of_test_has_seen_half_of_the_variance():
    whole, half = measure([10, 30], [14, 26]), measure([10, 30], [14, 26], days=182)
    assert half.margin_rate / whole.margin_rate == pytest.approx(math.sqrt(365 / 182))
    assert half.dispersion / whole.dispersion == pytest.approx(365 / 182)


def test_three_years_hold_three_times_the_variance_of_one():
    errors = TotalErrors(0.2, 50.0)
    assert errors.extend_to(1) == errors
    assert errors.extend_to(3) == TotalErrors(pytest.approx(0.2 * math.sqrt(3)), 150.0)


def test_chance_is_what_is_left_of_the_errors_when_the_total_is_right():
    # 40 were predicted, 80 came: 20 and 60 would be right; 24 and 56 miss by 4 each
    assert measure([10, 30], [24, 56]).dispersion == pytest.approx((4**2 + 4**2) / 40)
    assert measure([10, 30], [24, 56], calibration=2.0).dispersion == pytest.approx((4**2 + 4**2) / 80)


def test_where_nothing_was_predicted_or_came_nothing_is_known():
    for predicted, actual in (([0.0], [1.0]), ([1.0], [0.0]), ([], [])):
        assert measure_total_errors(np.array(predicted), np.array(actual), calibration=1, horizon_days=365) is None


def test_a_total_lies_between_its_ratio_to_either_side():
    assert bound(1000, TotalErrors(0.25, 0.0)) == pytest.approx((800, 1250))
    low, high = bound(1000, TotalErrors(0.0, 1000.0))
    assert (low, high) == pytest.approx((1000 / (1 + 1.2816), 1000 * (1 + 1.2816)))


def test_few_customers_have_a_wider_range_than_many():
    errors = TotalErrors(0.2, 50.0)
    widths = [high / low for low, high in (bound(total, errors) for total in (10, 100, 10_000, 10**9))]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == pytest.approx(1.2**2, rel=1e-3)


def test_nothing_is_certain_to_bring_nothing_and_no_test_gives_no_range():
    assert bound(0, TotalErrors(0.2, 50.0)) == (0, 0)
    assert bound(0, None) == (0, 0)
    assert bound(5, None) == (None, None)


def test_ranges_hold_four_years_of_five():
    """Years that share an error of 12 %, and customers who bring their expectation by chance: 400 tests and years."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        predicted = rng.gamma(1, 10, 60)
        test, year = (rng.gamma(predicted / 20, 20) * math.exp(rng.normal(0, 0.12)) for _ in range(2))
        found = measure_total_errors(predicted, test, calibration=1, horizon_days=365)
        low, high = bound(float(predicted.sum()), found)
        held += low <= year.sum() <= high
    assert 0.75 < held / 400 < 0.92


def test_the_errors_of_the_chosen_method_are_read():
    table = pl.DataFrame(
        {
            "scope": ["all", "all", "decile", "subscribers"],
            "is_chosen": [False, True, True, True],
            "value_total_margin_rate": [0.9, 0.2, None, None],
            "value_dispersion": [9.0, 5.0, None, None],
        }
    )
    assert read_total_errors(table, "all") == TotalErrors(0.2, 5.0)
    assert read_total_errors(table, "subscribers") is None
    assert read_total_errors(table.clear(), "all") is None
