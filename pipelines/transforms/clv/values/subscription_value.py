"""Predicted subscription revenue, as columns of `customer_clv`, corrected by a test.

Put here: the columns, what the test changes in them, and their reason; the row of the test in `meta.clv_evaluation`.
Keep out: the prediction itself (`subscriptions/subscription_forecast.py`), predicted orders (`predictions.py`).
"""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import HOLDOUT_DAYS
from regulars.pipelines.models.renewal.months_ahead import MonthsAhead
from regulars.pipelines.transforms.amounts import round_to_money
from regulars.pipelines.transforms.clv.corrections import (
    WIDENINGS,
    calibrate,
    choose_widening,
    weigh_test,
    widen_for_untested_days,
)
from regulars.pipelines.transforms.clv.forecasts import Horizons
from regulars.pipelines.transforms.clv.holdout import WHOLE_YEAR_DAYS
from regulars.pipelines.transforms.clv.methods import SUBSCRIBERS, SUBSCRIPTION_SURVIVAL
from regulars.pipelines.transforms.clv.predictions import SPANS
from regulars.pipelines.transforms.clv.purchase_history import SHORTEST_HOLDOUT_DAYS
from regulars.pipelines.transforms.clv.totals.total_errors import measure_total_errors
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR
from regulars.pipelines.transforms.subscriptions.subscription_forecast import (
    DAYS_PER_MONTH,
    FittedSurvival,
    fit_survival,
    list_live_subscriptions,
    predict_revenue,
)
from regulars.pipelines.transforms.subscriptions.subscription_revenue import NO_MONEY, sum_revenue_by_customer

ENDS = {"expected": "", "low": "_low", "high": "_high"}
IS_CERTAIN = (pl.col("low") == pl.col("expected")) & (pl.col("high") == pl.col("expected"))
COLUMNS = [f"predicted_subscription_revenue_{span}{end}" for span in SPANS for end in ENDS.values()]


def predict_subscription_revenue(
    periods: pl.DataFrame, horizons: Horizons, evaluation: pl.DataFrame, *, as_of: dt.date
) -> pl.DataFrame:
    """Predict the revenue of each customer's live subscriptions, one row per customer with one.

    Args:
        periods: As `list_live_periods` returns them.
        horizons: The days of `HORIZONS`, and a lifetime, which is discounted.
        evaluation: `meta.clv_evaluation`; how the prediction did in its test.
        as_of: Last day that counts.

    Returns:
        `customer_idx`, `COLUMNS` Decimal (NULL where it cannot be known yet) and `subscription_reason`.
    """
    live, survival = list_live_subscriptions(periods, as_of), fit_survival(periods, as_of)
    lifetime_months = (horizons.lifetime_years or 0) * MONTHS_PER_YEAR
    ahead = [*_look_ahead(*horizons.days), MonthsAhead(lifetime_months, horizons.discount_rate)]
    tested = find_subscription_test(evaluation)
    found = [_correct(each, *_read_factors(tested)) for each in predict_revenue(live, survival, ahead)]
    named = [
        each.select(pl.col(name).alias(f"predicted_subscription_revenue_{span}{end}") for name, end in ENDS.items())
        for span, each in zip(SPANS, found, strict=True)
    ]
    is_known = pl.col(COLUMNS[0]).is_not_null()
    return (
        pl.concat([found[0].select("customer_idx"), *named], how="horizontal")
        .with_columns(
            round_to_money(pl.col(COLUMNS)),
            subscription_reason=pl.when(is_known)
            .then(pl.lit(_explain(survival, tested)))
            .otherwise(pl.lit(f"subscription revenue is not predicted: {survival.reason}")),
        )
        .select("customer_idx", *COLUMNS, "subscription_reason")
    )


