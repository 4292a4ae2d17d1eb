"""Renewal histories: how often customers have renewed, and whether they have left.

Put here: reading them, and rejecting impossible ones.
Keep out: customers who leave unobserved (`dropout/history.py`), and any model.
"""

import numpy as np
from numpy.typing import ArrayLike

from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.fitting.rows import read_columns, reject_rows


def read_renewals(
    renewals: ArrayLike, churned: ArrayLike, weights: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Renewals (n,) so far, whether the next was not taken (n,) as 0 or 1, and weights (n,).

    Raises:
        ValueError: Columns differ in length, are empty, or hold an impossible number (names the row); or nobody has
            faced a renewal yet.
    """
    left = np.asarray(churned, dtype=np.float64)
    survived, left, weight = read_columns(renewals=renewals, churned=left, weights=weights)
    reject_rows((left != 0) & (left != 1), "churned is neither true nor false", churned=left)
    if not (weight * (survived + left)).any():
        raise ValueError("there is nothing to fit: nobody has faced a renewal yet")
    return survived, left, weight
