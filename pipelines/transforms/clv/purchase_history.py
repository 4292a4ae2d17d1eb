"""The purchase history of each customer as lifetime models read it: frequency, recency, T, monetary_value.

A purchase is a day with at least one countable order, as in the papers: several orders on one day are one purchase. A
refund reduces the purchase before it (the first one where there is none before), so that monetary_value is net.

Put here: histories up to a day, and what customers did after it. Keep out: models and predictions.
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import HOLDOUT_DAYS
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.history_start import find_first_day
from regulars.pipelines.transforms.purchases.purchase_days import read_customer_days

SHORTEST_HOLDOUT_DAYS = 56
"""A history shorter than twice this is not evaluated."""

IS_PURCHASE = pl.col("order_count") > 0


def list_customer_days(orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """List the days with an order or a refund: one row per known customer and day, sorted by both.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`.
        as_of: Last day that counts.

    Returns:
        `customer_idx` Int32, `day_idx` Int32 (days since 1970), `order_count` Int64 (0 on a day with refunds only) and
        `net_sales` Decimal(18, 4), exact, so that no sum depends on the order in which it is made.
    """
    return (
        read_customer_days(orders, refunds, calendar, as_of=as_of)
        .lazy()
        .filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
        .with_columns(pl.col("net_sales").cast(MONEY))
        .sort("customer_idx", "day_idx")
        .collect(engine="streaming")
    )


def choose_calibration_end(days: pl.DataFrame, as_of: dt.date) -> dt.date | None:
    """Choose the last day of the calibration period; the days from there to `as_of` are the holdout.

    A year before `as_of`, or half of a history shorter than two years; None where that is too short.
    """
    first = find_first_purchase_day(days)
    if first is None:
        return None
    holdout = min(HOLDOUT_DAYS, (as_of - first).days // 2)
    return as_of - dt.timedelta(days=holdout) if holdout >= SHORTEST_HOLDOUT_DAYS else None


def find_first_purchase_day(days: pl.DataFrame) -> dt.date | None:
    """Find the first day of history in the result of `list_customer_days`; None without a purchase."""
    firsts = days.filter(IS_PURCHASE).group_by("customer_idx").agg(pl.col("day_idx").min())
    return find_first_day(firsts["day_idx"])


def sum_by_customer(days: pl.DataFrame) -> pl.DataFrame:
    """Sum each buyer's orders and net sales: one row per customer with a purchase.

    Args:
        days: As `list_customer_days` returns it.

    Returns:
        `customer_idx`, `net_sales_to_date` Decimal, `order_count`, `first_order_date`, `last_order_date`.
    """
    day = pl.when(IS_PURCHASE).then("day_idx")
    totals = days.group_by("customer_idx").agg(
        net_sales_to_date=pl.col("net_sales").sum(),
        order_count=pl.col("order_count").sum(),
        first_order_date=day.min().cast(pl.Date),
        last_order_date=day.max().cast(pl.Date),
    )
    return totals.filter(IS_PURCHASE)


def summarise_history(days: pl.DataFrame, *, until: dt.date, last_days: int = HOLDOUT_DAYS) -> pl.DataFrame:
    """Summarise the history of each customer who bought by `until`, one row each; later days are ignored.

    Args:
        days: As `list_customer_days` returns it.
        until: Last day that counts.
        last_days: Length of the recent period, which ends with `until` and is also summed by itself.

    Returns:
        Sorted by customer_idx: `customer_idx` Int32, `first_order_date` Date, `frequency` Int64 (purchases after the
        first), `recency` and `T` Int64 (days from the first purchase to the last one, and to `until`),
        `monetary_value` Float64 (net sales per repeat purchase, never below 0; NULL without one), `net_sales` Float64,
        `recent_purchases` Int64 and `recent_net_sales` Float64 (of repeat purchases in the `last_days` days to `until`;
        a first purchase is not repeated).
    """
    end = count_days_since_epoch(until)
    known = days.lazy().filter(pl.col("day_idx") <= end)
    bought = (
        known.filter(IS_PURCHASE)
        .group_by("customer_idx")
        .agg(
            first_day=pl.col("day_idx").min(),
            # one row per day, so the second smallest day is the second purchase
            second_day=pl.col("day_idx").bottom_k(2).max(),
            last_day=pl.col("day_idx").max(),
            frequency=pl.len().cast(pl.Int64) - 1,
        )
    )
    is_recent = pl.col("day_idx") > end - last_days
    of_first = (pl.col("frequency") == 0) | (pl.col("day_idx") < pl.col("second_day"))
    return (
        known.join(bought, on="customer_idx")
        .group_by("customer_idx", "first_day", "last_day", "frequency")
        .agg(
            net_sales=pl.col("net_sales").sum(),
            repeat_sales=pl.when(~of_first).then("net_sales").sum(),
            recent_purchases=(is_recent & IS_PURCHASE & ~of_first).sum().cast(pl.Int64),
            recent_net_sales=pl.when(is_recent & ~of_first).then("net_sales").sum(),
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
    """Sum what customers did after a day: `customer_idx`, `purchases` Int64, `value` Decimal; one row per customer."""
    return (
        days.lazy()
        .filter(pl.col("day_idx") > count_days_since_epoch(after))
        .group_by("customer_idx")
        .agg(purchases=IS_PURCHASE.sum().cast(pl.Int64), value=pl.col("net_sales").sum())
        .collect(engine="streaming")
    )
