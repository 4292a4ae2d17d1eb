"""Sums over all other values of a dimension, beside each value: a value is compared with the others.

Put here: these sums. Keep out: whether a difference may be chance (`models/comparisons`, `voice/adjusted_wald.py`), and
which of many differences are significant (`false_discovery.py`).
"""

from collections.abc import Sequence

import polars as pl

from regulars.pipelines.definitions.enumerations import ALL


def count_others(counts: Sequence[str], *family: str) -> dict[str, pl.Expr]:
    """Sum each count over the other values of the row's dimension, as `<count>_of_others`; NULL for `all`.

    Args:
        counts: Columns with whole numbers.
        family: The columns that define which values are compared with each other, `dimension` among them.
    """
    is_value = pl.col("dimension") != ALL
    return {
        f"{name}_of_others": pl.when(is_value).then(pl.col(name).sum().over(family) - pl.col(name)) for name in counts
    }
