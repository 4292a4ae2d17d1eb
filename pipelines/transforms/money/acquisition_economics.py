"""The mart `acquisition_economics`: the value of the customers of a channel beside the cost of winning them.

Put here: sums, churn and cost per channel and type. Keep out: the spend (`acquisition_spending.py`); value, payback and
bids (`acquisition_worth.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.definitions.windows import ACQUISITION_MONTHS
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
from regulars.pipelines.transforms.money.acquisition_worth import add_verdict, add_worth, average_clv
from regulars.pipelines.transforms.money.worth_intervals import SUMS, find_shape, list_sums
from regulars.pipelines.transforms.money.yearly_value import (
    EconomicsSettings,
    add_contribution,
    sum_year_by_customer,
)
from regulars.pipelines.transforms.purchases.purchases import list_purchase_days, read_into_polars
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods
from regulars.pipelines.transforms.subscriptions.subscription_revenue import sum_revenue_by_month

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
    "subscription_revenue_left_out_12m": MONEY,
    "customers_valued": pl.Int64,
    "average_clv_simple": pl.Float64,
    "average_clv_simple_low": pl.Float64,
    "average_clv_simple_high": pl.Float64,
    "average_clv_simple_total": pl.Float64,
    "average_clv_simple_total_low": pl.Float64,
    "average_clv_simple_total_high": pl.Float64,
    "clv_before_cost": MONEY,
    "clv_before_cost_low": MONEY,
    "clv_before_cost_high": MONEY,
    "clv_to_cost_ratio": pl.Float64,
    "payback_months": pl.Int32,
    "payback_months_low": pl.Int32,
    "payback_months_high": pl.Int32,
    "most_for_margin": MONEY,
    "most_for_ratio": MONEY,
    "most_for_payback": MONEY,
    "most_to_bid": MONEY,
    "most_to_bid_low": MONEY,
    "most_to_bid_high": MONEY,
    "is_above_most": pl.Boolean,
    "is_beyond_chance": pl.Boolean,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
SEPARATOR = "\x1f"
"""The separator of channel and type in one text; it occurs in no export."""


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
    subscription_revenue_is_in_orders: bool,
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
        churn: `marts.churn`; gives the first month-end with a known churn.
        calendar: `core.calendar`.
        customer_clv: `marts.customer_clv`; `customer_idx`, `clv_simple`, `clv_simple_total`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        subscription_revenue_is_in_orders: Whether net sales include it already, so that none is left out.
        economics: The margin, and the goals for it.
        discount_rate: Annual rate at which lifetime value is discounted.

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
    by_customer = sum_year_by_customer(orders, refunds, order_lines, month_end=month_end)
    sold = _sum_sales(by_customer, customers)
    rows = (
        spent.join(kept, on=GROUP, how="full", coalesce=True)
        .join(sold, on=GROUP, how="left")
        .join(average_clv(customer_clv, customers), on=GROUP, how="left")
        .join(_sum_subscriptions(subscriptions, customers, month_end), on=GROUP, how="left")
        .with_columns(pl.col(SUMS).fill_null(0.0))
        .with_columns(
            pl.col("new_customers", "customers_valued").fill_null(0), pl.col("spend_without_customers").fill_null(0.0)
        )
    )
    shape = find_shape(by_customer, float(whole["average_customers_12m"].sum()))
    found = add_worth(add_contribution(rows, economics), whole["reason"][0], economics, discount_rate, shape)
    return (
        found.rename({"new_customers": "new_customers_won"})
        .with_columns(subscription_revenue_left_out_12m=_find_left_out(subscription_revenue_is_in_orders))
        .with_columns(period_start=pl.lit(period_start), period_end=pl.lit(month_end), as_of=pl.lit(as_of))
        .with_columns(round_to_money(pl.col(name).cast(pl.Float64)) for name, kind in COLUMNS.items() if kind == MONEY)
        .with_columns(
            cost_per_customer=pl.when((pl.col("cost_basis") == BY_SPEND) & (pl.col("new_customers_won") > 0))
            .then(pl.col("spend").cast(pl.Float64) / pl.col("new_customers_won"))
            .otherwise("cost_per_customer")
        )
        .pipe(add_verdict)
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
    """Sum the year's sales by channel and type, `all` included: the columns of `SUMS`."""
    rows = by_customer.join(customers.select("customer_idx", *GROUP), on="customer_idx")
    return list_groupings(rows.sort("customer_idx")).group_by(GROUP).agg(list_sums())


def _sum_subscriptions(subscriptions: IntoFrame, customers: pl.DataFrame, month_end: dt.date) -> pl.DataFrame:
    """Sum the year's subscription revenue by channel and type, `all` included: `subscription_revenue_12m`."""
    first = month_end.replace(day=1)
    by_month = sum_revenue_by_month(list_live_periods(subscriptions), month_end)
    rows = by_month.filter(pl.col("month") > first.replace(year=first.year - 1)).join(
        customers.select("customer_idx", *GROUP), on="customer_idx"
    )
    revenue = pl.col("subscription_revenue").sum()
    by_group = rows.group_by(GROUP).agg(revenue)  # first: a row per customer and month would stand there four times
    return list_groupings(by_group).group_by(GROUP).agg(revenue.alias("subscription_revenue_12m"))


def _find_left_out(is_in_orders: bool) -> pl.Expr:
    """What subscriptions bring per average customer in the 12 months that no worth of the row includes."""
    revenue = pl.col("subscription_revenue_12m").cast(pl.Float64).fill_null(0.0)
    left_out = pl.lit(0.0) if is_in_orders else revenue / pl.col("average_customers_12m")
    return pl.when(pl.col("average_customers_12m") > 0).then(left_out)
