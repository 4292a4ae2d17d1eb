"""The cost of goods: the scan over order lines whose cost is known.

Put here: sums over `core.order_lines` by customer. Keep out: the use of margins.
"""

import datetime as dt

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.transforms.purchases.purchases import read_into_polars


def sum_costs_by_customer(order_lines: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Sum sales and cost of lines whose cost is known: one row per customer with such a line.

    Args:
        order_lines: `core.order_lines`; uses `customer_idx`, `order_date`, `gross_sales`, `discounts`, `cost`,
            `is_countable`.
        as_of: Last day that counts.

    Returns:
        `customer_idx` (0 is the unknown customer), `sales_with_cost` and `cost`, Float64.
    """
    is_in = nw.col("is_countable") & (nw.col("order_date") <= as_of) & ~nw.col("cost").is_null()
    lines = nw.from_native(order_lines).lazy().filter(is_in)
    found = (
        lines.select("customer_idx", "cost", sales_with_cost=nw.col("gross_sales") - nw.col("discounts"))
        .group_by("customer_idx")
        .agg(nw.col("sales_with_cost", "cost").sum())
        .to_native()
    )
    return read_into_polars(found).with_columns(pl.col("sales_with_cost", "cost").cast(pl.Float64))
