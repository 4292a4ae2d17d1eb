"""The mart `owner_worklists`: the customers that each account owner calls first, why, what is at stake and until when.

Put here: the lists, and their order. Keep out: which customers to call, and for which reason (`calls.py`).
"""

import datetime as dt
from typing import Protocol

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNASSIGNED
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.worklists.calls import FACTS, FIRST, CallRules, CallTables, find_calls
from regulars.pipelines.transforms.worklists.service_signs import SupportSettings

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "owner": pl.String,
    "list_rank": pl.Int64,
    "company_rank": pl.Int64,
    "call_reason": pl.String,
    "why": pl.String,
    "at_stake": MONEY,
    "at_stake_basis": pl.String,
    "p_alive": pl.Float64,
    "keepable_value": MONEY,
    "until_date": pl.Date,
    "urgency": pl.Float64,
    "priority": MONEY,
    "next_step": pl.String,
    "segment": pl.String,
    "value_tier": pl.String,
    "source_record_count": pl.Int64,
    "owner_customers_left_out": pl.Int64,
    "owner_keepable_value_left_out": MONEY,
    "as_of": pl.Date,
}


class WorklistSettings(Protocol):
    """What a company sets about worklists."""

    @property
    def length(self) -> int:
        """The most customers on the list of an owner."""


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
        customer_360: `marts.customer_360`; the columns of `FACTS`.
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
        subscription_revenue_is_in_orders: Whether net sales include subscription revenue already.
        support: How long a reply may take.
        worklists: How long a list may be.

    Returns:
        The columns of `COLUMNS`, sorted by owner and rank; without deleted customers and the unknown one.
    """
    numbers = read_into_polars(select_columns(customers, "customer_id", "customer_idx"))
    everybody = read_into_polars(select_columns(customer_360, *FACTS)).join(numbers, on="customer_id")
    tables = CallTables(
        orders=orders,
        refunds=refunds,
        calendar=calendar,
        subscriptions=subscriptions,
        tickets=tickets,
        survey_responses=survey_responses,
        next_best_offers=next_best_offers,
        service_risk_customers=service_risk_customers,
    )
    rules = CallRules(as_of, lapse_days, subscription_revenue_is_in_orders, support)
    return (
        find_calls(everybody, tables, rules)
        .with_columns(owner=pl.col("owner").fill_null(UNASSIGNED), call_reason="reason", as_of=pl.lit(as_of))
        .sort(*FIRST, "until_date", "customer_id")
        .with_columns(company_rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
        .with_columns(list_rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("owner"))
        .with_columns(**_count_left_out(worklists.length))
        .filter(pl.col("list_rank") <= worklists.length)
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("owner", "list_rank")
    )


def _count_left_out(length: int) -> dict[str, pl.Expr]:
    """The number of the owner's customers below the end of the list, and the value that calls could keep of them."""
    is_below = pl.col("list_rank") > length
    return {
        "owner_customers_left_out": is_below.sum().over("owner"),
        "owner_keepable_value_left_out": pl.col("keepable_value").filter(is_below).sum().over("owner"),
    }
