"""Sums of orders and refunds: the scans at full size that the marts share.

They are written against narwhals, so that the same function runs on polars (the default), DuckDB and Spark. To stay
portable, they turn days into numbers by a join with the calendar, not by date arithmetic; they only sum, compare,
negate and subtract money (DECIMAL), and never divide it; they cast counts to Int64.

Put here: sums over `core.orders` and `core.refunds` at full size. Keep out: what a mart makes of them (plain polars).
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX

Scan = Any
"""A lazy frame of the engine of the inputs (polars LazyFrame, DuckDB relation …), in no particular order."""

SUMS = ("order_count", "gross_sales", "discounts", "refunds", "net_sales")
"""The columns that every scan sums. Money is in the company's currency; discounts and refunds are positive."""


def sum_purchases_by_customer_day(
    orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date
) -> Scan:
    """Sum orders and refunds: one row per customer and day with a countable order or refund.

    Args:
        orders: `core.orders`; uses `customer_idx`, `order_date`, `is_countable`, `gross_sales`, `discounts`.
        refunds: `core.refunds`; uses `customer_idx`, `refund_date`, `goods`, `is_countable`.
        calendar: `core.calendar`; uses `day`, `day_idx`.
        as_of: Last day that counts.

    Returns:
        `customer_idx` Int32 (`UNKNOWN_CUSTOMER_IDX` is included), `day_idx` Int32, `order_count`
        Int64 (0 on a day with refunds only), and Decimal(38, 4) `gross_sales`, `discounts`, `refunds` and
        `net_sales` = gross_sales − discounts − refunds (goods of countable refunds; a refund counts on its own day).
    """
    return sum_purchases_by_customer_period(orders, refunds, calendar, as_of=as_of, period_idx="day_idx")


def sum_purchases_by_customer_period(
    orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date, period_idx: str
) -> Scan:
    """Sum orders and refunds: one row per customer and period, otherwise as `sum_purchases_by_customer_day`.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`.
        as_of: Last day that counts.
        period_idx: The calendar's column that numbers the periods: `day_idx`, `week_idx`, `month_idx`,
            `quarter_idx`, `year` …
    """
    periods = make_lazy(calendar).select("day", period_idx)
    parts = (rows.join(periods, on="day", how="left") for rows in _list_purchase_rows(orders, refunds, as_of))
    return _sum_by_key(parts, "customer_idx", period_idx).to_native()


def sum_purchases_by_customer(orders: IntoFrame, refunds: IntoFrame, *, as_of: dt.date) -> Scan:
    """Sum orders and refunds over all history: one row per customer with a countable order or refund.

    Args:
        orders: `core.orders`; uses `customer_idx`, `order_date`, `is_countable`, `gross_sales`, `discounts`.
        refunds: `core.refunds`; uses `customer_idx`, `refund_date`, `goods`, `is_countable`.
        as_of: Last day that counts.

    Returns:
        `customer_idx` Int32 (0 is the unknown customer), `first_order_date` and `last_order_date` Date (NULL for a
        customer with refunds only), `order_count` Int64, `purchase_days` Int64 (distinct days with an order), and
        Decimal(38, 4) `gross_sales`, `discounts`, `refunds`, `net_sales_to_date`.
    """
    by_day = _sum_by_key(_list_purchase_rows(orders, refunds, as_of), "customer_idx", "day")
    is_purchase = nw.col("order_count") > 0
    return (
        by_day.with_columns(
            order_date=nw.when(is_purchase).then(nw.col("day")),
            purchase_days=nw.when(is_purchase).then(nw.lit(1)).otherwise(nw.lit(0)),
        )
        .group_by("customer_idx")
        .agg(
            nw.col("order_date").min().alias("first_order_date"),
            nw.col("order_date").max().alias("last_order_date"),
            nw.col("order_count", "purchase_days").sum(),
            nw.col("gross_sales", "discounts", "refunds").sum(),
            nw.col("net_sales").sum().alias("net_sales_to_date"),
        )
        .with_columns(nw.col("order_count", "purchase_days").cast(nw.Int64))
        .to_native()
    )


