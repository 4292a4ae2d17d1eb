"""The mart `acquisition_economics`: what customers of a channel are worth beside what winning them costs.

Put here: lifetime value against cost, payback, and the most that may be paid. Keep out: what was spent
(`acquisition_spending.py`), the formulas (`models/retention_value.py`).
"""

import datetime as dt

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType
from scipy.special import stdtrit  # type: ignore[import-untyped]

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.definitions.windows import ACQUISITION_MONTHS
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.retention_value import (
    HIGHEST_RETENTION,
    LONGEST_PAYBACK_MONTHS,
    compute_clv_before_cost,
    find_payback_month,
    sum_contribution_by_month,
)
from regulars.pipelines.transforms.amounts import MONEY, round_to_money
from regulars.pipelines.transforms.churn.active_intervals import list_active_intervals, list_active_periods
from regulars.pipelines.transforms.churn.churn import count_customers_by_month_and_value
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR
from regulars.pipelines.transforms.money.acquisition_spending import (
    BY_SPEND,
    GROUP,
    group_customers,
    list_groupings,
    sum_spending,
)
from regulars.pipelines.transforms.money.yearly_value import (
    EconomicsSettings,
    add_contribution,
    sum_year_by_customer,
)
from regulars.pipelines.transforms.purchases.purchases import list_purchase_days, read_into_polars, select_columns

