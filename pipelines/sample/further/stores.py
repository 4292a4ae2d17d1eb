"""The sample company's factory shops.

Put here: which there are. Keep out: what they sell: the till's export does not say in which of them a sale was made.
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport
from regulars.pipelines.sample.simulation import catalogue as c

COLUMNS = ("id", "name", "type", "country", "region", "city")
STORES = (
    ("F-1", "Werksverkauf Hamburg", "factory outlet", 0, 0),
    ("F-2", "Knabberecke München", "own", 1, 0),
    ("F-3", "Knabberkiste London", "franchise", 2, 0),
)
"""Id, name, type, and the places of its region and town in the catalogue."""


def list_stores(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """All stores with the first chunk, none with the others."""
    rows = [
        (number, name, store_type, c.REGIONS[region].country, c.REGIONS[region].name, c.REGIONS[region].towns[town][0])
        for number, name, store_type, region, town in STORES
        if chunk.is_first
    ]
    return Drawn(pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row"))


EXPORT = FurtherExport(file="stores.csv", columns=COLUMNS, draw=list_stores)
"""The list of stores."""
