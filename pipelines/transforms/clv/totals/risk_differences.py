"""Whether the customers of an account owner have more money at risk than those of the other owners, or by chance alone.

An owner of many customers has more at risk than one of few, so owners are compared by what is at risk per customer.
Customers without an owner are left out: they are other customers, most of them private ones, and no owner answers for
them.

Put here: the comparison of owners. Keep out: the sums and how far off they are (`predicted_totals.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.definitions.enumerations import UNASSIGNED
from regulars.pipelines.models.comparisons.means import compare_means
from regulars.pipelines.models.comparisons.random_subsets import compare_with_drawn
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.transforms.false_discovery import is_significant

OWNER = "owner"
PER_CUSTOMER = "at_risk_per_customer_12m"
OF_OTHERS = f"{PER_CUSTOMER}_of_others"
OVER_OTHERS = [f"{PER_CUSTOMER}_over_others{end}" for end in ("", "_low", "_high", "_p_value")]
IS_SIGNIFICANT = f"is_{PER_CUSTOMER}_over_others_significant"
ENOUGH = 30
"""Customers with a prediction whom either side of a comparison needs."""


def compare_owners(customers: pl.DataFrame) -> pl.DataFrame:
    """Compare what is at risk per customer of each owner with that of all other owners' customers.

    Args:
        customers: One row per customer: `customer_id`, `owner`, `predicted_total_value_12m`, `value_at_any_risk_12m`.

    Returns:
        `scope_value` and the columns of `OF_OTHERS`, `OVER_OTHERS` and `IS_SIGNIFICANT`: one row per owner where both
        sides have `ENOUGH` customers of whom a total is predicted. Of Welch's test and of that beside customers drawn
        by lot, each row has the larger p-value and the wider ends: most customers have nothing at risk, and of an owner
        of whom none has, Welch's test alone is sure. Which of all owners stand is by Benjamini and Hochberg.
    """
    at_risk = pl.col("value_at_any_risk_12m").cast(pl.Float64)
    owned = (
        customers.filter(pl.col(OWNER) != UNASSIGNED)
        .drop_nulls("predicted_total_value_12m")
        .select("customer_id", scope_value=OWNER, at_risk=at_risk)
        .sort("customer_id")  # the last digit of a sum hangs on the order of its rows
    )
    usual = owned.select(pl.col("at_risk").mean().fill_null(0.0)).item()
    off = pl.col("at_risk") - usual
    owners = (
        owned.group_by("scope_value")
        .agg(size=pl.len().cast(pl.Float64), off=off.sum(), squares=(off**2).sum())
        .sort("scope_value")
    )
    rest = owners.with_columns(pl.col(name).sum() - pl.col(name) for name in ("size", "off", "squares"))
    is_compared = (owners["size"] >= ENOUGH) & (rest["size"] >= ENOUGH)
    sides = [_find_moments(each.filter(is_compared)) for each in (owners, rest)]
    found = _compare(sides, owned.select(off).to_series().to_numpy())
    compared = (
        owners.filter(is_compared)
        .select("scope_value")
        .with_columns(
            (sides[1]["mean"] + usual).alias(OF_OTHERS),
            *(pl.Series(name, values, pl.Float64) for name, values in zip(OVER_OTHERS, found, strict=True)),
        )
    )
    return compared.with_columns(is_significant(OVER_OTHERS[-1]).alias(IS_SIGNIFICANT))


def _compare(sides: list[pl.DataFrame], off: FloatArray) -> tuple[FloatArray, ...]:
    """Difference, ends and p-value of each owner, by the more careful of both tests."""
    difference, *welch = compare_means(*(side[name].to_numpy() for side in sides for name in side.columns))
    if not len(difference):
        return difference, *welch
    variance = float(np.square(off).mean())
    skewness = float((off**3).mean()) / variance**1.5 if variance > 0 else 0.0
    drawn = compare_with_drawn(difference, sides[0]["size"].to_numpy(), float(len(off)), variance, skewness)
    low, high, p = zip(welch, drawn, strict=True)
    return difference, np.minimum(*low), np.maximum(*high), np.maximum(*p)


def _find_moments(sums: pl.DataFrame) -> pl.DataFrame:
    """Find mean (less that of all), variance and size, by sums of how far customers are off the mean of all."""
    mean = pl.col("off") / pl.col("size")
    variance = (pl.col("squares") - pl.col("off") * mean).clip(lower_bound=0) / (pl.col("size") - 1)
    return sums.select(mean=mean, variance=variance, size="size")
