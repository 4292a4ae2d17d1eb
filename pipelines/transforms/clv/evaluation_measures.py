"""The measures of `meta.clv_evaluation`: how far predictions were from what happened, by group of customers.

Put here: errors, rank correlations and coverage. Keep out: the predictions and outcomes (`clv_evaluation.py`).
"""

import math

import polars as pl

from regulars.pipelines.definitions.enumerations import ALL


def measure_by_scope(compared: pl.DataFrame) -> pl.DataFrame:
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
        "holdout_customers": pl.len(),
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
        "purchases_interval_covered_unwidened": pl.col("purchases_is_covered_unwidened").cast(pl.Float64).mean(),
        "purchases_interval_covered": pl.col("purchases_is_covered").cast(pl.Float64).mean(),
        "value_interval_nominal_coverage": pl.col("value_nominal_coverage").mean(),
        "value_interval_covered_unwidened": pl.col("value_is_covered_unwidened").cast(pl.Float64).mean(),
        "value_interval_covered": pl.col("value_is_covered").cast(pl.Float64).mean(),
    }


def _divide(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Divide; NULL where the divisor is not above 0."""
    return pl.when(whole > 0).then(part / whole)


def _correlate_ranks(predicted: str, actual: str) -> pl.Expr:
    """Spearman's rank correlation; NULL where all values are equal."""
    return pl.corr(pl.col(predicted).rank(), pl.col(actual).rank()).fill_nan(None)


def _measure_capture(compared: pl.DataFrame) -> float | None:
    """Measure the share of the actual value from the fifth of customers with the highest predicted value."""
    total = math.fsum(compared["actual_value"])
    best = compared.sort("predicted_value", "predicted", "customer_idx", descending=[True, True, False])
    captured = math.fsum(best.head(-(-compared.height // 5))["actual_value"])
    return captured / total if total > 0 else None
