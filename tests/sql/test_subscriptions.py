"""What becomes of subscriptions: their periods, their customers, their money."""

import datetime as dt

import pytest

from tests.builders import UNKNOWN, build, money, only, pick, rows_of, run_sql


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def periods(*rows: dict, **tables) -> list[dict]:
    staged = [{"subscription_id": "s1", **row} for row in rows]
    return run_sql("core/subscriptions", staging__subscriptions=staged, **tables)


def live(*rows: dict, **tables) -> list[tuple]:
    """First day charged and first day no longer charged of every period."""
    dates = pick(periods(*rows, **tables), "active_from", "active_until")
    return [tuple(each and each.isoformat() for each in pair) for pair in dates]


def test_a_subscription_without_an_end_goes_on():
    assert live({"started_at": "2026-01-05 10:00:00"}) == [("2026-01-05", None)]


def test_a_subscription_ends_when_it_ends_not_when_it_was_cancelled():
    both = {"started_at": "2026-01-05", "cancelled_at": "2026-02-10", "ended_at": "2026-03-05"}
    assert live(both) == [("2026-01-05", "2026-03-05")]
    assert live({"started_at": "2026-01-05", "cancelled_at": "2026-02-10"}) == [("2026-01-05", "2026-02-10")]


def test_a_new_price_ends_the_period_before():
    rows = {"started_at": "2026-01-05", "plan": "S"}, {"started_at": "2026-03-01", "plan": "M"}
    assert live(*rows) == live(*reversed(rows)) == [("2026-01-05", "2026-03-01"), ("2026-03-01", None)]
    assert list(pick(periods(*rows), "period_number", "plan")) == [(1, "S"), (2, "M")]


def test_a_period_that_overlaps_the_next_ends_when_the_next_starts_and_a_gap_stays_a_gap():
    assert live(
        {"started_at": "2026-01-01", "ended_at": "2026-12-31"},
        {"started_at": "2026-03-01", "ended_at": "2026-04-01"},
        {"started_at": "2026-06-01"},
    ) == [("2026-01-01", "2026-03-01"), ("2026-03-01", "2026-04-01"), ("2026-06-01", None)]


def test_of_two_periods_that_start_on_one_day_only_the_last_counts():
    assert live(
        {"started_at": "2026-01-01 09:00:00", "plan": "a mistake"}, {"started_at": "2026-01-01 10:00:00", "plan": "M"}
    ) == [("2026-01-01", "2026-01-01"), ("2026-01-01", None)]


def test_a_cancellation_on_every_row_ends_only_the_last():
    cancelled = {"cancelled_at": "2026-05-01"}
    assert live({"started_at": "2026-01-01", **cancelled}, {"started_at": "2026-02-01", **cancelled}) == [
        ("2026-01-01", "2026-02-01"),
        ("2026-02-01", "2026-05-01"),
    ]


def test_a_trial_is_charged_from_its_end_on_and_never_when_it_ends_before():
    trial = {"started_at": "2026-01-01", "trial_ends_at": "2026-01-15"}
    assert live(trial) == [("2026-01-15", None)]
    assert live(trial | {"cancelled_at": "2026-01-10"}) == [("2026-01-15", "2026-01-15")]
    assert live({"started_at": "2026-01-01", "trial_ends_at": "2025-12-15"}) == [("2026-01-01", None)]


def items(*rows: dict) -> list[tuple]:
    """Item, first day charged and first day no longer charged of every period."""
    return [
        tuple(each and str(each) for each in row)
        for row in pick(periods(*rows), "item_id", "active_from", "active_until")
    ]


def test_rows_that_begin_together_are_items_and_the_next_row_of_a_plan_ends_only_its_own():
    base, seats = {"started_at": "2026-01-05", "plan": "base"}, {"started_at": "2026-01-05", "plan": "seats"}
    assert items(base, seats, {"started_at": "2026-03-01", "plan": "seats"}) == [
        ("base", "2026-01-05", None),
        ("seats", "2026-01-05", "2026-03-01"),
        ("seats", "2026-03-01", None),
    ]


def test_items_that_the_source_names_run_side_by_side_whenever_they_begin():
    assert items(
        {"started_at": "2026-01-05", "plan": "S", "item_id": "1"},
        {"started_at": "2026-02-05", "plan": "seats", "item_id": "2"},
        {"started_at": "2026-03-05", "plan": "M", "item_id": "1"},
    ) == [("1", "2026-01-05", "2026-03-05"), ("2", "2026-02-05", None), ("1", "2026-03-05", None)]


