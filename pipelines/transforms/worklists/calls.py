"""Which customers to call, for which reason, and what to do: decided once for all marts.

Put here: the yearly value of a customer, how much of it a call can still keep, and which reason leads. Keep out:
the signs (`service_signs.py`, `purchase_signs.py`), the weights of reasons (`reasons.py`), the lists
(`owner_worklists.py`), and the next step for customers without a reason to call (`customers/view/risk.py`).
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.windows import LAST_ACTIVE_DAYS
from regulars.pipelines.transforms.amounts import MONEY, round_to_money
from regulars.pipelines.transforms.purchases.purchase_days import read_customer_days
from regulars.pipelines.transforms.worklists.purchase_signs import (
    find_due_offers,
    find_lapse_signs,
    find_payment_signs,
    find_subscription_signs,
)
from regulars.pipelines.transforms.worklists.reasons import ORDER, REASONS, YEAR, compute_urgency, look_up_by_reason
from regulars.pipelines.transforms.worklists.service_signs import (
    SupportSettings,
    find_detractors,
    find_service_risks,
    find_ticket_signs,
)

FACTS = (
    *("customer_id", "is_deleted", "is_unknown", "owner", "last_order_date", "order_count", "average_order_value"),
    *("mrr", "days_since_last_order", "typical_days_between_orders", "is_active", "lapses_on", "lifecycle"),
    *("segment", "value_tier", "source_record_count", "p_alive", "payment_failed_on", "unpaid_orders", "unpaid_sales"),
)
"""The columns of `marts.customer_360` that the decision and the lists read."""

FIRST = (-pl.col("priority"), -pl.col("keepable_value"), -pl.col("at_stake"))
"""The order of reasons and of customers, the first to call first."""


@dataclass(frozen=True)
class CallTables:
    """The tables that hold signs, and the orders behind the value of a customer."""

    orders: IntoFrame
    refunds: IntoFrame
    calendar: IntoFrame
    subscriptions: IntoFrame
    tickets: IntoFrame
    survey_responses: IntoFrame
    next_best_offers: IntoFrame
    service_risk_customers: IntoFrame


@dataclass(frozen=True)
class CallRules:
    """The day, and what a company sets."""

    as_of: dt.date
    lapse_days: int
    subscription_revenue_is_in_orders: bool
    support: SupportSettings


def find_calls(customers: pl.DataFrame, tables: CallTables, rules: CallRules) -> pl.DataFrame:
    """Find the customers to call: each once, with the leading reason.

    Args:
        customers: `customer_idx` and the columns of `FACTS`; deleted customers and the unknown one are left out.
        tables: Tables of core and marts.
        rules: The day, and the settings.

    Returns:
        The columns of `choose_reasons`, not sorted.
    """
    known = customers.filter(~pl.col("is_deleted"), ~pl.col("is_unknown"))
    as_of = rules.as_of
    signs = _list_signs(known, tables, rules)
    days = read_customer_days(tables.orders, tables.refunds, tables.calendar, as_of=as_of)
    yearly = _value_last_active_year(days, known, rules.subscription_revenue_is_in_orders)
    is_settled = pl.col("is_settled_by_order") & (pl.col("last_order_date") > pl.col("happened_on"))
    called = signs.join(yearly, on="customer_idx").filter(~is_settled.fill_null(value=False))
    return choose_reasons(called, as_of=as_of)


def _list_signs(known: pl.DataFrame, tables: CallTables, rules: CallRules) -> pl.DataFrame:
    """List every sign: the columns of `SIGN`."""
    as_of = rules.as_of
    return pl.concat(
        [
            find_ticket_signs(tables.tickets, as_of=as_of, support=rules.support),
            find_service_risks(tables.service_risk_customers, as_of=as_of),
            find_detractors(tables.survey_responses, as_of=as_of),
            find_payment_signs(known),
            find_subscription_signs(tables.subscriptions, as_of=as_of),
            find_lapse_signs(known, as_of=as_of, lapse_days=rules.lapse_days),
            find_due_offers(tables.next_best_offers, known, as_of=as_of),
        ]
    )


def _value_last_active_year(days: pl.DataFrame, known: pl.DataFrame, is_in_orders: bool) -> pl.DataFrame:
    """Add `sales`, net sales of the `LAST_ACTIVE_DAYS` to the last order, and `year`: with 12 times the MRR.

    Refunds after the last order are subtracted. The MRR counts unless orders include it. Neither is below 0.
    """
    last_day = pl.col("last_order_date").cast(pl.Int32)
    sales = (
        days.join(known.select("customer_idx", last_day=last_day), on="customer_idx")
        .filter(pl.col("day_idx") > pl.col("last_day") - LAST_ACTIVE_DAYS)
        .group_by("customer_idx")
        .agg(sales=pl.col("net_sales").sum().cast(MONEY))
    )
    nothing = pl.lit(0, MONEY)
    subscribed = nothing if is_in_orders else 12 * pl.col("mrr")
    return known.join(sales, on="customer_idx", how="left").with_columns(
        year=pl.max_horizontal(pl.col("sales").fill_null(nothing) + subscribed, nothing),
        sales=pl.max_horizontal("sales", nothing),
    )


def choose_reasons(called: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Choose each customer's leading reason, the one of highest priority; `why` lists all of them.

    Args:
        called: The columns of `SIGN`, `sales`, `year`, `p_alive`, and facts of the customer.
        as_of: Last day that counts.

    Returns:
        One row per customer, with `at_stake`, `at_stake_basis`, `keepable_value`, `urgency`, `priority` and
        `next_step`.
    """
    order = list(REASONS)
    ranked = (
        called.with_columns(
            at_stake=pl.coalesce("at_stake", "year"),
            at_stake_basis=pl.col("at_stake_basis").fill_null(YEAR),
            next_step=look_up_by_reason({name: each.step for name, each in REASONS.items()}, pl.String),
            urgency=compute_urgency(as_of),
            reason_number=pl.col("reason").replace_strict(order, list(range(len(order))), return_dtype=pl.Int64),
        )
        .with_columns(keepable_value=_find_keepable_value())
        .with_columns(priority=round_to_money(pl.col("keepable_value").cast(pl.Float64) * pl.col("urgency")))
        .sort("customer_idx", *FIRST, "reason_number", "until_date", "happened_on", "why")
    )
    whys = ranked.group_by("customer_idx", maintain_order=True).agg(
        pl.col("why").unique(maintain_order=True).str.join("; ")
    )
    leading = ranked.unique("customer_idx", keep="first", maintain_order=True)
    return leading.drop("why").join(whys, on="customer_idx", maintain_order="left")


def _find_keepable_value() -> pl.Expr:
    """The part of `at_stake` that a call can still keep: sales of orders count × `p_alive`, everything else in full.

    A live subscription and an unpaid order do not depend on earlier orders; a sign with its own estimate has it in
    `still_to_keep`. Without a known `p_alive`, sales count in full.
    """
    basis = pl.col("at_stake_basis")
    of_orders = (
        pl.when(basis == YEAR)
        .then("sales")
        .when(basis == ORDER)
        .then("at_stake")
        .otherwise(pl.lit(0, MONEY))
        .cast(pl.Float64)
    )
    gone = round_to_money(of_orders * (1 - pl.col("p_alive"))).fill_null(pl.lit(0, MONEY))
    return pl.coalesce("still_to_keep", pl.col("at_stake") - gone).cast(MONEY)
