"""Products that a customer never bought, but that are often in one basket with what they bought last.

Put here: which products go together, and the new products to offer. Keep out: products bought before
(`purchase_pairs.py`).
"""

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from regulars.pipelines.definitions.windows import BASKET_DAYS
from regulars.pipelines.transforms.products.purchase_pairs import PAIR

FEWEST_BASKETS, NEIGHBOURS = 5, 20
LARGEST_BASKET = 100
"""The most products of one customer on one day; larger baskets are a reseller's stock and show no taste."""


def list_neighbours(product_days: pl.DataFrame, *, today: int) -> pl.DataFrame:
    """List which products go together in the baskets of the last 180 days.

    A basket is what a customer bought on a day. Nearness is the cosine of two products' baskets, times c / (c + 5) of
    the c baskets with both: pairs in fewer than 5 baskets are left out.

    Args:
        product_days: As `list_product_days` returns them, none after `today`.
        today: The last day that is known.

    Returns:
        `product`, `neighbour`, `nearness` Float64 above 0; at most 20 per product.
    """
    recent = product_days.filter(pl.col("day") > today - BASKET_DAYS)
    basket = recent.with_columns(
        basket=pl.struct("customer_idx", "day").rank("dense") - 1, size=pl.len().over("customer_idx", "day")
    )
    kept = basket.filter(pl.col("size").is_between(2, LARGEST_BASKET))
    schema = {"product": pl.UInt32, "neighbour": pl.UInt32, "nearness": pl.Float64}
    if kept.is_empty():
        return pl.DataFrame(schema=schema)
    held = csr_matrix(
        (np.ones(len(kept)), (kept["basket"].to_numpy().astype(np.int64), kept["product"].to_numpy().astype(np.int64)))
    )
    together = (held.T @ held).tocoo()
    alone = basket.group_by("product").agg(baskets=pl.len().cast(pl.Float64))
    pairs = pl.DataFrame(
        {"product": together.row.astype(np.uint32), "neighbour": together.col.astype(np.uint32), "c": together.data}
    ).filter(pl.col("product") != pl.col("neighbour"), pl.col("c") >= FEWEST_BASKETS)
    return (
        pairs.join(alone, on="product")
        .join(alone.rename({"product": "neighbour", "baskets": "others"}), on="neighbour")
        .with_columns(
            nearness=pl.col("c") / (pl.col("baskets") * pl.col("others")).sqrt() * pl.col("c") / (pl.col("c") + 5)
        )
        .sort("product", "nearness", "neighbour", descending=[False, True, False])
        .group_by("product", maintain_order=True)
        .head(NEIGHBOURS)
        .select(pl.col(name).cast(kind) for name, kind in schema.items())
    )


def score_new_products(pairs: pl.DataFrame, neighbours: pl.DataFrame) -> pl.DataFrame:
    """Score products that each customer never bought by those of the last purchase day.

    Args:
        pairs: As `score_pairs` returns them.
        neighbours: As `list_neighbours` returns them.

    Returns:
        `customer_idx`, `product`, `nearness` (added up), `because` (the nearest product of the last purchase day);
        sorted by customer, then from the best on.
    """
    last = pairs.filter(pl.col("last_day") == pl.col("last_day").max().over("customer_idx")).select(PAIR)
    near = last.join(neighbours, on="product").rename({"product": "because", "neighbour": "product"})
    return (
        near.join(pairs.select(PAIR), on=PAIR, how="anti")
        .sort("customer_idx", "product", "nearness", "because", descending=[False, False, True, False])
        .group_by(PAIR, maintain_order=True)
        .agg(pl.col("nearness").sort().sum(), pl.col("because").first())  # floats: polars adds up as it likes
        .sort("customer_idx", "nearness", "product", descending=[False, True, False])
    )
