"""The mart `product_sales`: sales and refunds of products by month and place; they tie out to orders and refunds.

Put here: sales, margin and refunds of products by month, store and region. Keep out: the scans over lines and refunds
(`products/line_sums.py`, `products/refund_sums.py`), sales by customer type and month of the year
(`products/seasonality.py`).
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
from regulars.pipelines.transforms.products.refund_days import find_refund_days
from regulars.pipelines.transforms.products.refund_rates import add_refund_rate, describe_share_named
from regulars.pipelines.transforms.products.refund_sums import sum_refunds_by_product_and_place
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
    "lines_with_cost": pl.Int64,
    "quantity": MONEY,
    "gross_sales": MONEY,
    "discounts": MONEY,
    "product_sales": MONEY,
    "gross_sales_beyond_lines": MONEY,
    "sales_with_cost": MONEY,
    "cost": MONEY,
    "contribution_margin": MONEY,
    "contribution_margin_rate": pl.Float64,
    "refunds": MONEY,
    "refunds_beyond_lines": MONEY,
    "refunded_sales": MONEY,
    "refunded_quantity": MONEY,
    "named_refund_share": pl.Float64,
    "refund_rate": pl.Float64,
    "is_refund_rate_complete": pl.Boolean,
    "refund_days": pl.Int64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
KEY = ["month", "system", "product_id", "store_id", "region"]
SALES = ("quantity", "gross_sales", "discounts", "gross_sales_beyond_lines", "sales_with_cost", "cost")
REFUNDS = ("refunds", "refunds_beyond_lines", "refunded_sales", "refunded_quantity")
MONTH = "month_idx"
NOTHING_SOLD = "nothing was sold in the month"
NO_COST = "no cost of the sold products is known"
NOT_NAMED = {
    "product_id": "no line names the product",
    "store_id": "the orders name no store",
    "region": "neither a store nor an address names the region",
}
"""Column -> why its value is `unknown`."""


def product_sales(
    order_lines: IntoFrame,
    orders: IntoFrame,
    refund_lines: IntoFrame,
    refunds: IntoFrame,
    products: IntoFrame,
    stores: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
) -> pl.DataFrame:
    """Sum sales and refunds: one row per month, product, store and region with a countable order or refund.

    The part of an order that its lines do not cover (all of an order without lines) has the product `unknown`, and so
    has that part of a refund: the rows add up to orders and refunds.

    Args:
        order_lines: `core.order_lines`.
        orders: `core.orders`.
        refund_lines: `core.refund_lines`.
        refunds: `core.refunds`.
        products: `core.products`; `system`, `product_id`, `product_name`, `category`.
        stores: `core.stores`; `system`, `store_id`, `region`.
        calendar: `core.calendar`; `day`, `day_idx`, `month_idx`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by month, system, product, store and region.
    """
    of_lines = read_into_polars(
        sum_lines_by_product_and_place(order_lines, orders, calendar, as_of=as_of, period_idx=MONTH)
    )
    of_orders = read_into_polars(sum_orders_by_place(orders, calendar, as_of=as_of, period_idx=MONTH))
    given_back = sum_refunds_by_product_and_place(refund_lines, refunds, orders, calendar, as_of=as_of)
    rows = pl.concat([of_lines, _find_rest(of_lines, of_orders), *_split_by_month(given_back)], how="diagonal_relaxed")
    refund_days = find_refund_days(refunds, orders, calendar, as_of=as_of)
    named = read_into_polars(select_columns(products, "system", "product_id", "product_name", "category"))
    return (
        name_places(rows, stores)
        .with_columns(pl.col("product_id").fill_null(UNKNOWN), month=find_first_day_of_month(pl.col(MONTH)))
        .group_by(KEY)
        .agg(pl.col("sold_lines", "lines_with_cost", *SALES, *REFUNDS).sum())
        .with_columns(pl.col(*SALES, *REFUNDS).cast(MONEY))
        .join(named, on=["system", "product_id"], how="left")
        .with_columns(_name_unknown("product_name"), _name_unknown("category"))
        .with_columns(
            product_sales=pl.col("gross_sales") - pl.col("discounts"),
            contribution_margin=pl.col("sales_with_cost") - pl.col("cost"),
            is_complete=pl.col("month").dt.month_end() <= as_of,
            as_of=pl.lit(as_of),
        )
        .with_columns(contribution_margin_rate=divide_columns("contribution_margin", "sales_with_cost"))
        .pipe(add_refund_rate, refund_days, as_of)
        .with_columns(reason=_find_reason())
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(KEY)
    )


def _name_unknown(column: str) -> pl.Expr:
    """`unknown` of the product `unknown`, so that sums by name or category have no nameless group for it."""
    return pl.when(pl.col("product_id") == UNKNOWN).then(pl.col(column).fill_null(UNKNOWN)).otherwise(column)


def _find_reason() -> pl.Expr:
    """Say in one sentence what is not known of a row, or not in full, and why; NULL where all is known."""
    unknown = [pl.when(pl.col(name) == UNKNOWN).then(pl.lit(why)) for name, why in NOT_NAMED.items()]
    nothing = pl.when(pl.col("sold_lines") == 0, pl.col("product_sales") <= 0).then(pl.lit(NOTHING_SOLD))
    no_cost = pl.when(nothing.is_null(), pl.col("contribution_margin_rate").is_null()).then(pl.lit(NO_COST))
    no_rate = pl.when(nothing.is_null()).then(pl.col("why_no_rate"))
    said = pl.concat_str(*unknown, nothing, no_cost, no_rate, describe_share_named(), separator="; ", ignore_nulls=True)
    return pl.when(said != "").then(said)


def _split_by_month(given_back: pl.DataFrame) -> list[pl.DataFrame]:
    """Split refunds by the month of the refund, and by the month of the order where one is known."""
    place = ["system", "product_id", "store_id", "region"]
    own = given_back.select(
        *place, "refund_month_idx", refunds="goods", refunds_beyond_lines="goods_beyond_lines"
    ).rename({"refund_month_idx": MONTH})
    of_order = given_back.filter(pl.col("order_month_idx").is_not_null()).select(
        *place, "order_month_idx", "refunded_quantity", refunded_sales="goods"
    )
    return [own, of_order.rename({"order_month_idx": MONTH})]


def _find_rest(of_lines: pl.DataFrame, of_orders: pl.DataFrame) -> pl.DataFrame:
    """Find the sales of orders that their lines do not cover, by place and month; rows without a product."""
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
