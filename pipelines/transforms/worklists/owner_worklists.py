"""The mart `owner_worklists`: whom each account owner calls first, why, with what at stake and until when.

Put here: what a year of a customer is worth, how much of it a call can still keep, which reason leads, and who is on
the list. Keep out: the signs (`service_signs.py`, `purchase_signs.py`) and the weights of reasons (`reasons.py`).
"""

import datetime as dt
from typing import Protocol

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNASSIGNED
from regulars.pipelines.definitions.windows import LAST_ACTIVE_DAYS
from regulars.pipelines.transforms.amounts import MONEY, round_to_money
from regulars.pipelines.transforms.purchases.purchases import (
    read_into_polars,
    select_columns,
    sum_purchases_by_customer_day,
)
from regulars.pipelines.transforms.worklists.purchase_signs import (
    find_due_offers,
    find_lapse_signs,
    find_payment_signs,
    find_subscription_signs,
)
from regulars.pipelines.transforms.worklists.reasons import ORDER, REASONS, YEAR, compute_urgency, find_of_reason
from regulars.pipelines.transforms.worklists.service_signs import (
    SupportSettings,
    find_detractors,
    find_service_risks,
    find_ticket_signs,
)

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "owner": pl.String,
    "list_rank": pl.Int64,
    "call_reason": pl.String,
    "why": pl.String,
    "at_stake": MONEY,
    "at_stake_basis": pl.String,
    "p_alive": pl.Float64,
    "keepable_value": MONEY,
    "until_date": pl.Date,
    "urgency": pl.Float64,
    "priority": MONEY,
    "suggested_step": pl.String,
    "segment": pl.String,
    "value_tier": pl.String,
    "source_record_count": pl.Int64,
    "owner_customers_left_out": pl.Int64,
    "owner_keepable_value_left_out": MONEY,
    "as_of": pl.Date,
}
FROM_360 = (
    *("customer_id", "is_deleted", "is_unknown", "owner", "last_order_date", "order_count", "average_order_value"),
    *("mrr", "days_since_last_order", "typical_days_between_orders", "is_active", "lapses_on", "lifecycle"),
    *("segment", "value_tier", "source_record_count", "p_alive", "payment_failed_on", "unpaid_orders", "unpaid_sales"),
)
FIRST = (-pl.col("priority"), -pl.col("keepable_value"), -pl.col("at_stake"))
"""What is called first, of reasons and of customers."""


class WorklistSettings(Protocol):
    """What a company sets about worklists."""

    @property
    def length(self) -> int:
        """How many customers the list of an owner has at most."""


def owner_worklists(
    customer_360: IntoFrame,
    customers: IntoFrame,
    orders: IntoFrame,
    refunds: IntoFrame,
    calendar: IntoFrame,
    subscriptions: IntoFrame,
    tickets: IntoFrame,
    survey_responses: IntoFrame,
    next_best_offers: IntoFrame,
    service_risk_customers: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    subscription_revenue_is_in_orders: bool,
    support: SupportSettings,
    worklists: WorklistSettings,
) -> pl.DataFrame:
    """List the customers to call, each once, under their owner or under `UNASSIGNED`.

    Args:
        customer_360: `marts.customer_360`; the columns of `FROM_360`.
        customers: `core.customers`; `customer_id`, `customer_idx`.
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`.
        subscriptions: `core.subscriptions`.
        tickets: `core.tickets`.
        survey_responses: `core.survey_responses`.
        next_best_offers: `marts.next_best_offers`.
        service_risk_customers: `marts.service_risk_customers`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        subscription_revenue_is_in_orders: Whether net sales hold subscription revenue already.
        support: How long a reply may take.
        worklists: How long a list may be.

    Returns:
        The columns of `COLUMNS`, sorted by owner and rank; without deleted customers and the unknown one.
    """
    numbers = read_into_polars(select_columns(customers, "customer_id", "customer_idx"))
    known = (
        read_into_polars(select_columns(customer_360, *FROM_360))
        .filter(~pl.col("is_deleted"), ~pl.col("is_unknown"))
        .join(numbers, on="customer_id")
    )
    signs = pl.concat(
        [
            find_ticket_signs(tickets, as_of=as_of, support=support),
            find_service_risks(service_risk_customers, as_of=as_of),
            find_detractors(survey_responses, as_of=as_of),
            find_payment_signs(known),
            find_subscription_signs(subscriptions, as_of=as_of),
            find_lapse_signs(known, as_of=as_of, lapse_days=lapse_days),
            find_due_offers(next_best_offers, known, as_of=as_of),
        ]
    )
    days = read_into_polars(sum_purchases_by_customer_day(orders, refunds, calendar, as_of=as_of))
    yearly = _value_last_active_year(days, known, subscription_revenue_is_in_orders)
    has_ordered_since = (pl.col("last_order_date") > pl.col("happened_on")).fill_null(value=False)
    called = signs.join(yearly, on="customer_idx").filter(~has_ordered_since)
    return (
        choose_reasons(called, as_of=as_of)
        .with_columns(owner=pl.col("owner").fill_null(UNASSIGNED), call_reason="reason", as_of=pl.lit(as_of))
        .sort("owner", *FIRST, "until_date", "customer_id")
        .with_columns(list_rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("owner"))
        .with_columns(**_count_left_out(worklists.length))
        .filter(pl.col("list_rank") <= worklists.length)
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("owner", "list_rank")
    )


def _value_last_active_year(days: pl.DataFrame, known: pl.DataFrame, is_in_orders: bool) -> pl.DataFrame:
    """Add `sales`, net sales of the `LAST_ACTIVE_DAYS` to the last order, and `year`: with 12 times the MRR.

    Refunds after the last order are subtracted. The MRR counts unless orders hold it. Neither is below 0.
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
    """Choose each customer's leading reason, the one of highest priority; `why` tells all of them.

    Args:
        called: The columns of `SIGN`, `sales`, `year`, `p_alive`, and facts of the customer.
        as_of: Last day that counts.

    Returns:
        One row per customer, with `at_stake`, `at_stake_basis`, `keepable_value`, `urgency`, `priority` and
        `suggested_step`.
    """
    order = list(REASONS)
    ranked = (
        called.with_columns(
            at_stake=pl.coalesce("at_stake", "year"),
            at_stake_basis=pl.col("at_stake_basis").fill_null(YEAR),
            suggested_step=find_of_reason({name: each.step for name, each in REASONS.items()}, pl.String),
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
    """What of `at_stake` a call can still keep: what orders bring counts with `p_alive`, all else whole.

    A subscription that is charged and an order that is not paid are there, whatever the orders before say. Where no
    `p_alive` is known, nothing is taken off.
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
    return (pl.col("at_stake") - gone).cast(MONEY)


def _count_left_out(length: int) -> dict[str, pl.Expr]:
    """How many customers of the owner are below the end of the list, and what calls could keep of them."""
    is_below = pl.col("list_rank") > length
    return {
        "owner_customers_left_out": is_below.sum().over("owner"),
        "owner_keepable_value_left_out": pl.col("keepable_value").filter(is_below).sum().over("owner"),
    }
