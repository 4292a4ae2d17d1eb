"""Which of the sample company's orders a shop of its own handed over.

Put here: the shop of each order. Keep out: what the shops are (`catalogue.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.orders import PURCHASE, TILL

SHARE_COLLECTED = (0.03, 0.15, 0.06)
"""Of the purchases of each region, how many are fetched in its shop, without shipping."""


def choose_stores(rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    """Add `store_id`: one of the shops for sales of a till, that of the region for collected orders, else NULL.

    Args:
        rng: A source of randomness that nothing else uses.
        orders: As `draw_orders` returns them; collected orders lose their `shipping`.
    """
    size = len(orders)
    region, sort = orders["region"].to_numpy(), orders["sort"].to_numpy()
    till = rng.integers(0, len(c.STORES), size)
    is_collected = (sort == PURCHASE) & (rng.random(size) < np.array(SHARE_COLLECTED)[region])
    of_region = np.array([[store.region for store in c.STORES].index(n) for n in range(len(c.REGIONS))])
    place = pl.Series(np.where(sort == TILL, till, of_region[region]))
    ids = pl.Series([store.store_id for store in c.STORES]).gather(place)
    return orders.with_columns(
        store_id=pl.when(pl.Series(is_collected | (sort == TILL))).then(ids),
        shipping=pl.when(pl.Series(is_collected)).then(0).otherwise("shipping"),
    )
