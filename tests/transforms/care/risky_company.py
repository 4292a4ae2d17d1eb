"""A company whose customers have bad experiences with their orders, and leave because of them or not."""

import datetime as dt

import numpy as np
import polars as pl

from tests.transforms import subscription_tables
from tests.transforms.core_tables import CALENDAR

FIRST_DAY = dt.date(2022, 1, 1)
AS_OF = dt.date(2025, 12, 31)
SPAN = (AS_OF - FIRST_DAY).days
SHARE_BAD = 0.2
"""Of the orders, how many go wrong."""


def simulate_company(customers: int, leaving_factor: float, seed: int = 1) -> dict[str, pl.DataFrame]:
    """Customers who buy at their own pace and leave after an order with their own chance.

    Each bad experience so far multiplies the chance of leaving by `leaving_factor`.

    Returns:
        `orders`, `subscriptions`, `calendar`, and `bad_experiences` with `customer_idx` and `experienced_on`.
    """
    rng = np.random.default_rng(seed)
    rate = rng.gamma(3, 1 / 120, customers)
    chance = rng.beta(50, 400, customers)
    day = rng.uniform(0, SPAN, customers)
    suffered = np.zeros(customers)
    present = np.arange(customers)
    orders, bad = [], []
    while len(present):
        orders.append((present, day[present]))
        is_bad = rng.random(len(present)) < SHARE_BAD
        bad.append((present[is_bad], day[present][is_bad]))
        suffered[present] += is_bad
        leaves = rng.random(len(present)) < chance[present] * leaving_factor ** suffered[present]
        day[present] += rng.exponential(1 / rate[present])
        present = present[~leaves & (day[present] <= SPAN)]
    return {
        "orders": _list_days(orders, "order_date").with_columns(is_countable=pl.lit(value=True)),
        "bad_experiences": _list_days(bad, "experienced_on"),
        "subscriptions": subscription_tables.table(),
        "calendar": CALENDAR,
    }


def _list_days(events: list[tuple[np.ndarray, np.ndarray]], name: str) -> pl.DataFrame:
    customer, day = (np.concatenate(each) for each in zip(*events, strict=True))
    days = pl.Series(name, day.astype(np.int32) + (FIRST_DAY - dt.date(1970, 1, 1)).days, pl.Int32)
    return pl.DataFrame({"customer_idx": pl.Series(customer + 1, dtype=pl.Int32), name: days.cast(pl.Date)})
