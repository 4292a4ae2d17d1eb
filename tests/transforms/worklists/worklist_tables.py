"""Core and marts tables about a few customers, made by hand, as the mart `owner_worklists` reads them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl

from tests.transforms import core_tables, subscription_tables

Row = dict[str, Any]
AS_OF = dt.date(2026, 3, 31)
MONEY = pl.Decimal(18, 4)
LAPSE_DAYS = 365
NOON = dt.time(12)
UNKNOWN = core_tables.UNKNOWN
SCHEMAS: dict[str, dict[str, Any]] = {
    "customer_360": {
        "customer_id": pl.String,
        "is_deleted": pl.Boolean,
        "is_unknown": pl.Boolean,
        "owner": pl.String,
        "last_order_date": pl.Date,
        "order_count": pl.Int64,
        "average_order_value": MONEY,
        "mrr": MONEY,
        "days_since_last_order": pl.Int64,
        "typical_days_between_orders": pl.Float64,
        "is_active": pl.Boolean,
        "lapses_on": pl.Date,
        "lifecycle": pl.String,
        "segment": pl.String,
        "value_tier": pl.String,
        "source_record_count": pl.Int64,
        "p_alive": pl.Float64,
        "payment_failed_on": pl.Date,
        "unpaid_orders": pl.Int64,
        "unpaid_sales": MONEY,
    },
    "customers": {
        "customer_id": pl.String,
        "customer_idx": pl.Int32,
        "owner": pl.String,
        "is_deleted": pl.Boolean,
        "is_unknown": pl.Boolean,
    },
    "subscriptions": subscription_tables.SCHEMA | {"end_type": pl.String},
    "tickets": {
        "customer_idx": pl.Int32,
        "opened_at": pl.Datetime("us"),
        "opened_date": pl.Date,
        "first_reply_minutes": pl.Float64,
        "first_reply_business_minutes": pl.Float64,
        "minutes_until_as_of": pl.Float64,
        "business_minutes_until_as_of": pl.Float64,
        "no_reply_due_reason": pl.String,
        "solved_at": pl.Datetime("us"),
        "is_complaint": pl.Boolean,
    },
    "survey_responses": {
        "system": pl.String,
        "response_id": pl.String,
        "score": pl.Decimal(9, 4),
        "nps_group": pl.String,
        "nps_left_out_reason": pl.String,
        "answered_at": pl.Datetime("us"),
        "answered_date": pl.Date,
        "customer_idx": pl.Int32,
    },
    "service_risk_customers": {
        "customer_idx": pl.Int32,
        "bad_experience_count": pl.Int64,
        "last_experience_on": pl.Date,
        "leading_signs": pl.String,
        "call_status": pl.String,
    },
    "next_best_offers": {
        "customer_idx": pl.Int32,
        "offer_rank": pl.Int32,
        "offer_kind": pl.String,
        "product_id": pl.String,
        "product_name": pl.String,
        "due_on": pl.Date,
        "why": pl.String,
    },
}


def back(days: int) -> dt.date:
    """The day so many days before as_of."""
    return AS_OF - dt.timedelta(days=days)


def customer(name: str, owner: str | None = None, **more: Any) -> Row:
    """A customer; `tier`, `typical` (days between orders), `mrr`, `p_alive`, `is_deleted`, `unpaid` may be given."""
    return {"kind": "customer", "name": name, "owner": owner, **more}


def order(name: str, days_back: int, gross_sales: str = "100", discounts: str = "0") -> Row:
    """An order so many days before as_of."""
    return core_tables.order(name, back(days_back).isoformat(), gross_sales, discounts) | {"kind": "order"}


def refund(name: str, days_back: int, goods: str) -> Row:
    """Goods given back."""
    return core_tables.refund(name, back(days_back).isoformat(), goods) | {"kind": "refund"}


def ticket(
    name: str, days_back: int, *, reply_minutes: float | None = None, solved_days_ago: int | None = None, **more: Any
) -> Row:
    """A ticket opened at noon, in a company whose opening hours are all hours."""
    opened = dt.datetime.combine(back(days_back), NOON)
    waited = (dt.datetime.combine(back(-1), dt.time()) - opened).total_seconds() / 60
    return {
        "kind": "tickets",
        "name": name,
        "opened_at": opened,
        "opened_date": opened.date(),
        "first_reply_minutes": reply_minutes,
        "first_reply_business_minutes": reply_minutes,
        "minutes_until_as_of": waited if waited > 0 else None,
        "business_minutes_until_as_of": waited if waited > 0 else None,
        "solved_at": None if solved_days_ago is None else dt.datetime.combine(back(solved_days_ago), NOON),
        **more,
    }


def answer(name: str, days_back: int, points: int) -> Row:
    """An NPS answer."""
    return {
        "kind": "survey_responses",
        "name": name,
        "system": "forms",
        "response_id": f"{name} {days_back}",
        "score": points,
        "nps_group": "promoter" if points >= 9 else "passive" if points >= 7 else "detractor",
        "answered_at": dt.datetime.combine(back(days_back), NOON),
        "answered_date": back(days_back),
    }


def ends(name: str, *, in_days: int, amount: str = "10", plan: str = "S", **more: Any) -> Row:
    """A cancelled subscription that is charged until so many days after as_of."""
    row = subscription_tables.period(0, "2025-01-01", back(-in_days).isoformat(), amount, plan)
    return row | {"kind": "subscriptions", "name": name, "end_type": "cancelled", "cancelled_date": back(9)} | more


def offer(name: str, due_in_days: int, *, kind: str = "due", rank: int = 1) -> Row:
    """An offer of tea that is due in so many days."""
    return {
        "kind": "next_best_offers",
        "name": name,
        "offer_rank": rank,
        "offer_kind": kind,
        "product_id": "tea",
        "product_name": "Tea",
        "due_on": back(-due_in_days),
        "why": "bought every 40 days",
    }


def at_risk(name: str, days_back: int, call_status: str = "due") -> Row:
    """Three bad experiences, the last so many days before as_of."""
    return {
        "kind": "service_risk_customers",
        "name": name,
        "bad_experience_count": 3,
        "last_experience_on": back(days_back),
        "leading_signs": "late_delivery, complaint, refund",
        "call_status": call_status,
    }


def unpaid(days_back: int, sales: str, *, orders: int = 1) -> Row:
    """What customer_360 says of a customer with orders whose payment failed, last so many days before as_of."""
    return {"payment_failed_on": back(days_back), "unpaid_orders": orders, "unpaid_sales": Decimal(sales)}


def worklist_tables(*rows: Row) -> dict[str, pl.DataFrame]:
    """Every table that the mart reads. Who is named by a row and is no customer is the unknown customer."""
    people = sorted((row for row in rows if row["kind"] == "customer"), key=lambda row: str(row["name"]))
    numbers = {UNKNOWN: 0, **{row["name"]: idx for idx, row in enumerate(people, 1)}}
    numbered = [row | {"customer_idx": numbers[row["name"]], "period_number": 1} for row in rows]
    bought = core_tables.core(*(row for row in rows if row["kind"] in ("order", "refund")))
    known = pl.DataFrame([{"customer_id": name, "customer_idx": idx} for name, idx in numbers.items()])
    renumbered = bought["customers"].select("customer_id", old=pl.col("customer_idx"))
    moved = renumbered.join(known, on="customer_id").select("old", idx=pl.col("customer_idx").cast(pl.Int32))
    sales = {
        name: bought[name].rename({"customer_idx": "old"}).join(moved, on="old").rename({"idx": "customer_idx"})
        for name in ("orders", "refunds")
    }
    everybody = [{"name": UNKNOWN, "is_unknown": True}, *people]
    made = {
        "customers": [_describe(row, numbers[row["name"]]) for row in everybody],
        "customer_360": [_describe(row, 0) | _summarise(row, rows) for row in everybody],
    }
    kinds = {kind: [row for row in numbered if row["kind"] == kind] for kind in SCHEMAS}
    tables = {name: pl.DataFrame(made.get(name, kinds[name]), schema=schema) for name, schema in SCHEMAS.items()}
    return {**tables, **sales, "calendar": core_tables.CALENDAR}


def _describe(row: Row, idx: int) -> Row:
    return {
        "customer_id": row["name"],
        "customer_idx": idx,
        "owner": row.get("owner"),
        "is_deleted": row.get("is_deleted", False),
        "is_unknown": row.get("is_unknown", False),
    }


def _summarise(person: Row, rows: tuple[Row, ...]) -> Row:
    """What customer_360 says of a person, from their orders."""
    orders = [row for row in rows if row["kind"] == "order" and row["name"] == person["name"]]
    orders = [row for row in orders if row["order_date"] <= AS_OF]
    last = max((row["order_date"] for row in orders), default=None)
    lapses_on = None if last is None else last + dt.timedelta(days=LAPSE_DAYS)
    spent = sum((row["gross_sales"] - row["discounts"] for row in orders), Decimal(0))
    is_active = lapses_on is not None and lapses_on > AS_OF
    return {
        "last_order_date": last,
        "order_count": len(orders),
        "average_order_value": spent / len(orders) if orders else None,
        "mrr": Decimal(person.get("mrr", "0")),
        "days_since_last_order": None if last is None else (AS_OF - last).days,
        "typical_days_between_orders": person.get("typical"),
        "is_active": is_active,
        "lapses_on": lapses_on,
        "lifecycle": "active" if is_active else "lapsed" if orders else "prospect",
        "segment": "loyal" if orders else None,
        "value_tier": person.get("tier", "middle" if orders else None),
        "source_record_count": 1,
        "p_alive": person.get("p_alive"),
        **{name: person.get(name) for name in ("payment_failed_on", "unpaid_orders", "unpaid_sales")},
    }
