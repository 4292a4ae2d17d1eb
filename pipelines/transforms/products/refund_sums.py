"""Sums of refunds by product: the scans at full size over refunds and their lines.

They are written against narwhals, as those of `line_sums.py`. A refund counts when its order does, or no order is
known.

Put here: sums over `core.refunds` and `core.refund_lines` at full size. Keep out: how long refunds take
(`refund_days.py`), what a mart makes of them (`refund_rates.py`).
"""

import datetime as dt
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.transforms.products.line_sums import PLACE
from regulars.pipelines.transforms.purchases.purchases import read_into_polars


def sum_refunds_by_product_and_place(
    refund_lines: IntoFrame, refunds: IntoFrame, orders: IntoFrame, calendar: IntoFrame, *, as_of: dt.date
) -> pl.DataFrame:
    """Sum refunded goods: one row per product, place, month of the refund and month of its order.

    The part of a refund that its lines do not cover (all of a refund without lines) is in rows without a product, so
    that the rows add up to the refunds.

    Args:
        refund_lines: `core.refund_lines`; uses `system`, `refund_id`, `order_id`, `refund_date`, `product_id`,
            `quantity`, `goods`, `is_countable`.
        refunds: `core.refunds`; uses `system`, `order_id`, `refund_date`, `goods`, `is_countable`.
        orders: `core.orders`; uses `system`, `order_id`, `order_date`, `store_id`, `region`.
        calendar: `core.calendar`; uses `day`, `month_idx`.
        as_of: Last day that counts.

    Returns:
        `system`, `product_id`, `store_id`, `region` (of the order; each may be NULL), `refund_month_idx`,
        `order_month_idx` (NULL where no order is known), and Decimal `goods`, `goods_beyond_lines` and
        `refunded_quantity`.
    """
    keys = [*PLACE, "refund_month_idx", "order_month_idx"]
    # a line without refunded goods, such as one of an order with none left, refunds no pieces
    pieces = nw.when(nw.col("goods") != 0).then(nw.col("quantity"))
    of_lines = _place(refund_lines, orders, calendar, as_of=as_of).with_columns(pieces=pieces)
    lines = read_into_polars(
        of_lines.group_by("product_id", *keys)
        .agg(nw.col("goods").sum(), refunded_quantity=nw.col("pieces").sum())
        .to_native()
    )
    of_refunds = _place(refunds, orders, calendar, as_of=as_of)
    whole = read_into_polars(of_refunds.group_by(*keys).agg(nw.col("goods").sum()).to_native())
    told = lines.group_by(keys).agg(told=pl.col("goods").sum())
    beyond = pl.col("goods") - pl.col("told").fill_null(0)
    rest = (
        whole.join(told, on=keys, how="left", nulls_equal=True)
        .select(*keys, goods=beyond, goods_beyond_lines=beyond)
        .filter(pl.col("goods") != 0)
    )
    return pl.concat([lines, rest], how="diagonal_relaxed")


def _place(given_back: IntoFrame, orders: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> "nw.LazyFrame[Any]":
    """Add the place of their orders, and both months, to refunds or lines that count."""
    months = nw.from_native(calendar).lazy().select("day", "month_idx")
    bought = (
        nw.from_native(orders)
        .lazy()
        .filter(nw.col("order_date") <= as_of)
        .join(months.select(order_date="day", order_month_idx="month_idx"), on="order_date", how="left")
        .select("system", "order_id", "store_id", "region", "order_month_idx")
    )
    return (
        nw.from_native(given_back)
        .lazy()
        .filter(nw.col("is_countable") & (nw.col("refund_date") <= as_of))
        .join(bought, on=["system", "order_id"], how="left")
        .join(months.select(refund_date="day", refund_month_idx="month_idx"), on="refund_date", how="left")
    )