def pauses(*rows: dict) -> list[tuple]:
    """First day no longer charged, first day of a pause, first day after it, and how the period ends."""
    names = ("active_until", "paused_from", "paused_until", "end_type")
    return [tuple(each and str(each) for each in row) for row in pick(periods(*rows), *names)]


START = {"started_at": "2025-01-15"}
AGAIN = ((None, None, None, None),)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [START | {"ended_at": "2025-04-15", "status": "Paused"}, {"started_at": "2025-06-15"}],
            [("2025-04-15", "2025-04-15", "2025-06-15", "paused"), *AGAIN],
        ),
        ([START | {"ended_at": "2025-04-15", "status": "paused"}], [("2025-04-15", "2025-04-15", None, "paused")]),
        (
            [START | {"ended_at": "2025-04-15", "cancelled_at": "2025-04-01", "status": "paused"}],
            [("2025-04-15", None, None, "cancelled")],
        ),
        ([START | {"paused_at": "2025-04-15", "resumed_at": "2025-06-15"}], [(None, "2025-04-15", "2025-06-15", None)]),
        ([START | {"paused_at": "2025-04-15", "resumed_at": "2025-04-15"}], [(None, None, None, None)]),
        (
            [START | {"paused_at": "2025-04-15", "resumed_at": "2025-03-15"}],
            [("2025-04-15", "2025-04-15", None, "paused")],
        ),
        (
            [START | {"paused_at": "2025-04-15", "cancelled_at": "2025-05-01"}],
            [("2025-04-15", "2025-04-15", "2025-05-01", "paused")],
        ),
        ([START | {"paused_at": "2025-06-15", "ended_at": "2025-05-01"}], [("2025-05-01", None, None, "ended")]),
        (
            [
                START,
                {"started_at": "2025-04-15", "status": "paused", "monthly_amount": "0"},
                {"started_at": "2025-06-15"},
            ],
            [("2025-04-15", None, None, "replaced"), ("2025-04-15", "2025-04-15", "2025-06-15", "paused"), *AGAIN],
        ),
        ([START | {"status": "paused"}], [("2025-01-15", "2025-01-15", None, "paused")]),
        ([START | {"ended_at": "2025-04-15"}], [("2025-04-15", None, None, "ended")]),
        (
            [START | {"ended_at": "2025-04-15", "is_involuntary": "true"}],
            [("2025-04-15", None, None, "cancelled")],
        ),
    ],
)
def test_a_pause_is_told_by_its_days_or_by_the_status(rows, expected):
    assert pauses(*rows) == expected


def test_a_pause_from_the_start_on_is_charged_from_its_end():
    row = only(periods(START | {"paused_at": "2025-01-01", "resumed_at": "2025-02-01"}))
    assert (str(row["active_from"]), str(row["paused_from"])) == ("2025-02-01", "2025-01-15")


def test_free_time_is_on_the_plan_that_was_charged_before():
    rows = periods(
        {"started_at": "2026-01-01", "plan": "S", "monthly_amount": "0"},
        {"started_at": "2026-02-01", "plan": "S"},
        {"started_at": "2026-03-01", "plan": "S", "monthly_amount": "0"},
        {"started_at": "2026-04-01", "plan": "free", "monthly_amount": "0"},
    )
    assert [free for (free,) in pick(rows, "is_free_time")] == [False, False, True, False]


def test_days_are_days_of_the_companys_zone():
    rows = periods(
        {"started_at": "2026-01-31 23:30:00", "cancelled_at": "2026-02-28 23:30:00"},
        raw__company=[{"timezone": "Europe/Berlin"}],
    )
    names = ("started_date", "active_from", "cancelled_date", "active_until")
    assert list(pick(rows, *names)) == [(day("2026-02-01"), day("2026-02-01"), day("2026-03-01"), day("2026-03-01"))]


