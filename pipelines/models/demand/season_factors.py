"""How much more the next weeks sell than the last ones, by the season that was known at the time.

A level that is taken from the last weeks holds their season. The factor puts that of the weeks to come in its place:
the mean index of their months, divided by that of the months of the last eight weeks. Indices are shrunk toward 1 by
how much years differ, so that without any season the factor is near 1.

Put here: factors. Keep out: whether a total is multiplied by one (`transforms/products/demand/season_of_totals.py`).
"""

import numpy as np

from regulars.pipelines.models.demand.seasonal_index import MONTHS, compute_season_index
from regulars.pipelines.models.demand.smoothing import WEEKS_OF_MEAN, Ints
from regulars.pipelines.models.fitting.fitting import FloatArray

FEWEST_YEARS, FEWEST_WEEKS = 2, 4
"""Whole years that an index needs, and weeks of a month that make it a whole one."""
LEAST_INDEX = 0.25
"""The last weeks count as no quieter than this: a level of nearly nothing tells little of the weeks to come."""


def shrink_index(index: FloatArray, error: FloatArray) -> FloatArray:
    """Draw the indices of the twelve months toward 1: by how much of their spread chance alone would make."""
    spread = np.square(index - 1).sum()
    kept = max(0.0, 1 - float(np.square(error).sum() / spread)) if spread > 0 else 0.0
    shrunk: FloatArray = 1 + kept * (index - 1)
    return shrunk


def find_season_factors(sold: FloatArray, months: Ints, origins: Ints, span: int) -> FloatArray:
    """Find the factor of the `span` weeks after each of some past weeks, from what had been sold by its end.

    Args:
        sold: (t,) what was sold in each week.
        months: (t + span,) the month of each week and of the next ones, counted on through the years from a January.
        origins: (w,) weeks, from 0 on.
        span: Weeks of a total.

    Returns:
        (w,) NaN where less than two whole years of months had passed.
    """
    found = np.full(len(origins), np.nan)
    first = months[0]
    place = months[: len(sold)] - first
    weeks = np.bincount(place)
    of_month = np.bincount(place, weights=sold) / np.maximum(weeks, 1)
    begins = int(weeks[0] < FEWEST_WEEKS)
    for number, origin in enumerate(origins):
        over = int(months[origin] - first) + int(months[origin + 1] > months[origin])  # months that are over
        years = (over - begins) // MONTHS
        if years < FEWEST_YEARS:
            continue
        start = over - years * MONTHS
        known = of_month[np.newaxis, start:over]
        index, error = compute_season_index(known, np.zeros_like(known))
        if not (np.isfinite(index).all() and np.isfinite(error).all()):
            continue
        of_year = np.roll(shrink_index(index[0], error[0]), (first + start) % MONTHS)
        ahead = of_year[months[origin + 1 : origin + 1 + span] % MONTHS].mean()
        last = of_year[months[origin + 1 - WEEKS_OF_MEAN : origin + 1] % MONTHS].mean()
        found[number] = max(ahead, 0.0) / max(last, LEAST_INDEX)
    return found
