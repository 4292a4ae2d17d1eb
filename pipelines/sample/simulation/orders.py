"""The sample shop's orders and refunds: purchases, and all that is in a shop's export beside them.

Put here: assembling orders (purchases, cancelled, test, till and free ones), their amounts, deliveries and refunds.
Keep out: how they are written to files (`exports.py`).
"""

import datetime as dt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.people import People
from regulars.pipelines.sample.simulation.purchases import LEAST_CENTS, PurchaseDays, draw_moments, draw_spend
from regulars.pipelines.sample.simulation.rates import ONE, convert_to_company_currency

Ints = NDArray[np.int64]

SORTS = ("purchase", "cancelled", "tasting", "till", "test")
PURCHASE, CANCELLED, TASTING, TILL, TEST = range(len(SORTS))
"""Only purchases and till sales count. Till sales (the factory shop) and tests have no customer."""
SHARE_CANCELLED = 0.02
SHARE_TASTING = 0.04
SHARE_TILL = 0.004
SHARE_TEST = 0.002
SALES_AFTER_AS_OF = 2
"""Till sales of the day after `AS_OF`, per chunk of customers: in the file, but not to be counted."""

DELIVERED = tuple(dt.date.fromisoformat(day) for day in ("2024-01-01", "2025-01-01", "2026-01-01", "2026-04-01"))
LAST_DELIVERED = dt.date(2026, 7, 1)
DELIVERIES = (*DELIVERED, LAST_DELIVERED)
"""The day each orders file was exported; it holds the orders since the one before, and what had to be sent again."""
SHARE_LATE = 0.008
SHARE_SENT_AGAIN = 0.015
SHARE_CORRECTED = 0.4
"""Of the orders sent again, how many had one line too many at first."""
SHARE_CANCELLED_LATER = 0.3
SHARE_TWICE = 0.001
"""Orders that stand twice in the same file."""

SHARE_DISCOUNT = 0.18
SHARE_REFUND = 0.06
SHARE_REFUND_WITHOUT_ORDER = 0.08
SHARE_REFUND_WITHOUT_CUSTOMER = 0.01


def compute_local_day(seconds: pl.Expr) -> pl.Expr:
    """The date in the company's zone of seconds since the start of `FIRST_DAY`, UTC."""
    return compute_moment(seconds).dt.convert_time_zone(c.TIMEZONE).dt.date()


def compute_moment(seconds: pl.Expr) -> pl.Expr:
    """The UTC moment of seconds since the start of `FIRST_DAY`."""
    start = dt.datetime.combine(c.FIRST_DAY, dt.time(), tzinfo=dt.UTC)
    return pl.lit(start).dt.cast_time_unit("us") + pl.duration(seconds=seconds)


def _gather_orders(rng: np.random.Generator, people: People, purchase_days: PurchaseDays) -> pl.DataFrame:
    """All orders in the order of their moments: `person` (-1 without a customer), `sort`, `day`, `is_last`."""
    bought = len(purchase_days.person)
    again = rng.choice(bought, rng.binomial(bought, SHARE_CANCELLED), replace=False)
    can_taste = (people.kind == 0) & (purchase_days.first_day > 25)  # false for leads: they have no first day
    tasters = np.flatnonzero((rng.random(len(people)) < SHARE_TASTING) & can_taste)
    tills, tests = rng.binomial(bought, SHARE_TILL), rng.binomial(bought, SHARE_TEST)
    parts = (
        (PURCHASE, purchase_days.person, purchase_days.day),
        (
            CANCELLED,
            purchase_days.person[again],
            np.minimum(purchase_days.day[again] + rng.random(len(again)), c.DAYS - 0.01),
        ),
        (TASTING, tasters, purchase_days.first_day[tasters] - rng.uniform(3, 20, len(tasters))),
        (TILL, np.full(tills, -1), rng.uniform(0, c.DAYS, tills)),
        (TILL, np.full(SALES_AFTER_AS_OF, -1), np.full(SALES_AFTER_AS_OF, float(c.DAYS))),
        (TEST, np.full(tests, -1), rng.uniform(0, c.DAYS, tests)),
    )
    day = np.concatenate([part[2] for part in parts])
    is_last = np.zeros(len(day), dtype=np.bool_)
    is_last[:bought] = purchase_days.is_last
    frame = pl.DataFrame(
        {
            "person": np.concatenate([part[1] for part in parts]).astype(np.int64),
            "sort": np.concatenate([np.full(len(part[1]), part[0]) for part in parts]).astype(np.int64),
            "at": draw_moments(rng, day),
            "is_last": is_last,
        }
    )
    return frame.sort("at", maintain_order=True)


def _draw_deliveries(rng: np.random.Generator, order_date: pl.Series, sort: Ints) -> dict[str, NDArray[np.generic]]:
    """Which delivery holds each order first and last, and why it was sent again."""
    size = len(order_date)
    days = np.array(DELIVERED, dtype="datetime64[D]")
    due = np.searchsorted(days, order_date.to_numpy().astype("datetime64[D]"), side="right").astype(np.int64)
    luck = rng.random(size)
    can_move = due < len(DELIVERIES) - 1
    is_late = can_move & (luck < SHARE_LATE)
    is_void_later = (sort == CANCELLED) & can_move & ~is_late & (rng.random(size) < SHARE_CANCELLED_LATER)
    is_again = can_move & ~is_late & ((luck > 1 - SHARE_SENT_AGAIN) & (sort == PURCHASE) | is_void_later)
    is_corrected = is_again & (sort == PURCHASE) & (rng.random(size) < SHARE_CORRECTED)
    first = due + is_late
    return {
        "first_delivery": first,
        "last_delivery": first + is_again,
        "is_late_row": is_late,
        "is_sent_again": is_again,
        "is_corrected": is_corrected,
        "is_twice": rng.random(size) < SHARE_TWICE,
    }


