"""How far chance alone may move a share of customers or answers.

Put here: intervals of rates as expressions. Keep out: tests of differences (`models/comparisons`).
"""

import polars as pl

from regulars.pipelines.models.comparisons.significance import Z_95

ENDS = ("_low", "_high")


def name_bounds(rate: str, n: pl.Expr) -> dict[str, pl.Expr]:
    """The ends of the 95 % interval of a column that is a rate, under its name and `_low` or `_high`.

    Args:
        rate: The column, 0 to 1; the ends are NULL where it is.
        n: How many it is a share of, above 0.
    """
    return {f"{rate}{end}": bound for end, bound in zip(ENDS, bound_rate(pl.col(rate), n), strict=True)}


def bound_rate(rate: pl.Expr, n: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The ends of the 95 % interval of a rate after Wilson (1927), Float64, 0 to 1, around the rate.

    Args:
        rate: 0 to 1.
        n: How many it is a share of, above 0.
    """
    centre = (rate + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    margin = Z_95 * (rate * (1 - rate) / n + Z_95**2 / (4 * n**2)).sqrt() / (1 + Z_95**2 / n)
    low, high = ((centre + sign * margin).clip(0, 1) for sign in (-1, 1))
    return pl.min_horizontal(low, rate), pl.max_horizontal(high, rate)