COLUMNS: dict[str, PolarsDataType] = {
    "acquisition_channel": pl.String,
    "customer_type": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "new_customers_won": pl.Int64,
    "spend": MONEY,
    "spend_without_customers": MONEY,
    "cost_basis": pl.String,
    "cost_per_customer": pl.Float64,
    "average_customers_12m": pl.Float64,
    "churn_rate_12m": pl.Float64,
    "retention_rate_12m": pl.Float64,
    "contribution_margin_rate": pl.Float64,
    "margin_basis": pl.String,
    "contribution_per_customer_12m": MONEY,
    "customers_valued": pl.Int64,
    "average_clv_simple": pl.Float64,
    "average_clv_simple_low": pl.Float64,
    "average_clv_simple_high": pl.Float64,
    "clv_before_cost": MONEY,
    "clv_to_cost_ratio": pl.Float64,
    "payback_months": pl.Int32,
    "payback_months_low": pl.Int32,
    "payback_months_high": pl.Int32,
    "most_for_margin": MONEY,
    "most_for_ratio": MONEY,
    "most_for_payback": MONEY,
    "most_to_bid": MONEY,
    "is_above_most": pl.Boolean,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
Z_95 = 1.959964
SEPARATOR = "\x1f"
"""Between channel and type in one text; no tool writes it."""


def acquisition_economics(
    orders: IntoFrame,
    refunds: IntoFrame,
    order_lines: IntoFrame,
    subscriptions: IntoFrame,
    acquisition_spend: IntoFrame,
    customer_dimensions: IntoFrame,
    churn: IntoFrame,
    calendar: IntoFrame,
    customer_clv: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    economics: EconomicsSettings,
    discount_rate: float,
) -> pl.DataFrame:
    """Compare value with cost: one row per channel and kind of customer, at the last month-end that is over.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        order_lines: `core.order_lines`.
        subscriptions: `core.subscriptions`.
        acquisition_spend: `core.acquisition_spend`.
        customer_dimensions: `marts.customer_dimensions`.
        churn: `marts.churn`; says since when churn can be known.
        calendar: `core.calendar`.
        customer_clv: `marts.customer_clv`; `customer_idx`, `clv_simple`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        economics: Margin and what is wanted of it.
        discount_rate: A year, of lifetime value.

    Returns:
        The columns of `COLUMNS`, sorted by channel and type, `all` among both; empty where `marts.churn` is.
    """
    whole = read_into_polars(churn).filter(pl.col("dimension") == ALL).sort("month_end").tail(1)
    if whole.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    month_end = whole["month_end"][0]
    period_start = _find_period_start(month_end)
    customers = group_customers(customer_dimensions)
    spent = sum_spending(customers, acquisition_spend, period_start=period_start, period_end=month_end)
    days = read_into_polars(list_purchase_days(orders, calendar, as_of=month_end))
    periods = list_active_periods(days, subscriptions, as_of=month_end, lapse_days=lapse_days)
    kept = _measure_churn(list_active_intervals(periods), customers, month_end)
    sold = _sum_sales(sum_year_by_customer(orders, refunds, order_lines, month_end=month_end), customers)
    rows = (
        spent.join(kept, on=GROUP, how="full", coalesce=True)
        .join(sold, on=GROUP, how="left")
        .join(_average_clv(customer_clv, customers), on=GROUP, how="left")
        .with_columns(pl.col("net_sales_12m", "sales_with_cost_12m", "cost_12m", "squares").fill_null(0.0))
        .with_columns(
            pl.col("new_customers", "customers_valued").fill_null(0), pl.col("spend_without_customers").fill_null(0.0)
        )
    )
    found = _compare(add_contribution(rows, economics), whole["reason"][0], economics, discount_rate)
    return (
        found.rename({"new_customers": "new_customers_won"})
        .with_columns(period_start=pl.lit(period_start), period_end=pl.lit(month_end), as_of=pl.lit(as_of))
        .with_columns(round_to_money(pl.col(name).cast(pl.Float64)) for name, kind in COLUMNS.items() if kind == MONEY)
        .with_columns(
            cost_per_customer=pl.when((pl.col("cost_basis") == BY_SPEND) & (pl.col("new_customers_won") > 0))
            .then(pl.col("spend").cast(pl.Float64) / pl.col("new_customers_won"))
            .otherwise("cost_per_customer")
        )
        .with_columns(is_above_most=_is_above_most())
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(GROUP)
    )


def _find_period_start(month_end: dt.date) -> dt.date:
    """Find the first day of the first of the months whose customers and spend count."""
    months = month_end.year * MONTHS_PER_YEAR + month_end.month - ACQUISITION_MONTHS
    return dt.date(months // MONTHS_PER_YEAR, months % MONTHS_PER_YEAR + 1, 1)


def _measure_churn(active_intervals: pl.DataFrame, customers: pl.DataFrame, month_end: dt.date) -> pl.DataFrame:
    """Measure churn and the average of active customers at the month-end, by channel and type, `all` included."""
    grouped = list_groupings(active_intervals.join(customers.select("customer_idx", *GROUP), on="customer_idx"))
    counted = count_customers_by_month_and_value(
        grouped.with_columns(dimension_value=pl.concat_str(GROUP, separator=SEPARATOR)), month_end
    )
    last = pl.col("month_end") == month_end
    parts = pl.col("dimension_value").str.split_exact(SEPARATOR, 1).struct
    return (
        counted.sort("month_end")
        .group_by("dimension_value")
        .agg(
            average_customers_12m=pl.col("active_customers").tail(MONTHS_PER_YEAR + 1).mean(),
            churned=pl.col("churned_customers_12m").filter(last).sum(),
        )
        .with_columns(
            churn_rate_12m=pl.when(pl.col("average_customers_12m") > 0).then(
                pl.col("churned") / pl.col("average_customers_12m")
            ),
            **{name: parts.field(f"field_{place}") for place, name in enumerate(GROUP)},
        )
        .drop("dimension_value", "churned")
    )


def _sum_sales(by_customer: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Sum the year's sales by channel and type, `all` included; `squares` adds up the squares of customers' sales."""
    rows = by_customer.join(customers.select("customer_idx", *GROUP), on="customer_idx").with_columns(
        squares=pl.col("net_sales_12m") ** 2
    )
    sums = pl.col("net_sales_12m", "sales_with_cost_12m", "cost_12m", "squares").sum()
    return list_groupings(rows.sort("customer_idx")).group_by(GROUP).agg(sums)


def _average_clv(customer_clv: IntoFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Average what customers are worth by channel and type, `all` included, with the 95 % interval of Student's t."""
    worth = read_into_polars(select_columns(customer_clv, "customer_idx", "clv_simple")).drop_nulls()
    rows = worth.with_columns(pl.col("clv_simple").cast(pl.Float64)).join(
        customers.select("customer_idx", *GROUP), on="customer_idx"
    )
    averages = (
        list_groupings(rows.sort("clv_simple"))
        .group_by(GROUP)
        .agg(
            customers_valued=pl.len().cast(pl.Int64),
            average_clv_simple=pl.col("clv_simple").mean(),
            spread=pl.col("clv_simple").std(),
        )
    )
    n = averages["customers_valued"].to_numpy()
    half = stdtrit(np.maximum(n - 1, 1), 0.975) / np.sqrt(n)
    of_mean = pl.col("spread") * pl.Series(half)
    return averages.with_columns(
        average_clv_simple_low=pl.col("average_clv_simple") - of_mean,
        average_clv_simple_high=pl.col("average_clv_simple") + of_mean,
    ).drop("spread")


def _compare(
    rows: pl.DataFrame, no_history: str | None, economics: EconomicsSettings, discount_rate: float
) -> pl.DataFrame:
    """Add lifetime value, ratio, payback with its interval and the most that may be paid; else the reason."""
    rows = rows.with_columns(
        churn_rate_12m=pl.lit(None, pl.Float64) if no_history else pl.col("churn_rate_12m"),
    ).with_columns(worth_reason=_find_worth_reason(no_history))
    is_sound = rows["worth_reason"].is_null().to_numpy()
    m = np.where(is_sound, rows["contribution_per_customer_12m"].fill_null(np.nan).to_numpy(), np.nan)
    r = np.where(
        is_sound, np.minimum(1 - rows["churn_rate_12m"].fill_null(np.nan).to_numpy(), HIGHEST_RETENTION), np.nan
    )
    cost = rows["cost_per_customer"].fill_null(np.nan).to_numpy()
    clv = compute_clv_before_cost(m, r, discount_rate)
    bids = {
        "most_for_margin": clv * (1 - economics.margin_to_keep),
        "most_for_ratio": clv / economics.clv_to_cost,
        "most_for_payback": sum_contribution_by_month(m, r, economics.payback_months)[:, -1],
    }
    (m_low, m_high), (r_low, r_high) = _find_intervals(rows, m, r)
    columns = bids | {
        "retention_rate_12m": r,
        "clv_before_cost": clv,
        "clv_to_cost_ratio": np.divide(clv, cost, out=np.full_like(clv, np.nan), where=cost > 0),
        "payback_months": find_payback_month(m, r, np.where(is_sound, cost, np.nan)),
        "payback_months_low": find_payback_month(m_high, r_high, np.where(is_sound, cost, np.nan)),
        "payback_months_high": find_payback_month(m_low, r_low, np.where(is_sound, cost, np.nan)),
        "most_to_bid": np.min(list(bids.values()), axis=0),
    }
    return rows.with_columns(pl.Series(name, values).fill_nan(None) for name, values in columns.items()).with_columns(
        reason=_find_reason(), is_complete=pl.col("payback_months").is_not_null()
    )


def _find_intervals(
    rows: pl.DataFrame, m: FloatArray, r: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Find 95 % intervals of the contribution (over customers, who differ) and of retention (a share of customers)."""
    n = rows["average_customers_12m"].fill_null(np.nan).to_numpy()
    margin = rows["contribution_margin_rate"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    n = np.where(n > 0, n, np.nan)
    spread = np.sqrt(np.maximum(rows["squares"].to_numpy() - rows["net_sales_12m"].to_numpy() ** 2 / n, 0)) / n
    of_m, of_r = Z_95 * margin * spread, Z_95 * np.sqrt(r * (1 - r) / n)
    return (m - of_m, m + of_m), (np.maximum(r - of_r, 0), np.minimum(r + of_r, HIGHEST_RETENTION))


def _find_worth_reason(no_history: str | None) -> pl.Expr:
    """Find why it is not known what customers are worth."""
    each = pl.col("contribution_per_customer_12m")
    return (
        pl.when(pl.col("average_customers_12m").fill_null(0) == 0)
        .then(pl.lit("nobody of the channel was active in the 12 months"))
        .when(pl.col("churn_rate_12m").is_null())
        .then(pl.lit(no_history))
        .when(pl.col("churn_rate_12m") >= 1)
        .then(pl.lit("more customers left within the 12 months than there were on average: retention is undefined"))
        .when(each.is_null())
        .then(pl.lit("the margin is unknown: deliver costs of order lines, or set economics.contribution_margin"))
        .when(each <= 0)
        .then(pl.lit("customers brought no contribution in the 12 months"))
    )


def _is_above_most() -> pl.Expr:
    """Whether customers cost more than they may: also where money was spent and nobody was won, whatever they may."""
    won_nobody = pl.col("cost_per_customer").is_null() & (pl.col("spend") > 0)
    return won_nobody | (pl.col("cost_per_customer") > pl.col("most_to_bid").cast(pl.Float64))


def _find_reason() -> pl.Expr:
    """Find why payback or ratio is not known: what customers are worth, what they cost, or that it never comes."""
    return (
        pl.when(pl.col("cost_per_customer").is_null() & pl.col("spend").is_not_null())
        .then(pl.lit("money was spent and nobody was won"))
        .when(pl.col("worth_reason").is_not_null())
        .then("worth_reason")
        .when(pl.col("cost_per_customer").is_null())
        .then(pl.lit("the cost is unknown: deliver spend, or set acquisition_cost"))
        .when(pl.col("payback_months").is_null())
        .then(pl.lit(f"the cost does not come back within {LONGEST_PAYBACK_MONTHS} months"))
        .when(pl.col("cost_per_customer") == 0)
        .then(pl.lit("winning these customers cost nothing: there is no ratio of their value to it"))
    )
