"""Cohort cells: what each cohort did in each period, for any grain and dimension.

Put here: periods, cells, the grid of all periods, how sure a rate is. Keep out: rates (`retention_cohorts.py`), the
scan over all orders (`purchases.py`, `purchase_days.py`).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.rates import name_bounds


@dataclass(frozen=True)
class Grain:
    """How the calendar divides time into periods of one length.

    Attributes:
        period_idx: The column of `core.calendar` that numbers the periods without gaps.
        period_start: The column of `core.calendar` with the first day of the period.
        length: The length of a period, as a polars duration string.
    """

    period_idx: str
    period_start: str
    length: str


GRAINS = {
    "week": Grain("week_idx", "week_start", "1w"),
    "month": Grain("month_idx", "month", "1mo"),
    "quarter": Grain("fiscal_quarter_idx", "fiscal_quarter_start", "3mo"),
    "year": Grain("fiscal_year", "fiscal_year_start", "12mo"),
}
"""Weeks begin on Monday; quarters and years are fiscal ones, which are those of the calendar by default."""

CELL = ["split_idx", "cohort_idx", "period_number"]
COHORT = ["split_idx", "cohort_idx"]
COUNTS = ("retained_customers", "order_count", "customers_last_seen", "customers_with_cost")
AMOUNTS = ("net_sales", "refunds", "net_sales_with_cost", "acquisition_cost")


def list_periods(calendar: IntoFrame, grain: Grain, as_of: dt.date) -> pl.DataFrame:
    """List `period_idx`, `period_start`, `period_end` of the periods that have begun by `as_of`."""
    days = read_into_polars(select_columns(calendar, "day", grain.period_idx, grain.period_start))
    return (
        days.filter(pl.col("day") <= as_of)
        .select(period_idx=grain.period_idx, period_start=grain.period_start)
        .unique()
        .with_columns(period_end=pl.col("period_start").dt.offset_by(grain.length).dt.offset_by("-1d"))
        .sort("period_idx")
    )


def list_splits(purchase_days: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """Number `dimension` and `dimension_value` by `split_idx`: 0 is the whole base, then come the values of each."""
    named = [(ALL, ALL), *((name, value) for name in dimensions for value in _list_values(purchase_days, name))]
    return pl.DataFrame(named, schema=["dimension", "dimension_value"], orient="row").with_row_index("split_idx")


def count_cells(
    purchase_days: pl.DataFrame, calendar: IntoFrame, grain: Grain, dimensions: Sequence[str], *, as_of: dt.date
) -> pl.DataFrame:
    """Count every cell: one row per split, cohort and period since the cohort began, with zeros where nobody bought.

    Args:
        purchase_days: As `link_purchase_days` returns them, with `acquisition_cost` Decimal (NULL: not known) and an
            Enum column per dimension.
        calendar: `core.calendar`; `day`, `day_idx` and the grain's columns; has every day of `purchase_days`.
        grain: The length of the periods.
        dimensions: The columns of `purchase_days` to split by, beside the whole base.
        as_of: Last day that counts; its period is the last.

    Returns:
        Per `split_idx` (as `list_splits` numbers them), `cohort_idx` and `period_number`, sorted by them:
        `cohort_start`, `period_start`, `period_end` Date; `cohort_size` Int64; the `COUNTS` Int64: retained_customers,
        order_count, customers_last_seen (whose last purchase so far lies in the period) and, in period 0 only,
        customers_with_cost; the `AMOUNTS` Decimal(18, 4): net_sales and the refunds taken off in it (those from before
        the cohort's first period are in that period), net_sales_with_cost (of customers with a known cost) and, in
        period 0 only, acquisition_cost.
    """
    rows = _mark_rows(purchase_days, calendar, grain, dimensions)
    cells = [_sum_cells(rows, pl.lit(0, pl.UInt32))]
    first_idx = 1
    for name in dimensions:
        cells.append(_sum_cells(rows, pl.col(name).to_physical().cast(pl.UInt32) + first_idx))
        first_idx += len(_list_values(purchase_days, name))
    return _fill_grid(pl.concat(cells), list_periods(calendar, grain, as_of))


def bound_cohort_rates(sizes: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
    """The 95 % intervals of rates of cohorts; in period 0 every customer is present by definition, so both ends are 1.

    Args:
        sizes: The column of each rate -> the customers it is a share of.
    """
    return {
        name: pl.when(pl.col("period_number") > 0).then(end).otherwise(rate)
        for rate, n in sizes.items()
        for name, end in name_bounds(rate, n).items()
    }


def _list_values(purchase_days: pl.DataFrame, dimension: str) -> list[str]:
    kind = purchase_days.schema[dimension]
    return kind.categories.to_list() if isinstance(kind, pl.Enum) else []


def _mark_rows(
    purchase_days: pl.DataFrame, calendar: IntoFrame, grain: Grain, dimensions: Sequence[str]
) -> pl.LazyFrame:
    """Mark what each purchase day adds to its cell."""
    days = read_into_polars(select_columns(calendar, "day_idx", grain.period_idx)).sort("day_idx")
    of_day, first_idx = days[grain.period_idx].cast(pl.Int32), days["day_idx"].min()
    numbered = purchase_days.with_columns(
        cohort_idx=of_day.gather(purchase_days["first_day"] - first_idx),
        period_idx=of_day.gather(purchase_days["day_idx"] - first_idx),
    )
    has_cost, is_first, is_purchase = (
        pl.col("acquisition_cost").is_not_null(),
        pl.col("is_first"),
        pl.col("is_purchase"),
    )
    # The row before a purchase that is not the first is the previous purchase of the same customer.
    is_another_period = pl.col("period_idx") != pl.col("period_idx").shift(1)
    return numbered.lazy().select(
        *dimensions,
        "cohort_idx",
        "order_count",
        "net_sales",
        "refunds",
        period_number=(pl.col("period_idx") - pl.col("cohort_idx")).clip(0),
        retained_customers=is_purchase & (is_first | is_another_period),
        customers_last_seen=is_purchase & pl.col("next_day").is_null(),
        customers_with_cost=is_first & has_cost,
        net_sales_with_cost=pl.when(has_cost).then("net_sales"),
        acquisition_cost=pl.when("is_first").then("acquisition_cost"),
    )


def _sum_cells(rows: pl.LazyFrame, split_idx: pl.Expr) -> pl.DataFrame:
    sums = [pl.col(*COUNTS).sum().cast(pl.Int64), pl.col(*AMOUNTS).sum().cast(MONEY)]
    return (
        rows.group_by(split_idx.alias("split_idx"), "cohort_idx", "period_number").agg(sums).collect(engine="streaming")
    )


def _fill_grid(cells: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Fill the grid: every cohort with its size × every period from its own to the last one that has begun."""
    starts = periods.select(cohort_idx="period_idx", cohort_start="period_start")
    sizes = cells.filter(pl.col("period_number") == 0).select(*COHORT, cohort_size="retained_customers")
    number = pl.int_ranges(0, periods["period_idx"].max() - pl.col("cohort_idx") + 1, dtype=pl.Int32)
    grid = sizes.with_columns(period_number=number).explode("period_number")
    return (
        grid.join(cells, on=CELL, how="left")
        .with_columns(pl.col(COUNTS).fill_null(0), pl.col(AMOUNTS).fill_null(pl.lit(0).cast(MONEY)))
        .with_columns(period_idx=pl.col("cohort_idx") + pl.col("period_number"))
        .join(starts, on="cohort_idx")
        .join(periods, on="period_idx")
        .sort(CELL)
    )
