"""The refund rate of the products sold in a month, or why it is not known.

Put here: how complete the refunds of a month are, and how many of them name a product. Keep out: sums
(`refund_sums.py`), how long refunds take (`refund_days.py`).
"""

import datetime as dt

import polars as pl

from regulars.pipelines.definitions.enumerations import UNKNOWN
from regulars.pipelines.transforms.amounts import divide_columns
from regulars.pipelines.transforms.products.refund_days import FEWEST_REFUNDS

NO_REFUNDS = "no refund of an order is known"
TOO_FEW = f"fewer than {FEWEST_REFUNDS} refunds are too few to know how long refunds take"
NONE_NAMED = "no refund of the system names a product"
NONE_NAMED_IN_MONTH = "no refund of the month's orders names a product"
MAY_COME_BACK = "more refunds of the month's orders may still come"
SOLD_FOR_NOTHING = "the products were sold at a price of 0"
ENOUGH_NAMED = 0.95
"""Below this share, the reason says that refunds name products only in part."""


def add_refund_rate(rows: pl.DataFrame, refund_days: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Add the rate of rows whose month's refunds have come and name products, and `why_no_rate` elsewhere.

    Args:
        rows: `month`, `system`, `product_id`, `product_sales`, `refunds` and `refunded_sales`.
        refund_days: `system` and `refund_days`, of systems with refunds of orders.
        as_of: Last day that counts.

    Returns:
        The rows with `named_refund_share`, `refund_days`, `is_refund_rate_complete`, `refund_rate` and `why_no_rate`.
    """
    is_named = pl.col("product_id") != UNKNOWN
    named, came_back = pl.col("refunded_sales").filter(is_named).sum(), pl.col("refunded_sales").sum()
    names_products = (is_named & ((pl.col("refunds") != 0) | (pl.col("refunded_sales") != 0))).any()
    known = rows.join(
        refund_days.with_columns(has_refunds=pl.lit(True)), on="system", how="left", maintain_order="left"
    ).with_columns(
        named_refund_share=pl.when(came_back.over("system", "month") > 0).then(
            (named.cast(pl.Float64) / came_back.cast(pl.Float64)).over("system", "month")
        ),
        names_products=names_products.over("system"),
        has_come=pl.col("month").dt.month_end() + pl.duration(days="refund_days") <= as_of,
    )
    none_in_month = (pl.col("named_refund_share") == 0).fill_null(False)
    is_complete = pl.col("has_come").fill_null(False) & pl.col("names_products") & ~none_in_month
    why = (
        pl.when(pl.col("has_refunds").is_null())
        .then(pl.lit(NO_REFUNDS))
        .when(~pl.col("names_products"))
        .then(pl.lit(NONE_NAMED))
        .when(pl.col("refund_days").is_null())
        .then(pl.lit(TOO_FEW))
        .when(none_in_month)
        .then(pl.lit(NONE_NAMED_IN_MONTH))
        .when(pl.col("has_come"))
        .then(pl.lit(SOLD_FOR_NOTHING))
        .otherwise(pl.lit(MAY_COME_BACK))
    )
    return (
        known.with_columns(is_refund_rate_complete=is_complete)
        .with_columns(
            refund_rate=pl.when("is_refund_rate_complete").then(divide_columns("refunded_sales", "product_sales"))
        )
        .with_columns(why_no_rate=pl.when(pl.col("refund_rate").is_null()).then(why))
    )


def describe_share_named() -> pl.Expr:
    """Say that a known rate is a lower bound, since part of the refunded money names no product."""
    share = pl.col("named_refund_share")
    sentence = pl.format(
        "refunds name products for {} % of the refunded money, so that rates are too low",
        (share * 100).floor().cast(pl.Int64),
    )
    return pl.when(pl.col("refund_rate").is_not_null(), share < ENOUGH_NAMED).then(sentence)
