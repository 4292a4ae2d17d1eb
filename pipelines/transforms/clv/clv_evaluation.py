"""The table `meta.clv_evaluation`: how well each method would have predicted the last year.

Every model and baseline predicts the holdout from the data before it and is compared with what happened.
Put here: the comparison and its measures. Keep out: fitting (`clv_models.py`), predictions (`forecasts.py`), the choice
of one method (`method_choice.py`), the use of the chosen method (`customer_clv.py`).
"""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.transforms.clv.clv_models import TrainedModels, read_models
from regulars.pipelines.transforms.clv.corrections import WIDENINGS, Corrections, calibrate, choose_widening
from regulars.pipelines.transforms.clv.error_intervals import ErrorClasses
from regulars.pipelines.transforms.clv.evaluation_measures import measure_by_scope
from regulars.pipelines.transforms.clv.forecasts import Horizons, predict
from regulars.pipelines.transforms.clv.holdout import Holdout, take_holdout
from regulars.pipelines.transforms.clv.intervals import find_intervals
from regulars.pipelines.transforms.clv.method_choice import choose_method, list_flaws
from regulars.pipelines.transforms.clv.methods import BASELINES
from regulars.pipelines.transforms.clv.purchase_history import list_customer_days
from regulars.pipelines.transforms.clv.totals.total_errors import measure_total_errors
from regulars.pipelines.transforms.clv.values.subscription_value import evaluate_subscriptions
from regulars.pipelines.transforms.purchases.purchases import read_into_polars
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods

COLUMNS: dict[str, PolarsDataType] = {
    "method": pl.String,
    "is_baseline": pl.Boolean,
    "scope": pl.String,
    "scope_value": pl.String,
    "holdout_customers": pl.Int64,
    "predicted_purchases": pl.Float64,
    "actual_purchases": pl.Int64,
    "purchases_error_rate": pl.Float64,
    "mae_purchases": pl.Float64,
    "rmse_purchases": pl.Float64,
    "rank_correlation_purchases": pl.Float64,
    "predicted_value": pl.Float64,
    "actual_value": pl.Float64,
    "value_error_rate": pl.Float64,
    "mae_value": pl.Float64,
    "rank_correlation_value": pl.Float64,
    "top_20_percent_capture": pl.Float64,
    "purchases_calibration": pl.Float64,
    "value_calibration": pl.Float64,
    "value_total_margin_rate": pl.Float64,
    "value_dispersion": pl.Float64,
    "customers_with_interval": pl.Int64,
    "purchases_interval_nominal_coverage": pl.Float64,
    "purchases_interval_covered_unwidened": pl.Float64,
    "purchases_interval_widening": pl.Float64,
    "purchases_interval_covered": pl.Float64,
    "value_interval_nominal_coverage": pl.Float64,
    "value_interval_covered_unwidened": pl.Float64,
    "value_interval_widening": pl.Float64,
    "value_interval_covered": pl.Float64,
    "is_chosen": pl.Boolean,
    "reason": pl.String,
    "trained_through": pl.Date,
    "horizon_days": pl.Int32,
    "as_of": pl.Date,
}
CUSTOMERS_WITH_INTERVAL_AT_MOST = 20_000
"""At most this many customers have their interval checked: coverage is then known to a third of a percentage point."""

DRAWS = 200
"""Simulated futures per checked interval: a single one is off by two points, the average of thousands is not."""

QUANTITIES = ("purchases", "value")
CHECKS = [
    f"{what}_{part}" for what in QUANTITIES for part in ("nominal_coverage", "is_covered", "is_covered_unwidened")
]
"""What is known of a checked interval; NULL for customers whose interval is not checked."""