def list_subscribers_without_orders(periods: pl.DataFrame, buyers: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List known customers who were charged for a subscription by `as_of` and never ordered, as `sum_by_customer` does.

    Their `first_order_date` is the first day charged, from which the formula counts their years.
    """
    charged = periods.filter(
        pl.col("is_charged"), pl.col("active_from") <= as_of, pl.col("subscriber") > UNKNOWN_CUSTOMER_IDX
    )
    return (
        charged.group_by(pl.col("subscriber").cast(pl.Int32).alias("customer_idx"))
        .agg(first_order_date=pl.col("active_from").min())
        .join(buyers, on="customer_idx", how="anti")
        .with_columns(
            net_sales_to_date=NO_MONEY.cast(buyers.schema["net_sales_to_date"]),
            order_count=pl.lit(0, buyers.schema["order_count"]),
            last_order_date=pl.lit(None, pl.Date),
        )
        .sort("customer_idx")
    )


def evaluate_subscriptions(periods: pl.DataFrame, *, as_of: dt.date) -> dict[str, Any] | None:
    """Predict the last year, or half of a shorter history, of earlier subscribers, and compare with the actual revenue.

    The actual revenue is that of all subscriptions of these customers, with higher prices and new subscriptions.

    Returns:
        A row of `meta.clv_evaluation`; None where the history is too short or there was nothing to fit.
    """
    first = periods.filter("is_charged")["active_from"].min()
    holdout = min(HOLDOUT_DAYS, (as_of - first).days // 2) if isinstance(first, dt.date) else 0
    if holdout < SHORTEST_HOLDOUT_DAYS:
        return None
    cut = as_of - dt.timedelta(days=holdout)
    live, survival = list_live_subscriptions(periods, cut), fit_survival(periods, cut)
    if survival.model is None or live.is_empty():
        return None
    [predicted] = predict_revenue(live, survival, _look_ahead(holdout))
    amounts = [sum_revenue_by_customer(periods, day) for day in (cut, as_of)]
    before, after = (each.select("customer_idx", amount="subscription_revenue_to_date") for each in amounts)
    came = after.join(before, on="customer_idx", how="left", suffix="_before").select(
        "customer_idx", actual=(pl.col("amount") - pl.col("amount_before").fill_null(0)).cast(pl.Float64)
    )
    compared = predicted.join(came, on="customer_idx", how="left", maintain_order="left")
    known = {"reason": f"used for subscription revenue: {_name_model(survival)}", "trained_through": cut}
    return _grade(compared, holdout) | known | {"horizon_days": holdout}


def find_subscription_test(evaluation: pl.DataFrame) -> Mapping[str, Any] | None:
    """Find how predicted subscription revenue did in its test; None where it was not tested."""
    rows = evaluation.filter(pl.col("scope") == SUBSCRIBERS).to_dicts()
    return rows[0] if rows else None


def _look_ahead(*days: int) -> list[MonthsAhead]:
    return [MonthsAhead(each / DAYS_PER_MONTH) for each in days]


def _grade(compared: pl.DataFrame, horizon_days: int) -> dict[str, Any]:
    """Measure the errors and intervals of `compared`: predictions and `actual`, one row per customer."""
    predicted, actual = (math.fsum(compared[name]) for name in ("expected", "actual"))
    weight = weigh_test(compared.filter(~IS_CERTAIN).height)
    calibration = calibrate(predicted, actual, is_whole_year=horizon_days >= WHOLE_YEAR_DAYS, weight=weight)
    totals = measure_total_errors(
        compared["expected"].to_numpy(),
        compared["actual"].to_numpy(),
        calibration=calibration,
        horizon_days=horizon_days,
    )
    declared = math.fsum(compared["nominal_coverage"]) / compared.height
    covered = [_measure_coverage(_correct(compared, calibration, widening)) for widening in WIDENINGS]
    place = choose_widening(covered, [declared] * len(covered))
    miss = compared["expected"] - compared["actual"]
    ranks = compared.select(pl.corr(pl.col("expected").rank(), pl.col("actual").rank()).fill_nan(None)).item()
    return {
        "method": SUBSCRIPTION_SURVIVAL,
        "is_baseline": False,
        "scope": SUBSCRIBERS,
        "scope_value": SUBSCRIBERS,
        "holdout_customers": compared.height,
        "predicted_value": predicted,
        "actual_value": actual,
        "value_error_rate": predicted / actual - 1 if actual > 0 else None,
        "mae_value": math.fsum(miss.abs()) / compared.height,
        "rank_correlation_value": ranks,
        "value_calibration": calibration,
        "value_total_margin_rate": totals and totals.margin_rate,
        "value_dispersion": totals and totals.dispersion,
        "customers_with_interval": compared.height,
        "value_interval_nominal_coverage": declared,
        "value_interval_covered_unwidened": covered[0],
        "value_interval_widening": WIDENINGS[place],
        "value_interval_covered": covered[place],
        "is_chosen": True,
    }


def _correct(predicted: pl.DataFrame, calibration: float, widening: float) -> pl.DataFrame:
    """Apply the calibration and the widening; certain amounts do not change."""
    expected, low, high = (pl.col(name) for name in ENDS)
    wider = (widening - 1) * pl.max_horizontal(high - expected, expected - low)
    return predicted.with_columns(
        pl.when(IS_CERTAIN).then(value).otherwise(value * calibration).alias(name)
        for name, value in zip(ENDS, (expected, (low - wider).clip(lower_bound=0), high + wider), strict=True)
    )


def _measure_coverage(compared: pl.DataFrame) -> float:
    """The share of the customers whose `actual` lies in the interval; amounts are rounded to money there."""
    actual, cent = pl.col("actual"), 0.01
    return float(compared.select(actual.is_between(pl.col("low") - cent, pl.col("high") + cent).mean()).item())


def _read_factors(tested: Mapping[str, Any] | None) -> tuple[float, float]:
    """The calibration, and the widening with what is added for untested days; 1 and 1 without a test."""
    if tested is None:
        return 1.0, 1.0
    untested = widen_for_untested_days(tested["horizon_days"])
    return tested["value_calibration"], tested["value_interval_widening"] * untested


def _name_model(survival: FittedSurvival) -> str:
    return "; ".join(filter(None, [f"lives as {survival.name} says", survival.reason]))


def _explain(survival: FittedSurvival, tested: Mapping[str, Any] | None) -> str:
    """Say by what subscription revenue is predicted, and how it was tested."""
    said = f"subscription revenue by {survival.name}" if survival.name else "subscription revenue until the known end"
    if survival.model is None:
        return said
    if tested is None:
        return f"{said}; the history is too short to test it"
    return f"{said}, tested over {tested['horizon_days']} days: " + (
        explain_factor(tested) if tested["horizon_days"] >= WHOLE_YEAR_DAYS else "the error over 12 months is not known"
    )


def explain_factor(tested: Mapping[str, Any]) -> str:
    """Say by what predictions are multiplied, and how far that lies from what the test alone would say."""
    factor, predicted, actual = (tested[name] for name in ("value_calibration", "predicted_value", "actual_value"))
    said = f"multiplied by {factor:.3f}"
    if predicted <= 0 or actual <= 0:
        return said
    if f"{actual / predicted:.3f}" == f"{factor:.3f}":
        return f"{said}, as in the test"
    return f"{said}, a part of the {actual / predicted:.3f} of the test, which few subscribers decided"
