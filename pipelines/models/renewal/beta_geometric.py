"""Beta-geometric lifetimes: each period ends the lifetime with a probability that is Beta(a, b) over customers.

Put here: survival, and discounted sums of survival; a counts in favour of the end, b of continuing.
Keep out: what is counted during the lifetime (`beta_geo_beta_binom.py`), how a and b are found.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln  # type: ignore[import-untyped]

from regulars.pipelines.models.fitting.fitting import FloatArray


def log_survival(a: ArrayLike, b: ArrayLike, periods: ArrayLike) -> FloatArray:
    """Log of B(a, b + t) / B(a, b): the chance that t periods pass without the end. Arguments broadcast."""
    survival: FloatArray = betaln(a, np.add(b, periods)) - betaln(a, b)
    return survival


def sum_discounted_periods(a: ArrayLike, b: ArrayLike, discount_rate: float, periods: ArrayLike) -> FloatArray:
    """Sum the survival of periods 1 to h, each divided by (1 + discount_rate)**t. Arguments broadcast.

    Args:
        a: Above 0.
        b: Above 0.
        discount_rate: Per period, 0 or more.
        periods: h: whole numbers from 0, or infinity.

    Returns:
        The sum; infinity for an infinite h without a discount where a is at most 1.

    Raises:
        ValueError: The rate is negative or not finite, or h is no whole number.
    """
    a_, b_, h = np.broadcast_arrays(*(np.asarray(values, dtype=np.float64) for values in (a, b, periods)))
    if np.ndim(discount_rate) or not 0 <= discount_rate < np.inf:
        raise ValueError(f"a discount rate must be one finite number, 0 or more, not {discount_rate}")
    finite = np.where(np.isinf(h), 0, h)
    if not ((h >= 0) & (finite == np.floor(finite))).all():
        raise ValueError("periods must be whole numbers from 0, or infinite")
    total, term = np.zeros(h.shape), np.ones(h.shape)
    for period in range(
        1, int(finite.max(initial=0)) + 1
    ):  # adding up has no singularity at a = 1, the closed form has
        term = term * (b_ + period - 1) / (a_ + b_ + period - 1) / (1 + discount_rate)
        total = total + np.where(period <= finite, term, 0.0)
    endless = np.isinf(h)
    return np.where(endless, _sum_without_end(a_, b_, discount_rate), total) if endless.any() else total


def _sum_without_end(a: FloatArray, b: FloatArray, discount_rate: float) -> FloatArray:
    """Sum over infinitely many periods: v b / (a + b) * 2F1(1, b + 1; a + b + 1; v) with v = 1 / (1 + discount_rate).

    By Gauss's continued fraction (DLMF 15.7.1): the usual transformations lose half their digits near a = 1. Its error
    falls by exp(-2 sqrt(1 - v)) a step.
    """
    if discount_rate == 0:
        return np.where(a > 1, b / np.where(a > 1, a - 1, 1.0), np.inf)
    v, c = 1 / (1 + discount_rate), a + b
    steps = 2 * int(np.ceil(10 / np.sqrt(1 - v))) + 40
    fraction = c + steps
    for step in range(steps, 0, -1):
        half = step // 2
        numerator = (b + 1 + half) * (c + half) if step % 2 else half * (a - 1 + half)
        fraction = c + step - 1 - numerator * v / fraction
    return v * b / fraction
