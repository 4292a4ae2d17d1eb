"""The holdout: the last days of the history, which methods predict from the days before, and are graded on.

Put here: its length, the histories before it, and the purchases in it. Keep out: predictions (`forecasts.py`),
the grades (`clv_evaluation.py`).
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from regulars.pipelines.transforms.clv.clv_models import (
    CUSTOMERS_TO_FIT_AT_MOST,
    has_enough_customers,
    sample_customers,
)
from regulars.pipelines.transforms.clv.forecasts import average_by_class
from regulars.pipelines.transforms.clv.purchase_history import (
    choose_calibration_end,
    sum_purchases_after,
    summarise_history,
)
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch

WHOLE_YEAR_DAYS = 364
"""A holdout of at least 52 weeks covers every season, so its totals can be compared with a next year."""


@dataclass(frozen=True)
class Holdout:
    """What methods know, and the outcome.

    Attributes:
        trained_through: The last day that methods know.
        horizon_days: The days after it, to `as_of`.
        history: As `summarise_history` returns it, a row per customer who had bought by then; of very many every n-th.
        actual: `purchases` Int64 and `value` Decimal of the days after it, in the order of `history`.
        averages: As `average_by_class` returns them.
    """

    trained_through: dt.date
    horizon_days: int
    history: pl.DataFrame
    actual: pl.DataFrame
    averages: pl.DataFrame

    @property
    def is_whole_year(self) -> bool:
        """Whether the holdout covers every season."""
        return self.horizon_days >= WHOLE_YEAR_DAYS


def take_holdout(days: pl.DataFrame, as_of: dt.date) -> Holdout | None:
    """Take the holdout; None where the history is too short, or too few customers had come back before it.

    Args:
        days: As `list_customer_days` returns it.
        as_of: Last day that counts.
    """
    cut = choose_calibration_end(days, as_of)
    if cut is None:
        return None
    horizon_days = count_days_since_epoch(as_of) - count_days_since_epoch(cut)
    everybody = summarise_history(days, until=cut, last_days=horizon_days)
    history = sample_customers(everybody, CUSTOMERS_TO_FIT_AT_MOST)
    if not has_enough_customers(history):
        return None
    actual = history.select("customer_idx").join(
        sum_purchases_after(days, after=cut), on="customer_idx", how="left", maintain_order="left"
    )
    known = actual.select(pl.col("purchases").fill_null(0), pl.col("value").fill_null(0))
    return Holdout(cut, horizon_days, history, known, average_by_class(days, until=cut))
