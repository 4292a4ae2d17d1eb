"""The mart `retention_curves`: the average cohort, period by period.

Put here: averages over cohorts. Keep out: the cohorts themselves (`retention_cohorts.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.amounts import MONEY, divide_columns
from regulars.pipelines.transforms.cohorts.cohort_cells import bound_cohort_rates
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

COLUMNS: dict[str, PolarsDataType] = {
    "grain": pl.String,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "period_number": pl.Int32,
    "cohorts": pl.Int64,
    "cohort_size": pl.Int64,
    "retained_customers": pl.Int64,
    "retention_rate": pl.Float64,
    "retention_rate_low": pl.Float64,
    "retention_rate_high": pl.Float64,
    "left_censored_customers": pl.Int64,
    "retention_rate_of_new": pl.Float64,
    "retention_rate_of_new_low": pl.Float64,
    "retention_rate_of_new_high": pl.Float64,
    "rolling_cohort_size": pl.Int64,
    "rolling_retained_customers": pl.Int64,
    "rolling_retention_rate": pl.Float64,
    "rolling_retention_rate_low": pl.Float64,
    "rolling_retention_rate_high": pl.Float64,
    "order_count": pl.Int64,
    "net_sales": MONEY,
    "net_sales_per_customer": pl.Float64,
    "cumulative_net_sales": MONEY,
    "cumulative_net_sales_per_customer": pl.Float64,
    "as_of": pl.Date,
}
SIZES = {
    "retention_rate": "cohort_size",
    "retention_rate_of_new": "new_customers",
    "rolling_retention_rate": "rolling_cohort_size",
}
"""Rate -> the customers it is a share of."""
KEY = ["grain", "dimension", "dimension_value", "period_number"]


def retention_curves(retention_cohorts: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Average the cohorts whose period is over: one row per grain, dimension value and period.

    Every rate is a ratio of sums, so cohorts are weighted by their size, and a cohort without a repeat purchase counts
    as zero. Rolling rates use settled cells only, since the others may still rise.

    Args:
        retention_cohorts: `marts.retention_cohorts`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by `KEY`.
    """
    cells = read_into_polars(retention_cohorts).lazy().filter("is_complete")
    censored, settled = pl.col("is_left_censored"), pl.col("is_rolling_settled")
    sums = ("cohort_size", "retained_customers", "order_count", "net_sales", "cumulative_net_sales")
    return (
        cells.group_by(KEY)
        .agg(
            pl.col(sums).sum(),
            cohorts=pl.len(),
            left_censored_customers=pl.col("cohort_size").filter(censored).sum(),
            new_customers=pl.col("cohort_size").filter(~censored).sum(),
            new_retained=pl.col("retained_customers").filter(~censored).sum(),
            rolling_cohort_size=pl.col("cohort_size").filter(settled).sum(),
            rolling_retained_customers=pl.col("rolling_retained_customers").filter(settled).sum(),
        )
        .with_columns(
            retention_rate=divide_columns("retained_customers", "cohort_size"),
            retention_rate_of_new=divide_columns("new_retained", "new_customers"),
            rolling_retention_rate=divide_columns("rolling_retained_customers", "rolling_cohort_size"),
            net_sales_per_customer=divide_columns("net_sales", "cohort_size"),
            cumulative_net_sales_per_customer=divide_columns("cumulative_net_sales", "cohort_size"),
            as_of=pl.lit(as_of),
        )
        .with_columns(**bound_cohort_rates({rate: pl.col(n) for rate, n in SIZES.items()}))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(KEY)
        .collect()
    )
