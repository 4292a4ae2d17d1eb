"""The table `meta.clv_tracking`: expected and actual repeat purchases, week by week.

This is the tracking plot of Fader, Hardie and Lee (2005), figure 2: the days of first purchases are given, and the
model says how many repeat purchases follow. The model is trained on the history before the holdout, so the weeks after
it are a forecast.

Put here: expected and actual repeat purchases by week. Keep out: single customers (`clv_evaluation.py`).
"""

import datetime as dt

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.transforms.clv.clv_models import read_models
from regulars.pipelines.transforms.clv.method_choice import find_best_model
from regulars.pipelines.transforms.clv.purchase_history import IS_PURCHASE, list_customer_days
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

COLUMNS: dict[str, PolarsDataType] = {
    "week_start": pl.Date,
    "week_end": pl.Date,
    "method": pl.String,
    "actual_purchases": pl.Int64,
    "expected_purchases": pl.Float64,
    "cumulative_actual_purchases": pl.Int64,
    "cumulative_expected_purchases": pl.Float64,
    "is_forecast": pl.Boolean,
    "trained_through": pl.Date,
    "as_of": pl.Date,
}


def clv_tracking(
    orders: IntoFrame,
    refunds: IntoFrame,
    calendar: IntoFrame,
    clv_models: IntoFrame,
    clv_evaluation: IntoFrame,
    *,
    as_of: dt.date,
) -> pl.DataFrame:
    """Compare expected and actual repeat purchases: one row per week from the first purchase that is over by `as_of`.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`.
        clv_models: `meta.clv_models`.
        clv_evaluation: `meta.clv_evaluation`; the best model is tracked, whether it is the chosen method or not.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by week; empty where no model could be evaluated.
    """
    evaluation = read_into_polars(clv_evaluation)
    method = find_best_model(evaluation)
    if method is None:
        return pl.DataFrame(schema=COLUMNS)
    cut = evaluation.filter(pl.col("method") == method)["trained_through"][0]
    days = list_customer_days(orders, refunds, calendar, as_of=as_of).filter(IS_PURCHASE)
    firsts = days.group_by("customer_idx").agg(first_day=pl.col("day_idx").min())
    weeks = _list_weeks(firsts, as_of)
    models = read_models(read_into_polars(clv_models), cut).dropout[method]
    expected = expect_repeat_purchases(firsts["first_day"].to_numpy(), models, weeks["end_idx"].to_numpy())
    repeats = days.join(firsts, on="customer_idx").filter(pl.col("day_idx") > pl.col("first_day"))["day_idx"]
    actual = np.searchsorted(np.sort(repeats.to_numpy()), weeks["end_idx"].to_numpy(), side="right")
    tracked = weeks.select(
        "week_start",
        "week_end",
        method=pl.lit(method),
        actual_purchases=np.diff(actual, prepend=0),
        expected_purchases=np.diff(expected, prepend=0.0),
        cumulative_actual_purchases=actual,
        cumulative_expected_purchases=expected,
        is_forecast=pl.col("week_end") > cut,
        trained_through=pl.lit(cut),
        as_of=pl.lit(as_of),
    )
    return tracked.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def expect_repeat_purchases(
    first_days: np.ndarray, models: list[tuple[dt.date | None, DropoutModel]], ends: np.ndarray
) -> FloatArray:
    """Add up the repeat purchases expected by the end of each day of all customers who have bought by then.

    Args:
        first_days: (n,) day of each customer's first purchase, days since 1970.
        models: First day of each segment (None: the whole base) and its model.
        ends: (m,) ascending days, days since 1970.

    Returns:
        (m,) cumulative expected purchases.
    """
    starts = np.array([-(10**9) if start is None else count_days_since_epoch(start) for start, _ in models])
    births, customers = np.unique(first_days, return_counts=True)
    segments = np.maximum(np.searchsorted(starts, births, side="right") - 1, 0)
    ages = np.arange(int(ends[-1] - births[0]) + 1, dtype=np.float64)
    found = np.zeros(ends.size)
    for place, (_, model) in enumerate(models):
        by_age = np.asarray(model.expected_purchases_new(ages), dtype=np.float64)
        mine = segments == place
        for birth, count in zip(births[mine], customers[mine], strict=True):
            found += count * by_age[np.maximum(ends - birth, 0)]
    return found


def _list_weeks(firsts: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List `week_start` (Monday), `week_end` and `end_idx` of the weeks from the first purchase, over by `as_of`."""
    first = firsts.select(pl.col("first_day").min().cast(pl.Date).dt.truncate("1w")).item()
    starts = pl.DataFrame({"week_start": pl.date_range(first, as_of, "1w", eager=True)})
    ends = starts.with_columns(week_end=pl.col("week_start") + pl.duration(days=6)).filter(pl.col("week_end") <= as_of)
    return ends.with_columns(end_idx=pl.col("week_end").cast(pl.Int32))
