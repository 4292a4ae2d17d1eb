"""What the mart `customer_360` says about a customer, and what to do next."""

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from regulars.pipelines.transforms.customers.view.customer_360 import COLUMNS
from tests.transforms.customer_rows import (
    SCHEMAS,
    UNKNOWN,
    answer,
    core,
    customers,
    day,
    everybody,
    order,
    paid,
    refund,
    segment,
)
from tests.transforms.mart_rules import breaks_rule


def test_every_customer_has_a_row_prospects_and_the_unknown_customer_too():
    found = customers(orders=[order(1, "2026-03-01"), order(0, "2026-03-01")])
    assert list(found) == [UNKNOWN, "ada", "bob"]
    assert [row["is_unknown"] for row in found.values()] == [True, False, False]
    assert found["bob"]["lifecycle"] == "prospect"
    assert found["bob"]["net_sales_to_date"] == Decimal(0)


def test_totals_are_those_of_all_countable_orders_and_refunds():
    orders = [order(1, "2025-01-01", "100.25", "10"), order(0, "2026-03-01", "7"), order(2, "2026-03-02", "1.5", "0.5")]
    refunds = [refund(1, "2026-02-01", "30"), refund(0, "2026-03-01", "2"), refund(2, "2026-03-03", "3")]
    found = everybody(core(orders=orders, refunds=refunds))
    sums = found.select("order_count", "gross_sales", "discounts", "refunds", "net_sales_to_date").sum().row(0)
    assert sums == (3, Decimal("108.75"), Decimal("10.5"), Decimal(35), Decimal("63.25"))


def test_test_orders_and_orders_after_the_as_of_day_do_not_count():
    found = customers(orders=[order(1, "2026-03-01", countable=False), order(1, "2026-04-01")])
    assert found["ada"]["order_count"] == 0


def test_the_average_order_is_gross_sales_less_discounts_per_order():
    found = customers(orders=[order(1, "2026-03-01", "10", "1"), order(1, "2026-03-01", "11")])
    assert found["ada"]["average_order_value"] == Decimal(10)
    assert found["bob"]["average_order_value"] is None


def test_a_customer_is_active_up_to_the_day_before_the_lapse_point():
    found = customers(orders=[order(1, "2025-04-01"), order(2, "2025-03-31")])
    assert (found["ada"]["is_active"], found["ada"]["lapses_on"]) == (True, day("2026-04-01"))
    assert (found["bob"]["is_active"], found["bob"]["lapses_on"]) == (False, day("2026-03-31"))


def test_whom_an_order_keeps_has_the_day_of_the_proposed_lapse():
    rows = {"orders": [order(1, "2026-01-01"), order(1, "2025-06-01"), order(2, "2024-12-31")]}
    proposed = [{"lapse_days": 365, "proposed_lapse_days": 200}]
    found = customers(**rows, lapse_proposal=proposed)
    assert (found["ada"]["proposed_lapse_on"], found["ada"]["lapses_on"]) == (day("2026-07-20"), day("2027-01-01"))
    assert (found["bob"]["proposed_lapse_on"], found["bob"]["lapses_on"]) == (day("2025-07-19"), day("2025-12-31"))
    assert {row["proposed_lapse_on"] for name, row in found.items() if name not in {"ada", "bob"}} == {None}
    assert customers(**rows)["ada"]["proposed_lapse_on"] is None
    none = [{"lapse_days": 365, "proposed_lapse_days": None}]
    assert customers(**rows, lapse_proposal=none)["ada"]["proposed_lapse_on"] is None
    live = customers(**rows, subscriptions=[paid(1, "2025-12-15")], lapse_proposal=proposed)
    assert live["ada"]["proposed_lapse_on"] is None


def test_a_subscriber_has_what_is_charged_now_and_what_it_brought():
    found = customers(orders=[order(1, "2026-03-01", "5")], subscriptions=[paid(1, "2026-02-15", amount="28")])
    names = ("is_subscriber", "mrr", "subscription_revenue_to_date", "total_revenue_to_date")
    assert [found["ada"][name] for name in names] == [True, 28, 14 + 28, 5 + 14 + 28]
    assert [found["bob"][name] for name in names] == [False, 0, 0, 0]


