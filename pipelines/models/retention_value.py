"""The value of retention, and the most that winning a customer may cost, at a constant retention rate.

A customer brings a yearly contribution for as long as they stay; each year, the share `retention` of the remaining
customers stays.

Put here: these formulas. Keep out: where retention and contribution come from (`transforms/money`), models of single
customers (`dropout/`).
"""

import numpy as np
from numpy.typing import ArrayLike

from regulars.pipelines.models.fitting.fitting import FloatArray

MONTHS = 12
LONGEST_PAYBACK_MONTHS = 240
HIGHEST_RETENTION = 0.99
"""No company keeps all customers; above this, the years of the formulas are meaningless."""


def compute_clv_before_cost(contribution: ArrayLike, retention: ArrayLike, discount_rate: float) -> FloatArray:
    """CLV before the acquisition cost, the first year paid now: m (1 + d) / (1 + d − r).

    Args:
        contribution: (n,) yearly contribution of a customer who stays, in money.
        retention: (n,) share of customers who stay for another year, 0 to `HIGHEST_RETENTION`.
        discount_rate: d, annual, 0 or more.
    """
    kept = np.asarray(retention, dtype=float)
    value: FloatArray = np.asarray(contribution, dtype=float) * (1 + discount_rate) / (1 + discount_rate - kept)
    return value


def compute_expected_years(retention: ArrayLike) -> FloatArray:
    """Years that a customer stays on average, (n,): 1 / (1 − r)."""
    years: FloatArray = 1 / (1 - np.asarray(retention, dtype=float))
    return years


def raise_retention(retention: ArrayLike, points: ArrayLike) -> FloatArray:
    """Retention raised by percentage points, (n,), at most `HIGHEST_RETENTION`, never lowered."""
    kept = np.asarray(retention, dtype=float)
    raised: FloatArray = np.maximum(kept, np.minimum(kept + np.asarray(points) / 100, HIGHEST_RETENTION))
    return raised


def sum_years_kept(retention: ArrayLike, years: int) -> FloatArray:
    """Expected further years within the next `years`: Σ r^t for t = 1 … years, (n,)."""
    kept = np.asarray(retention, dtype=float)
    total: FloatArray = (kept[..., np.newaxis] ** np.arange(1, years + 1)).sum(axis=-1)
    return total


def sum_years_gained(retention: ArrayLike, points: ArrayLike, years: int) -> FloatArray:
    """Years that a customer is there longer, of the next so many, where so many points more are kept, (n,)."""
    return sum_years_kept(raise_retention(retention, points), years) - sum_years_kept(retention, years)


def combine_ends(one: FloatArray, other: FloatArray) -> FloatArray:
    """The end of the interval of a product, from the ends of its two factors, each as a multiple of the factor, (n,).

    The squared distances on the log scale add up, as for independent estimates (MOVER, Zou and Donner 2008): with both
    factors at their ends, the interval would be too wide. Where a factor may be 0, so may the product.

    Args:
        one: (n,) an end of the first factor ÷ the factor; both lower ends (0 to 1) or both upper ends (1 and more).
        other: (n,) the same for the second factor.
    """
    with np.errstate(divide="ignore"):
        far = np.hypot(np.log(one), np.log(other))
    combined: FloatArray = np.exp(np.where((one < 1) | (other < 1), -far, far))
    return combined


def find_payback_month(
    contribution: ArrayLike, retention: ArrayLike, cost: ArrayLike, *, longest: int = LONGEST_PAYBACK_MONTHS
) -> FloatArray:
    """Find the first month after which a customer's contribution covers the acquisition cost.

    Month k brings m / 12 · r^(k / 12).

    Args:
        contribution: (n,) yearly contribution of a customer who stays.
        retention: (n,) share of customers who stay for another year.
        cost: (n,) acquisition cost of a customer.
        longest: The most months looked at.

    Returns:
        (n,) whole months from 0 (nothing was paid); NaN where the cost never comes back within `longest` months, or an
        argument is NaN.
    """
    brought = sum_contribution_by_month(contribution, retention, longest)
    paid = np.asarray(cost, dtype=float)[..., np.newaxis]
    back = brought >= paid - 1e-9
    month: FloatArray = np.where(back.any(axis=-1), back.argmax(axis=-1) + 1.0, np.nan)
    return np.where(np.asarray(cost, dtype=float) <= 0, 0.0, month)


def sum_contribution_by_month(contribution: ArrayLike, retention: ArrayLike, months: int) -> FloatArray:
    """The contribution of a customer after 1 … `months` months, (n, months): the sum of m / 12 · r^(k / 12)."""
    exponent = np.arange(1, months + 1) / MONTHS
    each = np.asarray(contribution, dtype=float)[..., np.newaxis] / MONTHS
    brought: FloatArray = np.cumsum(each * np.asarray(retention, dtype=float)[..., np.newaxis] ** exponent, axis=-1)
    return brought
