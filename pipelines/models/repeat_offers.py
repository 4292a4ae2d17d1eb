"""The probability that a customer buys a product again soon, from the days on which they bought it.

Put here: the rate that decays (Poisson-Gamma) and the timing of regular buyers (renewal). Keep out: offers and their
evaluation (`transforms/products`).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincc  # type: ignore[import-untyped]

from regulars.pipelines.models.fitting.fitting import FloatArray

SHAPE = 0.3
"""a of the Gamma distribution of rates: most customers rarely buy a product again, a few often do."""
PRIOR_DAYS = 15_000
"""The weight of the overall rate in the rate of a product, in customer-days."""
HALF_LIFE_DAYS = 180
FEWEST_PURCHASES, LARGEST_CV = 5, 0.4
"""The fewest purchase days, and the largest coefficient of variation of the days between, of a regular rhythm."""
LONGEST_WAIT = 1.5
"""Mean intervals after which a rhythm that was not kept has ended. Of the sample company's pairs with a regular rhythm,
at 29 cuts, 21 % were bought in the 28 days after while it lasted, and 4 % once it had ended: fewer than of all, 5 %."""
SMALLEST_CV = 0.1
"""The smallest coefficient of variation: no customer stays more regular than this for long."""


def compute_repeat_rate(repeats: ArrayLike, days: ArrayLike) -> FloatArray:
    """Compute the daily rate at which customers buy each product again.

    Args:
        repeats: (n,) purchases after the first, of all customers of the product.
        days: (n,) days since their first purchase, added up.

    Returns:
        (n,) the product's own rate shrunk towards that of all products; above 0 if there is any repeat purchase.
    """
    bought, waited = np.asarray(repeats, dtype=float), np.asarray(days, dtype=float)
    overall = (bought.sum() + SHAPE) / (waited.sum() + 1.0)
    rate: FloatArray = (bought + PRIOR_DAYS * overall) / (waited + PRIOR_DAYS)
    return rate


def compute_rate_chance(
    purchases: ArrayLike, age: ArrayLike, gap: ArrayLike, rate: ArrayLike, horizon: float
) -> FloatArray:
    """Compute the probability of a purchase within the horizon, by a rate that decays with the gap.

    P = 1 − (1 + H / (T + b))^−(k − 1 + a), b = a / m, times ½^(gap / 180).

    Args:
        purchases: (n,) k, days with a purchase of the product.
        age: (n,) T, days since the first of them.
        gap: (n,) days since the last of them.
        rate: (n,) m, the product's repeat rate a day, above 0.
        horizon: H, days.
    """
    b = SHAPE / np.asarray(rate, dtype=float)
    power = np.asarray(purchases, dtype=float) - 1 + SHAPE
    bought = -np.expm1(-power * np.log1p(horizon / (np.asarray(age, dtype=float) + b)))
    chance: FloatArray = bought * 0.5 ** (np.asarray(gap, dtype=float) / HALF_LIFE_DAYS)
    return chance


def compute_renewal_chance(mean: ArrayLike, cv: ArrayLike, gap: ArrayLike, horizon: float) -> FloatArray:
    """Compute the probability of a purchase within the horizon, by gamma-distributed intervals.

    P = (F(gap + H) − F(gap)) / (1 − F(gap)), halved for each interval that the gap exceeds the mean by.

    Args:
        mean: (n,) mean days between purchases, above 0.
        cv: (n,) their coefficient of variation.
        gap: (n,) days since the last purchase.
        horizon: H, days.
    """
    shape = 1 / np.square(np.maximum(np.asarray(cv, dtype=float), SMALLEST_CV))
    days, since = np.asarray(mean, dtype=float), np.asarray(gap, dtype=float)
    still = np.maximum(gammaincc(shape, since * shape / days), 1e-300)
    later = gammaincc(shape, (since + horizon) * shape / days)
    fade = 0.5 ** (np.maximum(since - days, 0) / days)
    chance: FloatArray = np.clip(1 - later / still, 0, 1) * fade
    return chance


def is_regular(purchases: ArrayLike, cv: ArrayLike) -> NDArray[np.bool_]:
    """Whether the rhythm of a pair is regular enough to predict by its timing."""
    regular: NDArray[np.bool_] = (np.asarray(purchases) >= FEWEST_PURCHASES) & (np.asarray(cv) < LARGEST_CV)
    return regular


def has_ended(mean: ArrayLike, gap: ArrayLike) -> NDArray[np.bool_]:
    """Whether a rhythm has ended, as the last purchase is longer ago than `LONGEST_WAIT` of its mean intervals."""
    ended: NDArray[np.bool_] = np.asarray(gap, dtype=float) > LONGEST_WAIT * np.asarray(mean, dtype=float)
    return ended
