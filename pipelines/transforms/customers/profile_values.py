"""How much more a year customers with an attribute are worth than the others, with its interval and p-value.

Put here: this comparison. Keep out: which customers have the attribute (`primary_customer_profile.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.definitions.enumerations import OTHER, UNKNOWN
from regulars.pipelines.models.comparisons.skewed_means import FEWEST_FOR_A_COMPARISON, Floats, Group, Shape
from regulars.pipelines.transforms.false_discovery import is_significant

DIFFERENCE = [f"annual_value_over_others{part}" for part in ("", "_low", "_high", "_p_value")]
IS_SIGNIFICANT = f"is_{DIFFERENCE[0]}_significant"
OFF = pl.col("annual_value").cast(pl.Float64) - pl.col("annual_value").cast(pl.Float64).mean()
"""How far a customer's annual value lies off that of all: of such numbers sums of squares do not cancel each other."""


def sum_off(of: str = "") -> list[pl.Expr]:
    """The sums that the comparison needs, of customers with `off`; their names begin with `of`."""
    off = pl.col("off")
    return [
        off.count().cast(pl.Float64).alias(f"{of}off_size"),
        off.sum().alias(f"{of}off"),
        off.pow(2).sum().alias(f"{of}off_squares"),
    ]


def compare_annual_value(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Compare the mean annual value of customers with each value with that of all others whose value is known.

    Args:
        rows: A row per attribute and value: `attribute_value`, the sums of `sum_off`, and those of all customers of
            whom the attribute is known, with `known_` before their names.
        known: One row per customer: `annual_value`.

    Returns:
        The rows with `DIFFERENCE` and `IS_SIGNIFICANT`; NULL where either side has fewer than
        `FEWEST_FOR_A_COMPARISON` customers.
    """
    names = [each.meta.output_name() for each in sum_off()]
    own, whole = (rows.select(pl.col(of + name).fill_null(0).alias(name) for name in names) for of in ("", "known_"))
    others = whole.select(pl.col(name) - own[name] for name in names)
    is_compared = (
        ~rows["attribute_value"].is_in([OTHER, UNKNOWN])
        & (own["off_size"] >= FEWEST_FOR_A_COMPARISON)
        & (others["off_size"] >= FEWEST_FOR_A_COMPARISON)
    )
    sides = [_find_moments(each.filter(is_compared)) for each in (own, others)]
    found = Shape(known["annual_value"].cast(pl.Float64).to_numpy()).compare(*sides)
    columns: dict[str, Floats] = {name: np.full(len(rows), np.nan) for name in DIFFERENCE}
    for column, values in zip(columns.values(), found, strict=True):
        column[is_compared.to_numpy()] = values
    shown = rows.with_columns(pl.Series(name, values).fill_nan(None) for name, values in columns.items())
    return shown.with_columns(is_significant(DIFFERENCE[-1]).alias(IS_SIGNIFICANT))


def _find_moments(sums: pl.DataFrame) -> Group:
    """Mean, less that of all, variance and size."""
    size, off, squares = (sums[name].to_numpy() for name in sums.columns)
    return Group(off / size, np.maximum(squares - off**2 / size, 0) / (size - 1), size)
