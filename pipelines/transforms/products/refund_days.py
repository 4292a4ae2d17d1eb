"""How many days after the order refunds come, by system: this decides when the refunds of a month are complete.

Recent orders show short waits only. Each wait is therefore compared with the refunds of orders that are old enough to
have shown it (the product-limit estimate for right truncation, Lynden-Bell 1971). Waits longer than the age of the
oldest order cannot be estimated.

Put here: the scan over waits, and the estimate. Keep out: its use in a mart (`refund_rates.py`).
"""

import datetime as dt

import narwhals as nw
import numpy as np
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.transforms.purchases.purchases import read_into_polars

SHARE_OF_REFUNDS = 0.95
"""The refunds of a month's orders are complete when this share of refunds would have come."""
FEWEST_REFUNDS = 20
"""The fewest refunds for an estimate of the wait that 19 of 20 do not exceed."""
ROUNDING = 1e-9


def find_refund_days(refunds: IntoFrame, orders: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Find within how many days of the order 95 % of the refunds come: one row per system with refunds of orders.

    Args:
        refunds: `core.refunds`; uses `system`, `order_id`, `refund_date`, `is_countable`, `date_is_estimated`.
        orders: `core.orders`; uses `system`, `order_id`, `order_date`.
        calendar: `core.calendar`; uses `day`, `day_idx`.
        as_of: Last day that counts.

    Returns:
        `system`, and `refund_days`, NULL with fewer than `FEWEST_REFUNDS` refunds; sorted by system.
    """
    days = nw.from_native(calendar).lazy().select("day", "day_idx")
    bought = nw.from_native(orders).lazy().select("system", "order_id", order_day="order_date")
    scan = (
        nw.from_native(refunds)
        .lazy()
        .filter(nw.col("is_countable") & ~nw.col("date_is_estimated") & (nw.col("refund_date") <= as_of))
        .select("system", "order_id", "refund_date")
        .join(bought, on=["system", "order_id"], how="inner")
        .join(days.select(refund_date="day", refund_idx="day_idx"), on="refund_date", how="inner")
        .join(days.select(order_day="day", order_idx="day_idx"), on="order_day", how="inner")
        .with_columns(waited=nw.col("refund_idx") - nw.col("order_idx"))
        .group_by("system", "order_day", "waited")
        .agg(refund_count=nw.len())
    )
    waits = read_into_polars(scan.to_native()).with_columns(
        # a refund dated before its order has a wait of 0
        pl.col("waited").clip(lower_bound=0).cast(pl.Int64),
        age=(as_of - pl.col("order_day")).dt.total_days().clip(lower_bound=0),
    )
    found = [
        {"system": system, "refund_days": estimate_days(of_system)} for (system,), of_system in waits.group_by("system")
    ]
    return pl.DataFrame(found, schema={"system": pl.String, "refund_days": pl.Int64}).sort("system")


def estimate_days(waits: pl.DataFrame) -> int | None:
    """Estimate the wait that `SHARE_OF_REFUNDS` of all refunds do not exceed, including those still to come.

    Args:
        waits: `waited`, `age` (days from the order until now, at least what was waited) and `refund_count`.

    Returns:
        Days; None with too few refunds.
    """
    if waits["refund_count"].sum() < FEWEST_REFUNDS:
        return None
    by_wait = waits.group_by("waited").agg(pl.col("refund_count").sum()).sort("waited")
    by_age = waits.group_by("age").agg(pl.col("refund_count").sum()).sort("age")
    waited, ended = by_wait["waited"].to_numpy(), by_wait["refund_count"].to_numpy()
    of_younger = np.concatenate([[0], by_age["refund_count"].cum_sum().to_numpy()])
    # refunds with at most this wait, of orders at least this old
    comparable = ended.cumsum() - of_younger[np.searchsorted(by_age["age"].to_numpy(), waited)]
    sooner = np.cumprod((1 - ended / comparable)[::-1])[::-1]
    within = np.append(sooner[1:], 1.0)
    return int(waited[np.argmax(within >= SHARE_OF_REFUNDS - ROUNDING)])
