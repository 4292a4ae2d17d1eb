"""Recurring revenue of drawn subscriptions, against an oracle that looks at every customer on every day."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from regulars.pipelines.transforms.subscriptions.mrr_movements import (
    COUNTED,
    GAINS,
    LOSSES,
    MOVEMENTS,
    mrr_movements,
)
from tests.transforms.subscription_tables import (
    BEGINNING,
    Row,
    State,
    subscriptions,
    sum_plans,
    table,
    walk_days,
)


def split(
    before: dict[str, Decimal],
    after: dict[str, Decimal],
    seen: bool,
    pauses: tuple[bool, bool],
    moved: dict[str, dict[str, Decimal]],
    plan: str | None,
) -> list[tuple[str, Decimal, bool]]:
    """The movements of one subscriber from one day to the next, of one plan or of all: name, amount, counts customer.

    `pauses`: whether a subscription was paused the day before, and is. `moved`: `paused` and `resumed` -> plan ->
    amount.
    """
    whole, left = sum(before.values(), Decimal(0)), sum(after.values(), Decimal(0))
    had, has = (before.get(plan, Decimal(0)), after.get(plan, Decimal(0))) if plan is not None else (whole, left)
    if whole == 0:
        return [("new" if not seen else "resumed" if pauses[0] else "reactivation", has - had, True)]
    if left == 0:
        return [("paused" if pauses[1] else "churned", had - has, True)]
    amounts = {name: sum(of.values()) if plan is None else of.get(plan, Decimal(0)) for name, of in moved.items()}
    enters, leaves = plan is not None and had == 0, plan is not None and has == 0
    rest = has - had + amounts["paused"] - amounts["resumed"]
    found = [("paused", Decimal(amounts["paused"]), leaves), ("resumed", Decimal(amounts["resumed"]), enters)]
    if enters and not amounts["resumed"]:
        return [*found, ("switched_in", rest, True)]
    if leaves and not amounts["paused"]:
        return [*found, ("switched_out", -rest, True)]
    return [*found, ("expansion" if rest > 0 else "contraction", abs(rest), False)]


def moves_of_pauses(before: State, after: State, who: Any) -> dict[str, dict[str, Decimal]]:
    """`paused` and `resumed` -> plan -> how much of it items of a subscriber lose to a pause, or bring back."""
    found: dict[str, dict[str, Decimal]] = {"paused": {}, "resumed": {}}
    for name, one, other in (("paused", before, after), ("resumed", after, before)):
        for key in one:
            for item, what in one[key].items():
                if key[0] == who and what and item in other.get(key, {}) and other[key][item] is None:
                    plan, amount = what
                    found[name][plan] = found[name].get(plan, Decimal(0)) + amount
    return found


def has_pause(state: State, who: Any) -> bool:
    return any(None in items.values() for key, items in state.items() if key[0] == who)


def bound_by_hand(ago: Any, now: Any) -> tuple[float, float]:
    """The interval of what customers pay by what they paid: their residuals, also with four customers made up."""
    ends = [(sum(now) / sum(ago),) * 2]
    for size, pay in ((ago, now), (np.append(ago, [np.mean(ago)] * 4), np.append(now, [0, 0] + [np.mean(ago)] * 2))):
        ratio = sum(pay) / sum(size)
        error = (np.sum((pay - ratio * size) ** 2) * len(size) / (len(size) - 1)) ** 0.5 / sum(size)
        reach = stats.t.ppf(0.975, max(sum(ago) ** 2 / sum(ago**2) - 1, 1)) * error
        ends.append((ratio - reach, ratio + reach))
    return min(low for low, _ in ends), max(high for _, high in ends)


def walk(rows: list[Row], as_of: dt.date) -> dict[tuple[str, str, dt.date], dict[str, Any]]:
    """Every subscriber on every day: slow and plain."""
    moved: dict[tuple[str, str, dt.date], Counter[str]] = {}
    ends: dict[tuple[str, str, dt.date], dict[Any, Decimal]] = {}
    seen: set[Any] = set()
    last: State = {}
    for day, state in walk_days(rows, as_of):
        yesterday, today = sum_plans(last), sum_plans(state)
        for who in {*yesterday, *today} if state != last else ():
            before, after = yesterday.get(who, {}), today.get(who, {})
            pauses, of_pauses = (has_pause(last, who), has_pause(state, who)), moves_of_pauses(last, state, who)
            for dimension, plan in [("all", None), *(("plan", plan) for plan in {*before, *after})]:
                for name, amount, counts in split(before, after, who in seen, pauses, of_pauses, plan):
                    if amount:
                        found = moved.setdefault((dimension, plan or "all", day.replace(day=1)), Counter())
                        found[f"{name}_mrr"] += amount  # type: ignore[assignment]
                        found[COUNTED.get(name, "")] += counts
        seen |= today.keys()
        last = state
        if (day + dt.timedelta(days=1)).day == 1 or day == as_of:
            for who, plans in today.items():
                for key, amount in [
                    (("all", "all"), sum(plans.values())),
                    *((("plan", p), a) for p, a in plans.items()),
                ]:
                    ends.setdefault((*key, day.replace(day=1)), {})[who] = Decimal(amount)
    return _in_rows(moved, ends, as_of)


def _in_rows(moved: Any, ends: Any, as_of: dt.date) -> dict[tuple[str, str, dt.date], dict[str, Any]]:
    found: dict[tuple[str, str, dt.date], dict[str, Any]] = {}
    for dimension, value in {key[:2] for key in moved}:
        first = min(month for *key, month in moved if tuple(key) == (dimension, value))
        months = pl.date_range(first, as_of.replace(day=1), "1mo", eager=True).to_list()
        opening: dict[Any, Decimal] = {}
        for month in months:
            key = (dimension, value, month)
            now = ends.get(key, {})
            ago = ends.get((dimension, value, month.replace(year=month.year - 1)), {})
            counts = moved.get(key, {})
            found[key] = {name: counts.get(name, 0) for name in (*COUNTED.values(), *(f"{m}_mrr" for m in MOVEMENTS))}
            found[key] |= {
                "opening_mrr": sum(opening.values()),
                "closing_mrr": sum(now.values()),
                "opening_customers": len(opening),
                "closing_customers": len(now),
                "base_mrr_12m": sum(ago.values()),
                "retained_mrr_12m": sum(min(ago[who], now.get(who, Decimal(0))) for who in ago),
                "current_mrr_12m": sum(now.get(who, Decimal(0)) for who in ago),
                "base_customers_12m": len(ago),
                "retained_customers_12m": len(ago.keys() & now.keys()),
            }
            base = np.array([float(amount) for amount in ago.values()])
            paid = np.array([float(now.get(who, 0)) for who in ago])
            parts = {"gross": np.minimum(base, paid), "net": paid} if len(ago) > 1 else {}
            found[key]["intervals"] = {name: bound_by_hand(base, part) for name, part in parts.items()}
            opening = now
    return found


@settings(max_examples=40, deadline=None)
@given(subscriptions(), st.integers(0, 1000))
def test_drawn_subscriptions_move_as_looking_at_every_customer_on_every_day_finds(rows: list[Row], days: int):
    as_of = BEGINNING + dt.timedelta(days=days)
    found = mrr_movements(table(*rows).lazy(), as_of=as_of)
    expected = walk(rows, as_of)
    keyed = {(row["dimension"], row["dimension_value"], row["month"]): row for row in found.to_dicts()}
    assert keyed.keys() == expected.keys()
    for key, row in expected.items():
        intervals = row.pop("intervals")
        assert {name: keyed[key][name] for name in row} == row, key
        for name, (low, high) in intervals.items():
            rate = f"{name}_revenue_retention_12m"
            ends = (max(low, 0), min(high, 1) if name == "gross" else high)
            if keyed[key][rate] is not None:
                assert (keyed[key][f"{rate}_low"], keyed[key][f"{rate}_high"]) == pytest.approx(ends, abs=1e-6)
    for row in keyed.values():
        gained = sum(row[f"{name}_mrr"] for name in GAINS)
        lost = sum(row[f"{name}_mrr"] for name in LOSSES)
        assert row["closing_mrr"] == row["opening_mrr"] + gained - lost
