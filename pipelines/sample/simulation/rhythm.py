"""Who buys the refill box of the sample company: customers whose orders happen to allow a rhythm of six weeks.

Put here: planting the rhythm into orders that are there anyway. Keep out: drawing orders and baskets.
Nothing is drawn here, so that every other row of the exports stays as it was.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.baskets import FIRST_BOX, REFILL, TASTING, Lines
from regulars.pipelines.sample.simulation.orders import PURCHASE
from regulars.pipelines.sample.simulation.people import People

DAYS_BETWEEN, MOST_DAYS_OFF = 42, 8
FEWEST_REFILLS = 5
REFILL_COLUMNS = ("person_id", "product_id", "refills", "first_refill", "last_refill")
REFILL_TYPES = (pl.Int64, pl.String, pl.Int64, pl.Date, pl.Date)


def plant_refills(orders: pl.DataFrame, lines: Lines, people: People) -> tuple[Lines, pl.DataFrame]:
    """Make the mixed box a refill box in orders that lie about six weeks apart.

    Args:
        orders: As `draw_orders` returns them; `person`, `order_date`, `sort`.
        lines: Of these orders.
        people: Whose orders they are.

    Returns:
        The lines, and the truth: the columns of `REFILL_COLUMNS`.
    """
    bought = orders.with_row_index("order").filter(pl.col("person") >= 0, pl.col("sort") == PURCHASE)
    repeats = bought.sort("person", "order_date", "order").filter(pl.col("order").cum_count().over("person") > 1)
    chosen: list[int] = []
    truth: list[tuple[int, str, int, dt.date, dt.date]] = []
    for (person,), own in repeats.group_by("person", maintain_order=True):
        days = own["order_date"].to_physical().to_list()
        places = find_rhythm(days)
        if len(places) >= FEWEST_REFILLS:
            chosen += own["order"].gather(places).to_list()
            first, last = own["order_date"][places[0]], own["order_date"][places[-1]]
            truth.append((int(people.person_id[person]), c.REFILL_BOX.product_id, len(places), first, last))
    is_box = (lines.item >= FIRST_BOX) & (lines.item < TASTING)
    is_refill = is_box & np.isin(lines.order, chosen)
    return (
        Lines(lines.order, np.where(is_refill, REFILL, lines.item), lines.quantity, lines.price),
        pl.DataFrame(truth, schema=dict(zip(REFILL_COLUMNS, REFILL_TYPES, strict=True)), orient="row"),
    )


def find_rhythm(days: Sequence[int]) -> list[int]:
    """The places of the longest run of days of which each is about six weeks after the one before."""
    longest: list[int] = []
    for start in range(len(days)):
        run = [start]
        while (following := _find_next(days, run[-1])) is not None:
            run.append(following)
        longest = max(longest, run, key=len)
    return longest


def _find_next(days: Sequence[int], place: int) -> int | None:
    wanted = days[place] + DAYS_BETWEEN
    near = [n for n in range(place + 1, len(days)) if abs(days[n] - wanted) <= MOST_DAYS_OFF]
    return min(near, key=lambda n: abs(days[n] - wanted), default=None)