def list_purchase_days(orders: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> Scan:
    """List purchase days: one row per customer and day with a countable order, without amounts.

    Args:
        orders: `core.orders`; uses `customer_idx`, `order_date`, `is_countable`.
        calendar: `core.calendar`; uses `day`, `day_idx`.
        as_of: Last day that counts.

    Returns:
        `customer_idx` Int32 (0 is the unknown customer), `day_idx` Int32.
    """
    days = make_lazy(calendar).select("day", "day_idx")
    purchases = _select_countable(orders, as_of).select("customer_idx", nw.col("order_date").alias("day"))
    return purchases.join(days, on="day", how="left").select("customer_idx", "day_idx").unique().to_native()


def sum_sales_by_month_and_buyer(orders: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> Scan:
    """Sum sales: one row per month, known or unknown buyer, and first or later order.

    Args:
        orders: `core.orders`; uses `customer_idx`, `order_date`, `is_countable`, `is_first_order`, `gross_sales`,
            `discounts`.
        calendar: `core.calendar`; uses `day`, `month_idx`.
        as_of: Last day that counts.

    Returns:
        `month_idx` Int32, `is_unknown`, `is_first_order`, Int64 `customer_count` (distinct within the row) and
        `order_count`, Decimal(38, 4) `sales` = gross_sales − discounts.
    """
    months = make_lazy(calendar).select("month_idx", order_date=nw.col("day"))
    sums = nw.col("order_count", "sales").sum()
    return (
        _select_countable(orders, as_of)
        .join(months, on="order_date", how="left")
        .select(
            "month_idx",
            "is_first_order",
            "customer_idx",
            order_count=nw.lit(1, nw.Int64),
            sales=nw.col("gross_sales") - nw.col("discounts"),
        )
        .group_by("month_idx", "is_first_order", "customer_idx")
        .agg(sums)
        .with_columns(_cast_counts(), is_unknown=nw.col("customer_idx") == UNKNOWN_CUSTOMER_IDX)
        .group_by("month_idx", "is_unknown", "is_first_order")
        .agg(sums, customer_count=nw.len())
        .with_columns(_cast_counts(), nw.col("customer_count").cast(nw.Int64))
        .to_native()
    )


def sum_refunds_by_month(refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> Scan:
    """Sum refunds of all customers: one row per month with refunds.

    Args:
        refunds: `core.refunds`; uses `refund_date`, `is_countable`, `amount`, `goods`, `shipping`, `tax`.
        calendar: `core.calendar`; uses `day`, `month_idx`.
        as_of: Last day that counts.

    Returns:
        `month_idx` Int32, and Decimal(38, 4) of countable refunds `refunds` (their goods), `refunded_shipping`,
        `refunded_tax`, and `refunded_otherwise`: what else was given back, refunds that do not count included.
    """
    months = make_lazy(calendar).select("month_idx", refund_date=nw.col("day"))
    given_back = make_lazy(refunds).filter(nw.col("refund_date") <= as_of).join(months, on="refund_date", how="left")
    nothing = nw.col("amount") - nw.col("amount")
    parts = {"refunds": "goods", "refunded_shipping": "shipping", "refunded_tax": "tax"}
    counted = [
        nw.when(nw.col("is_countable")).then(nw.col(part)).otherwise(nothing).alias(name)
        for name, part in parts.items()
    ]
    return (
        given_back.select("month_idx", "amount", *counted)
        .group_by("month_idx")
        .agg(nw.col("amount", *parts).sum())
        .select(
            "month_idx",
            *parts,
            (nw.col("amount") - nw.col("refunds") - nw.col("refunded_shipping") - nw.col("refunded_tax")).alias(
                "refunded_otherwise"
            ),
        )
        .to_native()
    )


def sum_net_sales_by_month_and_first_month(
    orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date
) -> Scan:
    """Sum net sales: one row per month and month of the customer's first order.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`.
        as_of: Last day that counts.

    Returns:
        `month_idx` Int32, `first_month_idx` Int32 (NULL for the unknown customer, and for customers with refunds but no
        countable order), Decimal(38, 4) `net_sales`.
    """
    by_customer = make_lazy(
        sum_purchases_by_customer_period(orders, refunds, calendar, as_of=as_of, period_idx="month_idx")
    )
    is_order = (nw.col("order_count") > 0) & (nw.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
    return (
        by_customer.with_columns(order_month_idx=nw.when(is_order).then(nw.col("month_idx")))
        .with_columns(first_month_idx=nw.col("order_month_idx").min().over("customer_idx"))
        .group_by("month_idx", "first_month_idx")
        .agg(nw.col("net_sales").sum())
        .to_native()
    )


def select_columns(frame: IntoFrame, *columns: str) -> Scan:
    """Select columns of a table, lazily and on its own engine."""
    return make_lazy(frame).select(*columns).to_native()


def read_into_polars(frame: IntoFrame) -> pl.DataFrame:
    """Run a scan on its own engine and read the result into polars."""
    if isinstance(frame, pl.LazyFrame):  # twice as fast as polars' own default on these group-bys, and in less memory
        return frame.collect(engine="streaming")
    collected: pl.DataFrame = make_lazy(frame).collect(backend="polars").to_native()
    return collected


def make_lazy(frame: IntoFrame) -> "nw.LazyFrame[Any]":
    """A table as a lazy frame of narwhals, on its own engine."""
    return nw.from_native(frame).lazy()


def read_lazy(frame: "nw.LazyFrame[Any]") -> pl.DataFrame:
    """Run a scan of narwhals on its own engine and read the result into polars."""
    return read_into_polars(frame.to_native())


def _select_countable(orders: IntoFrame, as_of: dt.date) -> nw.LazyFrame[Any]:
    return make_lazy(orders).filter(nw.col("is_countable") & (nw.col("order_date") <= as_of))


def _list_purchase_rows(
    orders: IntoFrame, refunds: IntoFrame, as_of: dt.date
) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]:
    """List countable orders and countable refunds, each as `customer_idx`, `day` and the `SUMS`."""
    gross, discounts, goods = nw.col("gross_sales"), nw.col("discounts"), nw.col("goods")
    # A zero of the right Decimal cannot be written portably, since casts differ by engine; x − x is one everywhere.
    bought = _select_countable(orders, as_of).select(
        "customer_idx",
        nw.col("order_date").alias("day"),
        nw.lit(1, nw.Int64).alias("order_count"),
        gross,
        discounts,
        (gross - gross).alias("refunds"),
        (gross - discounts).alias("net_sales"),
    )
    given_back = (
        make_lazy(refunds)
        .filter(nw.col("is_countable") & (nw.col("refund_date") <= as_of))
        .select(
            "customer_idx",
            nw.col("refund_date").alias("day"),
            nw.lit(0, nw.Int64).alias("order_count"),
            (goods - goods).alias("gross_sales"),
            (goods - goods).alias("discounts"),
            goods.alias("refunds"),
            (-goods).alias("net_sales"),
        )
    )
    return bought, given_back


def _sum_by_key(parts: Iterable[nw.LazyFrame[Any]], *keys: str) -> nw.LazyFrame[Any]:
    """Sum the `SUMS` per key over all parts. Each part is summed by itself first, which leaves fewer rows."""
    sums = nw.col(*SUMS).sum()
    together = nw.concat([rows.group_by(*keys).agg(sums).with_columns(_cast_counts()) for rows in parts])
    return together.group_by(*keys).agg(sums).with_columns(_cast_counts())


def _cast_counts() -> nw.Expr:
    return nw.col("order_count").cast(nw.Int64)
