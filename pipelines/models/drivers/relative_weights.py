"""The share of an outcome's variance that each driver explains, also with missing answers.

Put here: correlations by EM, Johnson's relative weights and their bootstrap. Keep out: whether a driver matters at all
(`partial_effects.py`), and which answers are drivers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TOLERANCE, ROUGH, MOST_STEPS = 1e-5, 1e-3, 500
"""What a step may still change of means and correlations: of the estimate, of a bootstrap sample; the most steps."""
SMALLEST_EIGENVALUE = 1e-10
FEWEST_BLOCKS = 10
"""Blocks that the bootstrap draws from at least."""


@dataclass(frozen=True)
class Moments:
    """Means and covariances of variables, of which some values may be missing.

    Attributes:
        means: Shape (p,).
        covariances: Shape (p, p), divided by n.
        has_converged: Whether the last step changed no mean and no correlation by more than 1e-5.
    """

    means: Floats
    covariances: Floats
    has_converged: bool


@dataclass(frozen=True)
class PatternSums:
    """All that EM needs to know of the rows: sums by which values are there, so that a step costs nothing per row.

    Attributes:
        patterns: Which values are there, shape (k, p), each pattern once.
        starts: The first group of each pattern, shape (k,); groups of one pattern follow each other.
        blocks: The block of each group, shape (g,).
        sizes: Rows of each group, shape (g,).
        sums: Sums of their values, shape (g, p); missing ones add 0.
        products: Sums of products, shape (g, p, p).
    """

    patterns: NDArray[np.bool_]
    starts: NDArray[np.int64]
    blocks: NDArray[np.int64]
    sizes: Floats
    sums: Floats
    products: Floats

    def weigh(self, often: Floats) -> tuple[Floats, Floats, Floats]:
        """Sizes, sums and products by pattern, with each block counted so often, shape (blocks,)."""
        times = often[self.blocks]
        return (
            np.add.reduceat(times * self.sizes, self.starts),
            np.add.reduceat(times[:, None] * self.sums, self.starts),
            np.add.reduceat(times[:, None, None] * self.products, self.starts),
        )


def estimate_moments(values: Floats) -> Moments:
    """Means and covariances by the EM algorithm for a multivariate normal (Dempster, Laird and Rubin 1977).

    Each pattern of missing values is filled by the regression on what is there, and the residual covariance is added;
    nothing is filled with a mean. Without missing values this is the plain covariance.

    Args:
        values: Shape (n, p); NaN is missing. Rows without any value say nothing.

    Raises:
        ValueError: A variable has no value, or does not vary.
    """
    shift, start = _start_from_single_variables(values)
    sums = _sum_by_pattern(values - shift, np.zeros(len(values), dtype=np.int64))
    found = _iterate(sums.patterns, *sums.weigh(np.ones(1)), np.zeros_like(shift), start, TOLERANCE)
    return Moments(found.means + shift, found.covariances, found.has_converged)


def _start_from_single_variables(values: Floats) -> tuple[Floats, Floats]:
    if np.isnan(values).all(axis=0).any():
        raise ValueError("a variable has no value")
    means, variances = np.nanmean(values, axis=0), np.nanvar(values, axis=0)
    if (variances <= 0).any():
        raise ValueError("a variable does not vary")
    return means, np.diag(variances)


def _sum_by_pattern(values: Floats, blocks: NDArray[np.int64]) -> PatternSums:
    """Add up rows that have the same values there and belong to one block."""
    is_there = ~np.isnan(values)
    kept = is_there.any(axis=1)
    filled, is_there, blocks = np.where(is_there, values, 0.0)[kept], is_there[kept], blocks[kept]
    patterns, pattern_of_row = np.unique(is_there, axis=0, return_inverse=True)
    groups, group_of_row = np.unique(pattern_of_row.ravel() * (blocks.max() + 1) + blocks, return_inverse=True)
    pattern_of_group, count, p = groups // (blocks.max() + 1), len(groups), values.shape[1]
    sums, products = np.empty((count, p)), np.empty((count, p, p))
    for i in range(p):
        sums[:, i] = np.bincount(group_of_row, filled[:, i], count)
        for j in range(i + 1):
            products[:, i, j] = products[:, j, i] = np.bincount(group_of_row, filled[:, i] * filled[:, j], count)
    return PatternSums(
        patterns=patterns,
        starts=np.flatnonzero(np.r_[True, np.diff(pattern_of_group) > 0]),
        blocks=groups % (blocks.max() + 1),
        sizes=np.bincount(group_of_row, minlength=count).astype(np.float64),
        sums=sums,
        products=products,
    )


def _iterate(
    patterns: NDArray[np.bool_],
    sizes: Floats,
    sums: Floats,
    products: Floats,
    means: Floats,
    covariances: Floats,
    tolerance: float,
) -> Moments:
    total, least = sizes.sum(), SMALLEST_EIGENVALUE * np.diag(covariances)
    for _ in range(MOST_STEPS):
        first, second = np.zeros_like(means), np.zeros_like(covariances)
        for is_there, size, added, multiplied in zip(patterns, sizes, sums, products, strict=True):
            expected_sum, expected_square = _fill_pattern(is_there, size, added, multiplied, means, covariances)
            first += expected_sum
            second += expected_square
        new_means = first / total
        new_covariances = second / total - np.outer(new_means, new_means)
        if (np.diag(new_covariances) <= least).any():  # a variable does not vary in what was drawn
            return Moments(new_means, new_covariances, has_converged=False)
        scale = np.sqrt(np.diag(new_covariances))
        step = max(
            np.abs((new_means - means) / scale).max(),
            np.abs((new_covariances - covariances) / np.outer(scale, scale)).max(),
        )
        means, covariances = new_means, new_covariances
        if step < tolerance:
            return Moments(means, covariances, has_converged=True)
    return Moments(means, covariances, has_converged=False)


def _fill_pattern(
    is_there: NDArray[np.bool_], size: float, added: Floats, multiplied: Floats, means: Floats, covariances: Floats
) -> tuple[Floats, Floats]:
    """Expected sums and sums of products of the rows of one pattern."""
    there, gone = np.flatnonzero(is_there), np.flatnonzero(~is_there)
    if not len(gone):
        return added, multiplied
    slopes = np.linalg.lstsq(covariances[np.ix_(there, there)], covariances[np.ix_(there, gone)], rcond=None)[0]
    constants = means[gone] - means[there] @ slopes
    expected_sum, expected_square = np.zeros_like(means), np.zeros_like(covariances)
    expected_sum[there] = added[there]
    expected_sum[gone] = size * constants + added[there] @ slopes
    known = multiplied[np.ix_(there, there)]
    cross = np.outer(added[there], constants) + known @ slopes
    residual = covariances[np.ix_(gone, gone)] - covariances[np.ix_(gone, there)] @ slopes
    both = slopes.T @ known @ slopes + size * (np.outer(constants, constants) + residual)
    mean_part = np.outer(added[there] @ slopes, constants)
    expected_square[np.ix_(there, there)] = known
    expected_square[np.ix_(there, gone)] = cross
    expected_square[np.ix_(gone, there)] = cross.T
    expected_square[np.ix_(gone, gone)] = both + mean_part + mean_part.T
    return expected_sum, expected_square


def compute_correlations(covariances: Floats) -> Floats:
    """Correlations of covariances, shape (..., p, p)."""
    scale = np.sqrt(np.diagonal(covariances, axis1=-2, axis2=-1))
    correlations: Floats = covariances / (scale[..., :, None] * scale[..., None, :])
    return correlations


def compute_relative_weights(correlations: Floats) -> Floats:
    """Relative weights of the drivers; they add up to R² (Johnson, Multivariate Behavioral Research 35, 2000).

    With R = P Λ Pᵀ the correlations of drivers and r those with the outcome: Λ* = P Λ^½ Pᵀ, β* = Λ*⁻¹ r, and the
    weights are (Λ* ∘ Λ*)(β* ∘ β*).

    Args:
        correlations: Shape (..., p + 1, p + 1); the outcome is the last variable.

    Returns:
        Shape (..., p), none negative.
    """
    among, with_outcome = correlations[..., :-1, :-1], correlations[..., :-1, -1]
    eigenvalues, vectors = np.linalg.eigh(among)
    roots = np.sqrt(np.maximum(eigenvalues, SMALLEST_EIGENVALUE))
    turned = np.swapaxes(vectors, -1, -2)
    root = (vectors * roots[..., None, :]) @ turned
    inverse = (vectors / roots[..., None, :]) @ turned
    slopes = (inverse @ with_outcome[..., None])[..., 0]
    weights: Floats = (root**2 @ (slopes**2)[..., None])[..., 0]
    return weights


def bootstrap_importance(
    values: Floats, blocks: NDArray[np.int64], *, draws: int, seed: int, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Percentile interval of each driver's share of R², by drawing blocks of rows with replacement.

    An interval of a weight never holds 0: it tells how wide the estimate is, and is no test. Samples in which a
    variable does not vary are left out.

    Args:
        values: Shape (n, p + 1), NaN is missing; the outcome is the last column.
        blocks: The block of each row, from 0 on, shape (n,); all rows of a person belong in one.
        draws: How many samples are drawn.
        seed: Of the random numbers.
        level: What share of the samples lies in the interval.

    Returns:
        Lower and upper ends, each of shape (p,); 0 and 1 when in no sample all variables vary, and with fewer than
        `FEWEST_BLOCKS` blocks: samples of so few persons differ less than other persons would.
    """
    size = int(blocks.max()) + 1
    if size < FEWEST_BLOCKS:
        return np.zeros(values.shape[1] - 1), np.ones(values.shape[1] - 1)
    rng = np.random.default_rng(seed)
    shift, _ = _start_from_single_variables(values)
    sums = _sum_by_pattern(values - shift, blocks)
    whole = _iterate(sums.patterns, *sums.weigh(np.ones(size)), *_start_from_zero(values), TOLERANCE)
    shares = []
    for often in rng.multinomial(size, np.full(size, 1 / size), size=draws).astype(np.float64):
        sizes, added, products = sums.weigh(often)
        if (np.diagonal(products.sum(axis=0)) <= 0).any():
            continue
        used = sizes > 0
        drawn = _iterate(
            sums.patterns[used], sizes[used], added[used], products[used], whole.means, whole.covariances, ROUGH
        )
        if (np.diag(drawn.covariances) > SMALLEST_EIGENVALUE * np.diag(whole.covariances)).all():
            shares.append(compute_importance(compute_correlations(drawn.covariances)))
    if not shares:
        return np.zeros(len(shift) - 1), np.ones(len(shift) - 1)
    low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def _start_from_zero(values: Floats) -> tuple[Floats, Floats]:
    means, variances = _start_from_single_variables(values)
    return np.zeros_like(means), variances


def compute_importance(correlations: Floats) -> Floats:
    """Each driver's share of R², shape (..., p); the shares add up to 1, and are equal where nothing is explained."""
    weights = compute_relative_weights(correlations)
    whole = weights.sum(axis=-1, keepdims=True)
    equal = np.full_like(weights, 1 / weights.shape[-1])
    shares: Floats = np.divide(weights, whole, out=equal, where=whole > 0)
    return shares
