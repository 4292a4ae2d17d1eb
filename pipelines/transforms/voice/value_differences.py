"""The difference in annual value between an NPS group and detractors, with its interval and p-value.

Put here: the comparison of groups. Keep out: the groups of customers (`nps_groups.py`), other money (`nps_value.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.models.comparisons.skewed_means import FEWEST_FOR_A_COMPARISON, Group, Shape

DETRACTOR = "detractor"
PARTS = ("difference", "low", "high", "p_value")
DIFFERENCE = "annual_value_over_detractors"
NAMES = dict(zip(PARTS, (DIFFERENCE, *(f"{DIFFERENCE}_{part}" for part in PARTS[1:])), strict=True))
"""What the comparison is called in the table."""
MOMENTS = ["annual_mean", "annual_variance", "annual_size"]


def describe_annual_value() -> dict[str, pl.Expr]:
    """Aggregate the annual value of the customers of a group: `total_annual_value` and `MOMENTS`."""
    yearly = pl.col("avg_annual_value_total")
    money = yearly.cast(pl.Float64)
    return {
        "total_annual_value": yearly.sum(),
        "annual_mean": money.mean(),
        "annual_variance": money.var(),
        "annual_size": money.count(),
    }


def find_shape_of_value(customers: pl.DataFrame) -> Shape:
    """Find the shape of the annual value of all customers, with which chance is measured."""
    return Shape(customers["avg_annual_value_total"].cast(pl.Float64).fill_null(np.nan).to_numpy())


def compare_with_detractors(groups: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    """Compare the mean annual value of each group with that of detractors.

    Args:
        groups: One row per `nps_group`, with `MOMENTS`.
        shape: Of the annual value of all customers.

    Returns:
        The same rows with the columns of `NAMES`; NULL for detractors, and where one of the two groups has fewer than
        `FEWEST_FOR_A_COMPARISON` customers.
    """
    means = groups.filter(pl.col("nps_group") == DETRACTOR).select(pl.col(MOMENTS).name.prefix("other_"))
    both = groups.join(means, how="cross")
    is_compared = (pl.col("nps_group") != DETRACTOR) & (
        pl.min_horizontal("annual_size", "other_annual_size") >= FEWEST_FOR_A_COMPARISON
    )
    compared = both.filter(is_compared)
    sides = [
        Group(*(compared[name].cast(pl.Float64).to_numpy() for name in names)) for names in (MOMENTS, means.columns)
    ]
    found = zip(NAMES.values(), shape.compare(*sides), strict=True)
    results = compared.select("nps_group", *(pl.Series(name, values) for name, values in found))
    return groups.join(results, on="nps_group", how="left", maintain_order="left")
