"""The table `meta.clv_evaluation`: how well each method would have predicted the last year.

Every model and baseline predicts the holdout year from the data before it and is compared with what happened.
Put here: the comparison, its measures, and the choice of one method. Keep out: fitting (`clv_models.py`), predictions
(`forecasts.py`), how the chosen method is used (`customer_clv.py`).
"""

import datetime as dt
import math

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.transforms.clv.clv_models import (
    CUSTOMERS_TO_FIT_AT_MOST,
    TrainedModels,
    has_enough_customers,
    read_models,
    sample_customers,
)
from regulars.pipelines.transforms.clv.forecasts import Horizons, average_by_class, predict
from regulars.pipelines.transforms.clv.intervals import find_intervals
from regulars.pipelines.transforms.clv.methods import BASELINES
from regulars.pipelines.transforms.clv.purchase_history import (
    choose_calibration_end,
    list_customer_days,
    sum_purchases_after,
    summarise_history,
)
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

COLUMNS: dict[str, PolarsDataType] = {
    "method": pl.String,
    "is_baseline": pl.Boolean,
    "scope": pl.String,
    "scope_value": pl.String,
    "customers": pl.Int64,
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
    "customers_with_interval": pl.Int64,
    "purchases_interval_nominal_coverage": pl.Float64,
    "purchases_interval_covered": pl.Float64,
    "value_interval_nominal_coverage": pl.Float64,
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

NEAR_ENOUGH = 1.01
"""Methods within 1 % of the smallest error are equally good; the one whose total is closest is chosen."""


def clv_evaluation(
    orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, clv_models: IntoFrame, *, as_of: dt.date
) -> pl.DataFrame:
    """Compare prediction and outcome: one row per method and group of customers.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`.
        clv_models: `meta.clv_models`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by method and scope; empty where the history is too short or too few
        customers bought again.
    """
    days = list_customer_days(orders, refunds, calendar, as_of=as_of)
    cut = choose_calibration_end(days, as_of)
    if cut is None:
        return pl.DataFrame(schema=COLUMNS)
    horizon_days = count_days_since_epoch(as_of) - count_days_since_epoch(cut)
    everybody = summarise_history(days, until=cut, last_days=horizon_days)
    history = sample_customers(everybody, CUSTOMERS_TO_FIT_AT_MOST)
    if not has_enough_customers(history):
        return pl.DataFrame(schema=COLUMNS)
    models = read_into_polars(clv_models)
    trained = read_models(models, cut)
    happened = history.select("customer_idx", "first_order_date").join(
        sum_purchases_after(days, after=cut), on="customer_idx", how="left", maintain_order="left"
    )
    cells = average_by_class(days, until=cut)
    rows = []
    for method in (*BASELINES, *trained.dropout):
        expected = predict(method, history, trained, cells, horizon_days)
        compared = _compare_with_actual(happened, expected)
        if method in trained.dropout:
            compared = _add_intervals(compared, history, trained, method, horizon_days)
        rows.append(_measure_by_scope(compared).with_columns(method=pl.lit(method)))
    usable = {*BASELINES, *read_models(models, as_of).dropout}
    graded = _choose_method(pl.concat(rows), trained, usable)
    return (
        graded.with_columns(
            trained_through=pl.lit(cut), horizon_days=pl.lit(horizon_days, pl.Int32), as_of=pl.lit(as_of)
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("is_baseline", "method", "scope", pl.col("scope_value").str.zfill(10))
    )


def find_chosen_method(clv_evaluation: pl.DataFrame) -> tuple[str, str] | None:
    """Find the chosen method and the reason; None without an evaluation."""
    chosen = clv_evaluation.filter("is_chosen", pl.col("scope") == ALL).select("method", "reason").rows()
    return chosen[0] if chosen else None


def find_best_model(clv_evaluation: pl.DataFrame) -> str | None:
    """Find the chosen model or, where a baseline is chosen, the best of the models; None without an evaluation."""
    models = clv_evaluation.filter(~pl.col("is_baseline"), pl.col("scope") == ALL)
    best = models.sort(~pl.col("is_chosen"), "rmse_purchases", "method")["method"].to_list()
    return best[0] if best else None


def _compare_with_actual(happened: pl.DataFrame, expected: pl.DataFrame) -> pl.DataFrame:
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
        *(pl.lit(None, pl.Float64).alias(name) for name in ("purchases_nominal_coverage", "value_nominal_coverage")),
        *(pl.lit(None, pl.Boolean).alias(name) for name in ("purchases_covered", "value_covered")),
    )


def _add_intervals(
    compared: pl.DataFrame, history: pl.DataFrame, trained: TrainedModels, method: str, horizon_days: int
) -> pl.DataFrame:
    """Add whether the outcome lies within the 80 % interval, for every n-th customer."""
    every = -(-history.height // CUSTOMERS_WITH_INTERVAL_AT_MOST)
    checked = history.with_row_index("position").gather_every(every)
    [found] = find_intervals(checked, trained, method, Horizons((horizon_days,)), DRAWS)
    intervals = found.with_columns(checked["position"])
    return (
        compared.drop("purchases_nominal_coverage", "value_nominal_coverage", "purchases_covered", "value_covered")
        .with_row_index("position")
        .join(intervals, on="position", how="left")
        .with_columns(
            purchases_covered=pl.col("actual").is_between("purchases_low", "purchases_high"),
            value_covered=pl.col("actual_value").is_between("value_low", "value_high"),
        )
    )


def _measure_by_scope(compared: pl.DataFrame) -> pl.DataFrame:
    """Compute the measures of all customers, per decile of the prediction and per quarter of the first purchase."""
    groups = [(ALL, pl.lit(ALL)), ("decile", pl.col("decile")), ("cohort", pl.col("cohort"))]
    return pl.concat(
        compared.with_columns(scope=pl.lit(scope), scope_value=value)
        .group_by("scope", "scope_value", maintain_order=True)
        .agg(**_list_measures())
        for scope, value in groups
    ).with_columns(top_20_percent_capture=pl.when(pl.col("scope") == ALL).then(pl.lit(_measure_capture(compared))))


def _list_measures() -> dict[str, pl.Expr]:
    miss, miss_of_value = pl.col("predicted") - pl.col("actual"), pl.col("predicted_value") - pl.col("actual_value")
    return {
        "customers": pl.len(),
        "predicted_purchases": pl.col("predicted").sum(),
        "actual_purchases": pl.col("actual").sum(),
        "purchases_error_rate": _divide(miss.sum(), pl.col("actual").sum()),
        "mae_purchases": miss.abs().mean(),
        "rmse_purchases": (miss**2).mean().sqrt(),
        "rank_correlation_purchases": _correlate_ranks("predicted", "actual"),
        "predicted_value": pl.col("predicted_value").sum(),
        "actual_value": pl.col("actual_value").sum(),
        "value_error_rate": _divide(miss_of_value.sum(), pl.col("actual_value").sum()),
        "mae_value": miss_of_value.abs().mean(),
        "rank_correlation_value": _correlate_ranks("predicted_value", "actual_value"),
        "customers_with_interval": pl.col("purchases_nominal_coverage").count(),
        "purchases_interval_nominal_coverage": pl.col("purchases_nominal_coverage").mean(),
        "purchases_interval_covered": pl.col("purchases_covered").cast(pl.Float64).mean(),
        "value_interval_nominal_coverage": pl.col("value_nominal_coverage").mean(),
        "value_interval_covered": pl.col("value_covered").cast(pl.Float64).mean(),
    }


def _divide(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Divide; NULL where the divisor is not above 0."""
    return pl.when(whole > 0).then(part / whole)


def _correlate_ranks(predicted: str, actual: str) -> pl.Expr:
    """Spearman's rank correlation; NULL where all values are equal."""
    return pl.corr(pl.col(predicted).rank(), pl.col(actual).rank()).fill_nan(None)


def _measure_capture(compared: pl.DataFrame) -> float | None:
    """Measure the share of the actual value that the fifth of customers with the highest predicted value brought."""
    total = math.fsum(compared["actual_value"])
    best = compared.sort("predicted_value", "predicted", "customer_idx", descending=[True, True, False])
    captured = math.fsum(best.head(-(-compared.height // 5))["actual_value"])
    return captured / total if total > 0 else None


def _choose_method(graded: pl.DataFrame, trained: TrainedModels, usable: set[str]) -> pl.DataFrame:
    """Add `is_baseline`, `is_chosen` and `reason`: the smallest error wins; among near equals, the closest total.

    Only methods that are `usable` today can be chosen: a model may converge on the holdout's history but not on all of
    it.
    """
    overall = graded.filter(pl.col("scope") == ALL).with_columns(is_usable=pl.col("method").is_in(list(usable)))
    smallest = overall.filter("is_usable")["rmse_purchases"].min()
    is_near = pl.col("rmse_purchases") <= NEAR_ENOUGH * pl.lit(smallest, pl.Float64)
    # among equals the first one wins: a baseline before a model
    near = overall.filter("is_usable", is_near).sort(
        pl.col("purchases_error_rate").abs(), nulls_last=True, maintain_order=True
    )
    choices = [
        {
            "method": method,
            "is_baseline": method in BASELINES,
            "is_chosen": method == near["method"][0],
            "reason": "; ".join(
                [_explain_choice(method, rmse == smallest, near["method"]), *_list_flaws(method, trained, usable)]
            ),
        }
        for method, rmse in overall.select("method", "rmse_purchases").rows()
    ]
    return graded.join(pl.DataFrame(choices, infer_schema_length=None), on="method", maintain_order="left")


def _explain_choice(method: str, is_smallest: bool, near: pl.Series) -> str:
    """Say why a method is chosen or not."""
    if method == near[0] and is_smallest:
        return "chosen: nothing predicted the purchases of single customers better"
    if method == near[0]:
        return (
            "chosen: nothing predicted the purchases of single customers more than 1 % better, and its total is closest"
        )
    if method in set(near):
        return "as good for single customers, but its total is further off"
    return "larger error of the purchases of single customers"


def _list_flaws(method: str, trained: TrainedModels, usable: set[str]) -> list[str]:
    """List what is wrong with the fits of a model."""
    messages = {model.message for _, model in trained.dropout.get(method, []) if model.at_boundary}
    unusable = [] if method in usable else ["not used: it did not converge on all of the history"]
    return [*unusable, *(f"at the boundary: {message}" for message in sorted(messages))]
