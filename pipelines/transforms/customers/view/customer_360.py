"""The mart `customer_360`: everything about a customer in one row, with the risk of losing them and the next step.

Put here: what the mart holds, in which order it is found. Keep out: facts from single tables (`facts.py`), the state of
a customer on a day (`standing.py`), what changed since last week (`changes.py`), which customers to call for what
(`worklists/calls.py`), and how segments, values and offers are computed.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNASSIGNED
from regulars.pipelines.definitions.value_tiers import TierSettings
from regulars.pipelines.transforms.add_columns import add_columns
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.customer_segments import customer_segments as segment_customers
from regulars.pipelines.transforms.customers.rfm_scores import RANKED, ScoreSettings
from regulars.pipelines.transforms.customers.view.changes import WEEK, describe_changes, take_week_before
from regulars.pipelines.transforms.customers.view.facts import (
    FactRules,
    FactTables,
    join_facts,
    list_facts_by_id,
    list_facts_by_number,
)
from regulars.pipelines.transforms.customers.view.risk import (
    choose_other_step,
    find_next_order_day,
    find_overdue_ratio,
    find_value_at_risk,
    join_risks,
)
from regulars.pipelines.transforms.customers.view.service_facts import RiskSettings
from regulars.pipelines.transforms.customers.view.standing import CustomerFacts, find_standing
from regulars.pipelines.transforms.local_days import CompanyZone
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.subscriptions.subscription_revenue import add_subscription_revenue
from regulars.pipelines.transforms.value_tier import USUAL_TIERS
from regulars.pipelines.transforms.voice.nps_groups import AnswerSettings, choose_nps_group
from regulars.pipelines.transforms.worklists.calls import FACTS, CallRules, CallTables, find_calls
from regulars.pipelines.transforms.worklists.service_signs import SupportSettings

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "is_unknown": pl.Boolean,
    "is_deleted": pl.Boolean,
    "customer_type": pl.String,
    "country": pl.String,
    "country_name": pl.String,
    "region": pl.String,
    "city": pl.String,
    "acquisition_channel": pl.String,
    "owner": pl.String,
    "referred_by_customer_id": pl.String,
    "email_opt_in": pl.Boolean,
    "first_seen_at": pl.Datetime("us"),
    "first_order_date": pl.Date,
    "last_order_date": pl.Date,
    "order_count": pl.Int64,
    "gross_sales": MONEY,
    "discounts": MONEY,
    "refunds": MONEY,
    "net_sales_to_date": MONEY,
    "average_order_value": MONEY,
    "is_subscriber": pl.Boolean,
    "mrr": MONEY,
    "subscription_revenue_to_date": MONEY,
    "total_revenue_to_date": MONEY,
    "days_since_last_order": pl.Int64,
    "typical_days_between_orders": pl.Float64,
    "frequency": pl.Int64,
    "next_order_due_on": pl.Date,
    "overdue_ratio": pl.Float64,
    "is_active": pl.Boolean,
    "lapses_on": pl.Date,
    "proposed_lapse_on": pl.Date,
    "lifecycle": pl.String,
    "segment": pl.String,
    "value_tier": pl.String,
    "avg_annual_value": MONEY,
    "avg_annual_value_total": MONEY,
    "clv_simple": MONEY,
    "p_alive": pl.Float64,
    "predicted_value_12m": MONEY,
    "predicted_total_value_12m": MONEY,
    "clv_predicted": MONEY,
    "contribution_margin_to_date": MONEY,
    "value_basis": pl.String,
    "nps_group": pl.String,
    "latest_nps_group": pl.String,
    "latest_nps_score": pl.Int64,
    "latest_nps_at": pl.Datetime("us"),
    "nps_response_count": pl.Int64,
    "nps_group_path": pl.String,
    "latest_csat_score": pl.Float64,
    "latest_csat_scale_min": pl.Float64,
    "latest_csat_scale_max": pl.Float64,
    "latest_csat_at": pl.Datetime("us"),
    "latest_ces_score": pl.Float64,
    "latest_ces_scale_min": pl.Float64,
    "latest_ces_scale_max": pl.Float64,
    "latest_ces_at": pl.Datetime("us"),
    "ticket_count": pl.Int64,
    "open_ticket_count": pl.Int64,
    "last_ticket_on": pl.Date,
    "bad_experience_count": pl.Int64,
    "last_experience_on": pl.Date,
    "last_leading_sign": pl.String,
    "is_service_risk": pl.Boolean,
    "payment_failed_on": pl.Date,
    "unpaid_orders": pl.Int64,
    "unpaid_sales": MONEY,
    "first_offer": pl.String,
    "first_offer_why": pl.String,
    "contact_count": pl.Int64,
    "source_record_count": pl.Int64,
    "risk": pl.String,
    "risk_reason": pl.String,
    "is_recent_detractor": pl.Boolean,
    "is_overdue": pl.Boolean,
    "is_near_lapse": pl.Boolean,
    "is_subscription_ending": pl.Boolean,
    "at_risk_because": pl.String,
    "next_step": pl.String,
    "value_at_risk_of_leaving_12m": MONEY,
    "value_at_any_risk_12m": MONEY,
    "lifecycle_last_week": pl.String,
    "segment_last_week": pl.String,
    "value_tier_last_week": pl.String,
    "risk_last_week": pl.String,
    "latest_nps_group_last_week": pl.String,
    "changed_since_last_week": pl.String,
    "as_of": pl.Date,
}
FROM_CUSTOMERS = tuple(list(COLUMNS)[3:13])


def customer_360(
    customers: IntoFrame,
    contacts: IntoFrame,
    customer_source_ids: IntoFrame,
    orders: IntoFrame,
    refunds: IntoFrame,
    subscriptions: IntoFrame,
    survey_responses: IntoFrame,
    tickets: IntoFrame,
    calendar: IntoFrame,
    customer_clv: IntoFrame,
    customer_segments: IntoFrame,
    bad_experiences: IntoFrame,
    service_risk_customers: IntoFrame,
    next_best_offers: IntoFrame,
    payments: IntoFrame,
    lapse_proposal: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    subscription_revenue_is_in_orders: bool,
    company: CompanyZone,
    support: SupportSettings,
    service_risk: RiskSettings,
    surveys: AnswerSettings,
    attributes: Sequence[str] = (),
    rfm: ScoreSettings = RANKED,
    value_tiers: TierSettings = USUAL_TIERS,
) -> pl.DataFrame:
    """Join all facts about each customer, one row each; prospects and the unknown customer included.

    Args:
        customers: `core.customers`.
        contacts: `core.contacts`; `customer_idx`, `is_deleted`.
        customer_source_ids: `core.customer_source_ids`; `customer_id`.
        orders: `core.orders`.
        refunds: `core.refunds`.
        subscriptions: `core.subscriptions`.
        survey_responses: `core.survey_responses`.
        tickets: `core.tickets`.
        calendar: `core.calendar`; `day`, `day_idx`.
        customer_clv: `marts.customer_clv`; `customer_idx` and `FROM_CLV` of `facts.py`.
        customer_segments: `marts.customer_segments`.
        bad_experiences: `marts.bad_experiences`.
        service_risk_customers: `marts.service_risk_customers`.
        next_best_offers: `marts.next_best_offers`.
        payments: `core.payments`.
        lapse_proposal: `marts.lapse_proposal`; `proposed_lapse_days`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        subscription_revenue_is_in_orders: Whether net sales include it already, so that it is not added to the total.
        company: Its zone.
        support: How long a reply may take.
        service_risk: The days in which bad experiences count, and the statuses of failed payments.
        surveys: How old an NPS answer may be.
        attributes: Columns of `customers` that are the company's own.
        rfm: As in `customer_segments`, for the segments of the week before.
        value_tiers: Likewise.

    Returns:
        The columns of `COLUMNS` and the attributes, sorted by customer_id; its sums tie out with all countable orders
        and refunds.
    """
    tables = FactTables(
        customers=customers,
        contacts=contacts,
        customer_source_ids=customer_source_ids,
        orders=orders,
        subscriptions=subscriptions,
        survey_responses=survey_responses,
        tickets=tickets,
        payments=payments,
        customer_clv=customer_clv,
        bad_experiences=bad_experiences,
        service_risk_customers=service_risk_customers,
        next_best_offers=next_best_offers,
    )
    rules = FactRules(as_of, company, service_risk, (*FROM_CUSTOMERS, *attributes))
    facts = CustomerFacts(customers, orders, refunds, subscriptions, survey_responses)
    week: Any = {"as_of": as_of - dt.timedelta(days=WEEK), "lapse_days": lapse_days}
    before = _find_week_before(facts, calendar, week, {"rfm": rfm, "value_tiers": value_tiers})
    known = join_facts(
        find_standing(facts, customer_segments, as_of=as_of, lapse_days=lapse_days),
        {
            "customer_idx": list_facts_by_number(tables, rules),
            "customer_id": [*list_facts_by_id(tables, rules), before],
        },
    )
    del before  # its columns are in `known`
    calls = CallRules(as_of, lapse_days, subscription_revenue_is_in_orders, support)
    return (
        add_columns(known, _find_steps(known, tables, facts, calendar, calls), on="customer_idx")
        .with_columns(
            next_step=pl.coalesce("step_of_call", choose_other_step()),
            total_revenue_to_date=add_subscription_revenue("net_sales_to_date", subscription_revenue_is_in_orders),
            changed_since_last_week=describe_changes(),
            owner=pl.when(~pl.col("is_unknown")).then(pl.col("owner").fill_null(UNASSIGNED)),
            nps_group=pl.when(~pl.col("is_unknown")).then(choose_nps_group(as_of, surveys.max_answer_days, company)),
            next_order_due_on=find_next_order_day(),
            overdue_ratio=find_overdue_ratio(),
            at_risk_because=join_risks(),
            value_at_risk_of_leaving_12m=find_value_at_risk(pl.col("risk")),
            value_at_any_risk_12m=find_value_at_risk(join_risks()),
            proposed_lapse_on=_find_proposed_lapse(lapse_proposal, lapse_days),
            as_of=pl.lit(as_of),
        )
        .select(*(pl.col(name).cast(kind) for name, kind in COLUMNS.items()), *attributes)
    )


def _find_week_before(
    facts: CustomerFacts, calendar: IntoFrame, week: Mapping[str, Any], scores: Mapping[str, Any]
) -> pl.DataFrame:
    """Find the state of each customer a week before, by the segments of that day.

    Args:
        facts: Tables of core.
        calendar: `core.calendar`.
        week: `as_of`, the day a week before, and `lapse_days`.
        scores: `rfm` and `value_tiers`, the rules of segments.
    """
    segments = segment_customers(
        facts.orders, facts.refunds, facts.subscriptions, facts.customers, calendar, **week, **scores
    )
    return take_week_before(find_standing(facts, segments, **week))


def _find_steps(
    known: pl.DataFrame, tables: FactTables, facts: CustomerFacts, calendar: IntoFrame, rules: CallRules
) -> pl.DataFrame:
    """Find the step of those who are on a worklist: `customer_idx`, `step_of_call`."""
    of_calls = CallTables(
        orders=facts.orders,
        refunds=facts.refunds,
        calendar=calendar,
        subscriptions=facts.subscriptions,
        tickets=tables.tickets,
        survey_responses=facts.survey_responses,
        next_best_offers=tables.next_best_offers,
        service_risk_customers=tables.service_risk_customers,
    )
    calls = find_calls(known.select("customer_idx", *FACTS), of_calls, rules)
    return calls.select("customer_idx", step_of_call="next_step")


def _find_proposed_lapse(lapse_proposal: IntoFrame, lapse_days: int) -> pl.Expr:
    """Find when a customer lapses by the proposed days; NULL without a proposal, and where no order decides it."""
    days = read_into_polars(select_columns(lapse_proposal, "proposed_lapse_days")).to_series().max()
    last = pl.col("last_order_date")
    is_by_order = pl.col("lapses_on") == last.dt.offset_by(f"{lapse_days}d")
    return pl.when(is_by_order).then(last + pl.duration(days=pl.lit(days, pl.Int64)))
