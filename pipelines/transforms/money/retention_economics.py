"""The mart `retention_economics`: the value of one, two or five percentage points more retention.

Put here: the gain per group and step, and the cost reduction with the same effect. Keep out: the formulas
(`models/retention_value.py`), churn (`churn/churn.py`).
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.models.comparisons.skewed_means import Shape
from regulars.pipelines.models.retention_value import (
    HIGHEST_RETENTION,
    compute_clv_before_cost,
    compute_expected_years,
    raise_retention,
    sum_years_kept,
)
from regulars.pipelines.transforms.amounts import MONEY, divide_columns, round_to_money
from regulars.pipelines.transforms.cohorts.customer_dimensions import CohortSettings, split_customers
from regulars.pipelines.transforms.money.worth_intervals import (
    SUMS,
    bound_clv,
    bound_gain,
    find_intervals,
    find_shape,
    list_sums,
)
from regulars.pipelines.transforms.money.yearly_value import (
    EconomicsSettings,
    add_contribution,
    sum_year_by_customer,
)
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

COLUMNS: dict[str, PolarsDataType] = {
    "dimension": pl.String,
    "dimension_value": pl.String,
    "step_points": pl.Int32,
    "month_end": pl.Date,
    "horizon_years": pl.Int32,
    "active_customers": pl.Int64,
    "average_customers_12m": pl.Float64,
    "churn_rate_12m": pl.Float64,
    "retention_rate_12m": pl.Float64,
    "raised_retention_rate": pl.Float64,
    "is_step_capped": pl.Boolean,
    "net_sales_12m": MONEY,
    "net_sales_per_customer_12m": MONEY,
    "contribution_margin_rate": pl.Float64,
    "margin_basis": pl.String,
    "contribution_per_customer_12m": MONEY,
    "expected_customer_years": pl.Float64,
    "clv_before_cost": MONEY,
    "clv_before_cost_low": MONEY,
    "clv_before_cost_high": MONEY,
    "contribution_of_horizon": MONEY,
    "goods_cost_of_horizon": MONEY,
    "first_year_goods_cost": MONEY,
    "first_year_retention_gain": MONEY,
    "first_year_retention_gain_low": MONEY,
    "first_year_retention_gain_high": MONEY,
    "most_to_spend_per_customer": MONEY,
    "most_to_spend_per_customer_low": MONEY,
    "most_to_spend_per_customer_high": MONEY,
    "retention_gain": MONEY,
    "retention_gain_low": MONEY,
    "retention_gain_high": MONEY,
    "retention_gain_per_year": MONEY,
    "retention_gain_rate": pl.Float64,
    "equal_cost_cut_rate": pl.Float64,
    "first_year_equal_cost_cut_rate": pl.Float64,
    "customer_years_gain_rate": pl.Float64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
KEY = ["dimension", "dimension_value", "step_points"]
CHURN = ("active_customers", "average_customers_12m", "churn_rate_12m", "reason")


def retention_economics(
    orders: IntoFrame,
    refunds: IntoFrame,
    order_lines: IntoFrame,
    customer_dimensions: IntoFrame,
    churn: IntoFrame,
    *,
    as_of: dt.date,
    cohorts: CohortSettings,
    economics: EconomicsSettings,
    discount_rate: float,
) -> pl.DataFrame:
    """Compute the value of more retention: one row per dimension value and step, at the last month-end.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        order_lines: `core.order_lines`.
        customer_dimensions: `marts.customer_dimensions`.
        churn: `marts.churn`.
        as_of: Last day that counts.
        cohorts: Which dimensions `marts.churn` is split by.
        economics: Margin, steps and horizon.
        discount_rate: Annual rate at which lifetime value is discounted.

    Returns:
        The columns of `COLUMNS`, sorted by dimension, value and points; empty where `marts.churn` is.
    """
    months = read_into_polars(churn)
    month_end = months["month_end"].max()
    if not isinstance(month_end, dt.date):
        return pl.DataFrame(schema=COLUMNS)
    groups = months.filter(pl.col("month_end") == month_end).select("dimension", "dimension_value", *CHURN)
    by_customer = sum_year_by_customer(orders, refunds, order_lines, month_end=month_end)
    sums = sum_by_value(by_customer, split_customers(customer_dimensions, cohorts.dimensions), cohorts.dimensions)
    rows = (
        groups.join(sums, on=["dimension", "dimension_value"], how="left")
        .with_columns(pl.col(SUMS).fill_null(0.0))
        .join(
            pl.DataFrame({"step_points": sorted(set(economics.retention_points))}, schema={"step_points": pl.Int32}),
            how="cross",
        )
    )
    shape = find_shape(by_customer, float(groups.filter(dimension=ALL)["average_customers_12m"].sum()))
    found = _add_gain(add_contribution(rows, economics), economics.horizon_years, discount_rate, shape)
    return (
        found.with_columns(
            month_end=pl.lit(month_end), horizon_years=pl.lit(economics.horizon_years), as_of=pl.lit(as_of)
        )
        .with_columns(round_to_money(pl.col(name)) for name, kind in COLUMNS.items() if kind == MONEY)
        .with_columns(
            retention_gain_rate=divide_columns("retention_gain", "contribution_of_horizon"),
            equal_cost_cut_rate=divide_columns("retention_gain", "goods_cost_of_horizon"),
            first_year_equal_cost_cut_rate=divide_columns("first_year_retention_gain", "first_year_goods_cost"),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(KEY)
    )


def sum_by_value(by_customer: pl.DataFrame, groups: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """Sum customers by the values of each dimension and of all: `dimension`, `dimension_value` and the sums."""
    joined = by_customer.join(groups, on="customer_idx").with_columns(pl.lit(ALL).alias(ALL))
    split = joined.sort("customer_idx")  # the last digit of a sum depends on the order of its rows
    return pl.concat(
        split.group_by(pl.col(name).cast(pl.String).alias("dimension_value"))
        .agg(list_sums())
        .select(pl.lit(name).alias("dimension"), pl.all())
        for name in (ALL, *dimensions)
    )


def _add_gain(rows: pl.DataFrame, years: int, discount_rate: float, shape: Shape) -> pl.DataFrame:
    """Add retention and, where it and the contribution are valid, the gain; else the reason."""
    each, churn_rate = pl.col("contribution_per_customer_12m"), pl.col("churn_rate_12m")
    reason = (
        pl.when(churn_rate.is_null())
        .then("reason")
        .when(churn_rate >= 1)
        .then(pl.lit("more customers left within the 12 months than there were on average: retention is undefined"))
        .when(each.is_null())
        .then(pl.lit("the margin is unknown: deliver costs of order lines, or set economics.contribution_margin"))
        .when(each <= 0)
        .then(pl.lit("customers brought no contribution in the 12 months"))
    )
    rows = rows.with_columns(reason=reason).with_columns(is_complete=pl.col("reason").is_null())
    retention = np.where(rows["churn_rate_12m"].fill_null(2) < 1, 1 - rows["churn_rate_12m"].fill_null(2), np.nan)
    kept = np.minimum(np.where(rows["is_complete"], retention, np.nan), HIGHEST_RETENTION)
    points = rows["step_points"].to_numpy()
    raised, n = raise_retention(kept, points), rows["active_customers"].to_numpy()
    m = np.where(rows["is_complete"], rows["contribution_per_customer_12m"].cast(pl.Float64).to_numpy(), np.nan)
    cost = rows["net_sales_per_customer_12m"].cast(pl.Float64).to_numpy() - m
    years_kept = sum_years_kept(kept, years)
    gain = n * m * (sum_years_kept(raised, years) - years_kept)
    clv = compute_clv_before_cost(m, kept, discount_rate)
    intervals = find_intervals(rows, m, kept, shape)
    low, high = zip(*intervals, strict=True)
    spend_low, spend_high = bound_gain(intervals, m, kept, points, 1)
    gain_low, gain_high = bound_gain(intervals, m, kept, points, years)
    columns = {
        "retention_rate_12m": retention,
        "raised_retention_rate": raised,
        "expected_customer_years": compute_expected_years(kept),
        "clv_before_cost": clv,
        "clv_before_cost_low": bound_clv(clv, m, low, discount_rate),
        "clv_before_cost_high": bound_clv(clv, m, high, discount_rate),
        "contribution_of_horizon": n * m * years_kept,
        "goods_cost_of_horizon": n * cost * years_kept,
        "first_year_goods_cost": n * cost * kept,
        "first_year_retention_gain": n * m * (raised - kept),
        "first_year_retention_gain_low": n * spend_low,
        "first_year_retention_gain_high": n * spend_high,
        "most_to_spend_per_customer": m * (raised - kept),
        "most_to_spend_per_customer_low": spend_low,
        "most_to_spend_per_customer_high": spend_high,
        "retention_gain": gain,
        "retention_gain_low": n * gain_low,
        "retention_gain_high": n * gain_high,
        "retention_gain_per_year": gain / years,
        "customer_years_gain_rate": (1 - kept) / (1 - raised) - 1,
    }
    return (
        rows.with_columns(pl.Series(name, values).fill_nan(None) for name, values in columns.items())
        .with_columns(
            is_step_capped=(pl.col("retention_rate_12m") + pl.col("step_points") / 100 > HIGHEST_RETENTION + 1e-12)
            & pl.col("is_complete"),
        )
        .with_columns(pl.col("is_step_capped").fill_null(value=False))
    )