def test_whoever_pauses_is_a_subscriber_who_pays_nothing_now():
    pause = {"paused_from": day("2026-03-01"), "active_until": day("2026-03-01")}
    ada = customers(subscriptions=[paid(1, "2026-02-01", amount="28") | pause])["ada"]
    assert (ada["is_subscriber"], ada["mrr"], ada["subscription_revenue_to_date"]) == (True, 0, 28)
    assert (ada["is_active"], ada["lifecycle"]) == (True, "active")


def test_a_live_subscriber_without_orders_is_active_and_no_prospect():
    ada = customers(subscriptions=[paid(1, "2024-02-01")])["ada"]
    assert (ada["is_active"], ada["lapses_on"], ada["lifecycle"]) == (True, None, "active")
    assert (ada["order_count"], ada["risk"], ada["next_step"]) == (0, "none", "none")


def test_a_subscriber_lapses_when_the_paid_time_ends_if_the_last_order_is_older():
    subscriptions = [paid(1, "2024-02-01", "2026-04-01"), paid(2, "2024-02-01", "2026-03-31")]
    found = customers(orders=[order(1, "2024-01-01"), order(2, "2024-01-01")], subscriptions=subscriptions)
    assert (found["ada"]["is_active"], found["ada"]["lapses_on"]) == (True, day("2026-04-01"))
    assert (found["bob"]["is_active"], found["bob"]["lapses_on"]) == (False, day("2026-03-31"))


def test_a_subscriber_lapses_after_the_last_order_if_the_paid_time_ended_before():
    ada = customers(orders=[order(1, "2026-01-10")], subscriptions=[paid(1, "2024-02-01", "2026-01-15")])["ada"]
    assert ada["lapses_on"] == day("2027-01-10")


def test_a_lost_subscriber_without_orders_is_to_be_won_back():
    ada = customers(subscriptions=[paid(1, "2024-02-01", "2026-01-15")])["ada"]
    assert (ada["lifecycle"], ada["lapses_on"], ada["next_step"]) == ("lapsed", day("2026-01-15"), "win_back")


def test_who_only_has_a_free_a_future_or_nobodys_subscription_is_still_a_prospect():
    found = customers(subscriptions=[paid(1, "2024-02-01", None, "0"), paid(2, "2026-04-01"), paid(0, "2024-02-01")])
    assert [found[name]["lifecycle"] for name in ("ada", "bob", UNKNOWN)] == ["prospect", "prospect", None]
    assert not any(row["is_active"] for row in found.values())


def test_a_live_subscriber_has_not_stayed_away_until_the_end_of_the_paid_time_is_near():
    facts: dict[str, Any] = {"orders": [order(1, "2025-06-30")], "customer_segments": [segment(typical=100.0)]}
    assert customers(**facts, subscriptions=[paid(1, "2024-02-01")])["ada"]["risk"] == "none"
    ending = customers(**facts, subscriptions=[paid(1, "2024-02-01", "2026-06-30")])["ada"]
    assert (ending["risk"], ending["lapses_on"], ending["next_step"]) == (
        "high",
        day("2026-06-30"),
        "keep_subscription",
    )


def test_an_unhappy_subscriber_without_orders_is_called_and_a_happy_one_thanked():
    club, at = [paid(1, "2024-02-01"), paid(2, "2024-02-01")], "2026-01-05 09:00"
    found = customers(subscriptions=club, survey_responses=[answer(1, at, 2), answer(2, at, 10)])
    assert [(found[name]["risk"], found[name]["next_step"]) for name in ("ada", "bob")] == [
        ("high", "call_detractor"),
        ("none", "thank"),
    ]


def test_the_path_of_nps_groups_shows_a_detractor_who_became_a_promoter_and_one_again():
    scores = [0, 6, 9, 10, 3, 7, 8, 9, 2]
    answers = [answer(1, f"2026-01-{day:02} 09:00", score) for day, score in enumerate(scores, 1)]
    found = customers(survey_responses=[*answers, answer(2, "2026-01-01 09:00", 9), answer(1, "2026-04-01 09:00", 9)])
    assert found["ada"]["nps_group_path"] == "promoter, detractor, passive, promoter, detractor"
    assert (found["bob"]["nps_group_path"], found[UNKNOWN]["nps_group_path"]) == ("promoter", None)


