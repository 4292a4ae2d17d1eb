"""The mart `customer_events`: every touchpoint in one timeline."""

import datetime as dt
import random
from decimal import Decimal

import polars as pl
import pytest

from regulars.pipelines.transforms.journey import customer_events
from regulars.pipelines.transforms.journey.customer_events import COLUMNS
from tests.transforms.core_tables import ENGINES
from tests.transforms.journey.journey_tables import (
    CUSTOMERS,
    SETTINGS,
    SHOP,
    UNKNOWN,
    build,
    frames,
    moment,
    order,
    period,
    ticket,
    timeline,
)
from tests.transforms.mart_rules import broken_rules, contract_of

JOURNEY = {
    "orders": [
        order("o1", "2026-01-02 10:00", "2026-01-04 10:00", "2026-01-04 09:00", is_first_order=True),
        order("o2", "2026-02-02 10:00", "2026-02-04 10:00", "2026-02-06 09:00"),
    ],
    "tickets": [ticket("2026-02-05 10:00", "2026-02-05 10:30", "2026-02-07 10:00", is_complaint=True)],
    "refunds": [
        {**SHOP, "refund_id": "r", "refund_date": dt.date(2026, 2, 8), "amount": Decimal(20), "reason": "damaged"}
    ],
    "survey_invitations": [
        {
            **SHOP,
            "invitation_id": "i",
            "survey_type": "nps",
            "invited_at": moment("2026-02-09 10:00"),
            "invited_date": dt.date(2026, 2, 9),
        }
    ],
    "survey_responses": [
        {
            **SHOP,
            "response_id": "a",
            "survey_type": "nps",
            "answered_at": moment("2026-02-10 10:00"),
            "answered_date": dt.date(2026, 2, 10),
            "score": Decimal(3),
        }
    ],
    "payments": [
        {
            "source": "pay",
            "system": "shop",
            "order_id": "o2",
            "status": "Failed",
            "paid_at": moment("2026-02-02 10:01"),
            "amount": Decimal(95),
        }
    ],
    "subscriptions": [period(1, "2026-02-20")],
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_journey_is_told_in_order_by_all_departments(engine):
    mart = build(engine, **JOURNEY)
    assert timeline(mart) == [
        ("2026-01-02", "acquired"),
        ("2026-01-02", "order"),
        ("2026-01-04", "delivered"),
        ("2026-02-02", "order"),
        ("2026-02-02", "payment_failed"),
        ("2026-02-05", "complaint_opened"),
        ("2026-02-05", "ticket_replied"),
        ("2026-02-06", "delivered_late"),
        ("2026-02-07", "ticket_solved"),
        ("2026-02-08", "refund"),
        ("2026-02-09", "survey_invited"),
        ("2026-02-10", "survey_answered"),
        ("2026-02-20", "subscription_started"),
    ]
    assert mart["event_number"].to_list() == list(range(1, 15))
    rows = {row["event_type"]: row for row in mart.to_dicts()}
    assert (rows["order"]["amount"], rows["order"]["department"], rows["order"]["reference_id"]) == (95, "sales", "o2")
    assert (rows["acquired"]["amount"], rows["acquired"]["detail"]) == (12, "fair")
    assert (rows["refund"]["amount"], rows["refund"]["detail"], rows["refund"]["is_time_known"]) == (
        20,
        "damaged",
        False,
    )
    assert (rows["survey_answered"]["score"], rows["survey_answered"]["detail"]) == (3, "nps")
    assert (rows["subscription_started"]["amount"], rows["subscription_started"]["detail"]) == (9, "plan 1")


@pytest.mark.parametrize("column", ["detail", "amount"])
def test_the_contract_says_what_a_column_holds_of_every_type_that_has_it(column):
    days = {"paused_from": dt.date(2026, 1, 20), "paused_until": dt.date(2026, 1, 25)}
    mart = build(
        **JOURNEY
        | {
            "orders": [*JOURNEY["orders"], order("test", "2026-02-02 10:00", is_test=True, is_countable=False)],
            "tickets": [ticket("2026-02-05 10:00", "2026-02-05 12:00", "2026-02-06 10:00", channel="mail")],
            "subscriptions": [
                period(1, "2026-01-10", "2026-02-10", "replaced", **days),
                period(2, "2026-02-10", "2026-03-10", "cancelled", cancelled_at=moment("2026-03-01 10:00")),
            ],
        }
    )
    allowed = next(each.allowed_values for each in contract_of("customer_events").columns if each.name == "event_type")
    said = {value for value, text in allowed if column in text and f"no {column}" not in text}
    given = set(mart.filter(pl.col(column).is_not_null())["event_type"])
    assert given - said == set()
    assert len(given) >= 6
    assert not said & {"delivered", "delivered_late", "delivery_due"}


def test_an_event_of_a_day_begins_with_the_day_of_the_company():
    row = build(refunds=JOURNEY["refunds"]).filter(pl.col("event_type") == "refund").row(0, named=True)
    assert row["happened_at"] == moment("2026-02-07 22:00")  # midnight in Helsinki


def test_a_moment_is_on_the_day_of_the_company():
    mart = build(tickets=[ticket("2026-02-05 10:00", "2026-02-05 22:30")])
    assert timeline(mart)[-1] == ("2026-02-06", "ticket_replied")


def test_what_comes_after_the_last_day_that_counts_has_not_happened():
    in_april = {"order_date": dt.date(2026, 4, 1)}
    mart = build(
        orders=[
            order("o1", "2026-03-30 10:00", "2026-03-31 20:00", "2026-03-31 21:00"),
            order("o2", "2026-03-31 21:00", **in_april),
            order("o3", "2026-03-30 10:00", "2026-03-31 21:00"),
        ],
        tickets=[ticket("2026-03-31 20:00", "2026-03-31 21:00")],
        subscriptions=[period(1, "2026-03-01", "2026-04-01", "ended", cancelled_at=moment("2026-03-31 21:00"))],
    )
    assert sorted(event for _, event in timeline(mart)) == [
        *("delivery_due", "order", "order", "subscription_started", "ticket_opened"),
    ]


def test_what_happens_on_the_last_day_that_counts_has_happened():
    today, at = dt.date(2026, 3, 31), moment("2026-03-31 20:59")
    mart = build(
        orders=[order("o", "2026-03-31 20:59")],
        tickets=[ticket("2026-03-31 20:59")],
        refunds=[JOURNEY["refunds"][0] | {"refund_date": today}],
        survey_invitations=[JOURNEY["survey_invitations"][0] | {"invited_at": at, "invited_date": today}],
        survey_responses=[JOURNEY["survey_responses"][0] | {"answered_at": at, "answered_date": today}],
        subscriptions=[period(1, "2026-03-31", "2026-03-31", "ended")],
    )
    assert sorted(event for _, event in timeline(mart)) == [
        *("order", "refund", "subscription_ended", "subscription_started"),
        *("survey_answered", "survey_invited", "ticket_opened"),
    ]


def test_orders_that_do_not_count_have_no_amount_and_tests_are_not_delivered():
    times = ("2026-02-02 10:00", "2026-02-03 10:00", "2026-02-04 10:00")
    mart = build(
        orders=[
            order("test", *times, is_test=True, is_countable=False),
            order("cancelled", *times[:2], is_cancelled=True, is_countable=False),
        ]
    )
    assert [event for _, event in timeline(mart)] == ["order_not_counted", "order_not_counted"]
    assert mart.filter(pl.col("event_type") == "order_not_counted")["amount"].null_count() == 2


def test_a_subscription_starts_changes_pauses_and_ends():
    days = {"paused_from": dt.date(2026, 1, 20), "paused_until": dt.date(2026, 1, 25)}
    mart = build(
        subscriptions=[
            period(1, "2026-01-10", "2026-02-10", "replaced", **days),
            period(2, "2026-02-10", "2026-03-10", "cancelled", cancelled_at=moment("2026-03-01 10:00")),
        ]
    )
    assert timeline(mart) == [
        ("2026-01-10", "subscription_started"),
        ("2026-01-20", "subscription_paused"),
        ("2026-01-25", "subscription_resumed"),
        ("2026-02-10", "subscription_changed"),
        ("2026-03-01", "subscription_cancelled"),
        ("2026-03-10", "subscription_ended"),
    ]


@pytest.mark.parametrize(
    ("until", "later", "events"),
    [
        ("2026-02-01", [], ["subscription_paused", "subscription_ended"]),
        (
            "2026-02-01",
            [period(2, "2026-02-01")],
            ["subscription_paused", "subscription_changed", "subscription_resumed"],
        ),
        (None, [], ["subscription_paused"]),
    ],
)
def test_a_pause_ends_by_going_on_or_with_the_subscription(until, later, events):
    pause = {"paused_from": dt.date(2026, 1, 20), "paused_until": until and dt.date.fromisoformat(until)}
    mart = build(subscriptions=[period(1, "2026-01-10", "2026-01-20", "paused", **pause), *later])
    assert sorted(event for _, event in timeline(mart)[1:]) == sorted(events)


def test_a_cancellation_that_stands_on_several_items_is_one():
    end = {"cancelled_at": moment("2026-03-01 10:00")}
    rows = [period(number, "2026-01-10", "2026-03-10", "cancelled", **end) for number in (1, 2)]
    events = [event for _, event in timeline(build(subscriptions=rows))]
    assert events.count("subscription_cancelled") == 1


def test_events_of_nobody_known_are_the_unknown_customers():
    mart = build(
        orders=[order("o", "2026-02-02 10:00", customer_idx=0)],
        tickets=[ticket("2026-02-01 10:00", customer_idx=None)],
    )
    assert timeline(mart, UNKNOWN) == [("2026-02-01", "ticket_opened"), ("2026-02-02", "order")]


def test_events_of_one_moment_stand_in_the_same_order_whatever_order_they_come_in():
    rng = random.Random(1)
    orders = [order(f"o{number:03}", "2026-02-02 10:00", customer_idx=1 + number % 2) for number in range(60)]
    orders += [order("later", "2026-02-02 10:00:00.5"), order("before", "2026-01-02 10:00")]
    first = build(orders=orders, tickets=[ticket("2026-02-02 10:00")])
    rng.shuffle(orders)
    assert build(orders=orders, tickets=[ticket("2026-02-02 10:00")]).equals(first)
    assert first.equals(first.sort("customer_id", "event_number"))
    assert [row[2] for row in first.select("customer_id", "event_number", "reference_id").rows()][1] == "before"
    adas = first.filter(pl.col("customer_id") == "ada")
    assert adas.filter(pl.col("event_type") == "order")["reference_id"].to_list()[-1] == "later"
    assert adas["event_type"].to_list()[-1] == "ticket_opened"


def test_counts_tie_out_with_the_core_tables_and_no_rule_is_broken():
    mart = build(**JOURNEY)
    core = frames(**JOURNEY)
    assert broken_rules("customer_events", mart, core) == set()
    lacking = mart.filter(pl.col("event_type") != "refund")
    assert broken_rules("customer_events", lacking, core) == {"counts_tie_out", "numbers_are_dense"}
    assert mart.schema == COLUMNS
    assert len(build(customers=CUSTOMERS[:1])) == 0


def test_events_are_the_same_however_many_are_made_at_a_time(monkeypatch):
    whole = build(**JOURNEY)
    monkeypatch.setattr(customer_events, "PIECE_ROWS", 3)
    assert build(**JOURNEY).equals(whole)


def test_without_events_the_table_has_its_columns():
    with ENGINES["polars"]({**frames(), "customers": frames()["customers"].clear()}) as tables:
        pieces = list(customer_events.customer_events(**tables, **SETTINGS))
    assert [(piece.height, piece.schema) for piece in pieces] == [(0, COLUMNS)]
