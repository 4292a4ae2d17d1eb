"""Which of many comparisons are significant: the procedure of Benjamini and Hochberg, within groups of rows.

Put here: the flag that keeps the share of false alarms low. Keep out: how a p-value is computed.
"""

import polars as pl

FALSE_DISCOVERY_RATE = 0.10
"""The expected share of false alarms among the flagged comparisons, at most."""


def is_significant(p_value: str, *family: str) -> pl.Expr:
    """Whether a comparison is significant when all comparisons of its family count; NULL without a p-value.

    Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995): of m p-values, the largest one with p
    <= rate × rank / m and all smaller ones are significant.

    Args:
        p_value: The column with the p-value, Float64, 0 to 1; NULL where nothing was compared.
        family: The columns that define a family; without one, all rows are one family.
    """
    p = pl.col(p_value)
    within = family or (pl.lit(1),)
    rank, comparisons = p.rank("max").over(within), p.count().over(within)
    limit = p.filter(p <= FALSE_DISCOVERY_RATE * rank / comparisons).max().over(within)
    return pl.when(p.is_not_null()).then((p <= limit).fill_null(value=False))
