"""The way from delivered rows of subscriptions to the MRR and the revenue that are published of a month."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.audit.subscription_tie_out import TABLE, write_subscription_tie_out
from regulars.pipelines.transforms.money.sales_new_vs_returning import sales_new_vs_returning
from regulars.pipelines.transforms.subscriptions.mrr_movements import mrr_movements
from tests.audit.tie_outs import key_by_month, read_checked_rows, write_marts
from tests.builders import build, money, rows_of

AS_OF = dt.date(2026, 6, 20)
COMPANY = {"as_of": str(AS_OF)}
RATES = [{"rate_date": "2025-01-01", "currency": "USD", "rate": "0.5"}]
OF_PERIODS = {
    "never_charged_mrr_to_date": "never_charged",
    "not_begun_mrr": "not_begun",
    "ended_mrr_to_date": "ended",
    "on_pause_mrr": "on_pause",
    "closing_mrr": "live",
}
"""Column -> what the periods of core in it are on the day to which it counts."""
LEFT_OUT = ("quarantined_mrr_to_date", "superseded_mrr_to_date", "duplicate_mrr_to_date")


def charged(started_at: str, amount: str = "30", **more: Any) -> dict[str, Any]:
    return {"started_at": started_at, "monthly_amount": amount, **more}


def bridge(*rows: dict[str, Any], change: str | None = None, is_kept: bool = True) -> dict[str, dict[str, Any]]:
    """{month: row} of the table, of marts made as in a run; `change` is SQL that runs before it is made."""
    numbered = [{"subscription_id": f"s{number}"} | row for number, row in enumerate(rows)]
    with build(raw__subscriptions=numbered, raw__company=[COMPANY], raw__fx_rates=RATES) as con:
        subscriptions, orders, refunds, calendar = (
            con.sql(f"select * from core.{name}").pl() for name in ("subscriptions", "orders", "refunds", "calendar")
        )
        marts = {
            "mrr_movements": mrr_movements(subscriptions, as_of=AS_OF),
            "sales_new_vs_returning": sales_new_vs_returning(
                *(orders, refunds, subscriptions, calendar), as_of=AS_OF, subscription_revenue_is_in_orders=False
            ),
        }
        write_marts(con, marts)
        if change:
            con.execute(change)
        write_subscription_tie_out(con)
        found = read_checked_rows(con, TABLE, keeps_rules=is_kept)
        for row in found if is_kept else []:
            naive = add_up_naively(rows_of(con, "core.subscriptions"), row["counted_to"])
            assert {step: row[column] for column, step in OF_PERIODS.items()} == naive
        return key_by_month(found)


def add_up_naively(periods: list[dict[str, Any]], day: dt.date) -> dict[str, Decimal]:
    """What periods that have begun are worth a month, by what each of them is on a day."""
    worth = dict.fromkeys(OF_PERIODS.values(), Decimal(0))
    for period in periods:
        if period["started_date"] <= day:
            worth[describe(period, day)] += period["monthly_amount"]
    return worth


def describe(period: dict[str, Any], day: dt.date) -> str:
    since, until = period["active_from"], period["active_until"] or dt.date.max
    if since == until:
        return "never_charged"
    if day < since or day >= until:
        return "not_begun" if day < since else "ended"
    paused = (period["paused_from"] or dt.date.max, period["paused_until"] or dt.date.max)
    return "on_pause" if since < paused[0] <= day < paused[1] < until else "live"


def parts(row: dict[str, Any]) -> dict[str, Decimal]:
    names = ("delivered_mrr_to_date", *LEFT_OUT, *OF_PERIODS, "uncharged_revenue", "ended_revenue")
    return {name: row[name] for name in (*names, "subscription_revenue") if row[name]}


def test_a_month_begins_with_what_is_live_and_takes_off_the_days_that_were_not_charged():
    rows = bridge(charged("2026-04-16"))
    assert parts(rows["2026-04"]) == {
        "delivered_mrr_to_date": 30, "closing_mrr": 30, "uncharged_revenue": 15, "subscription_revenue": 15,
    }  # fmt: skip
    assert parts(rows["2026-05"]) == {"delivered_mrr_to_date": 30, "closing_mrr": 30, "subscription_revenue": 30}
    assert (rows["2026-06"]["counted_to"], rows["2026-06"]["subscription_revenue"]) == (AS_OF, 20)


def test_a_month_in_which_nothing_has_begun_by_as_of_has_no_row():
    assert bridge(charged("2026-06-21")) == {}
    assert list(bridge(charged("2026-07-02"), charged("2026-05-30"))) == ["2026-05", "2026-06"]


def test_what_ends_in_a_month_still_brings_its_days():
    rows = bridge(charged("2026-04-01", ended_at="2026-05-11"))
    assert parts(rows["2026-05"]) == {
        "delivered_mrr_to_date": 30,
        "ended_mrr_to_date": 30,
        "ended_revenue": money("9.6774"),  # 30 × 10 / 31
        "subscription_revenue": money("9.6774"),
    }
    assert parts(rows["2026-06"]) == {"delivered_mrr_to_date": 30, "ended_mrr_to_date": 30}


def test_rows_that_were_left_out_stand_apart_in_the_company_s_currency():
    fates = ("quarantined", "superseded", "duplicate")
    left = [
        charged("2026-04-01", str(each), fate=fate, currency="USD") for each, fate in zip((2, 4, 8), fates, strict=True)
    ]
    row = bridge(charged("2026-04-01"), *left)["2026-04"]
    assert parts(row) == {
        "delivered_mrr_to_date": 37,
        **{"quarantined_mrr_to_date": 1, "superseded_mrr_to_date": 2, "duplicate_mrr_to_date": 4},
        **{"closing_mrr": 30, "subscription_revenue": 30},
    }
    assert row["reason"] is None


def test_rows_without_a_number_or_a_rate_are_counted_and_the_reason_says_so():
    odd = [
        charged("2026-04-01", "much", fate="quarantined"),
        charged("2026-05-02", "9", fate="quarantined", currency="CHF"),
    ]
    rows = bridge(charged("2026-04-01"), *odd)
    assert [rows[month]["rows_without_amount"] for month in ("2026-04", "2026-05", "2026-06")] == [1, 2, 2]
    assert rows["2026-05"]["reason"] == (
        "2 rows have no amount here: their own are not numbers, or no rates of their currencies are known"
    )
    assert rows["2026-04"]["reason"] == (
        "1 row has no amount here: its own is not a number, or no rate of its currency is known"
    )


def test_a_trial_has_not_begun_and_one_that_ends_first_is_never_charged():
    trials = (
        charged("2026-04-10", trial_ends_at="2026-05-10"),
        charged("2026-04-10", "7", trial_ends_at="2026-05-10", ended_at="2026-04-20"),
    )
    rows = bridge(charged("2026-04-01", "1"), *trials)
    assert (rows["2026-04"]["not_begun_mrr"], rows["2026-04"]["never_charged_mrr_to_date"]) == (30, 7)
    assert (rows["2026-05"]["not_begun_mrr"], rows["2026-05"]["closing_mrr"]) == (0, 31)


def test_a_pause_is_on_pause_until_it_is_over():
    rows = bridge(charged("2026-03-01", paused_at="2026-04-11", resumed_at="2026-05-11"))
    assert parts(rows["2026-04"]) == {
        "delivered_mrr_to_date": 30, "on_pause_mrr": 30, "ended_revenue": 10, "subscription_revenue": 10,
    }  # fmt: skip
    assert rows["2026-05"]["on_pause_mrr"] == 0


def test_what_begins_after_the_last_day_is_not_here_and_without_subscriptions_there_is_nothing():
    assert parts(bridge(charged("2026-06-01"), charged("2026-06-21", "99"))["2026-06"])["delivered_mrr_to_date"] == 30
    assert bridge() == {}


@pytest.mark.parametrize(
    "change",
    [
        "update core.subscriptions set active_until = active_until - 1",
        "update marts.mrr_movements set closing_mrr = closing_mrr + 0.0001 where month = date '2026-05-01'",
        "update marts.sales_new_vs_returning set subscription_revenue = subscription_revenue - 0.0001",
        "delete from core.subscriptions where active_until is null",
    ],
)
def test_a_penny_that_is_lost_on_the_way_is_seen(change):
    rows = bridge(charged("2026-04-01"), charged("2026-04-02", ended_at="2026-05-15"), change=change, is_kept=False)
    assert any(row["mrr_difference"] or row["subscription_revenue_difference"] for row in rows.values())


days = st.dates(dt.date(2026, 1, 1), dt.date(2026, 7, 10)).map(str)
a_row = st.fixed_dictionaries(
    {"started_at": days, "monthly_amount": st.sampled_from(["0", "9.99", "30", "17.0001"])},
    optional={
        **dict.fromkeys(("ended_at", "trial_ends_at", "paused_at", "resumed_at"), days),
        "currency": st.just("USD"),
        "fate": st.sampled_from(["superseded", "duplicate"]),
        "status": st.sampled_from(["active", "paused"]),
        "subscription_id": st.sampled_from(["x", "y"]),
        "plan": st.sampled_from("ab"),
    },
)


@given(st.lists(a_row, max_size=6))
@settings(max_examples=25, deadline=None)
def test_whatever_is_delivered_ties_out(drawn):
    sound = [row for row in drawn if row.get("ended_at", "9") >= row["started_at"]]
    rows = bridge(*sound)
    for row in rows.values():
        assert (row["mrr_difference"], row["subscription_revenue_difference"]) == (0, 0)
