"""Finds the day on which history begins, and ignores stray days of single records.

Put here: that one decision. Keep out: what depends on it (churn that is not known yet, customers who may be older).
"""

import datetime as dt

import polars as pl

STRAY_GAP_DAYS = 365
STRAY_SHARE = 0.01
FEWEST_CUSTOMERS = 10


def find_first_day(first_days: pl.Series) -> dt.date | None:
    """Find the first day of history, from the day of each customer's first order.

    It is the first of these days, unless only a few customers lie before a long gap: when at most one in a hundred
    customers (or a single one, of ten and more) came before a gap of more than a year, history begins after the gap. A
    stray date, such as 1970-01-01 or a mistyped year, would otherwise make years look observed in which nothing was
    recorded.

    Args:
        first_days: One day per customer, Date or days since 1970, in any order.

    Returns:
        The day; None without customers.
    """
    days = first_days.drop_nulls().cast(pl.Int32).sort()
    if days.is_empty():
        return None
    strays = max(int(STRAY_SHARE * len(days)), 1) if len(days) >= FEWEST_CUSTOMERS else 0
    head = days.head(strays + 1)
    after_gap = head.filter((head - head.shift(1) > STRAY_GAP_DAYS).fill_null(False))
    begins = after_gap.max() if len(after_gap) else days[0]
    return pl.Series([begins], dtype=pl.Int32).cast(pl.Date)[0]  # type: ignore[no-any-return]


def find_first_day_of_counts(days: pl.Series, counts: pl.Series) -> dt.date | None:
    """Find the first day of history as `find_first_day` does, from records such as tickets that are counted by day.

    Args:
        days: Days, in any order; a day may be there several times.
        counts: How many records each stands for.

    Returns:
        The day; None without records.
    """
    return find_first_day(days.repeat_by(counts).explode())
