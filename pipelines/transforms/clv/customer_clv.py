"""The mart `customer_clv`: each customer's value to date, by the simple formula, and predicted by the chosen method.

Put here: how the mart is put together. Keep out: its columns (`customer_clv_columns.py`), the simple formula
(`values/simple_formula.py`), predictions (`predictions.py`), the choice of the method (`clv_evaluation.py`,
`method_choice.py`), the maths.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import ValueBasis
from regulars.pipelines.definitions.value_tiers import TierSettings
from regulars.pipelines.transforms.amounts import round_to_money
from regulars.pipelines.transforms.churn.active_intervals import (
    find_history_start,
    find_last_active_intervals,
    list_active_intervals,
    list_active_periods,
)
from regulars.pipelines.transforms.clv.clv_models import TrainedModels, read_models
from regulars.pipelines.transforms.clv.corrections import Corrections
from regulars.pipelines.transforms.clv.customer_clv_columns import COLUMNS
from regulars.pipelines.transforms.clv.forecasts import (
    Horizons,
    average_by_class,
    describe_spend,
    estimate_p_alive,
    expected_spend,
)
from regulars.pipelines.transforms.clv.holdout import take_holdout
from regulars.pipelines.transforms.clv.method_choice import (
    choose_predicting_method,
    describe_test,
    find_model_of_p_alive,
    find_test,
    list_test_results,
)
from regulars.pipelines.transforms.clv.methods import (
    BASELINES,
    PREDICTING_MODELS,
    SIMPLE,
    SUBSCRIPTION_SURVIVAL,
)
from regulars.pipelines.transforms.clv.predictions import (
    HORIZONS,
    LEAST_LIFETIME_YEARS,
    add_error_intervals,
    predict_with_average,
    predict_with_formula,
    predict_with_model,
)
from regulars.pipelines.transforms.clv.purchase_history import (
    IS_PURCHASE,
    list_customer_days,
    sum_by_customer,
    summarise_history,
)
from regulars.pipelines.transforms.clv.values.simple_formula import (
    apply_simple_formula,
    measure_own_churn,
)
from regulars.pipelines.transforms.clv.values.subscription_value import COLUMNS as OF_SUBSCRIPTIONS
from regulars.pipelines.transforms.clv.values.subscription_value import (
    predict_subscription_revenue,
)
from regulars.pipelines.transforms.clv.values.value_basis import (
    HAS_ORDERS,
    choose_value_basis,
    make_values,
    measure_margins,
)
from regulars.pipelines.transforms.clv.values.valued_customers import list_valued_customers
from regulars.pipelines.transforms.money.yearly_value import EconomicsSettings
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods
from regulars.pipelines.transforms.subscriptions.subscription_revenue import (
    NO_MONEY,
)
from regulars.pipelines.transforms.value_tier import USUAL_TIERS, assign_value_tier

NO_ORDERS = "without an order: the value is subscription revenue, and no order is predicted"


def customer_clv(
    orders: IntoFrame,
    refunds: IntoFrame,
    subscriptions: IntoFrame,
    customers: IntoFrame,
    calendar: IntoFrame,
    clv_models: IntoFrame,
    clv_evaluation: IntoFrame,
    order_lines: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    max_lifetime_years: float,
    discount_rate: float,
    value_basis: ValueBasis,
    economics: EconomicsSettings,
    subscription_revenue_is_in_orders: bool,
    value_tiers: TierSettings = USUAL_TIERS,
) -> pl.DataFrame:
    """Value every customer with a countable order or a subscription, one row each.

    Each value is given to date, by the simple formula, and predicted; for orders, for subscriptions, and for both.
    Where orders include subscription revenue, no customer is valued by subscriptions alone.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        subscriptions: `core.subscriptions`; a customer who pays for one has not lapsed. Its revenue has columns beside
            net sales and is part of the totals, to date and predicted.
        customers: `core.customers`; `customer_id`, `customer_idx`, `customer_type`, `acquisition_cost`.
        calendar: `core.calendar`; `day`, `day_idx`.
        clv_models: `meta.clv_models`.
        clv_evaluation: `meta.clv_evaluation`; says which method predicts.
        order_lines: `core.order_lines`; their costs give the contribution margin.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        max_lifetime_years: Cap of the expected lifetime. A predicted lifetime looks as far ahead, and at least as far
            as the longest horizon. The horizons themselves are not capped.
        discount_rate: Annual rate at which the predicted lifetime value is discounted; 0.1 is 10 %.
        value_basis: What counts as value, a `ValueBasis`; the basis that could be used is in every row.
        economics: The margin, if it is set, and the least share of sales with a known cost.
        subscription_revenue_is_in_orders: Whether net sales include it already, so that it is not added to the totals.
        value_tiers: The shares of customers in the tiers of `clv_tier`.

    Returns:
        The columns of `COLUMNS`, sorted by customer_id; without the unknown customer.
    """
    days = list_customer_days(orders, refunds, calendar, as_of=as_of)
    known = read_into_polars(
        select_columns(customers, "customer_idx", "customer_id", "customer_type", "acquisition_cost")
    )
    churn, lapse_dates = _measure_churn(days, subscriptions, known, as_of=as_of, lapse_days=lapse_days)
    periods = list_live_periods(subscriptions)
    everybody = list_valued_customers(
        sum_by_customer(days),
        periods,
        known.join(lapse_dates, on="customer_idx"),
        as_of=as_of,
        is_in_orders=subscription_revenue_is_in_orders,
    )
    formula = apply_simple_formula(everybody, churn, as_of=as_of, max_lifetime_years=max_lifetime_years)
    lifetime_years = max(max_lifetime_years, LEAST_LIFETIME_YEARS)
    horizons = Horizons(tuple(HORIZONS.values()), lifetime_years, discount_rate)
    evaluation = read_into_polars(clv_evaluation)
    trained = read_models(read_into_polars(clv_models), as_of)
    of_orders = _predict_orders(days, formula.filter(HAS_ORDERS), evaluation, trained, horizons, as_of)
    margins = measure_margins(orders, order_lines, as_of=as_of, economics=economics)
    basis, why_not = choose_value_basis(value_basis, margins, economics)
    of_subscriptions = predict_subscription_revenue(periods, horizons, evaluation, as_of=as_of)
    return (
        pl.concat(
            [
                of_orders.join(margins.rates, on="customer_idx", how="left", maintain_order="left"),
                _value_without_orders(formula.filter(~HAS_ORDERS), margins.rate_of_base),
            ],
            how="diagonal",
        )
        .pipe(_add_subscriptions, of_subscriptions)
        .with_columns(
            reason=pl.concat_str(
                "why", "reason", "subscription_reason", pl.lit(why_not, pl.String), separator="; ", ignore_nulls=True
            ),
            value_basis=pl.lit(basis),
            as_of=pl.lit(as_of),
        )
        .pipe(make_values, basis, subscription_revenue_is_in_orders=subscription_revenue_is_in_orders)
        .with_columns(clv_tier=assign_value_tier(pl.coalesce("clv_predicted_total", "clv_predicted"), value_tiers))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("customer_id")
    )


def _measure_churn(
    days: pl.DataFrame, subscriptions: IntoFrame, known: pl.DataFrame, *, as_of: dt.date, lapse_days: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Measure the churn of each kind of customer; also returns the `lapse_date` of each `customer_idx`."""
    purchase_days = days.filter(IS_PURCHASE).select("customer_idx", "day_idx")
    active_periods = list_active_periods(purchase_days, subscriptions, as_of=as_of, lapse_days=lapse_days)
    active_intervals = list_active_intervals(active_periods)
    churn = measure_own_churn(active_intervals, known, find_history_start(active_periods, lapse_days), as_of)
    return churn, find_last_active_intervals(active_intervals).select("customer_idx", "lapse_date")


