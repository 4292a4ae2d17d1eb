"""How much more often a value is found in one group than in another: lift, its interval and its p-value.

Put here: the maths, arrays in, arrays out. Keep out: the groups (`transforms/customers`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln  # type: ignore[import-untyped]

from regulars.pipelines.models.comparisons.significance import Z_95

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HALF_A_CASE = 0.5
"""Added to every count under the logarithm, so that none is 0."""
SAME = 1e-7
"""Two tables are equally likely when their probabilities differ by no more than this, relative to their size."""


def compute_lift(found: Ints, size: Ints, found_elsewhere: Ints, size_elsewhere: Ints) -> tuple[Floats, Floats, Floats]:
    """The lift of a group over another one, with its 95 % interval.

    Args:
        found: (n,) how many of the group have the value, 0 to `size`.
        size: (n,) how many are in the group, above 0.
        found_elsewhere: (n,) how many of the other group have it.
        size_elsewhere: (n,) how many are in the other group, above 0.

    Returns:
        (n,) each: (found / size) / (found_elsewhere / size_elsewhere), NaN where no member of the other group has the
        value, and the ends of the interval. The interval is that of the logarithm with a half added to every count: se²
        = 1/(a+½) − 1/(n₁+½) + 1/(b+½) − 1/(n₀+½) (Katz and others, Biometrics 34, 1978; Walter 1975).
    """
    a, n_1, b, n_0 = (each.astype(np.float64) + HALF_A_CASE for each in (found, size, found_elsewhere, size_elsewhere))
    middle = np.log(a / n_1 * n_0 / b)
    spread = Z_95 * np.sqrt(np.maximum(1 / a - 1 / n_1 + 1 / b - 1 / n_0, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = (found / size) / (found_elsewhere / size_elsewhere)
    return np.where(found_elsewhere > 0, lift, np.nan), np.exp(middle - spread), np.exp(middle + spread)


def compute_exact_p(found: int, size: int, found_elsewhere: int, size_elsewhere: int) -> float:
    """Fisher's exact two-sided p-value of a two-by-two table; the arguments are those of `compute_lift`.

    It is the probability, with the value assigned at random, of a table that is at most as likely as this one.
    """
    having = found + found_elsewhere
    possible = np.arange(max(0, having - size_elsewhere), min(size, having) + 1)
    logs = _log_choose(size, possible) + _log_choose(size_elsewhere, having - possible)
    chances = np.exp(logs - logs.max())
    own = chances[found - possible[0]]
    return min(1.0, float(chances[chances <= own * (1 + SAME)].sum() / chances.sum()))


def _log_choose(whole: int, part: Ints) -> Floats:
    """The logarithm of the number of ways to choose `part` out of `whole`."""
    logs: Floats = gammaln(whole + 1) - gammaln(part + 1) - gammaln(whole - part + 1)
    return logs
