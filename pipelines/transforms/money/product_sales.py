"""The mart `product_sales`: what is sold where, by month, to the last cent of the orders.

Put here: sales and margin of products by month, store and region. Keep out: the scan over lines
(`products/line_sums.py`), what customers of a kind buy in which month (`products/seasonality.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN
from regulars.pipelines.transforms.amounts import MONEY, divide_columns
from regulars.pipelines.transforms.day_numbers import find_first_day_of_month
from regulars.pipelines.transforms.products.line_sums import (
    name_places,
    sum_lines_by_product_and_place,
    sum_orders_by_place,
)
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

COLUMNS: dict[str, PolarsDataType] = {
    "month": pl.Date,
    "system": pl.String,
    "product_id": pl.String,
    "product_name": pl.String,
    "category": pl.String,
    "store_id": pl.String,
    "region": pl.String,
    "sold_lines": pl.Int64,
    "quantity": MONEY,
    "gross_sales": MONEY,
    "discounts": MONEY,
    "product_sales": MONEY,
    "gross_sales_beyond_lines": MONEY,
    "sales_with_cost": MONEY,
    "cost": MONEY,
    "contribution_margin": MONEY,
    "contribution_margin_rate": pl.Float64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
KEY = ["month", "system", "product_id", "store_id", "region"]
AMOUNTS = ("quantity", "gross_sales", "discounts", "gross_sales_beyond_lines", "sales_with_cost", "cost")
MONTH = "month_idx"
NO_COST = "no cost is known of what was sold"
NOT_NAMED = {
    "product_id": "no line names the product",
    "store_id": "the orders name no store",
    "region": "neither a store nor an address names the region",
}
"""Column -> why its value is `unknown`."""


def product_sales(
    order_lines: IntoFrame,
    orders: IntoFrame,
    products: IntoFrame,
    stores: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
) -> pl.DataFrame:
    """Sum what was sold: one row per month, product, store and region with a countable order.

    What orders bring beyond their lines (all of an order without lines) is of the product `unknown`, so that the rows
    add up to the orders. Refunds are not subtracted, since they name no product.

    Args:
        order_lines: `core.order_lines`.
        orders: `core.orders`.
        products: `core.products`; `system`, `product_id`, `product_name`, `category`.
        stores: `core.stores`; `system`, `store_id`, `region`.
        calendar: `core.calendar`; `day`, `month_idx`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by month, system, product, store and region.
    """
    of_lines = read_into_polars(
        sum_lines_by_product_and_place(order_lines, orders, calendar, as_of=as_of, period_idx=MONTH)
    )
    of_orders = read_into_polars(sum_orders_by_place(orders, calendar, as_of=as_of, period_idx=MONTH))
    rows = pl.concat([of_lines, _find_rest(of_lines, of_orders)], how="diagonal_relaxed")
    named = read_into_polars(select_columns(products, "system", "product_id", "product_name", "category"))
    return (
        name_places(rows, stores)
        .with_columns(pl.col("product_id").fill_null(UNKNOWN), month=find_first_day_of_month(pl.col(MONTH)))
        .group_by(KEY)
        .agg(pl.col("sold_lines", *AMOUNTS).sum())
        .with_columns(pl.col(AMOUNTS).cast(MONEY))
        .join(named, on=["system", "product_id"], how="left")
        .with_columns(
            product_sales=pl.col("gross_sales") - pl.col("discounts"),
            contribution_margin=pl.col("sales_with_cost") - pl.col("cost"),
            is_complete=pl.col("month").dt.month_end() <= as_of,
            as_of=pl.lit(as_of),
        )
        .with_columns(contribution_margin_rate=divide_columns("contribution_margin", "sales_with_cost"))
        .with_columns(reason=_find_reason())
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(KEY)
    )


def _find_reason() -> pl.Expr:
    """Find what is not known of a row and why, in one sentence; NULL where all is known."""
    unknown = [pl.when(pl.col(name) == UNKNOWN).then(pl.lit(why)) for name, why in NOT_NAMED.items()]
    no_cost = pl.when(pl.col("contribution_margin_rate").is_null()).then(pl.lit(NO_COST))
    said = pl.concat_str(*unknown, no_cost, separator="; ", ignore_nulls=True)
    return pl.when(said != "").then(said)


def _find_rest(of_lines: pl.DataFrame, of_orders: pl.DataFrame) -> pl.DataFrame:
    """Find what orders bring beyond their lines, by place and month; rows without a product."""
    place = ["system", "store_id", "region", MONTH]
    told = of_lines.group_by(place).agg(
        told_sales=pl.col("gross_sales").sum(), told_discounts=pl.col("discounts").sum()
    )
    beyond = pl.col("gross_sales") - pl.col("told_sales").fill_null(0)
    return (
        of_orders.join(told, on=place, how="left", nulls_equal=True)
        .select(
            *place,
            product_id=pl.lit(None, pl.String),
            sold_lines=pl.lit(0, pl.Int64),
            gross_sales=beyond,
            gross_sales_beyond_lines=beyond,
            discounts=pl.col("discounts") - pl.col("told_discounts").fill_null(0),
        )
        .filter((pl.col("gross_sales") != 0) | (pl.col("discounts") != 0))
    )
