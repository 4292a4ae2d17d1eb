"""The mart `retention_cohorts`: how many customers of each cohort bought again, and what the cohort has brought so far.

Put here: rates, cumulative value, payback; the SQL of the view of monthly cohorts.
Keep out: counting (`cohort_cells.py`), averages over cohorts (`retention_curves.py`), active customers
(`churn.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.cohorts.cohort_cells import (
    COHORT,
    GRAINS,
    bound_cohort_rates,
    count_cells,
    list_splits,
)
from regulars.pipelines.transforms.cohorts.customer_dimensions import CohortSettings, split_customers
from regulars.pipelines.transforms.history_start import find_first_day
from regulars.pipelines.transforms.purchases.purchase_days import link_purchase_days
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

COLUMNS: dict[str, PolarsDataType] = {
    "grain": pl.String,
    "cohort_start": pl.Date,
    "period_number": pl.Int32,
    "period_start": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "cohort_size": pl.Int64,
    "retained_customers": pl.Int64,
    "retention_rate": pl.Float64,
    "retention_rate_low": pl.Float64,
    "retention_rate_high": pl.Float64,
    "rolling_retained_customers": pl.Int64,
    "rolling_retention_rate": pl.Float64,
    "rolling_retention_rate_low": pl.Float64,
    "rolling_retention_rate_high": pl.Float64,
    "is_rolling_settled": pl.Boolean,
    "order_count": pl.Int64,
    "net_sales": MONEY,
    "refunds": MONEY,
    "cumulative_net_sales": MONEY,
    "cumulative_net_sales_per_customer": pl.Float64,
    "customers_with_cost": pl.Int64,
    "acquisition_cost": MONEY,
    "cumulative_net_sales_with_cost": MONEY,
    "payback_period": pl.Int32,
    "is_left_censored": pl.Boolean,
    "is_complete": pl.Boolean,
    "as_of": pl.Date,
}
KEY = ["grain", "cohort_start", "period_number", "dimension", "dimension_value"]
WHOLE_BASE_ONLY = {"week"}
"""Grains that are not split by dimensions: ten years of weeks × a hundred values would be 15 million rows."""


def retention_cohorts(
    orders: IntoFrame,
    refunds: IntoFrame,
    calendar: IntoFrame,
    customer_dimensions: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    cohorts: CohortSettings,
) -> pl.DataFrame:
    """Follow every cohort: one row per grain, cohort, period up to that of `as_of`, and dimension value.

    A customer belongs to the cohort of the first countable order in all history. Refunds before it count in period 0,
    so that sums tie out. Customers with refunds only, and the unknown customer, are in no cohort.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`, and the columns of each grain's periods.
        customer_dimensions: `marts.customer_dimensions`.
        as_of: Last day that counts.
        lapse_days: Cohorts that begin within this many days of the very first order are left-censored; a rolling rate
            is settled this many days after the period.
        cohorts: Which grains and dimensions; see `WHOLE_BASE_ONLY`.

    Returns:
        The columns of `COLUMNS`, sorted by `KEY`. Rates and averages are NULL until the period is over.
    """
    purchase_days = link_purchase_days(orders, refunds, calendar, as_of=as_of)
    first_day = find_first_day(purchase_days.filter("is_first")["first_day"])
    if first_day is None:
        return pl.DataFrame(schema=COLUMNS)
    groups = split_customers(customer_dimensions, cohorts.dimensions)
    costs = read_into_polars(select_columns(customer_dimensions, "customer_idx", "acquisition_cost"))
    known = purchase_days.join(groups.join(costs, on="customer_idx"), on="customer_idx", maintain_order="left")
    frames = []
    for grain in cohorts.grains:
        dimensions = [] if grain in WHOLE_BASE_ONLY else cohorts.dimensions
        cells = count_cells(known, calendar, GRAINS[grain], dimensions, as_of=as_of)
        rated = _add_rates(cells, as_of=as_of, lapse_days=lapse_days).join(
            list_splits(known, dimensions), on="split_idx"
        )
        frames.append(
            rated.with_columns(
                grain=pl.lit(grain),
                is_left_censored=pl.col("cohort_start") < first_day + dt.timedelta(days=lapse_days),
                as_of=pl.lit(as_of),
            ).select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        )
    return pl.concat(frames).sort(KEY)


def _add_rates(cells: pl.DataFrame, *, as_of: dt.date, lapse_days: int) -> pl.DataFrame:
    """Add running sums along each cohort, and rates; a rate is NULL until its period is over."""
    sized = pl.col("customers_with_cost", "acquisition_cost").sum().over(COHORT)
    has_paid = pl.col("is_complete") & (pl.col("cumulative_net_sales_with_cost") >= pl.col("acquisition_cost"))
    return (
        cells.with_columns(
            sized,
            is_complete=pl.col("period_end") <= as_of,
            is_rolling_settled=pl.col("period_end").dt.offset_by(f"{lapse_days}d") <= as_of,
            rolling_retained_customers=pl.col("customers_last_seen").cum_sum(reverse=True).over(COHORT),
            cumulative_net_sales=pl.col("net_sales").cum_sum().over(COHORT),
            cumulative_net_sales_with_cost=pl.col("net_sales_with_cost").cum_sum().over(COHORT),
        )
        .with_columns(acquisition_cost=pl.when(pl.col("customers_with_cost") > 0).then("acquisition_cost"))
        .with_columns(
            retention_rate=_divide_by_cohort_size("retained_customers"),
            rolling_retention_rate=_divide_by_cohort_size("rolling_retained_customers"),
            cumulative_net_sales_per_customer=_divide_by_cohort_size("cumulative_net_sales"),
            payback_period=pl.when(has_paid).then("period_number").min().over(COHORT),
        )
        .with_columns(
            **bound_cohort_rates(dict.fromkeys(("retention_rate", "rolling_retention_rate"), pl.col("cohort_size")))
        )
    )


def _divide_by_cohort_size(column: str) -> pl.Expr:
    """Divide by the size of the cohort; NULL until the period is over."""
    return pl.when("is_complete").then(pl.col(column).cast(pl.Float64) / pl.col("cohort_size"))
