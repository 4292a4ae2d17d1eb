"""Compares the rate of an event by level of exposure with that of matched observations without exposure.

Each observation lies in a cell of similar ones. The expected rate of the exposed is that of the unexposed in the same
cells; observed ÷ expected is a standardised mortality ratio. Only cells with enough unexposed observations count.

Put here: the comparison and its interval. Keep out: the observations, and which customers are similar
(`transforms/care/landmarks.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCKS = 499
"""Subjects are drawn in at most this many blocks: exact up to that number, and as fast for a million. It is a prime, so
that a pattern in the numbers of subjects does not put similar ones into one block."""


@dataclass(frozen=True)
class Observations:
    """Observations of subjects, arrays (n,) of numbers of 0 or more.

    Attributes:
        subject: The subject of each; observations of one subject are drawn together.
        level: The level of exposure.
        cell: The cell of similar observations.
        event: Whether the event happened.
    """

    subject: Ints
    level: Ints
    cell: Ints
    event: NDArray[np.bool_]


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are drawn: the number of samples, their seed, and the nominal coverage of the interval."""

    draws: int
    seed: int
    coverage: float = 0.95


@dataclass(frozen=True)
class MatchedRates:
    """Counts and rates per level of exposure, arrays with one entry per level from 0.

    Attributes:
        observations: All observations of the level.
        events: The observations with the event.
        matched: Observations in cells that count.
        matched_subjects: Subjects with at least one of these.
        observed_rate: Share of events among the matched; NaN without any.
        expected_rate: The share expected without exposure; NaN without a matched observation.
        ratio: observed_rate / expected_rate; NaN where nothing is expected.
        ratio_low: Lower end of the percentile interval of `ratio`; NaN where most draws have none.
        ratio_high: Upper end of it.
    """

    observations: Ints
    events: Ints
    matched: Ints
    matched_subjects: Ints
    observed_rate: Floats
    expected_rate: Floats
    ratio: Floats
    ratio_low: Floats
    ratio_high: Floats


def compare_matched(observed: Observations, *, levels: int, least_unexposed: int, bootstrap: Bootstrap) -> MatchedRates:
    """Compare each level with level 0 in the same cells, with a bootstrap over subjects.

    Args:
        observed: The observations; levels are below `levels`.
        levels: The number of levels.
        least_unexposed: The fewest observations of level 0 in a cell that counts.
        bootstrap: How the interval is drawn.
    """
    counts = _count_by_block(observed, levels)
    whole = counts.sum(axis=0)
    is_matched = whole[0].sum(axis=-1) >= least_unexposed
    observed_rate, expected_rate = _find_rates(whole, is_matched)
    ratios = _draw_ratios(counts, is_matched, bootstrap)
    tail = (1 - bootstrap.coverage) / 2
    return MatchedRates(
        observations=whole.sum(axis=(1, 2)).astype(np.int64),
        events=whole[:, :, 1].sum(axis=1).astype(np.int64),
        matched=whole[:, is_matched].sum(axis=(1, 2)).astype(np.int64),
        matched_subjects=_count_subjects(observed.subject, observed.level, is_matched[observed.cell], levels),
        observed_rate=observed_rate,
        expected_rate=expected_rate,
        ratio=_divide(observed_rate, expected_rate),
        ratio_low=_find_quantiles(ratios, tail),
        ratio_high=_find_quantiles(ratios, 1 - tail),
    )


def _count_by_block(observed: Observations, levels: int) -> Floats:
    """Count observations by block of subjects, level, cell and event: (blocks, levels, cells, 2)."""
    cells = int(observed.cell.max(initial=0)) + 1
    blocks = np.unique(observed.subject % BLOCKS, return_inverse=True)[1]
    shape = (int(blocks.max(initial=0)) + 1, levels, cells, 2)
    place = ((blocks * levels + observed.level) * cells + observed.cell) * 2 + observed.event
    return np.bincount(place, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)


def _draw_ratios(counts: Floats, is_matched: NDArray[np.bool_], bootstrap: Bootstrap) -> Floats:
    """The ratio of every level in samples of blocks, drawn with replacement: (draws, levels)."""
    blocks = len(counts)
    rng = np.random.default_rng(bootstrap.seed)
    weights = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=bootstrap.draws).astype(np.float64)
    drawn = (weights @ counts.reshape(blocks, -1)).reshape(bootstrap.draws, *counts.shape[1:])
    return np.array([_divide(*_find_rates(each, is_matched)) for each in drawn])


def _count_subjects(subject: Ints, level: Ints, is_matched: NDArray[np.bool_], levels: int) -> Ints:
    """The number of subjects with a matched observation of each level."""
    pairs = np.unique(subject[is_matched] * levels + level[is_matched])
    return np.bincount(pairs % levels, minlength=levels).astype(np.int64)


def _find_rates(counts: Floats, is_matched: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Observed and expected rate per level, of `counts` by level, cell and event; a draw may empty a cell."""
    unexposed = counts[0].sum(axis=-1)
    counted = is_matched & (unexposed > 0)
    rate = _divide(counts[0, :, 1], unexposed)[counted]
    of_level = counts[:, counted].sum(axis=-1)
    size = of_level.sum(axis=-1)
    return _divide(counts[:, counted, 1].sum(axis=-1), size), _divide(of_level @ rate, size)


def _divide(part: Floats, whole: Floats) -> Floats:
    ratio: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return ratio


def _find_quantiles(ratios: Floats, share: float) -> Floats:
    """A quantile of the known values of each column; NaN where fewer than half are known."""
    found = np.full(ratios.shape[1], np.nan)
    is_known = ~np.isnan(ratios)
    for column in np.flatnonzero(is_known.sum(axis=0) * 2 > len(ratios)):
        found[column] = np.quantile(ratios[is_known[:, column], column], share)
    return found