def _predict_orders(
    days: pl.DataFrame,
    valued: pl.DataFrame,
    evaluation: pl.DataFrame,
    trained: TrainedModels,
    horizons: Horizons,
    as_of: dt.date,
) -> pl.DataFrame:
    """Predict what the orders of each customer will bring, by the method that the evaluation chose.

    Args:
        days: What each customer did on each day (`list_customer_days`).
        valued: Customers with orders and their value by the simple formula.
        evaluation: `meta.clv_evaluation`.
        trained: The models as they were fitted.
        horizons: How far to look ahead, and the discount rate.
        as_of: Last day that counts.

    Returns:
        `valued`, sorted by customer_idx, with their history, the columns of `predictions.COLUMNS`, the results of the
        method's test, `method` and `why`.
    """
    history = summarise_history(days, until=as_of)
    valued = valued.sort("customer_idx").with_columns(
        years_left=_expect_years_left(), lifetime_years_left=_expect_lifetime_years_left()
    )
    method, why = choose_predicting_method(evaluation, days, valued, as_of)
    tested = find_test(evaluation, method)
    of_spend = describe_spend(trained.spend) if method in PREDICTING_MODELS else []
    predicted = _predict(method, _Basis(days, history, valued, trained, horizons, tested), as_of)
    predicted = _replace_p_alive(predicted, evaluation, history, trained)
    return (
        valued.hstack(history.select("frequency", "recency", "monetary_value", t="T"))
        .hstack(predicted)
        .with_columns(
            _round_amounts(),
            *list_test_results(tested),
            method=pl.lit(method),
            why=pl.lit("; ".join([why, *describe_test(tested), *of_spend])),
        )
    )


