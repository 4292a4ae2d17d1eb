"""The pauses of the sample company's coffee club: who goes away for some weeks, and is not charged.

Put here: drawing them. Keep out: who subscribes and leaves (`subscriptions.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.simulation.subscriptions import END

DAY = 86_400
SHARE_PAUSED = 0.15
FEWEST_DAYS, MOST_DAYS = 25, 70
DAYS_BEFORE = 30
"""A pause begins at least so many days after the first charge, and ends so many before the subscription does."""


def add_pauses(rng: np.random.Generator, periods: pl.DataFrame) -> pl.DataFrame:
    """Add `paused_at` and `resumed_at` in seconds, NULL without a pause; who has not resumed by the end is paused.

    Args:
        rng: A source of randomness that nothing else uses.
        periods: As `draw_subscriptions` returns them; only the last period of a subscription is paused.
    """
    size = len(periods)
    charged = pl.coalesce("trial_end", "at")
    stop = pl.min_horizontal(pl.coalesce("ended_at", pl.lit(END + MOST_DAYS * DAY)), pl.lit(END + MOST_DAYS * DAY))
    room = stop - charged - (2 * DAYS_BEFORE + MOST_DAYS) * DAY
    start = charged + DAYS_BEFORE * DAY + (pl.Series(rng.random(size)) * room).cast(pl.Int64)
    back = start + pl.Series(rng.integers(FEWEST_DAYS, MOST_DAYS, size)) * DAY
    is_paused = (
        pl.Series(rng.random(size) < SHARE_PAUSED) & (pl.col("status") != "replaced") & (room > 0) & (start < END)
    )
    return periods.with_columns(
        paused_at=pl.when(is_paused).then(start), resumed_at=pl.when(is_paused & (back < END)).then(back)
    )
