"""Intervals of the contribution, the retention and the lifetime value of a group of customers.

Put here: these intervals, shared by `retention_economics` and `acquisition_economics`. Keep out: the formulas
(`models/retention_value.py`), sums per group.
"""

import numpy as np
import polars as pl

from regulars.pipelines.models.comparisons.skewed_means import FEWEST_FOR_AN_INTERVAL, Group, Shape
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.retention_value import (
    HIGHEST_RETENTION,
    combine_ends,
    compute_clv_before_cost,
    sum_years_gained,
)
from regulars.pipelines.transforms.rates import ENDS, name_bounds

SUMS = ["net_sales_12m", "sales_with_cost_12m", "cost_12m", "buyers", "sales_deviations"]
"""Sums over the customers of a group who bought in the 12 months: sales, their number, and the sum of squared
deviations from their mean."""


def list_sums() -> list[pl.Expr]:
    """The columns of `SUMS`, from one row per customer."""
    sales = pl.col("net_sales_12m")
    return [
        pl.col("net_sales_12m", "sales_with_cost_12m", "cost_12m").sum(),
        pl.len().cast(pl.Float64).alias("buyers"),
        ((sales - sales.mean()) ** 2).sum().alias("sales_deviations"),
    ]


def find_shape(by_customer: pl.DataFrame, customers: float) -> Shape:
    """Find the shape of what customers bought in the 12 months: that of all, also of those who bought nothing.

    Args:
        by_customer: `net_sales_12m` of those who bought.
        customers: The average of all customers; those who are beyond `by_customer` bought nothing.
    """
    sales = by_customer["net_sales_12m"].to_numpy()
    return Shape(np.append(sales, np.zeros(max(round(customers) - len(sales), 0))))


def find_intervals(
    rows: pl.DataFrame, m: FloatArray, r: FloatArray, shape: Shape
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Find 95 % intervals of the contribution and of retention (Wilson); NaN below `FEWEST_FOR_AN_INTERVAL`.

    Args:
        rows: `average_customers_12m`, `contribution_margin_rate`, and `net_sales_12m`, `buyers` and `sales_deviations`
            of `SUMS`.
        m: (n,) contribution of a customer of the group.
        r: (n,) retention of the group.
        shape: Of what all customers bought, as `find_shape` finds it.

    Returns:
        Both ends of the contribution and both of the retention, (n,) each.
    """
    n = rows["average_customers_12m"].fill_null(np.nan).to_numpy()
    margin = rows["contribution_margin_rate"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    n = np.where(n >= FEWEST_FOR_AN_INTERVAL, n, np.nan)
    sales, buyers = rows["net_sales_12m"].to_numpy(), np.maximum(rows["buyers"].to_numpy(), 1)
    # buyers vary around their own mean, which is above the mean of all customers, since the others bought nothing
    off = np.maximum(rows["sales_deviations"].to_numpy() + sales**2 * (n - buyers) / (n * buyers), 0)
    ends_of_sales = shape.bound_means(Group(sales / n, off / (n - 1), n))
    m_low, m_high = (m + margin * (end - sales / n) for end in ends_of_sales)
    ends = pl.DataFrame({"kept": r, "n": n}).select(**name_bounds("kept", pl.col("n")))
    kept_low, kept_high = (ends[f"kept{end}"].to_numpy() for end in ENDS)
    return (m_low, m_high), (kept_low, np.minimum(kept_high, HIGHEST_RETENTION))


def bound_clv(clv: FloatArray, m: FloatArray, ends: tuple[FloatArray, FloatArray], discount_rate: float) -> FloatArray:
    """Find one end of the interval of lifetime value before cost, from the same ends of contribution and retention.

    Args:
        clv: (n,) the value.
        m: (n,) the contribution behind it.
        ends: Both lower ends, or both upper ones, as `find_intervals` returns them.
        discount_rate: Annual rate at which lifetime value is discounted.
    """
    m_end, r_end = ends
    return clv * combine_ends(np.maximum(m_end, 0) / m, compute_clv_before_cost(m, r_end, discount_rate) / clv)


def bound_gain(
    intervals: tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]],
    m: FloatArray,
    r: FloatArray,
    points: FloatArray,
    years: int,
) -> tuple[FloatArray, FloatArray]:
    """Find both ends of what a customer contributes more where so many points more are kept, over so many years.

    Over one year the points are the same whatever retention is, so that the contribution alone is uncertain, unless the
    step ends at `HIGHEST_RETENTION`. The years gained grow with retention up to where the step is cut off, and then
    they fall.

    Args:
        intervals: As `find_intervals` returns them.
        m: (n,) contribution of a customer of the group, above 0.
        r: (n,) retention of the group.
        points: (n,) percentage points.
        years: How many years are added up.
    """
    (m_low, m_high), (r_low, r_high) = intervals
    turn = np.clip(HIGHEST_RETENTION - points / 100, r_low, r_high)
    gained = np.stack([sum_years_gained(kept, points, years) for kept in (r, r_low, r_high, turn)])
    fewest, most = gained.min(axis=0), gained.max(axis=0)
    usual = np.where(gained[0] > 0, gained[0], np.nan)
    low = m * usual * combine_ends(np.maximum(m_low, 0) / m, fewest / usual)
    high = m * usual * combine_ends(m_high / m, most / usual)
    nothing_to_gain = gained[0] == 0  # as many are kept as can be; fewer may be, by chance
    return np.where(nothing_to_gain, 0 * m_low, low), np.where(nothing_to_gain, m_high * most, high)
