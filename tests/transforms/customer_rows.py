"""Rows about one customer, made by hand, and the mart `customer_360` of them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl

from regulars.pipelines.settings.business_hours import Support
from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.settings.settings import Company, Surveys
from regulars.pipelines.transforms.customers.view.customer_360 import customer_360
from tests.transforms import subscription_tables

AS_OF = dt.date(2026, 3, 31)
COMPANY = Company(name="Acme", timezone="UTC", currency="EUR")
MONEY = pl.Decimal(18, 4)
UNKNOWN = "00000000-0000-0000-0000-000000000000"
SCHEMAS: dict[str, dict[str, Any]] = {
    "lapse_proposal": {"lapse_days": pl.Int32, "proposed_lapse_days": pl.Int32},
    "customers": {
        "customer_id": pl.String,
        "customer_idx": pl.Int32,
        "first_seen_at": pl.Datetime("us"),
        "country": pl.String,
        "country_name": pl.String,
        "region": pl.String,
        "city": pl.String,
        "customer_type": pl.String,
        "acquisition_channel": pl.String,
        "owner": pl.String,
        "referred_by_customer_id": pl.String,
        "email_opt_in": pl.Boolean,
        "is_deleted": pl.Boolean,
        "is_unknown": pl.Boolean,
    },
    "contacts": {"contact_id": pl.String, "customer_idx": pl.Int32, "is_deleted": pl.Boolean},
    "customer_source_ids": {"system": pl.String, "source_record_id": pl.String, "customer_id": pl.String},
    "orders": {
        "system": pl.String,
        "order_id": pl.String,
        "customer_idx": pl.Int32,
        "order_date": pl.Date,
        "is_countable": pl.Boolean,
        "gross_sales": MONEY,
        "discounts": MONEY,
    },
    "refunds": {"customer_idx": pl.Int32, "refund_date": pl.Date, "goods": MONEY, "is_countable": pl.Boolean},
    "subscriptions": subscription_tables.SCHEMA | {"customer_id": pl.String},
    "survey_responses": {
        "system": pl.String,
        "response_id": pl.String,
        "survey_type": pl.String,
        "scale_min": pl.Decimal(9, 4),
        "scale_max": pl.Decimal(9, 4),
        "score": pl.Decimal(9, 4),
        "nps_group": pl.String,
        "nps_left_out_reason": pl.String,
        "answered_at": pl.Datetime("us"),
        "answered_date": pl.Date,
        "customer_idx": pl.Int32,
    },
    "tickets": {
        "system": pl.String,
        "ticket_id": pl.String,
        "customer_idx": pl.Int32,
        "opened_at": pl.Datetime("us"),
        "opened_date": pl.Date,
        "solved_at": pl.Datetime("us"),
        "is_complaint": pl.Boolean,
        "no_reply_due_reason": pl.String,
        "first_reply_minutes": pl.Float64,
        "first_reply_business_minutes": pl.Float64,
        "minutes_until_as_of": pl.Float64,
        "business_minutes_until_as_of": pl.Float64,
    },
    "calendar": {"day": pl.Date, "day_idx": pl.Int32},
    "bad_experiences": {
        "customer_idx": pl.Int32,
        "experience_number": pl.Int32,
        "experienced_on": pl.Date,
        "leading_sign": pl.String,
    },
    "service_risk_customers": {
        "customer_idx": pl.Int32,
        "bad_experience_count": pl.Int64,
        "last_experience_on": pl.Date,
        "leading_signs": pl.String,
        "call_status": pl.String,
    },
    "payments": {"system": pl.String, "order_id": pl.String, "status": pl.String, "paid_at": pl.Datetime("us")},
    "next_best_offers": {
        "customer_idx": pl.Int32,
        "offer_rank": pl.Int32,
        "offer_kind": pl.String,
        "product_name": pl.String,
        "product_id": pl.String,
        "due_on": pl.Date,
        "why": pl.String,
    },
    "customer_clv": {
        "customer_idx": pl.Int32,
        "avg_annual_value": MONEY,
        "avg_annual_value_total": MONEY,
        "clv_simple": MONEY,
        "p_alive": pl.Float64,
        "predicted_value_12m": MONEY,
        "predicted_total_value_12m": MONEY,
        "clv_predicted": MONEY,
        "contribution_margin_to_date": MONEY,
        "value_basis": pl.String,
    },
    "customer_segments": {
        "customer_id": pl.String,
        "segment": pl.String,
        "value_tier": pl.String,
        "lifecycle": pl.String,
        "typical_days_between_orders": pl.Float64,
        "frequency": pl.Int64,
    },
}


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def order(
    customer: int, at: str, gross: str = "100", discounts: str = "0", *, countable: bool = True
) -> dict[str, Any]:
    return {
        "customer_idx": customer,
        "order_date": day(at),
        "is_countable": countable,
        "gross_sales": Decimal(gross),
        "discounts": Decimal(discounts),
    }


def refund(customer: int, at: str, amount: str) -> dict[str, Any]:
    return {"customer_idx": customer, "refund_date": day(at), "goods": Decimal(amount), "is_countable": True}


def paid(customer: int, start: str, until: str | None = None, amount: str = "10") -> dict[str, Any]:
    return subscription_tables.period(customer, start, until, amount, period_number=1, customer_id=f"c{customer:02}")


def answer(customer: int | None, at: str, points: int) -> dict[str, Any]:
    moment = dt.datetime.fromisoformat(at)
    return {
        "system": "forms",
        "response_id": f"{at} {points}",
        "survey_type": "nps",
        "scale_min": Decimal(0),
        "scale_max": Decimal(10),
        "score": points,
        "nps_group": "promoter" if points >= 9 else "passive" if points >= 7 else "detractor",
        "answered_at": moment,
        "answered_date": moment.date(),
        "customer_idx": customer,
    }


def segment(lifecycle: str = "active", typical: float | None = None, tier: str = "middle") -> dict[str, Any]:
    return {
        "customer_id": "ada",
        "segment": "loyal",
        "value_tier": tier,
        "lifecycle": lifecycle,
        "typical_days_between_orders": typical,
        "frequency": 0 if typical is None else 2,
    }


def core(ada: dict[str, Any] | None = None, **rows: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    """Core and marts tables of ada (1), bob (2) and the unknown customer (0), with these rows and nothing else."""
    people = [
        {"customer_id": UNKNOWN, "customer_idx": 0, "is_unknown": True, "is_deleted": False},
        {"customer_id": "ada", "customer_idx": 1, "is_unknown": False, "is_deleted": False} | (ada or {}),
        {"customer_id": "bob", "customer_idx": 2, "is_unknown": False, "is_deleted": False},
    ]
    days = [{"day": AS_OF - dt.timedelta(days=n)} for n in range(1200)]
    calendar = [each | {"day_idx": (each["day"] - dt.date(1970, 1, 1)).days} for each in days]
    return {
        name: pl.DataFrame({"customers": people, "calendar": calendar, **rows}.get(name, []), schema=schema)
        for name, schema in SCHEMAS.items()
    }


def everybody(frames: dict[str, Any]) -> pl.DataFrame:
    return customer_360(
        **frames,
        as_of=AS_OF,
        lapse_days=365,
        subscription_revenue_is_in_orders=False,
        company=COMPANY,
        support=Support(),
        service_risk=ServiceRisk(),
        surveys=Surveys(),
    )


def customers(ada: dict[str, Any] | None = None, **rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """{customer: row} of customer_360."""
    frames = {name: frame.lazy() for name, frame in core(ada, **rows).items()}
    return {row["customer_id"]: row for row in everybody(frames).to_dicts()}