def test_value_at_risk_of_leaving_is_what_a_customer_with_a_risk_is_expected_to_bring():
    worth = [
        {"customer_idx": 1, "predicted_value_12m": Decimal("50.5"), "predicted_total_value_12m": Decimal("130.25")},
        {"customer_idx": 2, "predicted_value_12m": Decimal(70), "predicted_total_value_12m": Decimal(70)},
    ]
    found = customers(
        orders=[order(1, "2025-12-20"), order(2, "2026-03-20")],
        survey_responses=[answer(1, "2026-03-01 09:00", 0)],
        subscriptions=[paid(1, "2026-01-01", amount="10")],
        customer_clv=worth,
    )
    assert (found["ada"]["risk"], found["ada"]["value_at_risk_of_leaving_12m"]) == ("high", Decimal("130.25"))
    assert (found["bob"]["risk"], found["bob"]["value_at_risk_of_leaving_12m"]) == ("none", Decimal(0))
    unhappy: dict[str, Any] = {
        "orders": [order(1, "2025-12-20")],
        "survey_responses": [answer(1, "2026-03-01 09:00", 0)],
    }
    assert customers(**unhappy)["ada"]["value_at_risk_of_leaving_12m"] is None
    of_orders = [{"customer_idx": 1, "predicted_value_12m": Decimal(50), "predicted_total_value_12m": None}]
    assert customers(**unhappy, customer_clv=of_orders)["ada"]["value_at_risk_of_leaving_12m"] is None


def test_the_unknown_customer_has_totals_and_nothing_personal():
    unknown = customers(orders=[order(0, "2026-03-01")], survey_responses=[answer(None, "2026-03-01 09:00", 2)])[
        UNKNOWN
    ]
    assert (unknown["order_count"], unknown["nps_response_count"]) == (1, 1)
    personal = ["days_since_last_order", "lapses_on", "lifecycle", "latest_nps_group", "segment", "clv_simple"]
    assert {unknown[name] for name in personal} == {None}
    assert (unknown["is_active"], unknown["risk"], unknown["next_step"]) == (False, "none", "none")


def test_the_latest_nps_answer_is_shown_and_all_are_counted():
    answers = [answer(1, "2026-03-02 09:00", 3), answer(1, "2026-03-01 09:00", 9), answer(1, "2026-04-01 09:00", 9)]
    ada = customers(survey_responses=answers)["ada"]
    assert (ada["latest_nps_group"], ada["latest_nps_score"], ada["nps_response_count"]) == ("detractor", 3, 2)
    assert ada["latest_nps_at"] == dt.datetime.fromisoformat("2026-03-02 09:00")


def test_the_latest_answers_of_satisfaction_and_effort_stand_on_their_own_scales():
    def rated(at: str, kind: str, score: int, best: int) -> dict[str, Any]:
        scale = {"scale_min": Decimal(1), "scale_max": Decimal(best), "nps_group": None}
        return answer(1, at, score) | {"survey_type": kind} | scale

    answers = [
        rated("2026-03-02 09:00", "csat", 4, 5),
        rated("2026-03-01 09:00", "csat", 2, 6),
        rated("2026-04-01 09:00", "csat", 3, 9),
        rated("2026-02-01 09:00", "ces", 6, 7),
    ]
    found = customers(survey_responses=answers)
    names = [f"latest_{kind}_{what}" for kind in ("csat", "ces") for what in ("score", "scale_min", "scale_max", "at")]
    at = [dt.datetime.fromisoformat(f"2026-{day} 09:00") for day in ("03-02", "02-01")]
    assert [found["ada"][name] for name in names] == [4, 1, 5, at[0], 6, 1, 7, at[1]]
    assert {found["bob"][name] for name in names} == {None}


def test_people_who_are_not_deleted_and_all_source_records_are_counted():
    ada = customers(
        contacts=[
            {"contact_id": "a", "customer_idx": 1, "is_deleted": False},
            {"contact_id": "b", "customer_idx": 1, "is_deleted": True},
        ],
        customer_source_ids=[
            {"system": "crm", "source_record_id": number, "customer_id": "ada"} for number in ("1", "2", "3")
        ],
    )["ada"]
    assert (ada["contact_count"], ada["source_record_count"]) == (1, 3)


def test_marts_about_the_customer_are_taken_over():
    ada = customers(
        orders=[order(1, "2026-03-01")],
        customer_clv=[{"customer_idx": 1, "clv_simple": Decimal("12.5"), "p_alive": 0.5, "clv_predicted": Decimal(20)}],
        customer_segments=[segment(typical=15.0)],
    )["ada"]
    assert (ada["p_alive"], ada["predicted_value_12m"], ada["clv_predicted"]) == (0.5, None, Decimal(20))
    taken = ["clv_simple", "segment", "value_tier", "lifecycle", "typical_days_between_orders"]
    assert [ada[name] for name in taken] == [Decimal("12.5"), "loyal", "middle", "active", 15.0]


