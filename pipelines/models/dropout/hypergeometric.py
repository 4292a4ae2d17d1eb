"""The integrals behind the Pareto/NBD, as sums of positive terms in log space.

The papers write these integrals as Gaussian 2F1 and confluent U functions. Their closed forms subtract nearly equal
numbers or overflow for real customers (a purchase today, 500 purchases, hardly any dropout); the integrals do neither.
Each is taken over u = log(1 + y / a), which makes the integrand a bare exponential where both scales agree, by
Gauss-Legendre on panels, cut where what is left is negligible.

Put here: functions of numbers.
Keep out: customers, parameters' names, fitting.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from regulars.pipelines.models.fitting.fitting import FloatArray

NODES = 20
"""Gauss-Legendre nodes per panel: integrands of this module come out to 1e-11 or better."""
PANEL = 4.5
"""Longest panel in u: the nearest singularity is pi away from the real line."""
SHORTER_RULES = ((12, 2.5, 8.0), (8, 1.5, 3.0))
"""Nodes that do as well where u reaches no farther than this and the integrand decays by no more than exp(-this)."""
NEGLIGIBLE = 34.0
"""An integrand that has decayed by exp(-34), 1.7e-15, adds nothing that a float64 could show."""
CELLS = 40_000
"""Nodes times rows that are worked on at once: small enough to stay in a processor's cache."""

RowIndex = slice | NDArray[np.intp]


@dataclass(frozen=True)
class DecayIntegral:
    """An integral of (1 + y/a)**-p * (1 + y/b)**-q over y, with means under that integrand as a density; all (n,).

    Attributes:
        log_value: Log of the integral; -inf where the length is 0.
        mean_log_a: Mean of log(1 + y/a): minus the derivative of `log_value` in p.
        mean_inverse_a: Mean of 1 / (1 + y/a).
        mean_log_b: Mean of log(1 + y/b).
        mean_inverse_b: Mean of 1 / (1 + y/b).
    """

    log_value: FloatArray
    mean_log_a: FloatArray
    mean_inverse_a: FloatArray
    mean_log_b: FloatArray
    mean_inverse_b: FloatArray


def log_decay_integral(a: FloatArray, b: FloatArray, p: FloatArray, q: FloatArray, length: FloatArray) -> FloatArray:
    """Log of the integral of (1 + y/a)**-p * (1 + y/b)**-q for y from 0 to `length`.

    Euler's integral of 2F1 (Abramowitz & Stegun 15.3.1) with both ends finite.

    Args:
        a: (n,), above 0.
        b: (n,), above 0.
        p: (n,), not below 0.
        q: (n,), not below 0.
        length: (n,), finite, not below 0.

    Returns:
        (n,); -inf where the length is 0.
    """
    a, b, p, q = _order_by_scale(a, b, p, q)
    log_value = np.empty(a.size)
    for rows, points, weights, reach in _split_into_batches(a, b, p, q, length):
        ratio = a[rows] / b[rows]
        u = points * reach
        decay = q[rows] * np.log1p(ratio * np.expm1(u)) + (p[rows] - 1.0) * u
        log_value[rows] = _log_weighted_sum(decay, weights) + _log(a[rows] * reach)
    return log_value


def decay_integral(a: FloatArray, b: FloatArray, p: FloatArray, q: FloatArray, length: FloatArray) -> DecayIntegral:
    """As `log_decay_integral`, with the means that its derivatives in a, b, p and q are made of."""
    swapped = a > b
    a, b, p, q = _order_by_scale(a, b, p, q)
    log_value, log_near, inverse_near, log_far, inverse_far = np.empty((5, a.size))
    for rows, points, weights, reach in _split_into_batches(a, b, p, q, length):
        u = points * reach
        growth = np.expm1(u)
        far = (a[rows] / b[rows]) * growth
        log_of_far = np.log1p(far)
        decay = q[rows] * log_of_far + (p[rows] - 1.0) * u
        lowest = decay.min(axis=0)
        density = weights * np.exp(lowest - decay)
        total = density.sum(axis=0)
        log_value[rows] = np.log(total) - lowest + _log(a[rows] * reach)
        log_near[rows] = (density * points).sum(axis=0) * reach / total
        inverse_near[rows] = (density / (1.0 + growth)).sum(axis=0) / total
        log_far[rows] = (density * log_of_far).sum(axis=0) / total
        inverse_far[rows] = (density / (1.0 + far)).sum(axis=0) / total
    return DecayIntegral(
        log_value,
        np.where(swapped, log_far, log_near),
        np.where(swapped, inverse_far, inverse_near),
        np.where(swapped, log_near, log_far),
        np.where(swapped, inverse_near, inverse_far),
    )


