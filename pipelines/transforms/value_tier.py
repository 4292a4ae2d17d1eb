"""The tier of a customer by value, for every mart that has one.

Put here: the tiers and how a value is assigned to one. Keep out: which value is asked about.
"""

import polars as pl

TIERS = (("top_10_percent", 10), ("next_20_percent", 30), ("middle", 70))
"""Tier, and the percentage of customers who are worth more than a member of it may be, exclusive."""

LOWEST_TIER = "lowest_30_percent"
"""The tier of all other customers."""

VALUE_TIERS = (*(name for name, _ in TIERS), LOWEST_TIER)


def assign_value_tier(value: pl.Expr) -> pl.Expr:
    """Assign the value tier by the share of customers who are worth more; equal values share the higher tier.

    Whose value is not known (NULL) has none, and is not counted among the customers.
    """
    worth_more = (value.rank("min", descending=True).cast(pl.Int64) - 1) * 100
    tiers = pl.lit(LOWEST_TIER)
    for name, percent in reversed(TIERS):
        tiers = pl.when(worth_more < percent * value.count()).then(pl.lit(name)).otherwise(tiers)
    return pl.when(value.is_not_null()).then(tiers)
