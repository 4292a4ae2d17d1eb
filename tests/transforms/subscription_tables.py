"""`core.subscriptions` made by hand, and drawn; and what was paid on a day, found the slow way."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import strategies as st

Row = dict[str, Any]

SCHEMA = {
    "system": pl.String,
    "subscription_id": pl.String,
    "period_number": pl.Int32,
    "item_id": pl.String,
    "customer_idx": pl.Int32,
    "plan": pl.String,
    "active_from": pl.Date,
    "active_until": pl.Date,
    "paused_from": pl.Date,
    "paused_until": pl.Date,
    "is_free_time": pl.Boolean,
    "monthly_amount": pl.Decimal(18, 4),
    "cancelled_date": pl.Date,
    "cancel_reason": pl.String,
    "is_involuntary": pl.Boolean,
    "end_type": pl.String,
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
        "paused_from": None,
        "paused_until": None,
        "is_free_time": False,
        "monthly_amount": Decimal(amount),
        "cancelled_date": None,
        "cancel_reason": None,
        "is_involuntary": None,
        "end_type": "cancelled" if until else None,
        **more,
    }


def table(*rows: Row) -> pl.DataFrame:
    """The rows as a frame, its periods numbered as they come."""
    numbered = [{"period_number": number, **row} for number, row in enumerate(rows, 1)]
    return pl.DataFrame(numbered, schema=SCHEMA)


def paused(customer: int, start: str, since: str | None, again: str | None = None, **more: Any) -> Row:
    """A period charged from `start` that is paused from a day until another one (None: still, with no end known)."""
    row = period(customer, start, since, **more)
    end_type = "paused" if since else None
    return row | {
        "end_type": end_type,
        "paused_from": row["active_until"],
        "paused_until": again and dt.date.fromisoformat(again),
    }


def leaving_company(*, months: int = 36, customers_a_month: int = 12) -> list[Row]:
    """Subscriptions that begin each month, of which a fixed pattern leaves after 1 to 60 months."""
    rows = []
    for number in range(months * customers_a_month):
        start = dt.date(2023 + (number // customers_a_month) // 12, (number // customers_a_month) % 12 + 1, 5)
        stays = 1 + (number * 37) % 60
        end = start.year * 12 + start.month - 1 + stays
        until = dt.date(end // 12, end % 12 + 1, 5)
        gone = {"cancelled_date": until}
        rows.append(period(number + 1, start.isoformat(), until.isoformat(), **gone))
    return rows


def _draw_period(draw: st.DrawFn, start: dt.date, end: dt.date | None) -> dict[str, Any]:
    """What becomes of an item from one day to another: charged, paused in between or at the end, paused, or free."""
    amount = Decimal(draw(st.sampled_from(["10", "10", "20.0001", "7.5"])))
    days = ((end or start + dt.timedelta(days=99)) - start).days
    first, second = sorted((draw(st.integers(0, days)), draw(st.integers(0, days))))
    pause, again = start + dt.timedelta(days=first), start + dt.timedelta(days=second)
    drawn = draw(st.sampled_from(["charged", "charged", "charged", "free", "free time", "paused", "late", "within"]))
    charged = {"active_from": start, "active_until": end, "monthly_amount": amount}
    within = {"paused_from": pause, "paused_until": again} if start < pause < again < (end or dt.date.max) else {}
    return {
        "charged": charged,
        "free": charged | {"monthly_amount": Decimal(0)},
        "free time": charged | {"monthly_amount": Decimal(0), "is_free_time": True},
        "paused": charged | {"active_until": start, "paused_from": start, "paused_until": end},
        "late": charged | {"active_until": pause, "paused_from": pause, "paused_until": end},
        "within": charged | within,
    }[drawn]


@st.composite
def subscriptions(draw: st.DrawFn) -> list[Row]:
    """Up to six subscriptions, some of several items, of up to three customers and of nobody known.

    The periods of an item never overlap.
    """
    rows = []
    for number in range(draw(st.integers(0, 6))):
        customer = draw(st.integers(0, 3))
        for item in draw(st.sampled_from([(None,), (None,), ("base", "seats")])):
            edges = sorted(draw(st.sets(st.integers(0, DAYS_DRAWN), min_size=2, max_size=6)))
            days = [BEGINNING + dt.timedelta(days=edge) for edge in edges]
            until: list[dt.date | None] = [*days[1:-1], draw(st.sampled_from([None, days[-1]]))]
            for start, end in zip(days, until, strict=False):
                if draw(st.integers(0, 4)):
                    cancelled = draw(st.sampled_from([None, end, start, start + dt.timedelta(days=9)]))
                    given = {"subscription_id": f"s{number}", "item_id": item, "cancelled_date": cancelled}
                    given |= {"cancel_reason": draw(st.sampled_from([None, "dear", "moved"]))}
                    given |= {"is_involuntary": draw(st.sampled_from([None, True, False]))}
                    plan = draw(st.sampled_from(["S", "M", None]))
                    given |= _draw_period(draw, start, end)
                    rows.append(period(customer, "2000-01-01", plan=plan) | given)
    return rows


Item = tuple[str, Decimal] | None
"""What an item is on a day: its plan and what it costs a month; None: paused, or free for now."""

State = dict[tuple[Any, str], dict[Any, Item]]
"""(subscriber, subscription) -> item -> what it is; what is not live is not there."""


def walk_days(rows: list[Row], as_of: dt.date) -> Iterator[tuple[dt.date, State]]:
    """Every day up to `as_of` with what is live at its end, found the slow way.

    A pause or free time counts from the first day on that its subscription was charged without a gap since.
    """
    begun: set[Any] = set()
    for offset in range((as_of - BEGINNING).days + 1):
        day = BEGINNING + dt.timedelta(days=offset)
        state: State = {}
        for row in rows:
            who = (row["customer_idx"] or row["subscription_id"], row["subscription_id"])
            is_paused = row["paused_from"] is not None and _is_within(day, row["paused_from"], row["paused_until"])
            is_on = _is_within(day, row["active_from"], row["active_until"])
            if is_paused or (is_on and row["is_free_time"]):
                state.setdefault(who, {})[row["item_id"]] = None
            elif is_on and row["monthly_amount"] > 0:
                state.setdefault(who, {})[row["item_id"]] = (row["plan"] or "unknown", row["monthly_amount"])
        begun = {who for who, items in state.items() if who in begun or any(items.values())}
        yield day, {who: items for who, items in state.items() if who in begun}


def _is_within(day: dt.date, start: dt.date, end: dt.date | None) -> bool:
    return start <= day and (end is None or day < end)


def sum_plans(state: State) -> dict[Any, dict[str, Decimal]]:
    """Subscriber -> plan -> what is paid a month; who pays nothing is not there."""
    found: dict[Any, dict[str, Decimal]] = {}
    for (who, _), items in state.items():
        for plan, amount in filter(None, items.values()):
            plans = found.setdefault(who, {})
            plans[plan] = plans.get(plan, Decimal(0)) + amount
    return found
