"""The product of the sample company that comes back more often than all others, and why.

Put here: planting its refunds beside those that `orders.py` draws. Keep out: which lines the other refunds are of
(`further/refund_lines.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.baskets import ITEMS, Ints, Lines
from regulars.pipelines.sample.simulation.orders import PURCHASE, compute_local_day
from regulars.pipelines.sample.simulation.rates import ONE, convert_to_company_currency

PRODUCT = "SN-701"
"""Iced tea in glass bottles."""
REASON = "bottles broken"
SHARE_RETURNED = 0.2
"""Of the orders with the product, how many give it back for this reason, beside what comes back of everything."""
FEWEST_DAYS, MOST_DAYS = 3, 12


def compute_line_nets(orders: pl.DataFrame, lines: Lines) -> Ints:
    """What each line costs after its share of the order's discount, in cents: together what the order costs."""
    gross, discount = (orders[name].to_numpy()[lines.order] for name in ("gross", "discount"))
    up_to_here = pl.Series(lines.quantity * lines.price).to_frame("own").with_columns(order=pl.Series(lines.order))
    so_far = up_to_here.select(pl.col("own").cum_sum().over("order"))["own"].to_numpy()
    own = up_to_here["own"].to_numpy()
    whole = np.maximum(gross, 1)
    nets: Ints = own - (discount * so_far // whole - discount * (so_far - own) // whole)
    return nets


def plant_returns(
    rng: np.random.Generator,
    orders: pl.DataFrame,
    lines: Lines,
    refunds: pl.DataFrame,
    rates: Ints,
    first_number: int,
) -> pl.DataFrame:
    """Add refunds of the product, for a reason of its own, to those of the orders that gave nothing back otherwise.

    Args:
        rng: A source of randomness that nothing else uses.
        orders: As `draw_orders` returns them.
        lines: Of these orders.
        refunds: As `draw_refunds` returns them.
        rates: EUR for one GBP by day since `FIRST_DAY`, in hundred-thousandths.
        first_number: Number of the first refund that is added.

    Returns:
        The refunds, those added behind the others, with `product` (its index in `ITEMS`, NULL but for these) and
        `reason`.
    """
    item = [product.product_id for product in ITEMS].index(PRODUCT)
    of_product = pl.DataFrame({"order": lines.order, "item": lines.item, "amount": compute_line_nets(orders, lines)})
    bought = (
        of_product.filter(pl.col("item") == item)
        .group_by("order", maintain_order=True)
        .agg(pl.col("amount").sum())
        .join(orders.with_row_index("order").with_columns(pl.col("order").cast(pl.Int64)), on="order")
    )
    wait = rng.integers(FEWEST_DAYS * 86_400, MOST_DAYS * 86_400, len(bought))
    is_returned = pl.Series(rng.random(len(bought)) < SHARE_RETURNED)
    planted = (
        bought.with_columns(at=pl.col("at") + pl.Series(wait, dtype=pl.Int64))
        .filter(
            is_returned & (pl.col("sort") == PURCHASE) & (pl.col("amount") > 0),
            ~pl.col("order").is_in(refunds["order"].cast(pl.Int64).to_list()),
        )
        .with_columns(refund_date=compute_local_day(pl.col("at")))
        .filter(pl.col("refund_date") <= c.AS_OF)
        .sort("at", maintain_order=True)
    )
    day = (planted["refund_date"] - c.FIRST_DAY).dt.total_days().to_numpy()
    rate = np.where(planted["is_pounds"].to_numpy(), rates[day], ONE)
    planted = planted.with_columns(
        refund_number=pl.int_range(first_number, first_number + len(planted), dtype=pl.Int64),
        amount_eur=pl.Series(convert_to_company_currency(planted["amount"].to_numpy(), rate)),
        has_order=pl.lit(value=True),
        has_person=pl.lit(value=True),
        product=pl.lit(item, dtype=pl.Int64),
        reason=pl.lit(REASON),
    )
    drawn = refunds.with_columns(
        product=pl.lit(None, dtype=pl.Int64),
        reason=pl.when(pl.col("amount") % 3 == 0).then(pl.lit("damaged")).otherwise(pl.lit("not as expected")),
    )
    return pl.concat([drawn, planted.select(drawn.columns).cast(drawn.schema)])
