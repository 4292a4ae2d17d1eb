"""The tier of a customer by value, for every mart that has one.

Put here: how a value is assigned to a tier, and which tiers are high. Keep out: which value is asked about, and how the
tiers are called (`definitions/value_tiers.py`).
"""

from dataclasses import dataclass

import polars as pl

from regulars.pipelines.definitions.value_tiers import TierSettings, describe_value_tiers


@dataclass(frozen=True)
class UsualTiers:
    """The shares of customers in the tiers, where a company sets none."""

    top_percent: int = 10
    next_percent: int = 20
    lowest_percent: int = 30


USUAL_TIERS = UsualTiers()


def assign_value_tier(value: pl.Expr, value_tiers: TierSettings = USUAL_TIERS) -> pl.Expr:
    """Assign the value tier by the share of customers who are worth more; equal values share the higher tier.

    A customer whose value is not known (NULL) has no tier, and is not counted.
    """
    worth_more = (value.rank("min", descending=True).cast(pl.Int64) - 1) * 100
    *upper, lowest = describe_value_tiers(value_tiers)
    top, high = value_tiers.top_percent, value_tiers.top_percent + value_tiers.next_percent
    bounds = (top, high, 100 - value_tiers.lowest_percent)
    tiers = pl.lit(lowest)
    for name, percent in reversed(list(zip(upper, bounds, strict=True))):
        tiers = pl.when(worth_more < percent * value.count()).then(pl.lit(name)).otherwise(tiers)
    return pl.when(value.is_not_null()).then(tiers)


def is_top_tier() -> pl.Expr:
    """Whether `value_tier` is the highest one; NULL without a tier."""
    return pl.col("value_tier").str.starts_with("top_")


def is_of_high_value() -> pl.Expr:
    """Whether `value_tier` is one of the upper two; NULL without a tier.

    Customers of high value are called before and after they lapse; the others are written to.
    """
    return is_top_tier() | pl.col("value_tier").str.starts_with("next_")
