"""Cancelled subscriptions by month and reason: by hand, and against a plain count."""

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.transforms.subscriptions.subscription_churn import COLUMNS, subscription_churn
from tests.transforms.subscription_tables import (
    BEGINNING,
    DAYS_DRAWN,
    Row,
    paused,
    period,
    subscriptions,
    table,
    walk_days,
)

AS_OF = dt.date(2026, 3, 31)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def row(*rows: Row, of: str, dimension: str = "all", value: str = "all", as_of: dt.date = AS_OF) -> dict[str, Any]:
    frame = subscription_churn(table(*rows).lazy(), as_of=as_of)
    wanted = (pl.col("month") == day(f"{of}-01")) & (pl.col("dimension") == dimension)
    return frame.row(by_predicate=wanted & (pl.col("dimension_value") == value), named=True)


def cancelled(customer: int, start: str, on: str, until: str | None = None, **more: Any) -> Row:
    return period(customer, start, until or on, cancelled_date=day(on), **more)


def test_the_rate_is_of_those_who_were_active_when_the_month_began():
    found = row(
        period(1, "2026-01-05"),
        period(2, "2026-01-31"),
        cancelled(3, "2026-01-05", "2026-02-01"),
        cancelled(4, "2026-02-02", "2026-02-28"),
        cancelled(5, "2025-12-05", "2026-01-31"),
        of="2026-02",
    )
    assert (found["active_at_start"], found["started_subscriptions"]) == (3, 1)
    assert (found["cancelled_subscriptions"], found["cancelled_from_start"]) == (2, 1)
    assert (found["churn_rate"], found["cancelled_mrr"]) == (1 / 3, 20)


def test_a_cancellation_counts_when_it_is_made_though_it_is_charged_for_longer():
    rows = period(1, "2026-01-05"), cancelled(2, "2026-01-05", "2026-02-10", "2026-05-05")
    found = row(*rows, of="2026-02")
    assert (found["cancelled_subscriptions"], found["still_charged_subscriptions"]) == (1, 1)
    assert row(*rows, of="2026-03")["active_at_start"] == 1


def test_a_cancellation_after_the_as_of_day_is_not_known_yet():
    rows = period(1, "2026-01-05"), cancelled(2, "2026-01-05", "2026-04-01", "2026-05-05")
    assert row(*rows, of="2026-03")["cancelled_subscriptions"] == 0


def test_an_end_without_a_cancellation_counts_on_the_day_it_ends():
    rows = period(1, "2026-01-05"), period(2, "2026-01-05", "2026-02-20")
    found = row(*rows, of="2026-02", dimension="cancel_reason", value="unknown")
    assert (found["cancelled_subscriptions"], found["churn_rate"]) == (1, 0.5)


def test_a_subscription_that_ends_on_the_day_it_starts_does_not_count():
    rows = period(1, "2026-01-05"), cancelled(2, "2026-02-10", "2026-02-10")
    found = row(*rows, of="2026-02")
    assert (found["started_subscriptions"], found["cancelled_subscriptions"]) == (0, 0)


def test_reasons_and_kinds_of_end_share_one_denominator():
    rows = (
        *(period(n, "2026-01-05") for n in (1, 2)),
        cancelled(3, "2026-01-05", "2026-02-10", cancel_reason="too dear", is_involuntary=False),
        cancelled(4, "2026-01-05", "2026-02-11", cancel_reason="card refused", is_involuntary=True),
    )
    for dimension, value in [
        ("cancel_reason", "too dear"),
        ("cancel_reason", "card refused"),
        ("cancel_type", "voluntary"),
        ("cancel_type", "involuntary"),
    ]:
        assert row(*rows, of="2026-02", dimension=dimension, value=value)["churn_rate"] == 0.25
        assert row(*rows, of="2026-01", dimension=dimension, value=value)["cancelled_subscriptions"] == 0
    assert row(*rows, of="2026-02")["churn_rate"] == 0.5


def test_a_new_price_is_no_cancellation_and_a_gap_is_one():
    rows = [period(1, "2026-01-05", "2026-02-05"), period(1, "2026-02-05", "2026-02-20"), period(1, "2026-03-05")]
    assert [row(*rows, of=f"2026-0{n}")["cancelled_subscriptions"] for n in (1, 2, 3)] == [0, 1, 0]
    assert row(*rows, of="2026-03")["started_subscriptions"] == 1


def test_a_trial_that_nobody_ever_paid_for_is_not_a_cancellation():
    rows = period(1, "2026-01-05"), cancelled(2, "2026-01-05", "2026-01-05"), cancelled(3, "2026-01-05", "2026-02-01")
    free = cancelled(4, "2026-01-05", "2026-02-01") | {"monthly_amount": Decimal(0)}
    assert row(*rows, free, of="2026-02")["cancelled_subscriptions"] == 1


def test_a_month_that_is_not_over_has_no_rate():
    rows = period(1, "2026-01-05"), cancelled(2, "2026-01-05", "2026-03-10")
    found = row(*rows, of="2026-03", as_of=day("2026-03-30"))
    assert (found["cancelled_from_start"], found["churn_rate"], found["is_complete"]) == (1, None, False)


def test_a_pause_is_not_a_cancellation_until_it_ends_in_one():
    goes_on = paused(1, "2026-01-05", "2026-02-10", "2026-03-05"), period(1, "2026-03-05")
    assert row(*goes_on, of="2026-02")["cancelled_subscriptions"] == 0
    ends = paused(1, "2026-01-05", "2026-02-10", "2026-03-05", amount="20", cancelled_date=day("2026-03-01"))
    assert row(ends, of="2026-02")["cancelled_subscriptions"] == 0
    gone = row(ends, of="2026-03")
    assert (gone["cancelled_subscriptions"], gone["cancelled_mrr"], gone["active_at_start"]) == (1, 20, 1)


