"""What the pipeline should find in the sample company by month.

Put here: the totals of `truth/months.csv` and `truth/product_sales.csv`. Keep out: the other files of the truth
(`truth.py`).
"""

import polars as pl

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.baskets import ITEMS, Lines
from regulars.pipelines.sample.simulation.orders import PURCHASE, TILL


def total_by_month(orders: pl.DataFrame, true_orders: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """What the pipeline should find by month, up to `as_of`; money in ten-thousandths of EUR."""
    nothing = pl.lit(0, dtype=pl.Int64)
    countable = orders.with_columns(true_orders["is_countable"], true_orders["is_first_order"]).filter(
        pl.col("is_countable") & (pl.col("order_date") <= c.AS_OF)
    )
    by_order = countable.select(
        month=pl.col("order_date").dt.truncate("1mo"),
        order_count=pl.lit(1, dtype=pl.Int64),
        new_customers=pl.col("is_first_order").cast(pl.Int64),
        gross_sales_eur="gross_eur",
        discounts_eur="discount_eur",
        refunds_eur=nothing,
        unknown_net_eur=(pl.col("person") < 0).cast(pl.Int64) * (pl.col("gross_eur") - pl.col("discount_eur")),
    )
    by_refund = refunds.select(
        month=pl.col("refund_date").dt.truncate("1mo"),
        order_count=nothing,
        new_customers=nothing,
        gross_sales_eur=nothing,
        discounts_eur=nothing,
        refunds_eur="amount_eur",
        unknown_net_eur=-(~pl.col("has_person") & ~pl.col("has_order")).cast(pl.Int64) * pl.col("amount_eur"),
    )
    return pl.concat([by_order, by_refund]).group_by("month").sum()


def count_pieces_by_month(orders: pl.DataFrame, lines: Lines) -> pl.DataFrame:
    """Count pieces by `month` and `product_id`, in orders that count, up to `as_of`: `pieces`."""
    ordered = orders.select("sort", "order_date")[lines.order]
    products = pl.Series([item.product_id for item in ITEMS])
    return (
        ordered.with_columns(product_id=products.gather(lines.item), pieces=pl.Series(lines.quantity))
        .filter(pl.col("sort").is_in([PURCHASE, TILL]), pl.col("order_date") <= c.AS_OF)
        .group_by(pl.col("order_date").dt.truncate("1mo").alias("month"), "product_id")
        .agg(pl.col("pieces").sum())
    )