@pytest.mark.parametrize(
    ("last_order", "typical", "due", "ratio"),
    [
        ("2026-03-01", 9.5, "2026-03-11", 30 / 9.5),
        ("2026-03-01", 15.0, "2026-03-16", None),  # 30 days are not more than twice 15
        ("2026-03-24", 1.0, "2026-03-25", None),  # a week without is nothing yet
        ("2026-03-23", 1.0, "2026-03-24", 8.0),
        ("2026-03-30", 7.0, "2026-04-06", None),
        ("2026-03-01", None, None, None),
        ("2025-03-31", 20.0, None, None),  # lapsed on as_of
    ],
)
def test_the_next_order_is_due_a_typical_gap_after_the_last_and_overdue_ones_are_ranked(
    last_order: str, typical: float | None, due: str | None, ratio: float | None
):
    ada = customers(orders=[order(1, last_order)], customer_segments=[segment(typical=typical)])["ada"]
    assert (ada["next_order_due_on"], ada["overdue_ratio"]) == (due and day(due), ratio)
    assert ada["is_overdue"] is (ratio is not None)


def test_no_order_of_a_live_subscriber_is_due_until_its_end_is_known():
    rows: dict[str, Any] = {"orders": [order(1, "2026-03-01")], "customer_segments": [segment(typical=9.0)]}
    names = ("frequency", "next_order_due_on", "overdue_ratio")
    live = customers(**rows, subscriptions=[paid(1, "2025-12-15")])
    assert [live["ada"][name] for name in names] == [2, None, None]
    ending = customers(**rows, subscriptions=[paid(1, "2025-12-15", "2026-04-15")])["ada"]
    assert [ending[name] for name in names] == [2, day("2026-03-10"), 30 / 9]
    assert [[live[who][name] for name in names] for who in ("bob", UNKNOWN)] == [[None] * 3] * 2


def test_the_nps_group_is_that_of_an_answer_that_is_not_too_old():
    answers = [
        *(answer(1, "2025-03-31 00:30", 3), answer(2, "2025-03-30 23:30", 3)),
        *(answer(None, "2026-03-01 09:00", 3), answer(1, "2025-03-30 09:00", 9)),
    ]
    found = customers(survey_responses=answers)
    assert [found[who]["nps_group"] for who in ("ada", "bob", UNKNOWN)] == ["detractor", "answer_too_old", None]
    assert [found[who]["latest_nps_group"] for who in ("ada", "bob", UNKNOWN)] == ["detractor", "detractor", None]
    assert customers(survey_responses=answers[:1])["bob"]["nps_group"] == "never_answered"


@pytest.mark.parametrize(
    ("changed", "group"),
    [("bob", "answer_too_old"), ("ada", "detractor"), ("ada", "never_answered"), ("ada", None), (UNKNOWN, "passive")],
)
def test_the_contract_finds_an_nps_group_that_is_not_that_of_the_latest_answer(changed: str, group: str | None):
    answers = [answer(1, "2025-12-01 09:00", 9), answer(2, "2026-03-01 09:00", 3)]
    rule, found = "nps_group_is_of_the_latest_answer", everybody(core(survey_responses=answers))
    wrong = pl.when(pl.col("customer_id") == changed).then(pl.lit(group)).otherwise("nps_group").alias("nps_group")
    assert not breaks_rule("customer_360", rule, found)
    assert breaks_rule("customer_360", rule, found.with_columns(wrong))


@pytest.mark.parametrize("agreed", [True, False, None])
def test_consent_to_emails_is_that_of_the_customer(agreed: bool | None):
    assert customers({"email_opt_in": agreed})["ada"]["email_opt_in"] is agreed


