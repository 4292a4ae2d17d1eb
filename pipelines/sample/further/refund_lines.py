"""The items of the sample company's refunds, as the shop's returns desk writes them down.

Put here: which lines of its order a refund is of. Keep out: how much is given back and when (`simulation/orders.py`),
the product that comes back most (`simulation/returns.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.export_file import Planted
from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport
from regulars.pipelines.sample.simulation.baskets import ITEMS
from regulars.pipelines.sample.simulation.returns import compute_line_nets

SHARE_UNTOLD = 0.05
"""Of the refunds, how many are goodwill of which nobody wrote down the items; so are all without their order."""
COLUMNS = ("refund", "position", "sku", "name", "pieces", "goods")
TRUTH_COLUMNS = ("refund_id", "order_id", "person_id", "product_id", "pieces", "goods", "reason", "is_planted")


def draw_refund_lines(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """The lines that make up each refund: of the planted product its own, else the order's until the money is used."""
    refunds = chunk.refunds.with_columns(is_told=pl.Series(rng.random(len(chunk.refunds)) >= SHARE_UNTOLD))
    lines = pl.DataFrame(
        {
            "order": chunk.lines.order,
            "item": chunk.lines.item,
            "quantity": chunk.lines.quantity,
            "net": compute_line_nets(chunk.orders, chunk.lines),
            "luck": rng.random(len(chunk.lines.order)),
        }
    )
    told = refunds.filter(pl.col("product").is_not_null() | (pl.col("is_told") & pl.col("has_order")))
    taken = (
        told.with_columns(pl.col("order").cast(pl.Int64))
        .join(lines, on="order")
        .filter(pl.col("product").is_null() | (pl.col("product") == pl.col("item")), pl.col("net") > 0)
        .sort("refund_number", "luck")
        .with_columns(before=(pl.col("net").cum_sum() - pl.col("net")).over("refund_number"))
        .with_columns(goods=pl.min_horizontal("net", pl.col("amount") - pl.col("before")))
        .filter(pl.col("goods") > 0)
        .with_columns(
            pieces=-(-pl.col("quantity") * pl.col("goods") // pl.col("net")),
            position=pl.int_range(1, pl.len() + 1).over("refund_number"),
            refund_id=pl.format("R{}", "refund_number"),
            **{
                name: pl.col("item").replace_strict(
                    {n: getattr(product, name) for n, product in enumerate(ITEMS)}, return_dtype=pl.String
                )
                for name in ("product_id", "name")
            },
        )
    )
    return Drawn(
        rows=taken.select(
            refund="refund_id",
            position="position",
            sku="product_id",
            name="name",
            pieces="pieces",
            goods=pl.col("goods") / 100,
        ),
        truth=taken.select(
            "refund_id",
            order_id=pl.format("KK{}", "order_number"),
            person_id=pl.Series(chunk.people.person_id[taken["person"].to_numpy()]),
            product_id="product_id",
            pieces="pieces",
            goods=pl.col("goods") / 100,
            reason="reason",
            is_planted=pl.col("product").is_not_null(),
        ),
    )


EXPORT = FurtherExport(
    file="shop_refund_lines.csv",
    columns=COLUMNS,
    draw=draw_refund_lines,
    truth_columns=TRUTH_COLUMNS,
    bad_lines=(
        Planted("R900003,1,SN-101,Salzmandeln 150 g,drei,3.90", "'drei' pieces given back", "quarantined: quantity"),
    ),
)
"""The items of refunds: those of `shop_refunds.csv`, which says when and why."""
