"""What the sample company spends on winning its customers.

Put here: spend by month, channel and country. Keep out: how a file is written.
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.orders import PURCHASE, compute_local_day

COLUMNS = ("month", "channel", "campaign", "currency", "spend")
LUCK = 0.15
"""How much the cost per customer won differs from month to month, as a standard deviation of its logarithm."""
PENCE_PER_CENT = 0.85
TELEVISION = "television"
TELEVISION_SPEND = 250.0
"""EUR a month for a channel that wins nobody: it cannot pay back."""
TRUTH_COLUMNS = ("channel", "spend_eur", "can_pay_back")


def draw_spend(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """What the chunk's customers cost, in the month of their first order; whoever came for nothing cost nothing.

    Once, a channel that wins nobody.
    """
    people = chunk.people
    costs = [float(c.CHANNEL_COSTS.get(channel, "0")) for channel in c.CHANNELS]
    is_pounds = [region.currency == "GBP" for region in c.REGIONS]
    first = chunk.orders.filter(pl.col("sort") == PURCHASE).group_by("person").agg(pl.col("at").min()).sort("person")
    person = first["person"].to_numpy()
    won = first.select(
        month=compute_local_day(pl.col("at")).dt.truncate("1mo"),
        channel=pl.Series(c.CHANNELS).gather(people.channel[person]),
        cost=pl.Series(costs).gather(people.channel[person]),
        is_pounds=pl.Series(is_pounds).gather(people.region[person]),
    ).filter(pl.col("cost") > 0)
    spent = (
        won.group_by("month", "channel", "is_pounds").agg(pl.col("cost").sum()).sort("month", "channel", "is_pounds")
    )
    factor = pl.Series(np.exp(rng.normal(0, LUCK, len(spent))))
    rows = spent.select(
        month=pl.col("month").dt.to_string("%Y-%m-%d"),
        channel="channel",
        campaign=pl.when("is_pounds").then(pl.lit("UK")).otherwise(pl.lit("DE")),
        currency=pl.when("is_pounds").then(pl.lit("GBP")).otherwise(pl.lit("EUR")),
        spend=pl.col("cost") * factor * pl.when("is_pounds").then(PENCE_PER_CENT).otherwise(1.0),
    )
    if not chunk.is_first:
        return Drawn(rows)
    months = pl.date_range(c.FIRST_DAY, c.AS_OF, "1mo", eager=True).dt.to_string("%Y-%m-%d")
    shown = pl.DataFrame({"month": months}).select(
        "month",
        channel=pl.lit(TELEVISION),
        campaign=pl.lit("DE"),
        currency=pl.lit(c.CURRENCY),
        spend=pl.lit(TELEVISION_SPEND),
    )
    truth = pl.DataFrame([(TELEVISION, TELEVISION_SPEND * len(months), False)], TRUTH_COLUMNS, orient="row")
    return Drawn(pl.concat([rows, shown]), truth)


EXPORT = FurtherExport(file="marketing_spend.csv", columns=COLUMNS, draw=draw_spend, truth_columns=TRUTH_COLUMNS)
"""The advertising accounts, by month."""