def draw_orders(
    rng: np.random.Generator, people: People, purchase_days: PurchaseDays, rates: Ints, first_number: int
) -> pl.DataFrame:
    """Assemble the orders of a chunk of customers, as they stand in the end.

    Args:
        rng: The source of randomness of this chunk.
        people: The customers.
        purchase_days: Their purchases.
        rates: EUR for one GBP by day since `FIRST_DAY`, in hundred-thousandths.
        first_number: Number of the first order.

    Returns:
        One row per order, sorted by moment: `order_number`, `person`, `sort`, `at` (seconds since `FIRST_DAY`),
        `order_date`, `kind`, `region`, `is_pounds`, `rate`, `gross`, `discount`, `shipping`, `tax` (cents of its
        currency), `gross_eur`, `discount_eur` (ten-thousandths), `is_delayed`, `delivered`, deliveries.
    """
    orders = _gather_orders(rng, people, purchase_days).with_columns(order_date=compute_local_day(pl.col("at")))
    size = len(orders)
    person, sort = orders["person"].to_numpy(), orders["sort"].to_numpy()
    known = np.maximum(person, 0)
    region = np.where(person >= 0, people.region[known], 0)
    is_pounds = np.array([r.currency != c.CURRENCY for r in c.REGIONS])[region]
    day = (orders["order_date"] - c.FIRST_DAY).dt.total_days().to_numpy()
    rate = np.where(is_pounds, rates[day], ONE)

    spend = np.where(person >= 0, draw_spend(rng, people, known), np.rint(rng.gamma(2.0, 700, size)).astype(np.int64))
    net = np.maximum(np.rint(spend * ONE / rate).astype(np.int64), LEAST_CENTS)
    net = np.where(sort == TASTING, 0, net)
    has_code = (rng.random(size) < SHARE_DISCOUNT) & (sort != TILL)
    discount = np.where(has_code, np.rint(net / 9).astype(np.int64), 0)
    gross = net + discount
    shipping = np.where((gross >= 4_000) | (sort == TILL) | (sort == TASTING), 0, 490)
    is_delayed = rng.random(size) < np.where(orders["order_date"].dt.month().to_numpy() == 12, 0.22, 0.08)
    transit = np.where(is_delayed, rng.uniform(4.2, 9, size), rng.uniform(0.8, 2.9, size))
    return orders.with_columns(
        order_number=pl.int_range(first_number, first_number + size, dtype=pl.Int64),
        kind=pl.Series(np.where(person >= 0, people.kind[known], 0)),
        region=pl.Series(region),
        is_pounds=pl.Series(is_pounds),
        rate=pl.Series(rate),
        gross=pl.Series(gross),
        discount=pl.Series(discount),
        shipping=pl.Series(shipping),
        tax=pl.Series(np.rint(net * 7 / 100).astype(np.int64)),
        gross_eur=pl.Series(convert_to_company_currency(gross, rate)),
        discount_eur=pl.Series(convert_to_company_currency(discount, rate)),
        is_delayed=pl.Series(is_delayed),
        delivered=pl.Series(orders["at"].to_numpy() + np.rint(transit * 86_400).astype(np.int64)),
        **{name: pl.Series(values) for name, values in _draw_deliveries(rng, orders["order_date"], sort).items()},
    )


def draw_refunds(rng: np.random.Generator, orders: pl.DataFrame, rates: Ints, first_number: int) -> pl.DataFrame:
    """Give some money back, days after the order.

    Args:
        rng: The source of randomness of this chunk.
        orders: As `draw_orders` returns them.
        rates: EUR for one GBP by day since `FIRST_DAY`, in hundred-thousandths.
        first_number: Number of the first refund.

    Returns:
        One row per refund: `refund_number`, `order` (row of `orders`), `order_number`, `person`, `at`, `refund_date`,
        `is_pounds`, `amount` (cents), `amount_eur` (ten-thousandths), `has_order`, `has_person`.
    """
    bought = orders.with_row_index("order").filter(pl.col("sort") == PURCHASE)
    chosen = bought.filter(pl.Series(rng.random(len(bought)) < SHARE_REFUND))
    wait = rng.integers(2 * 86_400, 30 * 86_400, len(chosen))
    net = (chosen["gross"] - chosen["discount"]).to_numpy()
    share = np.where(rng.random(len(chosen)) < 0.6, 1.0, rng.uniform(0.2, 0.6, len(chosen)))
    luck = rng.random(len(chosen))
    refunds = chosen.select(
        "order", "order_number", "person", "is_pounds", at=pl.col("at") + pl.Series(wait, dtype=pl.Int64)
    ).with_columns(
        refund_date=compute_local_day(pl.col("at")),
        amount=pl.Series(np.maximum(np.rint(net * share).astype(np.int64), 1)),
        has_order=pl.Series(luck >= SHARE_REFUND_WITHOUT_ORDER + SHARE_REFUND_WITHOUT_CUSTOMER),
        has_person=pl.Series(luck >= SHARE_REFUND_WITHOUT_CUSTOMER),
    )
    refunds = refunds.filter(pl.col("refund_date") <= c.AS_OF).sort("at", maintain_order=True)
    day = (refunds["refund_date"] - c.FIRST_DAY).dt.total_days().to_numpy()
    rate = np.where(refunds["is_pounds"].to_numpy(), rates[day], ONE)
    return refunds.with_columns(
        refund_number=pl.int_range(first_number, first_number + len(refunds), dtype=pl.Int64),
        amount_eur=pl.Series(convert_to_company_currency(refunds["amount"].to_numpy(), rate)),
    )
