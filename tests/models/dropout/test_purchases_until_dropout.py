"""Truths by mpmath: the expectation over p integrated at 30 digits, checked against the papers' closed forms."""

import numpy as np
import pytest

from regulars.pipelines.models.dropout.purchases_until_dropout import purchases_until_dropout


def purchases(r: float, alpha: float, a: float, b: float, horizon: float, discount_rate: float = 0.0) -> float:
    columns = (np.array([float(value)]) for value in (r, alpha, a, b, horizon))
    return float(purchases_until_dropout(*columns, discount_rate)[0])


@pytest.mark.parametrize(
    ("parameters", "truth"),
    [
        ((0.243, 4.414, 0.793, 2.426, 39), 1.196723193320817),
        ((2.243, 42.4, 1.0, 4.426, 39), 1.652508181543319),  # a = 1: the closed form divides by 0
        ((0.11, 2.24, 0.31, 0.5, 30), 0.7405609604451715),  # a + b < 1: it takes the log of a negative number
        ((26.24, 35.4, 0.793, 28.4, 52), 26.58357988270034),
        ((3000.2, 370, 0.5, 3002, 365), 2456.884596435895),
        ((0.2, 10, 3, 2, 1e4), 1.4023443722773372),
        ((1, 1, 0.5, 1e4, 10), 9.995007729811494),
    ],
)
def test_purchases_match_a_thirty_digit_integral(parameters, truth):
    assert purchases(*parameters) == pytest.approx(truth, rel=1e-7)


@pytest.mark.parametrize(
    ("parameters", "discount_rate", "truth"),
    [
        ((0.243, 4.414, 0.793, 2.426, 39), 0.0027, 1.1451023840344352),
        ((0.243, 4.414, 0.793, 2.426, np.inf), 0.0027, 3.6478096301374228),
        ((0.11, 2.24, 0.31, 0.5, np.inf), 0.0027, 3.9324373749047483),
        ((26.24, 35.4, 0.793, 28.4, np.inf), 0.0027, 73.1572714351945),
        ((26.24, 35.4, 0.793, 28.4, np.inf), 0.5, 1.4256544273796827),
        ((0.5, 1, 0.01, 0.02, np.inf), 0.0027, 116.70962216282265),
        ((1, 1, 0.5, 1e4, np.inf), 0.0027, 358.3915826077543),
    ],
)
def test_discounted_purchases_match_a_thirty_digit_integral(parameters, discount_rate, truth):
    assert purchases(*parameters, discount_rate) == pytest.approx(truth, rel=1e-6)


def test_without_dropout_purchases_are_the_mean_rate_times_the_horizon():
    assert purchases(3, 10, 1e-3, 1e4, 20) == pytest.approx(6.0, rel=1e-5)


def test_a_known_chance_of_dropping_out_gives_the_papers_formula():
    p, r, z = 0.05, 2.0, 30.0  # Beta(50000, 950000) is 0.05 to four digits
    known = (1 - (1 + p * z) ** -r) / p
    assert purchases(r, 10, 5e4, 95e4, 300) == pytest.approx(known, rel=2e-5)


def test_nothing_is_bought_within_no_time():
    assert purchases(0.243, 4.414, 0.793, 2.426, 0) == 0.0


def test_no_discount_is_the_limit_of_a_small_one():
    assert purchases(2, 10, 0.8, 3, 52, 1e-9) == pytest.approx(purchases(2, 10, 0.8, 3, 52), rel=1e-7)


def test_many_customers_are_worked_through_in_pieces():
    n = 2000
    columns = (np.full(n, value) for value in (2.0, 10.0, 0.8, 3.0, 52.0))
    together = purchases_until_dropout(*columns, 0.01)
    assert together == pytest.approx(np.full(n, purchases(2, 10, 0.8, 3, 52, 0.01)), rel=1e-12)
