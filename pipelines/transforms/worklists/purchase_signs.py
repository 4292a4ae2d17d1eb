"""Signs that a customer is about to leave, has left, or is about to buy: from orders and subscriptions.

Put here: these signs. Keep out: what customers say (`service_signs.py`), and which sign leads (`owner_worklists.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.windows import PAYMENT_DAYS
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.signs import find_signs_of_leaving, is_lapse_by_subscription
from regulars.pipelines.transforms.products.offer_verdicts import DUE
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.subscriptions.ending_subscriptions import find_ending_subscriptions
from regulars.pipelines.transforms.value_tier import is_of_high_value
from regulars.pipelines.transforms.worklists.reasons import (
    ORDER,
    SUBSCRIPTION,
    UNPAID,
    count_days,
    count_orders,
    take_sign,
)

WIN_BACK_DAYS = 180
"""How long after the lapse a customer of high value is called."""

DUE_DAYS = 14
"""A product bought in a regular rhythm is offered from this many days before to this many days after it is due."""


def find_subscription_signs(subscriptions: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Find subscriptions that are about to end, and those that end or lately ended because a payment failed.

    A customer who has since begun another subscription without a known end is not called. An order does not settle it.

    Args:
        subscriptions: `core.subscriptions`.
        as_of: Last day that counts.

    Returns:
        The columns of `SIGN`, one row per customer and reason; at stake are 12 monthly amounts.
    """
    lasting = find_ending_subscriptions(subscriptions, as_of=as_of)
    plan = pl.when(pl.col("plan").is_not_null()).then(pl.format(" {}", "plan")).otherwise(pl.lit(""))
    is_over = pl.col("first_end") <= as_of
    verb = pl.when(is_over).then(pl.lit("ended")).otherwise(pl.lit("ends"))
    cause = (
        pl.when(pl.col("reason") == "payment_failed").then(pl.lit(" because a payment failed")).otherwise(pl.lit(""))
    )
    others = pl.format(f" ({{}} of {{}} that ended so came back within {PAYMENT_DAYS} days)", "came_back", "ended_so")
    known = pl.when(is_over & (pl.col("ended_so") > 0)).then(others).otherwise(pl.lit(""))
    return lasting.select(
        take_sign(
            happened_on=pl.when(is_over).then("first_end"),
            why=pl.format("subscription{} {} on {}{}{}", plan, verb, "first_end", cause, known),
            at_stake=pl.col("at_stake"),
            at_stake_basis=pl.lit(SUBSCRIPTION),
            still_to_keep=pl.col("still_to_keep"),
        )
    )


def find_payment_signs(customer_360: pl.DataFrame) -> pl.DataFrame:
    """Find customers with orders whose payment failed lately.

    Args:
        customer_360: `customer_idx` and the columns of `marts.customer_360`.

    Returns:
        The columns of `SIGN`, one row per customer; at stake are the orders after discounts, `happened_on` is the day
        of the last failure.
    """
    day = pl.col("payment_failed_on")
    return customer_360.filter(day.is_not_null()).select(
        take_sign(
            reason=pl.lit("payment_failed"),
            happened_on=day,
            until_date=day + dt.timedelta(days=PAYMENT_DAYS),
            why=pl.format("the payment of {} failed, last on {}", count_orders(pl.col("unpaid_orders")), day),
            is_settled_by_order=pl.lit(value=True),
            at_stake=pl.max_horizontal("unpaid_sales", pl.lit(0, MONEY)),
            at_stake_basis=pl.lit(UNPAID),
        )
    )


def find_lapse_signs(customer_360: pl.DataFrame, *, as_of: dt.date, lapse_days: int) -> pl.DataFrame:
    """Find customers of high value who stay away or are close to lapsing, and those who lapsed lately.

    Args:
        customer_360: `customer_idx` and the columns of `marts.customer_360`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.

    Returns:
        The columns of `SIGN`, one row per customer.
    """
    lapses_on, since = pl.col("lapses_on"), pl.col("days_since_last_order")
    high = customer_360.filter(is_of_high_value()).with_columns(
        **find_signs_of_leaving(
            may_leave=pl.col("is_active") & lapses_on.is_not_null(),
            lapses_on="lapses_on",
            since="days_since_last_order",
            as_of=as_of,
            lapse_days=lapse_days,
        )
    )
    usual = pl.col("typical_days_between_orders").round(0, mode="half_away_from_zero").cast(pl.Int64)
    rhythm = pl.when("is_overdue").then(pl.format(", usually every {}", count_days(usual))).otherwise(pl.lit(""))
    orders, is_by_subscription = count_orders(pl.col("order_count")), is_lapse_by_subscription(lapse_days)
    cause = pl.when(is_by_subscription).then(pl.lit(" with the end of the subscription")).otherwise(pl.lit(""))
    leaving = high.filter(pl.col("is_overdue") | pl.col("is_near_lapse")).select(
        take_sign(
            reason=pl.lit("staying_away"),
            until_date=lapses_on,
            why=pl.format("last order {} ago{}, lapses on {}{}", count_days(since), rhythm, lapses_on, cause),
        )
    )
    win_back = lapses_on + dt.timedelta(days=WIN_BACK_DAYS)
    is_lost = (pl.col("lifecycle") == "lapsed") & (lapses_on <= as_of) & (win_back > as_of)
    lost = high.filter(is_lost).select(
        take_sign(
            reason=pl.lit("lapsed"),
            happened_on=lapses_on,
            until_date=win_back,
            why=pl.when(is_by_subscription)
            .then(pl.format("lapsed on {}{}, {} before, the last on {}", lapses_on, cause, orders, "last_order_date"))
            .otherwise(pl.format("lapsed on {} after {}", lapses_on, orders)),
        )
    )
    return pl.concat([leaving, lost])


def find_due_offers(next_best_offers: IntoFrame, customer_360: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Find customers of high value for whom a product that they buy in a regular rhythm is due.

    Args:
        next_best_offers: `marts.next_best_offers`.
        customer_360: `customer_idx` and the columns of `marts.customer_360`.
        as_of: Last day that counts.

    Returns:
        The columns of `SIGN`, one row per customer; at stake is an average order.
    """
    columns = ("customer_idx", "offer_rank", "offer_kind", "product_id", "product_name", "due_on", "why")
    offers = read_into_polars(select_columns(next_best_offers, *columns))
    high = customer_360.filter(is_of_high_value())
    days = (pl.col("due_on") - pl.lit(as_of)).dt.total_days()
    product = pl.coalesce("product_name", "product_id")
    return (
        offers.filter(pl.col("offer_kind") == DUE, days.abs() <= DUE_DAYS)
        .sort("customer_idx", "offer_rank")
        .unique("customer_idx", keep="first", maintain_order=True)
        .join(high.select("customer_idx", "average_order_value"), on="customer_idx")
        .select(
            take_sign(
                reason=pl.lit("offer_due"),
                until_date=pl.col("due_on") + dt.timedelta(days=DUE_DAYS),
                why=pl.format("{} is due on {}: {}", product, "due_on", "why"),
                at_stake=pl.col("average_order_value"),
                at_stake_basis=pl.lit(ORDER),
            )
        )
    )