def clv_evaluation(
    orders: IntoFrame,
    refunds: IntoFrame,
    calendar: IntoFrame,
    clv_models: IntoFrame,
    subscriptions: IntoFrame,
    *,
    as_of: dt.date,
) -> pl.DataFrame:
    """Compare prediction and outcome: one row per method and group of customers, and one of subscription revenue.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`.
        clv_models: `meta.clv_models`.
        subscriptions: `core.subscriptions`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by method and scope; without the methods of orders where the history is too
        short or too few customers bought again, and without subscription revenue where it cannot be tested.
    """
    of_orders = _evaluate_orders(orders, refunds, calendar, clv_models, as_of)
    row = evaluate_subscriptions(list_live_periods(subscriptions), as_of=as_of)
    if row is None:
        return of_orders
    return pl.concat([of_orders, pl.DataFrame([row | {"as_of": as_of}], schema=COLUMNS)])


def _evaluate_orders(
    orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, clv_models: IntoFrame, as_of: dt.date
) -> pl.DataFrame:
    """Compare the methods of orders: one row per method and group of customers."""
    holdout = take_holdout(list_customer_days(orders, refunds, calendar, as_of=as_of), as_of)
    if holdout is None:
        return pl.DataFrame(schema=COLUMNS)
    models = read_into_polars(clv_models)
    trained = read_models(models, holdout.trained_through)
    usable = {*BASELINES, *read_models(models, as_of).dropout}
    tested = {method: compare_with_actual(holdout, method, trained) for method in (*BASELINES, *trained.dropout)}
    chosen, reasons = choose_method(tested, usable)
    rows = [
        _grade(holdout, method, trained, compared, is_chosen=method == chosen).with_columns(
            method=pl.lit(method),
            is_baseline=pl.lit(method in BASELINES),
            is_chosen=pl.lit(method == chosen),
            reason=pl.lit("; ".join([reasons[method], *list_flaws(method, trained, usable)])),
        )
        for method, compared in tested.items()
    ]
    return (
        pl.concat(rows)
        .with_columns(
            trained_through=pl.lit(holdout.trained_through),
            horizon_days=pl.lit(holdout.horizon_days, pl.Int32),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("is_baseline", "method", "scope", pl.col("scope_value").str.zfill(10))
    )


def compare_with_actual(holdout: Holdout, method: str, trained: TrainedModels) -> pl.DataFrame:
    """Predict the holdout by a method and join what happened, one row per customer."""
    expected = predict(method, holdout.history, trained, holdout.averages, holdout.horizon_days)
    happened = holdout.history.select("customer_idx", "first_order_date").hstack(holdout.actual)
    return _join_outcome(happened, expected)


def _grade(
    holdout: Holdout, method: str, trained: TrainedModels, compared: pl.DataFrame, *, is_chosen: bool
) -> pl.DataFrame:
    """Measure one method: a row per scope and group. Intervals are widened where the method is chosen."""
    corrections = Corrections(
        *(
            calibrate(math.fsum(compared[predicted]), math.fsum(compared[actual]), is_whole_year=holdout.is_whole_year)
            for predicted, actual in (("predicted", "actual"), ("predicted_value", "actual_value"))
        )
    )
    if method in BASELINES:
        checked = _check_error_intervals(compared, corrections)
    else:
        widenings = WIDENINGS if is_chosen else WIDENINGS[:1]
        checked, corrections = _check_intervals(compared, holdout, trained, method, corrections, widenings)
    of_all = pl.col("scope") == ALL
    totals = measure_total_errors(
        compared["predicted_value"].to_numpy(),
        compared["actual_value"].to_numpy(),
        calibration=corrections.value_calibration,
        horizon_days=holdout.horizon_days,
    )
    return measure_by_scope(checked).with_columns(
        pl.when(of_all).then(pl.lit(value, pl.Float64)).alias(name)
        for name, value in (
            ("value_total_margin_rate", totals and totals.margin_rate),
            ("value_dispersion", totals and totals.dispersion),
            ("purchases_calibration", corrections.purchases_calibration),
            ("value_calibration", corrections.value_calibration),
            ("purchases_interval_widening", corrections.purchases_widening),
            ("value_interval_widening", corrections.value_widening),
        )
    )


def _join_outcome(happened: pl.DataFrame, expected: pl.DataFrame) -> pl.DataFrame:
    """Join prediction and outcome: purchases, values, decile and cohort, one row per customer."""
    # customer_idx is the last key, so that ties have one order whatever the number of threads
    place = pl.struct("predicted_value", "predicted", "customer_idx").rank("ordinal").cast(pl.Int64) - 1
    joined = happened.select(
        "customer_idx",
        actual=pl.col("purchases").fill_null(0),
        actual_value=pl.col("value").cast(pl.Float64).fill_null(0),
        cohort=pl.col("first_order_date").dt.truncate("1q").cast(pl.String),
        predicted=expected["purchases"],
        predicted_value=expected["value"],
    )
    return joined.with_columns(
        # decile 10 is the tenth of the customers with the highest predicted value
        (place * 10 // pl.len() + 1).cast(pl.String).alias("decile"),
    )


def _check_intervals(
    compared: pl.DataFrame,
    holdout: Holdout,
    trained: TrainedModels,
    method: str,
    corrections: Corrections,
    widenings: tuple[float, ...],
) -> tuple[pl.DataFrame, Corrections]:
    """Add whether the outcome lies within the interval, for every n-th customer, and how far intervals are widened."""
    every = -(-compared.height // CUSTOMERS_WITH_INTERVAL_AT_MOST)
    history, outcome = holdout.history.gather_every(every), compared.gather_every(every)
    wider = [replace(corrections, purchases_widening=each, value_widening=each) for each in widenings]
    found = find_intervals(history, trained, method, Horizons((holdout.horizon_days,)), wider, DRAWS)
    checks = [_check_interval(outcome, intervals) for [intervals] in found]
    columns: dict[str, pl.Series] = {}
    for what in QUANTITIES:
        shares = [_average(check, f"{what}_is_covered") for check in checks]
        place = choose_widening(shares, [_average(check, f"{what}_nominal_coverage") for check in checks])
        corrections = replace(corrections, **{f"{what}_widening": widenings[place]})
        columns |= {name: checks[place][name] for name in CHECKS if name.startswith(what)}
        columns[f"{what}_is_covered_unwidened"] = checks[0][f"{what}_is_covered"]
    known = pl.DataFrame(columns).with_columns(outcome["customer_idx"])
    return compared.join(known, on="customer_idx", how="left", maintain_order="left"), corrections


def _check_error_intervals(compared: pl.DataFrame, corrections: Corrections) -> pl.DataFrame:
    """Add whether the outcome lies within an interval made of the errors of the other half of the customers."""
    half = np.arange(compared.height) % 2
    columns: dict[str, np.ndarray] = {}
    for what, predicted, actual, factor in (
        ("purchases", "predicted", "actual", corrections.purchases_calibration),
        ("value", "predicted_value", "actual_value", corrections.value_calibration),
    ):
        expected, came = compared[predicted].to_numpy() * factor, compared[actual].to_numpy().astype(float)
        low, high, nominal = np.empty((3, compared.height))
        for mine in (half == 0, half == 1):
            found = ErrorClasses.learn(expected[~mine], came[~mine]).find(expected[mine])
            low[mine], high[mine], nominal[mine] = found.low, found.high, found.probability
        if what == "purchases":
            low, high = np.rint(low), np.rint(high)
        columns |= {f"{what}_low": low, f"{what}_high": high, f"{what}_nominal_coverage": nominal}
    return compared.hstack(_check_interval(compared, pl.DataFrame(columns)))


def _check_interval(outcome: pl.DataFrame, intervals: pl.DataFrame) -> pl.DataFrame:
    """Compare outcomes with intervals, both in one order; returns the columns of `CHECKS`."""
    both = pl.concat([outcome.select("actual", "actual_value"), intervals], how="horizontal")
    return both.select(
        "purchases_nominal_coverage",
        "value_nominal_coverage",
        *(
            pl.col(actual).is_between(f"{what}_low", f"{what}_high").alias(f"{what}_is_covered{end}")
            for what, actual in (("purchases", "actual"), ("value", "actual_value"))
            for end in ("", "_unwidened")
        ),
    )


def _average(checks: pl.DataFrame, column: str) -> float:
    return float(checks.select(pl.col(column).cast(pl.Float64).mean()).item())