def _value_without_orders(subscribers: pl.DataFrame, rate_of_base: float | None) -> pl.DataFrame:
    """Say of customers who have subscriptions alone that no order is predicted."""
    return subscribers.with_columns(
        # the formula counted the years from the first subscription
        first_order_date=pl.lit(None, pl.Date),
        method=pl.lit(SUBSCRIPTION_SURVIVAL),
        why=pl.lit(NO_ORDERS),
        contribution_rate=pl.lit(rate_of_base, pl.Float64),
    )


def _add_subscriptions(valued: pl.DataFrame, of_subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Add predicted subscription revenue: 0 without a live subscription; with one it may be unknown."""
    has_none_live = pl.col("subscription_reason").is_null()
    return valued.join(of_subscriptions, on="customer_idx", how="left", maintain_order="left").with_columns(
        pl.when(has_none_live).then(NO_MONEY).otherwise(pl.col(name)).alias(name) for name in OF_SUBSCRIPTIONS
    )


@dataclass(frozen=True)
class _Basis:
    """The inputs of predictions; `history` and `valued` have one row per customer, in the same order."""

    days: pl.DataFrame
    history: pl.DataFrame
    valued: pl.DataFrame
    trained: TrainedModels
    horizons: Horizons
    tested: Mapping[str, Any] | None


def _predict(method: str, basis: _Basis, as_of: dt.date) -> pl.DataFrame:
    """Predict by the chosen method; returns the columns of `predictions.COLUMNS`."""
    if method == SIMPLE:
        return predict_with_formula(basis.valued, basis.history, basis.horizons)
    corrections = Corrections() if basis.tested is None else Corrections.read(basis.tested)
    if method in BASELINES:
        averages = average_by_class(basis.days, until=as_of)
        found = predict_with_average(method, basis.history, averages, basis.valued, basis.horizons, corrections)
        holdout = take_holdout(basis.days, as_of) if basis.tested else None
        return add_error_intervals(found, method, holdout, corrections) if holdout else found
    return predict_with_model(basis.history, basis.trained, method, basis.horizons, corrections)


def _replace_p_alive(
    predicted: pl.DataFrame, evaluation: pl.DataFrame, history: pl.DataFrame, trained: TrainedModels
) -> pl.DataFrame:
    """Replace `p_alive` by that of the best model in which a one-time buyer can be gone.

    Where a plain average predicts, `expected_spend` is filled too; without such a model, `p_alive` is NULL.
    """
    model = find_model_of_p_alive(evaluation, trained.dropout.keys())
    if model is None:
        return predicted.with_columns(p_alive=pl.lit(None, pl.Float64))
    alive = estimate_p_alive(history, trained.dropout[model])
    spend = pl.Series(expected_spend(history, trained.spend))
    return predicted.with_columns(p_alive=alive, expected_spend=pl.col("expected_spend").fill_null(spend))


def _expect_years_left() -> pl.Expr:
    """Expected years from `as_of` on, 1 ÷ churn, not capped: 0 when lapsed, NULL while churn is not known."""
    return pl.when("is_lapsed").then(0.0).when(pl.col("churn").is_not_null()).then(1 / pl.col("churn"))


def _expect_lifetime_years_left() -> pl.Expr:
    """Expected years within the cap of the lifetime; the cap does not cut below the longest horizon."""
    within_cap = pl.col("expected_lifetime_years") - pl.col("years_observed")
    within_horizon = _expect_years_left().clip(upper_bound=float(LEAST_LIFETIME_YEARS))
    return pl.when(_expect_years_left().is_not_null()).then(pl.max_horizontal(within_cap, within_horizon))


def _round_amounts() -> pl.Expr:
    """Round every predicted amount to `MONEY`."""
    return round_to_money(pl.col("^predicted_value_.*$", "expected_spend", "monetary_value"))
