"""Money and ratios: the type of an amount, how it is rounded, and how sums are divided.

Put here: what every mart does to amounts and sums alike. Keep out: scans over orders (`purchases/purchases.py`).
"""

import polars as pl

MONEY = pl.Decimal(18, 4)
"""The type of money in every mart; sums leave the engines as Decimal(38, 4), exact."""


def round_to_money(amount: pl.Expr) -> pl.Expr:
    """A Float64 amount as `MONEY`: rounded to four decimals, half to even."""
    return amount.round(MONEY.scale, mode="half_to_even").cast(MONEY)


def divide_columns(part: str, whole: str) -> pl.Expr:
    """One column divided by another, Float64; NULL where the divisor is not above 0."""
    return pl.when(pl.col(whole) > 0).then(pl.col(part).cast(pl.Float64) / pl.col(whole))
