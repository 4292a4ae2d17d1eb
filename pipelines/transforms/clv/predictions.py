"""The predicted columns of `customer_clv`: purchases and value in 12 months, 36 months and a lifetime.

Put here: the columns by model, by baseline and by formula, and the intervals of a model.
Keep out: expected values (`forecasts.py`, `pipelines/models`), the choice of the method (`clv_evaluation.py`).
"""

import math
from collections.abc import Mapping

import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.clv.clv_models import TrainedModels
from regulars.pipelines.transforms.clv.forecasts import Horizons, predict_by_baseline, predict_by_model
from regulars.pipelines.transforms.clv.intervals import find_intervals
from regulars.pipelines.transforms.day_numbers import DAYS_PER_YEAR

HORIZONS: Mapping[str, int] = {"12m": 365, "36m": 1095}
"""Horizons: name -> days."""

LEAST_LIFETIME_YEARS = round(max(HORIZONS.values()) / DAYS_PER_YEAR)
"""A predicted lifetime looks at least as far ahead as the longest horizon, so that it cannot bring less."""

SPANS = (*HORIZONS, "lifetime")
QUANTITIES = ("purchases", "value")
COLUMNS: dict[str, PolarsDataType] = {
    "p_alive": pl.Float64,
    "expected_spend": pl.Float64,
    **{
        f"predicted_{what}_{span}{end}": pl.Float64
        for span in SPANS
        for what in QUANTITIES
        for end in ("", "_low", "_high")
    },
    "interval_nominal_coverage_12m": pl.Float64,
}


def predict_with_model(history: pl.DataFrame, trained: TrainedModels, method: str, horizons: Horizons) -> pl.DataFrame:
    """Predict by a fitted model, with 80 % prediction intervals.

    Args:
        history: As `summarise_history` returns it.
        trained: Models trained through the day of the histories.
        method: Which of them.
        horizons: The days of `HORIZONS`, and a lifetime.

    Returns:
        The columns of `COLUMNS`, in the order of the histories.
    """
    expected = predict_by_model(history, trained.dropout[method], trained.spend, horizons)
    ends = {str(days): name for name, days in HORIZONS.items()} | {"lifetime": "lifetime"}
    names = {f"{what}_{end}": f"predicted_{what}_{name}" for end, name in ends.items() for what in QUANTITIES}
    parts = [expected.rename(names)]
    for name, interval in zip(SPANS, find_intervals(history, trained, method, horizons), strict=True):
        parts.append(
            interval.select(
                *(
                    pl.col(f"{what}_{end}").cast(pl.Float64).alias(f"predicted_{what}_{name}_{end}")
                    for what in QUANTITIES
                    for end in ("low", "high")
                ),
                pl.col("value_nominal_coverage").alias(f"interval_nominal_coverage_{name}"),
            )
        )
    return pl.concat(parts, how="horizontal").select(list(COLUMNS))


def predict_with_average(
    method: str, history: pl.DataFrame, averages: pl.DataFrame, valued: pl.DataFrame, horizons: Horizons
) -> pl.DataFrame:
    """Predict by a baseline: its next year, for as many years as are left. Intervals and p_alive are NULL.

    Args:
        method: One of `BASELINES`.
        history: As `summarise_history` returns it.
        averages: As `average_by_class` returns them.
        valued: `years_left` and `lifetime_years_left` (NULL when not known), in the order of the histories.
        horizons: The days of `HORIZONS`, and a lifetime.
    """
    a_year = predict_by_baseline(method, history, averages, HORIZONS["12m"])
    years = valued["years_left"].fill_null(math.inf)
    return _extend_over_years(a_year["purchases"], a_year["value"], years, valued["lifetime_years_left"], horizons)


def predict_with_formula(valued: pl.DataFrame, history: pl.DataFrame, horizons: Horizons) -> pl.DataFrame:
    """Predict by the simple formula: the average year, for as many years as it expects; NULL while that is not known.

    Args:
        valued: `avg_annual_value`, `years_observed`, `years_left` and `lifetime_years_left`, in the order of the
            histories.
        history: As `summarise_history` returns it.
        horizons: The days of `HORIZONS`, and a lifetime.
    """
    years = valued["years_observed"].clip(lower_bound=1.0)
    purchases = (history["frequency"] + 1) / years
    value = valued["avg_annual_value"].cast(pl.Float64)
    return _extend_over_years(purchases, value, valued["years_left"], valued["lifetime_years_left"], horizons)


def _extend_over_years(
    purchases: pl.Series, value: pl.Series, years: pl.Series, years_of_lifetime: pl.Series, horizons: Horizons
) -> pl.DataFrame:
    """Extend one year's purchases and value over the years that they last; returns the columns of `COLUMNS`."""
    columns: dict[str, pl.Series] = {}
    for name, days in HORIZONS.items():
        lasting = years.clip(upper_bound=round(days / DAYS_PER_YEAR))
        columns |= {f"predicted_purchases_{name}": purchases * lasting, f"predicted_value_{name}": value * lasting}
    columns["predicted_purchases_lifetime"] = purchases * years_of_lifetime
    columns["predicted_value_lifetime"] = value * _discount_years(years_of_lifetime, horizons.discount_rate)
    unknown = [pl.lit(None, kind).alias(name) for name, kind in COLUMNS.items() if name not in columns]
    return pl.DataFrame(columns).with_columns(unknown).select(list(COLUMNS))


def _discount_years(years: pl.Series, discount_rate: float) -> pl.Series:
    """The present value of one unit of money a year, paid evenly, for a number of years."""
    rate = math.log1p(discount_rate)
    return years if rate == 0 else (1 - (-rate * years).exp()) / rate
