"""Sums of order lines by product: the scans at full size that the marts about products share.

They are written against narwhals, as those of `purchases.py`. A line counts when its order does.

Put here: sums over `core.order_lines` at full size. Keep out: what a mart makes of them (plain polars).
"""

import datetime as dt

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN
from regulars.pipelines.transforms.purchases.purchases import Scan, read_into_polars

PLACE = ("system", "store_id", "region")


def sum_lines_by_product_and_place(
    order_lines: IntoFrame, orders: IntoFrame, calendar: IntoFrame, *, as_of: dt.date, period_idx: str
) -> Scan:
    """Sum countable lines: one row per product, place and period.

    Args:
        order_lines: `core.order_lines`; uses `system`, `order_id`, `order_date`, `product_id`, `quantity`,
            `gross_sales`, `discounts`, `cost`, `is_countable`.
        orders: `core.orders`; uses `system`, `order_id`, `store_id`, `region`.
        calendar: `core.calendar`; uses `day` and the column that `period_idx` names.
        as_of: Last day that counts.
        period_idx: The calendar's column that numbers the periods.

    Returns:
        `system`, `product_id`, `store_id`, `region` (of the order; each may be NULL), the period, Int64 `sold_lines`
        and `lines_with_cost` (those whose cost is known), and Decimal sums `quantity`, `gross_sales`,
        `discounts`, `sales_with_cost` (gross_sales − discounts of the lines whose cost is known) and `cost`; the last
        two are NULL or 0 where no cost is known.
    """
    periods = nw.from_native(calendar).lazy().select(period_idx, order_date=nw.col("day"))
    places = nw.from_native(orders).lazy().select("system", "order_id", "store_id", "region")
    lines = nw.from_native(order_lines).lazy().filter(nw.col("is_countable") & (nw.col("order_date") <= as_of))
    sold = nw.col("gross_sales") - nw.col("discounts")
    scan: Scan = (
        lines.select(
            "system",
            "order_id",
            "order_date",
            "product_id",
            "quantity",
            "gross_sales",
            "discounts",
            "cost",
            sales_with_cost=nw.when(~nw.col("cost").is_null()).then(sold),
        )
        .join(places, on=["system", "order_id"], how="left")
        .join(periods, on="order_date", how="left")
        .group_by("system", "product_id", "store_id", "region", period_idx)
        .agg(
            nw.col("quantity", "gross_sales", "discounts", "sales_with_cost", "cost").sum(),
            sold_lines=nw.len(),
            lines_with_cost=nw.col("cost").count(),
        )
        .with_columns(nw.col("sold_lines", "lines_with_cost").cast(nw.Int64))
        .to_native()
    )
    return scan


def sum_orders_by_place(orders: IntoFrame, calendar: IntoFrame, *, as_of: dt.date, period_idx: str) -> Scan:
    """Sum countable orders: one row per place and period, with Decimal `gross_sales` and `discounts`.

    Args:
        orders: `core.orders`; uses `system`, `order_date`, `store_id`, `region`, `gross_sales`, `discounts`,
            `is_countable`.
        calendar: `core.calendar`; uses `day` and the column that `period_idx` names.
        as_of: Last day that counts.
        period_idx: The calendar's column that numbers the periods.
    """
    periods = nw.from_native(calendar).lazy().select(period_idx, order_date=nw.col("day"))
    countable = nw.from_native(orders).lazy().filter(nw.col("is_countable") & (nw.col("order_date") <= as_of))
    scan: Scan = (
        countable.join(periods, on="order_date", how="left")
        .group_by(*PLACE, period_idx)
        .agg(nw.col("gross_sales", "discounts").sum())
        .to_native()
    )
    return scan


def name_places(sums: pl.DataFrame, stores: IntoFrame) -> pl.DataFrame:
    """Replace the order's region by that of its store, where stores are delivered; `unknown` where neither is known.

    Args:
        sums: With `system`, `store_id` and `region`.
        stores: `core.stores`; uses `system`, `store_id`, `region`.
    """
    of_stores = read_into_polars(
        nw.from_native(stores).lazy().select("system", "store_id", store_region="region").to_native()
    )
    return (
        sums.join(of_stores, on=["system", "store_id"], how="left")
        .with_columns(
            pl.coalesce("store_region", "region").fill_null(UNKNOWN).alias("region"),
            pl.col("store_id").fill_null(UNKNOWN),
        )
        .drop("store_region")
    )
