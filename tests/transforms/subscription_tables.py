"""`core.subscriptions` made by hand, and drawn; and what was paid on a day, found the slow way."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import strategies as st

Row = dict[str, Any]

SCHEMA = {
    "system": pl.String,
    "subscription_id": pl.String,
    "period_number": pl.Int32,
    "customer_idx": pl.Int32,
    "plan": pl.String,
    "active_from": pl.Date,
    "active_until": pl.Date,
    "monthly_amount": pl.Decimal(18, 4),
    "cancelled_date": pl.Date,
    "cancel_reason": pl.String,
    "is_involuntary": pl.Boolean,
}
BEGINNING = dt.date(2023, 11, 10)
DAYS_DRAWN = 900


def period(
    customer: int, start: str, until: str | None = None, amount: str = "10", plan: str | None = "S", **more: Any
) -> Row:
    """A period of the customer's subscription; `subscription` tells several of one customer apart."""
    return {
        "system": "shop",
        "subscription_id": f"of {customer}, {more.pop('subscription', 1)}",
        "customer_idx": customer,
        "plan": plan,
        "active_from": dt.date.fromisoformat(start),
        "active_until": until and dt.date.fromisoformat(until),
        "monthly_amount": Decimal(amount),
        "cancelled_date": None,
        "cancel_reason": None,
        "is_involuntary": None,
        **more,
    }


def table(*rows: Row) -> pl.DataFrame:
    """The rows as a frame, its periods numbered as they come."""
    numbered = [{"period_number": number, **row} for number, row in enumerate(rows, 1)]
    return pl.DataFrame(numbered, schema=SCHEMA)


@st.composite
def subscriptions(draw: st.DrawFn) -> list[Row]:
    """The periods of up to six subscriptions of up to three customers and of nobody known; never overlapping."""
    rows = []
    for number in range(draw(st.integers(0, 6))):
        customer = draw(st.integers(0, 3))
        edges = sorted(draw(st.sets(st.integers(0, DAYS_DRAWN), min_size=2, max_size=6)))
        days = [BEGINNING + dt.timedelta(days=edge) for edge in edges]
        until: list[dt.date | None] = [*days[1:-1], draw(st.sampled_from([None, days[-1]]))]
        for start, end in zip(days, until, strict=False):
            if draw(st.integers(0, 4)):
                amount = draw(st.sampled_from(["10", "10", "20.0001", "0", "7.5"]))
                cancelled = draw(st.sampled_from([None, end, start, start + dt.timedelta(days=9)]))
                given = {"subscription_id": f"s{number}", "active_from": start, "active_until": end}
                given |= {"cancelled_date": cancelled, "cancel_reason": draw(st.sampled_from([None, "dear", "moved"]))}
                given |= {"is_involuntary": draw(st.sampled_from([None, True, False]))}
                plan = draw(st.sampled_from(["S", "M", None]))
                rows.append(period(customer, "2000-01-01", None, amount, plan, **given))
    return rows


def paid_on(rows: list[Row], day: dt.date) -> dict[Any, dict[str, Decimal]]:
    """Subscriber -> plan -> what is paid a month at the end of the day; who pays nothing is not there."""
    found: dict[Any, dict[str, Decimal]] = {}
    for row in rows:
        is_live = row["active_from"] <= day and (row["active_until"] is None or day < row["active_until"])
        if is_live and row["monthly_amount"] > 0:
            plans = found.setdefault(row["customer_idx"] or row["subscription_id"], {})
            plan = row["plan"] or "unknown"
            plans[plan] = plans.get(plan, Decimal(0)) + row["monthly_amount"]
    return found
