"""Truths computed with mpmath at 60 digits: closed forms in 2F1 and U where they have one, else quadrature over y."""

import numpy as np
import pytest
from scipy.special import exp1

from regulars.pipelines.models.dropout.hypergeometric import decay_integral, log_decay_integral, log_discounted_survival

DECAYS = [
    # a, b, p, q, length -> log of the integral of (1 + y/a)**-p * (1 + y/b)**-q
    ((10, 12, 2.5, 1.6, 8), 1.04424445795299),
    ((365, 2364, 500.5, 1.05, 1), -0.608209627026639),
    ((5, 5.0001, 3000, 1.6, 30), -6.39712962455804),
    ((1, 1, 0.5, 1.5, 1000), -0.000999500333083533),
    ((0.001, 10, 0.2, 1.1, 1000), 1.49906637392127),
    ((10, 0.01, 7, 1.4, 500), -3.9007338811085),
    ((2, 10000000.0, 0.3, 1000000.0, 1000), 1.88147470994681),
    ((0.01, 5000, 0.05, 300, 3000), 2.47625635766122),
    ((900, 40, 0.06, 21, 10000.0), 0.693007185260239),
    ((50, 100000.0, 60.5, 20001, 0.001), -6.90846019711126),
]

SURVIVALS = [
    # s, z -> log of U(1, 2 - s, z)
    ((0.4081, 0.2387), 0.917306537395643),
    ((0.4081, 1e-09), 12.676928825391),
    ((1, 0.01), 1.40573207955484),
    ((1.7, 3), -1.4851162634681),
    ((0.6, 600), -6.39792749771551),
    ((0.001, 1e-12), 27.6039681333455),
    ((50.9, 29.7), -4.38170496376714),
    ((900, 20000.0), -9.94750237774704),
    ((30, 1e-06), -3.36729586570076),
]


def columns(*values: float) -> list[np.ndarray]:
    return [np.array([float(value)]) for value in values]


@pytest.mark.parametrize(("arguments", "truth"), DECAYS)
def test_decay_integral_keeps_eleven_digits_whatever_the_scales(arguments, truth):
    assert log_decay_integral(*columns(*arguments))[0] == pytest.approx(truth, abs=1e-11)
    assert decay_integral(*columns(*arguments)).log_value[0] == pytest.approx(truth, abs=1e-11)


@pytest.mark.parametrize(("arguments", "truth"), SURVIVALS)
def test_discounted_survival_is_the_confluent_u_without_its_overflow(arguments, truth):
    assert log_discounted_survival(*columns(*arguments, np.inf))[0] == pytest.approx(truth, abs=1e-11)


def test_means_are_the_derivatives_of_the_log_integral():
    a, b, p, q, length, step = (*columns(3.0, 70.0, 4.5, 1.6, 40.0), 1e-5)
    found = decay_integral(a, b, p, q, length)

    def gradient(*more: float) -> float:
        up = log_decay_integral(a + more[0], b + more[1], p + more[2], q + more[3], length)
        down = log_decay_integral(a - more[0], b - more[1], p - more[2], q - more[3], length)
        return float((up - down)[0] / (2 * step))

    assert gradient(0, 0, step, 0) == pytest.approx(-found.mean_log_a[0], rel=1e-6)
    assert gradient(0, 0, 0, step) == pytest.approx(-found.mean_log_b[0], rel=1e-6)
    assert gradient(step, 0, 0, 0) == pytest.approx(4.5 / 3.0 * (1 - found.mean_inverse_a[0]), rel=1e-6)
    assert gradient(0, step, 0, 0) == pytest.approx(1.6 / 70.0 * (1 - found.mean_inverse_b[0]), rel=1e-6)


def test_the_two_factors_may_change_places():
    one = decay_integral(*columns(3.0, 70.0, 4.5, 1.6, 40.0))
    other = decay_integral(*columns(70.0, 3.0, 1.6, 4.5, 40.0))
    assert one.log_value == other.log_value
    assert (one.mean_log_a, one.mean_inverse_a) == (other.mean_log_b, other.mean_inverse_b)


def test_equal_scales_give_a_plain_power():
    a = 5.0
    assert np.exp(log_decay_integral(*columns(a, a, 2.0, 1.5, 10.0)))[0] == pytest.approx(a / 2.5 * (1 - 3**-2.5))


def test_an_empty_range_adds_nothing():
    assert log_decay_integral(*columns(3, 4, 5, 6, 0))[0] == -np.inf
    assert log_discounted_survival(*columns(0.6, 0.1, 0))[0] == -np.inf


def test_a_row_does_not_depend_on_the_rows_beside_it():
    rng = np.random.default_rng(7)
    a, b, p, length = 10 ** rng.uniform([[-2], [-2], [-1], [-3]], [[3], [6], [3], [4]], (4, 500))
    together = log_decay_integral(a, b, p, np.full(500, 1.6), length)
    alone = [log_decay_integral(*columns(*row))[0] for row in zip(a, b, p, [1.6] * 500, length, strict=True)]
    assert together == pytest.approx(alone, abs=1e-14)


def test_without_dropout_discounting_is_a_perpetuity_and_without_discount_a_pareto_tail():
    assert np.exp(log_discounted_survival(*columns(0, 0.25, np.inf)))[0] == pytest.approx(4.0)
    assert np.exp(log_discounted_survival(*columns(1, 0.25, np.inf)))[0] == pytest.approx(np.exp(0.25) * exp1(0.25))
    assert np.exp(log_discounted_survival(*columns(3, 0, 9)))[0] == pytest.approx((1 - 0.1**2) / 2)
