"""Facts about each customer that do not hang on the customer's state: answers, tickets, value, offers and the like.

Put here: reading them from their tables, one row per customer, and joining them. Keep out: the state of a customer on a
day (`standing.py`), how tickets and bad experiences are counted (`service_facts.py`).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.transforms.add_columns import add_columns
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.latest_answers import find_latest_answers, list_nps_group_paths
from regulars.pipelines.transforms.customers.view.service_facts import (
    RiskSettings,
    count_bad_experiences,
    count_tickets,
)
from regulars.pipelines.transforms.local_days import CompanyZone
from regulars.pipelines.transforms.purchases.failed_payments import find_failed_payments
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.subscriptions.ending_subscriptions import find_ending_subscriptions

FROM_CLV = (
    *("avg_annual_value", "avg_annual_value_total", "clv_simple", "p_alive", "predicted_value_12m"),
    *("predicted_total_value_12m", "clv_predicted", "contribution_margin_to_date", "value_basis"),
)
COUNTS = [
    *("contact_count", "source_record_count", "ticket_count", "open_ticket_count", "tickets_this_week"),
    *("bad_experience_count", "unpaid_orders"),
]


@dataclass(frozen=True)
class FactTables:
    """The tables of core and of marts that facts are read from."""

    customers: IntoFrame
    contacts: IntoFrame
    customer_source_ids: IntoFrame
    orders: IntoFrame
    subscriptions: IntoFrame
    survey_responses: IntoFrame
    tickets: IntoFrame
    payments: IntoFrame
    customer_clv: IntoFrame
    bad_experiences: IntoFrame
    service_risk_customers: IntoFrame
    next_best_offers: IntoFrame


@dataclass(frozen=True)
class FactRules:
    """What facts depend on.

    Attributes:
        as_of: Last day that counts.
        company: Its zone.
        service_risk: The days in which bad experiences count, and the statuses of failed payments.
        attributes: The columns of `core.customers` that are read.
    """

    as_of: dt.date
    company: CompanyZone
    service_risk: RiskSettings
    attributes: Sequence[str]


def list_facts_by_number(tables: FactTables, rules: FactRules) -> list[pl.DataFrame]:
    """List the facts that are kept by `customer_idx`: frames with one row per customer."""
    as_of, statuses = rules.as_of, rules.service_risk.failed_payment_statuses
    at_risk = read_into_polars(select_columns(tables.service_risk_customers, "customer_idx"))
    ending = find_ending_subscriptions(tables.subscriptions, as_of=as_of).filter("is_charged")
    return [
        _count_rows(_list_people(tables.contacts), "customer_idx", "contact_count"),
        find_latest_answers(tables.survey_responses, as_of=as_of),
        list_nps_group_paths(tables.survey_responses, as_of=as_of),
        count_tickets(tables.tickets, as_of=as_of),
        count_bad_experiences(tables.bad_experiences, as_of=as_of, service_risk=rules.service_risk),
        at_risk.with_columns(is_service_risk=pl.lit(True)),
        ending.select("customer_idx", is_subscription_ending=pl.lit(True)).unique(),
        find_failed_payments(tables.payments, tables.orders, as_of=as_of, company=rules.company, statuses=statuses),
        _take_first_offers(tables.next_best_offers),
        read_into_polars(select_columns(tables.customer_clv, "customer_idx", *FROM_CLV)),
    ]


def list_facts_by_id(tables: FactTables, rules: FactRules) -> list[pl.DataFrame]:
    """List the facts that are kept by `customer_id`: frames with one row per customer."""
    records = read_into_polars(select_columns(tables.customer_source_ids, "customer_id"))
    return [
        read_into_polars(select_columns(tables.customers, "customer_id", *rules.attributes)),
        _count_rows(records, "customer_id", "source_record_count"),
    ]


def join_facts(standing: pl.DataFrame, joins: Mapping[str, Sequence[pl.DataFrame]]) -> pl.DataFrame:
    """Join facts to the state of each customer, 0 and false where there are none, and add `average_order_value`.

    Args:
        standing: As `find_standing` returns it.
        joins: Key -> frames with one row per key.
    """
    joined = standing
    for key, frames in joins.items():
        joined = add_columns(joined, *frames, on=key)
    spent = (pl.col("gross_sales") - pl.col("discounts")).cast(pl.Float64)
    average = (spent / pl.col("order_count")).round(4, mode="half_to_even")
    return joined.with_columns(
        pl.col(COUNTS).fill_null(0),
        pl.col("is_service_risk", "is_subscription_ending").fill_null(value=False),
        pl.col("unpaid_sales").fill_null(pl.lit(0, MONEY)),
        average_order_value=pl.when(pl.col("order_count") > 0).then(average).cast(MONEY),
    )


def _list_people(contacts: IntoFrame) -> pl.DataFrame:
    """List the contacts that are not deleted."""
    return read_into_polars(select_columns(contacts, "customer_idx", "is_deleted")).filter(~pl.col("is_deleted"))


def _take_first_offers(next_best_offers: IntoFrame) -> pl.DataFrame:
    """Take the best offer of each customer: the product's name, else its id, and why."""
    names = ("customer_idx", "offer_rank", "product_name", "product_id", "why")
    offers = read_into_polars(select_columns(next_best_offers, *names)).filter(pl.col("offer_rank") == 1)
    return offers.select(
        "customer_idx", first_offer=pl.coalesce("product_name", "product_id"), first_offer_why=pl.col("why")
    )


def _count_rows(frame: pl.DataFrame, key: str, name: str) -> pl.DataFrame:
    """Count the rows per `key`."""
    return frame.group_by(key).agg(pl.len().cast(pl.Int64).alias(name))
