"""The predicted columns of `customer_clv`: purchases and value in 12 months, 36 months and a lifetime.

Put here: the columns by model, by baseline and by formula, corrected and with intervals.
Keep out: expected values (`forecasts.py`, `pipelines/models`), the choice of the method (`clv_evaluation.py`).
"""

import math
from collections.abc import Mapping

import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.clv.clv_models import TrainedModels
from regulars.pipelines.transforms.clv.corrections import Corrections
from regulars.pipelines.transforms.clv.error_intervals import ErrorClasses
from regulars.pipelines.transforms.clv.forecasts import Horizons, predict_by_baseline, predict_by_model
from regulars.pipelines.transforms.clv.holdout import Holdout
from regulars.pipelines.transforms.clv.intervals import find_intervals
from regulars.pipelines.transforms.day_numbers import DAYS_PER_YEAR

HORIZONS: Mapping[str, int] = {"12m": 365, "36m": 1095}
"""Horizons: name -> days."""

LEAST_LIFETIME_YEARS = round(max(HORIZONS.values()) / DAYS_PER_YEAR)
"""A predicted lifetime looks at least as far ahead as the longest horizon, so that its value is not smaller."""

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


def predict_with_model(
    history: pl.DataFrame, trained: TrainedModels, method: str, horizons: Horizons, corrections: Corrections
) -> pl.DataFrame:
    """Predict by a fitted model, with 80 % prediction intervals.

    Args:
        history: As `summarise_history` returns it.
        trained: Models trained through the day of the histories.
        method: Which of them.
        horizons: The days of `HORIZONS`, and a lifetime.
        corrections: What the test taught about the method.

    Returns:
        The columns of `COLUMNS`, in the order of the histories; `p_alive` is that of the method.
    """
    expected = predict_by_model(history, trained.dropout[method], trained.spend, horizons)
    ends = {str(days): name for name, days in HORIZONS.items()} | {"lifetime": "lifetime"}
    names = {f"{what}_{end}": f"predicted_{what}_{name}" for end, name in ends.items() for what in QUANTITIES}
    parts = [_calibrate(expected.rename(names), corrections)]
    [intervals] = find_intervals(history, trained, method, horizons, [corrections])
    parts += [_name_interval(name, interval) for name, interval in zip(SPANS, intervals, strict=True)]
    return pl.concat(parts, how="horizontal").select(list(COLUMNS))


def predict_with_average(
    method: str,
    history: pl.DataFrame,
    averages: pl.DataFrame,
    valued: pl.DataFrame,
    horizons: Horizons,
    corrections: Corrections,
) -> pl.DataFrame:
    """Predict by a baseline: the next year as it was tested, and the same for the further years left.

    Args:
        method: One of `BASELINES`.
        history: As `summarise_history` returns it.
        averages: As `average_by_class` returns them.
        valued: `years_left` and `lifetime_years_left` (NULL when not known), in the order of the histories.
        horizons: The days of `HORIZONS`, and a lifetime.
        corrections: What the test taught about the method.

    Returns:
        The columns of `COLUMNS`, in the order of the histories; intervals and p_alive are NULL.
    """
    a_year = predict_by_baseline(method, history, averages, HORIZONS["12m"])
    years = valued["years_left"].fill_null(math.inf).clip(lower_bound=1.0)
    lifetime = valued["lifetime_years_left"].clip(lower_bound=1.0)
    found = _extend_over_years(a_year["purchases"], a_year["value"], years, lifetime, horizons)
    return _calibrate(found, corrections)


def add_error_intervals(found: pl.DataFrame, method: str, holdout: Holdout, corrections: Corrections) -> pl.DataFrame:
    """Add the intervals of a baseline, from its own errors in the test.

    Args:
        found: As `predict_with_average` returns it.
        method: One of `BASELINES`.
        holdout: What the method was tested on.
        corrections: What the test taught about the method.
    """
    tested = predict_by_baseline(method, holdout.history, holdout.averages, holdout.horizon_days)
    columns: list[pl.Series] = []
    for what, factor in (("purchases", corrections.purchases_calibration), ("value", corrections.value_calibration)):
        expected = tested[what].to_numpy() * factor
        learnt = ErrorClasses.learn(expected, holdout.actual[what].cast(pl.Float64).to_numpy())
        a_year = found[f"predicted_{what}_12m"]
        outcome = learnt.find_for_a_year(a_year.to_numpy(), holdout.horizon_days)
        for span in SPANS:
            of_span = found[f"predicted_{what}_{span}"]
            times = pl.when(a_year > 0).then(of_span / a_year).when(of_span.is_not_null()).then(1.0)
            for end, of_year in (("low", outcome.low), ("high", outcome.high)):
                scaled = pl.select(pl.Series(of_year) * times).to_series()
                name = f"predicted_{what}_{span}_{end}"
                columns.append((scaled.round() if what == "purchases" else scaled).alias(name))
        if what == "value":
            columns.append(pl.Series("interval_nominal_coverage_12m", outcome.probability))
    return found.with_columns(columns)


def _name_interval(span: str, interval: pl.DataFrame) -> pl.DataFrame:
    """Name the columns of one span as `COLUMNS` does."""
    return interval.select(
        *(
            pl.col(f"{what}_{end}").cast(pl.Float64).alias(f"predicted_{what}_{span}_{end}")
            for what in QUANTITIES
            for end in ("low", "high")
        ),
        pl.col("value_nominal_coverage").alias(f"interval_nominal_coverage_{span}"),
    )


def _calibrate(predicted: pl.DataFrame, corrections: Corrections) -> pl.DataFrame:
    """Apply the calibration; `expected_spend` is scaled so that value remains purchases × expected_spend."""
    purchases, value = corrections.purchases_calibration, corrections.value_calibration
    return predicted.with_columns(
        pl.col("expected_spend") * (value / purchases),
        *(pl.col(f"predicted_purchases_{span}") * purchases for span in SPANS),
        *(pl.col(f"predicted_value_{span}") * value for span in SPANS),
    )


def predict_with_formula(valued: pl.DataFrame, history: pl.DataFrame, horizons: Horizons) -> pl.DataFrame:
    """Predict by the simple formula: the average year × the expected years left; NULL while these are not known.

    Args:
        valued: `avg_annual_value`, `years_observed`, `years_left` and `lifetime_years_left`, in the order of the
            histories.
        history: As `summarise_history` returns it.
        horizons: The days of `HORIZONS`, and a lifetime.
    """
    years = valued["years_observed"].clip(lower_bound=1.0)
    purchases = (history["frequency"] + 1) / years
    value = valued["avg_annual_value"].cast(pl.Float64).clip(lower_bound=0)
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
