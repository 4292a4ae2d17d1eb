"""How far chance alone moves what customers of a group contribute, how many stay, and what they are worth by both.

Put here: these intervals, shared by the marts of what keeping and winning customers is worth. Keep out: the formulas
(`models/retention_value.py`), sums per group.
"""

import numpy as np
import polars as pl

from regulars.pipelines.models.comparisons.means import UPPER_END
from regulars.pipelines.models.comparisons.significance import find_t_quantile
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.retention_value import HIGHEST_RETENTION, combine_ends, compute_clv_before_cost
from regulars.pipelines.transforms.rates import ENDS, name_bounds


def find_intervals(
    rows: pl.DataFrame, m: FloatArray, r: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Find 95 % intervals of the contribution (Student's t) and of retention (Wilson); NaN of a single customer.

    Args:
        rows: `average_customers_12m`, `contribution_margin_rate`, `net_sales_12m`, and `squares`: the squares of what
            each customer of the group bought in the 12 months, added up.
        m: (n,) contribution of a customer of the group.
        r: (n,) retention of the group.

    Returns:
        Both ends of the contribution and both of the retention, (n,) each.
    """
    n = rows["average_customers_12m"].fill_null(np.nan).to_numpy()
    margin = rows["contribution_margin_rate"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    n = np.where(n > 1, n, np.nan)
    off = np.maximum(rows["squares"].to_numpy() - rows["net_sales_12m"].to_numpy() ** 2 / n, 0)
    of_m = find_t_quantile(n - 1, UPPER_END) * margin * np.sqrt(off / (n - 1) / n)
    ends = pl.DataFrame({"kept": r, "n": n}).select(**name_bounds("kept", pl.col("n")))
    kept_low, kept_high = (ends[f"kept{end}"].to_numpy() for end in ENDS)
    return (m - of_m, m + of_m), (kept_low, np.minimum(kept_high, HIGHEST_RETENTION))


def bound_clv(clv: FloatArray, m: FloatArray, ends: tuple[FloatArray, FloatArray], discount_rate: float) -> FloatArray:
    """Find an end of the interval of lifetime value before cost, by the same ends of contribution and retention.

    Args:
        clv: (n,) the value.
        m: (n,) the contribution that it is made of.
        ends: Both lower ends, or both upper ones, as `find_intervals` returns them.
        discount_rate: A year, of lifetime value.
    """
    m_end, r_end = ends
    return clv * combine_ends(np.maximum(m_end, 0) / m, compute_clv_before_cost(m, r_end, discount_rate) / clv)