@pytest.mark.parametrize(
    ("staged", "monthly"),
    [
        ({"monthly_amount": "9.99", "amount": "1", "billing_interval": "year"}, "9.99"),
        ({"amount": "12"}, "12"),
        ({"amount": "12", "quantity": "3"}, "36"),
        ({"amount": "100", "billing_interval": "year"}, "8.3333"),
        ({"amount": "100", "billing_interval": "quarter"}, "33.3333"),
        ({"amount": "7", "billing_interval": "week"}, "30.3333"),
        ({"amount": "1", "billing_interval": "day"}, "30.4167"),
        ({"amount": "0.0005", "quantity": "2.5", "billing_interval": "month"}, "0.0013"),
        ({"amount": "5", "quantity": "0"}, "0"),
    ],
)
def test_a_price_for_another_interval_is_brought_to_a_month(staged, monthly):
    row = only(periods({"monthly_amount": None, **staged}))
    assert row["monthly_amount"] == row["monthly_amount_original"] == money(monthly)


def test_a_period_is_converted_at_the_rate_of_the_day_it_started():
    rows = periods(
        {"currency": "USD", "monthly_amount": "8", "started_at": "2026-01-05"},
        {"currency": "USD", "monthly_amount": "8", "started_at": "2026-01-25"},
        {"currency": "EUR", "monthly_amount": "8", "started_at": "2026-01-28"},
        staging__fx_rates=[
            {"rate_date": "2026-01-01", "currency": "USD", "rate": "0.5"},
            {"rate_date": "2026-01-20", "currency": "USD", "rate": "0.25"},
        ],
    )
    assert list(pick(rows, "currency", "monthly_amount_original", "monthly_amount")) == [
        ("USD", 8, 4),
        ("USD", 8, 2),
        ("EUR", 8, 8),
    ]


def test_a_subscriber_is_the_customer_whom_a_row_names_by_record_or_by_address():
    with build(
        raw__customers=[{"customer_record_id": "1", "email": "ada@example.com", "_system": "crm"}],
        raw__subscriptions=[
            {"subscription_id": "a", "customer_record_id": "1", "customer_system": "crm"},
            {"subscription_id": "b", "email": " ADA@example.com"},
            {"subscription_id": "c"},
            {"subscription_id": "c", "email": "ada@example.com", "started_at": "2026-02-01"},
            {"subscription_id": "d", "email": "eve@example.com"},
            {"subscription_id": "e"},
        ],
    ) as con:
        whose = dict(pick(rows_of(con, "core.subscriptions"), "subscription_id", "customer_id"))
        customers = {row["customer_id"]: row for row in rows_of(con, "core.customers")}
        records = set(pick(rows_of(con, "core.customer_source_ids"), "record_type", "source_record_id"))
    assert whose["a"] == whose["b"] == whose["c"] != whose["d"]
    assert whose["e"] == UNKNOWN
    assert records == {("customer", "1"), *(("subscription", each) for each in "bcd")}
    assert customers[whose["d"]]["first_seen_at"] == dt.datetime.fromisoformat("2026-01-05 10:00:00")


def test_all_rows_of_a_subscription_belong_to_the_customer_of_the_first_that_names_one():
    with build(
        raw__subscriptions=[
            {"subscription_id": "a"},
            {"subscription_id": "a", "customer_record_id": "2", "started_at": "2026-02-01"},
            {"subscription_id": "a", "customer_record_id": "3", "started_at": "2026-03-01"},
        ],
    ) as con:
        assert len(set(pick(rows_of(con, "core.subscriptions"), "customer_id"))) == 1
        named = rows_of(con, "core.customer_source_ids")
    assert list(pick(named, "source_record_id")) == [("2",)]


def test_the_record_that_a_first_row_names_is_of_that_rows_own_system():
    periods = run_sql(
        "core/subscriptions",
        staging__subscriptions=[
            {"subscription_id": "a", "customer_record_id": "1"},
            {"subscription_id": "a", "customer_record_id": "2", "customer_system": "crm", "started_at": "2026-02-01"},
        ],
        identity__customer_links=[
            {"link_type": "customer_record", "system": system, "source_record_id": "1", "customer_id": who}
            for system, who in (("shop", "ada"), ("crm", "bob"))
        ],
    )
    assert {row["customer_id"] for row in periods} == {"ada"}


def test_the_calendar_has_the_days_on_which_subscriptions_start():
    started = [{"subscription_id": "a", "started_at": "2024-06-01"}]
    days = run_sql("core/calendar", staging__subscriptions=started)
    assert min(row["day"] for row in days) == day("2024-01-01")
