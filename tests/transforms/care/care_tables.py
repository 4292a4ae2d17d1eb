"""Core tables of what goes wrong, made by hand."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import polars as pl

from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.transforms.care.bad_experiences import bad_experiences
from tests.transforms.core_tables import ENGINES

Row = dict[str, Any]
AS_OF = dt.date(2026, 3, 31)
COMPANY = SimpleNamespace(timezone="Europe/Helsinki")
UNKNOWN = "00000000-0000-0000-0000-000000000000"
MONEY, MOMENT = pl.Decimal(18, 4), pl.Datetime("us")
SCHEMAS: dict[str, dict[str, Any]] = {
    "orders": {
        "system": pl.String,
        "order_id": pl.String,
        "customer_idx": pl.Int32,
        "order_date": pl.Date,
        "promised_at": MOMENT,
        "delivered_at": MOMENT,
        "is_test": pl.Boolean,
        "is_cancelled": pl.Boolean,
        "is_countable": pl.Boolean,
    },
    "refunds": {
        "system": pl.String,
        "refund_id": pl.String,
        "order_id": pl.String,
        "customer_idx": pl.Int32,
        "refund_date": pl.Date,
        "amount": MONEY,
        "reason": pl.String,
        "is_countable": pl.Boolean,
    },
    "refund_lines": {"system": pl.String, "refund_id": pl.String, "reason": pl.String},
    "payments": {"system": pl.String, "order_id": pl.String, "status": pl.String, "paid_at": MOMENT},
    "tickets": {
        "system": pl.String,
        "ticket_id": pl.String,
        "customer_idx": pl.Int32,
        "order_system": pl.String,
        "order_id": pl.String,
        "opened_date": pl.Date,
        "first_reply_minutes": pl.Float64,
        "first_reply_business_minutes": pl.Float64,
        "minutes_until_as_of": pl.Float64,
        "business_minutes_until_as_of": pl.Float64,
        "no_reply_due_reason": pl.String,
        "is_complaint": pl.Boolean,
        "reopened_count": pl.Int32,
    },
    "survey_responses": {
        "system": pl.String,
        "response_id": pl.String,
        "customer_idx": pl.Int32,
        "order_system": pl.String,
        "order_id": pl.String,
        "nps_group": pl.String,
        "score": pl.Decimal(9, 4),
        "answered_date": pl.Date,
    },
    "subscriptions": {
        "system": pl.String,
        "subscription_id": pl.String,
        "customer_idx": pl.Int32,
        "active_until": pl.Date,
        "cancelled_date": pl.Date,
        "is_involuntary": pl.Boolean,
        "end_type": pl.String,
    },
    "customers": {"customer_id": pl.String, "customer_idx": pl.Int32, "is_unknown": pl.Boolean},
}
CUSTOMERS = [
    {"customer_id": UNKNOWN, "customer_idx": 0, "is_unknown": True},
    {"customer_id": "ada", "customer_idx": 1, "is_unknown": False},
    {"customer_id": "bob", "customer_idx": 2, "is_unknown": False},
]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def moment(text: str | None) -> dt.datetime | None:
    return text and dt.datetime.fromisoformat(text)


def order(order_id: str, promised: str | None = None, delivered: str | None = None, **more: Any) -> Row:
    """An order of ada's, promised and delivered at moments in UTC."""
    return {
        "system": "shop",
        "order_id": order_id,
        "customer_idx": 1,
        "order_date": day("2026-01-02"),
        "promised_at": moment(promised),
        "delivered_at": moment(delivered),
        "is_test": False,
        "is_cancelled": False,
        "is_countable": True,
        **more,
    }


def refund(on: str, order_id: str | None = None, **more: Any) -> Row:
    return {
        "system": "shop",
        "refund_id": f"r {on} {order_id}",
        "order_id": order_id,
        "customer_idx": 1,
        "refund_date": day(on),
        "amount": Decimal(5),
        "is_countable": True,
        **more,
    }


def ticket(on: str, order_id: str | None = None, **more: Any) -> Row:
    """A ticket of ada's, answered after five minutes."""
    return {
        "system": "desk",
        "ticket_id": f"t {on}",
        "customer_idx": 1,
        "order_system": "shop" if order_id else None,
        "order_id": order_id,
        "opened_date": day(on),
        "first_reply_minutes": 5.0,
        "first_reply_business_minutes": 5.0,
        "minutes_until_as_of": 9999.0,
        "business_minutes_until_as_of": 9999.0,
        "is_complaint": False,
        "reopened_count": 0,
        **more,
    }


def answer(on: str, score: int, order_id: str | None = None, **more: Any) -> Row:
    return {
        "system": "forms",
        "response_id": f"a {on}",
        "customer_idx": 1,
        "order_system": "shop" if order_id else None,
        "order_id": order_id,
        "nps_group": "detractor" if score <= 6 else "passive",
        "score": Decimal(score),
        "answered_date": day(on),
        **more,
    }


def payment(order_id: str, status: str, at: str | None = None) -> Row:
    return {"system": "shop", "order_id": order_id, "status": status, "paid_at": moment(at)}


def build(engine: str = "polars", settings: ServiceRisk | None = None, **rows: list[Row]) -> pl.DataFrame:
    """`marts.bad_experiences` of these rows."""
    tables = {
        name: pl.DataFrame({"customers": CUSTOMERS, **rows}.get(name, []), schema=schema)
        for name, schema in SCHEMAS.items()
    }
    with ENGINES[engine](tables) as lazy:
        return bad_experiences(
            **lazy,
            as_of=AS_OF,
            company=COMPANY,
            support=SimpleNamespace(reply_within_minutes=60),
            service_risk=settings or ServiceRisk(),
        )


def signs_of(mart: pl.DataFrame) -> list[tuple[str, str, str]]:
    """(customer, day, signs) of each experience."""
    flags = [name for name in mart.columns if name.startswith("has_")]
    return [
        (
            row["customer_id"],
            row["experienced_on"].isoformat(),
            ", ".join(flag.removeprefix("has_") for flag in flags if row[flag]),
        )
        for row in mart.to_dicts()
    ]