def test_a_term_that_ends_is_told_apart_from_a_cancellation():
    rows = period(1, "2026-01-05", "2026-03-10"), cancelled(2, "2026-01-05", "2026-03-10")
    for what in ("ended", "cancelled"):
        assert row(*rows, of="2026-03", dimension="end_type", value=what)["cancelled_subscriptions"] == 1


def test_what_is_cancelled_is_worth_all_its_items_of_the_last_day():
    items = [
        cancelled(1, "2026-01-05", "2026-03-10", item_id="base", amount="50"),
        cancelled(1, "2026-01-05", "2026-03-10", item_id="seats", amount="30"),
        period(1, "2026-01-05", "2026-02-01", item_id="more", amount="7"),
    ]
    assert row(*items, of="2026-03")["cancelled_mrr"] == 80


def test_in_the_first_month_nobody_was_there_and_there_is_no_rate():
    assert row(period(1, "2026-01-05"), of="2026-01")["churn_rate"] is None


def test_without_subscriptions_the_table_is_empty():
    with duckdb.connect() as con:
        con.register("nothing", table().to_arrow())
        found = subscription_churn(con.table("nothing"), as_of=AS_OF)
    assert found.is_empty()
    assert found.schema == COLUMNS


def ends_of(row: Row) -> list[tuple[dt.date, dt.date, int, dt.date]]:
    """Start, end, number and end again of the stretches of a row: what is charged, and what is not for now."""
    never = dt.date.max
    until, pause, again = (row[name] or never for name in ("active_until", "paused_from", "paused_until"))
    within = row["active_from"] < pause < again < until
    edges = [(row["active_from"], pause), (again, until)] if within else [(row["active_from"], until)]
    charged = edges if row["monthly_amount"] > 0 or row["is_free_time"] else []
    stretches = [*charged, *([(pause, again)] if row["paused_from"] else [])]
    return [(start, end, row["period_number"], end) for start, end in stretches if start < end]


def runs_of(rows: list[Row], as_of: dt.date) -> list[dict[str, Any]]:
    """Runs found day by day: on each day some item of the subscription is charged, paused or free for now."""
    rows = [{**row, "period_number": number} for number, row in enumerate(rows, 1)]
    found: list[dict[str, Any]] = []
    live: dict[Any, dict[str, Any]] = {}
    for today, state in walk_days(rows, BEGINNING + dt.timedelta(days=DAYS_DRAWN + 1)):
        for who in [who for who in live if who not in state]:
            run = live.pop(who)
            told = _tell_end(rows, who[1], today)
            on = told["cancelled_date"] or today
            run |= told | {"end": today, "on": min(max(on, run["start"]), today)}
        for who, items in state.items():
            if who not in live:
                live[who] = {"start": today, "end": dt.date.max, "on": dt.date.max}
                found.append(live[who])
            if any(items.values()):
                live[who]["monthly_amount"] = sum(amount for _, amount in filter(None, items.values()))
    return [run for run in found if run["start"] <= as_of]


def _tell_end(rows: list[Row], subscription: str, end: dt.date) -> Row:
    """What the rows of a subscription that end on a day say about it; of several the last that says something."""
    own = [row for row in rows if row["subscription_id"] == subscription]
    last = sorted(((stretch, row) for row in own for stretch in ends_of(row) if stretch[3] == end), key=lambda x: x[0])
    names = ("cancelled_date", "cancel_reason", "is_involuntary")
    return {name: next((row[name] for _, row in reversed(last) if row[name] is not None), None) for name in names}


@settings(max_examples=25, deadline=None)
@given(subscriptions(), st.integers(0, 900))
def test_drawn_subscriptions_are_cancelled_as_a_plain_count_finds(rows: list[Row], days: int):
    as_of = BEGINNING + dt.timedelta(days=days)
    runs = runs_of(rows, as_of)
    found = subscription_churn(table(*rows).lazy(), as_of=as_of)
    assert found.is_empty() == (not runs)
    kinds = {True: "involuntary", False: "voluntary", None: "unknown"}
    told = ("cancelled_date", "cancel_reason", "is_involuntary")
    for each in found.to_dicts():
        month, after = each["month"], (each["month"] + dt.timedelta(days=32)).replace(day=1)
        value = {
            "all": lambda row: "all",
            "cancel_reason": lambda row: row["cancel_reason"] or "unknown",
            "cancel_type": lambda row: kinds[row["is_involuntary"]],
            "end_type": lambda row: "ended" if set(map(row.get, told)) == {None} else "cancelled",
        }[each["dimension"]]
        known = [run for run in runs if run["on"] <= as_of]
        gone = [run for run in known if month <= run["on"] < after and value(run) == each["dimension_value"]]
        assert each["active_at_start"] == sum(
            run["start"] < month and not (run["on"] <= as_of and run["on"] < month) for run in runs
        )
        assert each["started_subscriptions"] == sum(month <= run["start"] < after for run in runs)
        assert each["cancelled_subscriptions"] == len(gone)
        assert each["cancelled_from_start"] == sum(run["start"] < month for run in gone)
        assert each["still_charged_subscriptions"] == sum(run["end"] > as_of for run in gone)
        assert each["cancelled_mrr"] == sum(run["monthly_amount"] for run in gone)
