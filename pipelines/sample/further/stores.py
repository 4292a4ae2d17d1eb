"""The sample company's factory shops.

Put here: the list that head office keeps. Keep out: what they sell (`simulation/collection.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport
from regulars.pipelines.sample.simulation import catalogue as c

COLUMNS = ("id", "name", "type", "country", "region", "city")


def list_stores(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """All stores with the first chunk, none with the others."""
    rows = [
        (store.store_id, store.name, store.type, place.country, place.name, place.towns[0][0])
        for store in c.STORES
        for place in (c.REGIONS[store.region],)
        if chunk.is_first
    ]
    return Drawn(pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row"))


EXPORT = FurtherExport(file="stores.csv", columns=COLUMNS, draw=list_stores)
"""The list of stores."""