def log_discounted_survival(s: FloatArray, z: FloatArray, length: FloatArray) -> FloatArray:
    """Log of the integral of (1 + y)**-s * exp(-z * y) for y from 0 to `length`, which may be infinite where z > 0.

    With infinite length this is the confluent hypergeometric U(1, 2 - s, z) = z**(s - 1) * U(s, s, z) (Abramowitz &
    Stegun 13.2.5), or exp(z) times the exponential integral of order s, without the underflow of the one and the
    overflow of the other.

    Args:
        s: (n,), not below 0.
        z: (n,), not below 0.
        length: (n,), not below 0.

    Returns:
        (n,); -inf where the length is 0.
    """
    with np.errstate(divide="ignore", over="ignore"):  # z = 0 has a finite length
        farthest = np.minimum(np.log1p(length), np.log1p(3.0 * NEGLIGIBLE / z))

    def decay(u: FloatArray, rows: RowIndex) -> tuple[FloatArray, FloatArray]:
        growth, rising = z[rows] * np.expm1(u), s[rows] - 1.0
        return rising * u + growth, rising + growth + z[rows]

    reach, decayed = _find_reach(decay, farthest)
    log_value = np.empty(s.size)
    for rows, points, weights in _group_rows_by_rule(reach, decayed):
        u = points * reach[rows]
        log_value[rows] = _log_weighted_sum((s[rows] - 1.0) * u + z[rows] * np.expm1(u), weights) + _log(reach[rows])
    return log_value


def log_integral(log_integrand: Callable[[FloatArray], FloatArray], length: FloatArray, panels: int = 24) -> FloatArray:
    """Log of the integral over u from 0 to `length`, (n,), of exp(log_integrand(u)), which takes and gives (m, n)."""
    points, weights = _make_rule(panels * NODES)
    return _log_weighted_sum(-log_integrand(points * length), weights) + _log(length)


def _order_by_scale(
    a: FloatArray, b: FloatArray, p: FloatArray, q: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The smaller scale is the one to substitute by: the other factor is then smooth in u."""
    swapped = a > b
    return np.minimum(a, b), np.maximum(a, b), np.where(swapped, q, p), np.where(swapped, p, q)


def _split_into_batches(
    a: FloatArray, b: FloatArray, p: FloatArray, q: FloatArray, length: FloatArray
) -> list[tuple[RowIndex, FloatArray, FloatArray, FloatArray]]:
    """Rows to work on together, their points and weights on [0, 1], (m, 1), and how far each row reaches in u, (n,)."""
    ratio = a / b

    def decay(u: FloatArray, rows: RowIndex) -> tuple[FloatArray, FloatArray]:
        growth, rising = ratio[rows] * np.expm1(u), p[rows] - 1.0
        return rising * u + q[rows] * np.log1p(growth), rising + q[rows] * (growth + ratio[rows]) / (1.0 + growth)

    reach, decayed = _find_reach(decay, np.log1p(length / a))
    return [(rows, points, weights, reach[rows]) for rows, points, weights in _group_rows_by_rule(reach, decayed)]


def _find_reach(
    decay: Callable[[FloatArray, RowIndex], tuple[FloatArray, FloatArray]], farthest: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Where a convex decay that starts from 0 exceeds `NEGLIGIBLE`, or `farthest`; and the decay there, (n,) each.

    By Newton from the right, which never stops too near.

    Args:
        decay: From u and rows to the decay and its gradient in u.
        farthest: (n,).
    """
    reach = farthest.copy()
    decayed, gradient = decay(reach, slice(None))
    rows = np.flatnonzero(decayed > NEGLIGIBLE)
    gradient = gradient[rows]
    for _ in range(4):
        reach[rows] -= (decayed[rows] - NEGLIGIBLE) / gradient
        decayed[rows], gradient = decay(reach[rows], rows)
        far = decayed[rows] > NEGLIGIBLE
        rows, gradient = rows[far], gradient[far]
    return reach, decayed


def _group_rows_by_rule(reach: FloatArray, decayed: FloatArray) -> list[tuple[RowIndex, FloatArray, FloatArray]]:
    """Rows that need equally many nodes, in batches that fit a cache, with their points and weights."""
    nodes = NODES * np.maximum(1, np.ceil(reach / PANEL)).astype(np.intp)
    for fewer, longest, steepest in SHORTER_RULES:
        nodes[(reach <= longest) & (decayed <= steepest)] = fewer
    batches: list[tuple[RowIndex, FloatArray, FloatArray]] = []
    for count in np.flatnonzero(np.bincount(nodes)):  # as np.unique, but without hashing a million rows
        points, weights = _make_rule(int(count))
        rows = np.flatnonzero(nodes == count)
        step = max(1, CELLS // points.size)
        batches += [(rows[start : start + step], points, weights) for start in range(0, rows.size, step)]
    return batches


@lru_cache(maxsize=64)
def _make_rule(count: int) -> tuple[FloatArray, FloatArray]:
    """Points and weights, (count, 1) each, of Gauss-Legendre on [0, 1], in equal panels where there are many."""
    panels = max(1, count // NODES)
    nodes, weights = np.polynomial.legendre.leggauss(count // panels)
    points = (np.arange(panels)[:, None] + (nodes + 1.0) / 2.0) / panels
    return points.reshape(-1, 1), np.tile(weights / (2.0 * panels), panels).reshape(-1, 1)


def _log_weighted_sum(decay: FloatArray, weights: FloatArray) -> FloatArray:
    """Log of the weighted sum of exp(-decay) over the first axis."""
    lowest = decay.min(axis=0)
    lowest = np.where(np.isfinite(lowest), lowest, 0.0)  # an integrand that is 0 everywhere
    return _log((weights * np.exp(lowest - decay)).sum(axis=0)) - lowest


def _log(values: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):  # the log of an empty range is -inf, and adds nothing
        logs: FloatArray = np.log(values)
    return logs
