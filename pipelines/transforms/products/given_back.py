"""Products that customers returned: those that refund lines name, else all products of the order.

It is written against narwhals, as the sums of `line_sums.py`.

Put here: which bought products came back. Keep out: how much money that was (`refund_sums.py`).
"""

import datetime as dt
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.transforms.purchases.purchases import read_into_polars

_ORDER = ["system", "order_id"]
_LINE = [*_ORDER, "product_id"]
_REFUND = ["system", "refund_id"]


def list_returned_products(
    order_lines: IntoFrame, refunds: IntoFrame, refund_lines: IntoFrame, *, as_of: dt.date
) -> pl.DataFrame:
    """List returned products: one row per customer, product, day of the order and `is_named`.

    If the lines of a refund name products, these were returned. Otherwise each product of its order may have been
    returned. A refund without a known order is ignored.

    Args:
        order_lines: `core.order_lines`; uses `system`, `order_id`, `product_id`, `customer_idx`, `order_date`,
            `is_countable`.
        refunds: `core.refunds`; uses `system`, `refund_id`, `order_id`, `refund_date`, `is_countable`.
        refund_lines: `core.refund_lines`; uses these columns and `product_id`.
        as_of: Last day that counts.

    Returns:
        `customer_idx`, `system`, `product_id`, `order_date`, and `is_named`: whether a refund line names the product.
    """
    given_back = _select_countable(refunds, "refund_date", as_of).select(*_REFUND, "order_id")
    named = _select_countable(refund_lines, "refund_date", as_of).filter(~nw.col("product_id").is_null())
    unnamed = given_back.join(named.select(_REFUND), on=_REFUND, how="anti")
    lines = _select_countable(order_lines, "order_date", as_of).select(*_LINE, "customer_idx", "order_date")
    came_back = lines.join(named.select(_LINE), on=_LINE, how="semi")
    may_have = lines.join(unnamed.select(_ORDER), on=_ORDER, how="semi").filter(~nw.col("product_id").is_null())
    found = [
        read_into_polars(rows.select("customer_idx", "system", "product_id", "order_date").unique().to_native())
        for rows in (came_back, may_have)
    ]
    return pl.concat([rows.with_columns(is_named=pl.lit(rows is found[0])) for rows in found])


def _select_countable(table: IntoFrame, day: str, as_of: dt.date) -> "nw.LazyFrame[Any]":
    return nw.from_native(table).lazy().filter(nw.col("is_countable") & (nw.col(day) <= as_of))
