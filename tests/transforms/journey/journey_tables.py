"""Core tables of a customer's journey, made by hand, and a large company's."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import polars as pl

from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.transforms.journey.customer_events import customer_events
from tests.transforms.core_tables import ENGINES

Row = dict[str, Any]
AS_OF = dt.date(2026, 3, 31)
COMPANY = SimpleNamespace(timezone="Europe/Helsinki")
UNKNOWN = "00000000-0000-0000-0000-000000000000"
MONEY, MOMENT = pl.Decimal(18, 4), pl.Datetime("us")
IDS = {"customer_idx": pl.Int32, "source": pl.String, "system": pl.String}
SCHEMAS: dict[str, dict[str, Any]] = {
    "customers": {
        "customer_id": pl.String,
        "customer_idx": pl.Int32,
        "first_seen_at": MOMENT,
        "acquisition_channel": pl.String,
        "acquisition_cost": MONEY,
        "is_unknown": pl.Boolean,
    },
    "orders": IDS
    | {
        "order_id": pl.String,
        "ordered_at": MOMENT,
        "order_date": pl.Date,
        "channel": pl.String,
        "gross_sales": MONEY,
        "discounts": MONEY,
        "promised_at": MOMENT,
        "delivered_at": MOMENT,
        "is_test": pl.Boolean,
        "is_cancelled": pl.Boolean,
        "is_countable": pl.Boolean,
        "is_first_order": pl.Boolean,
    },
    "refunds": IDS | {"refund_id": pl.String, "refund_date": pl.Date, "amount": MONEY, "reason": pl.String},
    "payments": {
        "source": pl.String,
        "system": pl.String,
        "order_id": pl.String,
        "method": pl.String,
        "status": pl.String,
        "paid_at": MOMENT,
        "amount": MONEY,
    },
    "tickets": IDS
    | {
        "ticket_id": pl.String,
        "opened_at": MOMENT,
        "opened_date": pl.Date,
        "first_public_reply_at": MOMENT,
        "solved_at": MOMENT,
        "channel": pl.String,
        "reason": pl.String,
        "is_complaint": pl.Boolean,
    },
    "survey_invitations": IDS
    | {"invitation_id": pl.String, "survey_type": pl.String, "invited_at": MOMENT, "invited_date": pl.Date},
    "survey_responses": IDS
    | {
        "response_id": pl.String,
        "survey_type": pl.String,
        "answered_at": MOMENT,
        "answered_date": pl.Date,
        "score": pl.Decimal(9, 4),
    },
    "subscriptions": IDS
    | {
        "subscription_id": pl.String,
        "period_number": pl.Int32,
        "plan": pl.String,
        "monthly_amount": MONEY,
        "started_at": MOMENT,
        "started_date": pl.Date,
        "paused_from": pl.Date,
        "paused_until": pl.Date,
        "cancelled_at": MOMENT,
        "active_until": pl.Date,
        "end_type": pl.String,
    },
}
CUSTOMERS = [
    {"customer_id": UNKNOWN, "customer_idx": 0, "is_unknown": True},
    {
        "customer_id": "ada",
        "customer_idx": 1,
        "is_unknown": False,
        "first_seen_at": dt.datetime.fromisoformat("2026-01-01 08:00"),
        "acquisition_channel": "fair",
        "acquisition_cost": Decimal(12),
    },
    {"customer_id": "bob", "customer_idx": 2, "is_unknown": False},
]
SHOP = {"customer_idx": 1, "source": "orders", "system": "shop"}


def moment(text: str | None) -> dt.datetime | None:
    return text and dt.datetime.fromisoformat(text)


def order(order_id: str, at: str, promised: str | None = None, delivered: str | None = None, **more: Any) -> Row:
    """An order of ada's for 100 less 5; the moments are in UTC."""
    return {
        **SHOP,
        "order_id": order_id,
        "ordered_at": moment(at),
        "order_date": moment(at).date(),
        "channel": "web",
        "gross_sales": Decimal(100),
        "discounts": Decimal(5),
        "promised_at": moment(promised),
        "delivered_at": moment(delivered),
        "is_test": False,
        "is_cancelled": False,
        "is_countable": True,
        "is_first_order": False,
        **more,
    }


def ticket(at: str, replied: str | None = None, solved: str | None = None, **more: Any) -> Row:
    return {
        **SHOP,
        "ticket_id": f"t {at}",
        "opened_at": moment(at),
        "opened_date": moment(at).date(),
        "first_public_reply_at": moment(replied),
        "solved_at": moment(solved),
        **more,
    }


def period(number: int, start: str, until: str | None = None, end_type: str | None = None, **more: Any) -> Row:
    return {
        **SHOP,
        "subscription_id": "s",
        "period_number": number,
        "plan": f"plan {number}",
        "monthly_amount": Decimal(9),
        "started_at": moment(f"{start} 10:00"),
        "started_date": dt.date.fromisoformat(start),
        "active_until": until and dt.date.fromisoformat(until),
        "end_type": end_type,
        **more,
    }


SETTINGS: dict[str, Any] = {"as_of": AS_OF, "company": COMPANY, "service_risk": ServiceRisk()}


def frames(**rows: list[Row]) -> dict[str, pl.DataFrame]:
    return {
        name: pl.DataFrame({"customers": CUSTOMERS, **rows}.get(name, []), schema=schema)
        for name, schema in SCHEMAS.items()
    }


def build(engine: str = "polars", **rows: list[Row]) -> pl.DataFrame:
    """`marts.customer_events` of these rows."""
    with ENGINES[engine](frames(**rows)) as tables:
        return pl.concat(customer_events(**tables, **SETTINGS))


def timeline(mart: pl.DataFrame, customer: str = "ada") -> list[tuple[str, str]]:
    """(day, type) of the events of a customer, without the first sign."""
    rows = mart.filter(pl.col("customer_id") == customer, pl.col("event_type") != "first_seen")
    return [(on.isoformat(), event) for on, event in rows.select("event_date", "event_type").rows()]
