"""Expected purchases of a customer who may drop out after each of them.

Put here: the expectation over an unknown buying rate (Gamma) and an unknown chance of dropping out per purchase (Beta).
Keep out: where those two distributions come from.

With rate λ and chance p, purchases come at the intensity λ exp(-λps), so that (1 - exp(-λph)) / p are expected within h
(Fader, Hardie & Lee 2005, equation 7, before averaging). The paper's closed form divides a difference of
hypergeometric terms by a - 1: it fails at a = 1, loses its digits near it, and fails where a + b < 1. Here λ is
averaged in closed form and p by quadrature, which has no such points.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import betaln  # type: ignore[import-untyped]

from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.fitting.smooth_runs import interpolate_smooth_runs

NODES = 80
"""Per expectation over p: ten digits as a rule, six for a near 0.01 and horizons of 10,000 times the rate."""
NEGLIGIBLE = 28.0
"""Terms below exp(-NEGLIGIBLE) of the whole are left out."""
MOST_AT_ONCE = 2**17
"""Numbers held at once: rows are worked through in pieces that stay in the processor's cache, four times as fast."""
_TIMES, _TIME_WEIGHTS = np.polynomial.legendre.leggauss(32)


def purchases_until_dropout(
    shape: FloatArray, rate: FloatArray, a: FloatArray, b: FloatArray, horizon: FloatArray, discount_rate: float
) -> FloatArray:
    """Expected purchases within the horizon, λ ~ Gamma(shape, rate) and p ~ Beta(a, b), each discounted to now.

    Args:
        shape: (n,) above 0.
        rate: (n,) above 0, a length of time.
        a: (n,) above 0.
        b: (n,) above 0.
        horizon: (n,) in the unit of `rate`; infinite only if something is discounted.
        discount_rate: Continuous, per unit of time, 0 or more.

    Returns:
        (n,), finite; 0 where the horizon is 0.
    """

    def in_pieces(rate: FloatArray, shape: FloatArray, a: FloatArray, b: FloatArray, horizon: FloatArray) -> FloatArray:
        expected = np.empty(shape.size)
        piece = max(1, MOST_AT_ONCE // (NODES * (_TIMES.size if discount_rate else 1)))
        for start in range(0, shape.size, piece):
            r, alpha, left, right, h = (c[start : start + piece, None] for c in (shape, rate, a, b, horizon))
            if discount_rate:
                expected[start : start + piece] = _expect_discounted(r, alpha, left, right, h, discount_rate)
            else:
                expected[start : start + piece] = _expect_undiscounted(r, h / alpha, left, right)
        return expected

    return interpolate_smooth_runs(in_pieces, rate, shape, a, b, horizon)


def _expect_undiscounted(r: FloatArray, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Mean over p of (1 - (1 + pz)**-r) / p, where z = horizon / rate."""

    def given(p: FloatArray) -> FloatArray:
        gained: FloatArray = -np.expm1(-r * np.log1p(p * z)) / p
        return gained

    return _average_over_beta(a, b, given, at_zero=r * z, decay=(r + 1) * z / 2)


def _expect_discounted(
    r: FloatArray, alpha: FloatArray, a: FloatArray, b: FloatArray, horizon: FloatArray, discount_rate: float
) -> FloatArray:
    """Mean over p of the integral of exp(-δs) (r/α) (1 + ps/α)**(-r-1) over s from 0 to the horizon.

    With s = α (exp(v) - 1) the integrand is smooth over many orders of magnitude; v stops where nothing is left.
    """
    far = np.minimum(horizon, 2 * NEGLIGIBLE / discount_rate) / alpha
    fades_at = np.expm1(NEGLIGIBLE / (r + 1))

    def given(p: FloatArray) -> FloatArray:
        half = np.log1p(np.minimum(far, fades_at / p)) / 2
        v = half[..., None] * (1 + _TIMES)
        u = np.expm1(v)
        logs = v - discount_rate * alpha[..., None] * u - (r[..., None] + 1) * np.log1p(p[..., None] * u)
        integral: FloatArray = r * half * (np.exp(logs) @ _TIME_WEIGHTS)
        return integral

    at_zero = r / alpha * -np.expm1(-discount_rate * horizon) / discount_rate
    mean_time = np.minimum(horizon / 2, 1 / discount_rate)
    return _average_over_beta(a, b, given, at_zero=at_zero, decay=(r + 1) * mean_time / alpha)


def _average_over_beta(
    a: FloatArray, b: FloatArray, given: Callable[[FloatArray], FloatArray], at_zero: FloatArray, decay: FloatArray
) -> FloatArray:
    """E[given(p)], p ~ Beta(a, b), by the trapezoidal rule in the log odds of p, which converges exponentially.

    Args:
        a: (n, 1).
        b: (n, 1).
        given: From p (n, NODES) to values (n, NODES); smooth, falling in p.
        at_zero: (n, 1) its limit at p = 0.
        decay: (n, 1) about minus its logarithmic derivative there.

    What the function does at p = 0 and p = 1 is taken off first, as at_zero (1-p)**(decay+1) + at_one p, whose
    expectation is known: else a tail like p**a would need thousands of nodes for a small a.
    """
    at_one = given(np.ones_like(a))
    # Where the function falls fast, the mean is smaller than its value at 0 by at most (1 + decay)**min(1, a).
    left, right = _find_ends(a + 1, b + 1, NEGLIGIBLE + np.minimum(2, 1 + a) * np.log1p(decay))
    log_odds = left + (right - left) * np.linspace(0, 1, NODES)
    odds = np.exp(log_odds)
    log_rest = -np.log1p(odds)
    log_p, p, norm = log_odds + log_rest, odds / (1 + odds), betaln(a, b)
    taken_off = at_zero * np.exp((decay + 1) * log_rest) + at_one * p
    density = np.exp(a * log_p + b * log_rest - norm)
    sums = (density * (given(p) - taken_off)).sum(axis=1, keepdims=True) * (right - left) / (NODES - 1)
    known = at_zero * np.exp(betaln(a, b + decay + 1) - norm) + at_one * a / (a + b)
    mean: FloatArray = (known + sums)[:, 0]
    return mean


def _find_ends(a: FloatArray, b: FloatArray, fall_left: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Log odds at which p**a (1-p)**b is exp(-fall_left) of its peak on the left, exp(-NEGLIGIBLE) on the right.

    Its log is concave and lies below straight lines of gradient a and -b through the origin. Newton steps from where
    those have fallen that far come closer from outside and never pass the ends.
    """
    peak = a * np.log(a / (a + b)) + b * np.log(b / (a + b))
    left, right = (peak - fall_left) / a, (NEGLIGIBLE - peak) / b
    for _ in range(8):
        left = left - _compute_newton_step(left, peak - fall_left, a, b)
        right = right - _compute_newton_step(right, peak - NEGLIGIBLE, a, b)
    return left, right


def _compute_newton_step(log_odds: FloatArray, level: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """How far a Newton step must go back for the log of p**a (1-p)**b to come down, or up, to a level."""
    odds = np.exp(log_odds)
    step: FloatArray = (a * log_odds - (a + b) * np.log1p(odds) - level) / (a - (a + b) * odds / (1 + odds))
    return step
