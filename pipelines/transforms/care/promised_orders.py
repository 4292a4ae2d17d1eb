"""Orders with a promised day, and whether each was delivered by then.

Put here: which orders were promised for when, and when one is late, for every table that says so. Keep out: counts
(`order_delivery.py`), and signs of bad experiences (`bad_signs.py`).
"""

import datetime as dt
from typing import Any, Protocol

import narwhals as nw
import polars as pl

from regulars.pipelines.transforms.local_days import CompanyZone, find_end_of_day, find_local_day
from regulars.pipelines.transforms.purchases.purchases import read_lazy

IN_TIME, LATE, PENDING, UNDELIVERED, LEFT_OUT = "in_time", "late", "pending", "undelivered", "left_out"
"""What became of an order whose promised moment has passed: delivered by then; delivered after it; not delivered, for
fewer days than `undelivered_days`; not delivered for as many or more; of a tool that never says when it delivered."""


class DeliverySettings(Protocol):
    """What a company sets about deliveries."""

    @property
    def undelivered_days(self) -> int:
        """Days after the promised day on which an order that was not delivered is a failed delivery."""


def select_promised(orders: "nw.LazyFrame[Any]", as_of: dt.date, company: CompanyZone) -> "nw.LazyFrame[Any]":
    """Orders, on any engine, whose promised moment has passed at the end of `as_of`; no test or cancelled ones."""
    end = find_end_of_day(as_of, company)
    return orders.filter(~nw.col("is_test") & ~nw.col("is_cancelled") & (nw.col("promised_at") < end))


def list_delivering_systems(orders: "nw.LazyFrame[Any]") -> list[str]:
    """The tools that say of any order when it was delivered."""
    told = orders.filter(~nw.col("delivered_at").is_null()).select("system").unique()
    return read_lazy(told)["system"].to_list()


def add_outcome(
    promised: pl.DataFrame,
    delivering: list[str],
    *,
    as_of: dt.date,
    company: CompanyZone,
    undelivered_days: int,
) -> pl.DataFrame:
    """Add the promised day in the company's zone as `day`, and `outcome`: one of those above.

    Args:
        promised: `system`, `promised_at` and `delivered_at` of orders of `select_promised`.
        delivering: Of `list_delivering_systems`.
        as_of: Last day that counts; what is delivered later is not delivered yet.
        company: Its zone.
        undelivered_days: Days of grace after the promised day.
    """
    is_delivered = (pl.col("delivered_at") < find_end_of_day(as_of, company)).fill_null(value=False)
    waited = (pl.lit(as_of) - pl.col("day")).dt.total_days()
    return promised.with_columns(day=find_local_day(pl.col("promised_at"), company)).with_columns(
        outcome=pl.when(is_delivered & (pl.col("delivered_at") > pl.col("promised_at")))
        .then(pl.lit(LATE))
        .when(is_delivered)
        .then(pl.lit(IN_TIME))
        .when(~pl.col("system").is_in(delivering))
        .then(pl.lit(LEFT_OUT))
        .when(waited < undelivered_days)
        .then(pl.lit(PENDING))
        .otherwise(pl.lit(UNDELIVERED))
    )
