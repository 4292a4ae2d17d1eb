"""What a customer's purchases look like to a lifetime model on some day: frequency, recency, T, monetary_value.

A purchase is a day with at least one countable order: several orders on one day are one purchase, as everywhere in the
field. Money of a day with refunds only belongs to the purchase before it (to the first one where there is none), so
that monetary_value is what a purchase left after what came back.

Put here: histories up to a day, and what customers did in the days after it. Keep out: models and forecasts.
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.purchases.purchases import (
    read_into_polars,
    select_columns,
    sum_purchases_by_customer_day,
)

HOLDOUT_DAYS = 365
"""What is predicted and then looked at: the last year, or half of a shorter history."""

SHORTEST_HOLDOUT_DAYS = 56
"""A shorter history than twice this says nothing about how well anything predicts."""

IS_PURCHASE = pl.col("order_count") > 0


def list_customer_days(orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """One row per known customer and day with an order or a refund, sorted by both.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`.
        as_of: Last day that counts.

    Returns:
        `customer_idx` Int32, `day_idx` Int32 (days since 1970), `order_count` Int64 (0 on a day with refunds only) and
        `net_sales` Decimal(18, 4), exact, so that no sum depends on the order in which it is made.
    """
    sums = sum_purchases_by_customer_day(orders, refunds, calendar, as_of=as_of)
    days = read_into_polars(select_columns(sums, "customer_idx", "day_idx", "order_count", "net_sales"))
    return (
        days.lazy()
        .filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
        .with_columns(pl.col("net_sales").cast(MONEY))
        .sort("customer_idx", "day_idx")
        .collect(engine="streaming")
    )


def choose_calibration_end(days: pl.DataFrame, as_of: dt.date) -> dt.date | None:
    """The day to predict from, so that the days up to `as_of` can grade the prediction.

    A year before `as_of`; half of the history where there are not two years; None where even that is too short.
    """
    first = days.filter(IS_PURCHASE)["day_idx"].min()
    if not isinstance(first, int):
        return None
    holdout = min(HOLDOUT_DAYS, (count_days_since_epoch(as_of) - first) // 2)
    return as_of - dt.timedelta(days=holdout) if holdout >= SHORTEST_HOLDOUT_DAYS else None


def summarise_history(days: pl.DataFrame, *, until: dt.date, last_days: int = HOLDOUT_DAYS) -> pl.DataFrame:
    """One row per customer who bought by `until`, as if nothing after it were known.

    Args:
        days: As `list_customer_days` gives it.
        until: Last day that is known.
        last_days: Length of the latest stretch of days that is summed by itself.

    Returns:
        Sorted by customer_idx: `customer_idx` Int32, `first_order_date` Date, `frequency` Int64 (purchases after the
        first), `recency` and `T` Int64 (days from the first purchase to the last one, and to `until`),
        `monetary_value` Float64 (net sales per repeat purchase, never below 0; NULL without one), `net_sales` Float64,
        `recent_purchases` Int64 and `recent_net_sales` Float64 (within `last_days` to `until`).
    """
    end = count_days_since_epoch(until)
    known = days.lazy().filter(pl.col("day_idx") <= end)
    bought = (
        known.filter(IS_PURCHASE)
        .group_by("customer_idx")
        .agg(
            first_day=pl.col("day_idx").min(),
            # the rows come sorted by day, so a customer's second purchase is the second smallest
            second_day=pl.col("day_idx").bottom_k(2).max(),
            last_day=pl.col("day_idx").max(),
            frequency=pl.len().cast(pl.Int64) - 1,
        )
    )
    is_late = pl.col("day_idx") > end - last_days
    of_first = (pl.col("frequency") == 0) | (pl.col("day_idx") < pl.col("second_day"))
    return (
        known.join(bought, on="customer_idx")
        .group_by("customer_idx", "first_day", "last_day", "frequency")
        .agg(
            net_sales=pl.col("net_sales").sum(),
            repeat_sales=pl.when(~of_first).then("net_sales").sum(),
            recent_purchases=(is_late & IS_PURCHASE).sum().cast(pl.Int64),
            recent_net_sales=pl.when(is_late).then("net_sales").sum(),
        )
        .select(
            "customer_idx",
            "frequency",
            "recent_purchases",
            pl.col("net_sales", "recent_net_sales").cast(pl.Float64),
            first_order_date=pl.col("first_day").cast(pl.Date),
            recency=(pl.col("last_day") - pl.col("first_day")).cast(pl.Int64),
            T=(end - pl.col("first_day")).cast(pl.Int64),
            monetary_value=pl.when(pl.col("frequency") > 0).then(
                (pl.col("repeat_sales").cast(pl.Float64) / pl.col("frequency")).clip(lower_bound=0)
            ),
        )
        .sort("customer_idx")
        .collect(engine="streaming")
    )


def sum_purchases_after(days: pl.DataFrame, *, after: dt.date) -> pl.DataFrame:
    """One row per customer with an order or refund after a day: `customer_idx`, `purchases` Int64, `value` Decimal."""
    return (
        days.lazy()
        .filter(pl.col("day_idx") > count_days_since_epoch(after))
        .group_by("customer_idx")
        .agg(purchases=IS_PURCHASE.sum().cast(pl.Int64), value=pl.col("net_sales").sum())
        .collect(engine="streaming")
    )