@pytest.mark.parametrize(
    ("last_order", "typical", "points", "risk", "reason", "step"),
    [
        ("2026-03-21", 30.0, None, "none", None, "none"),
        ("2026-03-01", 15.0, None, "none", None, "none"),  # 30 days are not more than twice 15
        ("2026-02-28", 15.0, None, "watch", "31 days since the last order, typically 15", "remind"),
        ("2026-03-24", 1.0, None, "none", None, "none"),  # a week without is nothing yet
        ("2026-03-23", 1.0, None, "watch", "8 days since the last order, typically 1", "remind"),
        ("2025-07-01", None, None, "none", None, "none"),  # 273 of 365 days
        ("2025-06-30", None, None, "watch", "lapses on 2026-06-30 without an order", "remind"),
        (
            "2025-06-30",
            100.0,
            None,
            "high",
            "274 days since the last order, typically 100; lapses on 2026-06-30 without an order",
            "remind",
        ),
        ("2026-01-05", 50.0, 6, "high", "scored 6 of 10 on 2026-01-05", "call_detractor"),
        ("2026-01-06", 50.0, 6, "none", None, "none"),  # bought after the answer
        ("2026-03-21", 30.0, 9, "none", None, "thank"),
        ("2026-03-21", 30.0, 8, "none", None, "none"),
    ],
)
def test_risk_and_next_step_of_an_active_customer(
    last_order: str, typical: float | None, points: int | None, risk: str, reason: str | None, step: str
):
    ada = customers(
        orders=[order(1, last_order)],
        customer_segments=[segment(typical=typical)],
        survey_responses=[] if points is None else [answer(1, "2026-01-05 09:00", points)],
    )["ada"]
    assert (ada["risk"], ada["risk_reason"], ada["next_step"]) == (risk, reason, step)


@pytest.mark.parametrize(("answered", "step"), [("2025-12-31", "call_detractor"), ("2025-12-30", "none")])
def test_a_detractor_is_called_for_ninety_days(answered: str, step: str):
    ada = customers(orders=[order(1, "2025-12-20")], survey_responses=[answer(1, f"{answered} 09:00", 0)])["ada"]
    assert (ada["latest_nps_group"], ada["next_step"]) == ("detractor", step)
    assert (ada["risk"] == "high") == (step == "call_detractor")


def test_a_promoters_answer_older_than_the_lapse_days_is_no_sign_any_more():
    ada = customers(orders=[order(1, "2026-03-21")], survey_responses=[answer(1, "2025-03-31 09:00", 10)])["ada"]
    assert (ada["latest_nps_group"], ada["next_step"]) == ("promoter", "none")


def test_a_lapsed_customer_is_no_risk_any_more_but_to_be_won_back():
    ada = customers(orders=[order(1, "2024-03-21")], customer_segments=[segment("lapsed", typical=5.0)])["ada"]
    assert (ada["risk"], ada["risk_reason"], ada["next_step"]) == ("none", None, "win_back")


@pytest.mark.parametrize(
    ("facts", "step"),
    [(segment("new"), "second_order"), (segment(tier="top_10_percent"), "thank"), (segment("reactivated"), "none")],
)
def test_next_steps_without_risk(facts: dict[str, Any], step: str):
    assert customers(orders=[order(1, "2026-03-21")], customer_segments=[facts])["ada"]["next_step"] == step


def test_a_prospect_is_to_place_a_first_order_and_a_deleted_customer_is_left_alone():
    assert customers()["ada"]["next_step"] == "first_order"
    assert (
        customers({"is_deleted": True}, survey_responses=[answer(1, "2026-03-01 09:00", 0)])["ada"]["next_step"]
        == "none"
    )


def test_without_customers_the_table_is_empty():
    found = everybody({name: pl.LazyFrame(schema=schema) for name, schema in SCHEMAS.items()})
    assert found.is_empty()
    assert found.schema == COLUMNS


def test_engines_and_row_orders_agree():
    frames = core(
        {"owner": "eve", "country": "DE"},
        orders=[order(n % 3, f"2025-{1 + n % 12:02}-15", f"{n}.1234") for n in range(30)],
        refunds=[refund(n % 2, f"2025-{1 + n % 12:02}-20", "0.5") for n in range(10)],
        survey_responses=[answer(n % 3 or None, f"2026-01-{1 + n:02} 09:00", n) for n in range(11)],
        customer_segments=[segment(typical=3.5)],
        subscriptions=[paid(2, "2024-02-01", "2026-01-15")],
    )
    expected = everybody({name: frame.lazy() for name, frame in frames.items()})
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=3).lazy() for name, frame in frames.items()}
    assert_frame_equal(everybody(shuffled), expected, check_exact=True)
    with duckdb.connect() as con:
        for name, frame in frames.items():
            con.register(f"{name}_frame", frame)
            con.execute(f"create table {name} as select * from {name}_frame")
        assert_frame_equal(everybody({name: con.table(name) for name in frames}), expected, check_exact=True)
