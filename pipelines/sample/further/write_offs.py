"""What the sample company's bookkeeping writes off: claims that nobody will pay any more.

Put here: the bookings of each quarter. Keep out: how a file is written.
"""

import datetime as dt

import numpy as np
import polars as pl

from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport
from regulars.pipelines.sample.simulation import catalogue as c

COLUMNS = ("booking", "booked", "currency", "amount", "text")
MONTHS_OF_QUARTER = 3


def draw_write_offs(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """One booking at the end of each quarter, with the first chunk; every fourth takes back a little of the last."""
    quarters = pl.date_range(c.FIRST_DAY, c.AS_OF, f"{MONTHS_OF_QUARTER}mo", eager=True).to_list()
    days = [day - dt.timedelta(days=1) for day in quarters[1:]] if chunk.is_first else []
    cents = rng.integers(2_000, 9_000, len(days))
    is_taken_back = np.arange(len(days)) % 4 == 3
    rows = pl.DataFrame(
        {"day": days, "cents": np.where(is_taken_back, cents // 4, -cents)}, schema_overrides={"day": pl.Date}
    )
    return Drawn(
        rows.select(
            booking=pl.format("WO-{}", pl.int_range(1, len(days) + 1)),
            booked=pl.col("day").dt.to_string("%d.%m.%Y"),
            currency=pl.lit(c.CURRENCY),
            amount=pl.col("cents") / 100,
            text=pl.when(pl.col("cents") > 0).then(pl.lit("Zahlungseingang")).otherwise(pl.lit("Ausbuchung")),
        )
    )


EXPORT = FurtherExport(file="write_offs.csv", columns=COLUMNS, draw=draw_write_offs)
"""The bookings, in the form of a bookkeeping program."""
