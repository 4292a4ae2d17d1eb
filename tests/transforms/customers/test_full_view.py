"""What customer_360 says beside value and risk: support, answers, offers, and what changed since last week."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tests.transforms.customer_rows import AS_OF, UNKNOWN, answer, customers, order, paid, segment


def ticket(customer: int | None, opened: str, solved: str | None = None, number: str = "t1") -> dict[str, Any]:
    at = dt.datetime.fromisoformat(opened)
    end = dt.datetime.combine(AS_OF + dt.timedelta(days=1), dt.time())
    return {
        "system": "desk",
        "ticket_id": number,
        "customer_idx": customer,
        "opened_at": at,
        "opened_date": at.date(),
        "solved_at": dt.datetime.fromisoformat(solved) if solved else None,
        "minutes_until_as_of": (end - at).total_seconds() / 60,
    }


def rated(kind: str, at: str, score: int, scale: tuple[int, int]) -> dict[str, Any]:
    return answer(1, at, score) | {
        "survey_type": kind,
        "nps_group": None,
        "nps_left_out_reason": None,
        "scale_min": Decimal(scale[0]),
        "scale_max": Decimal(scale[1]),
    }


def test_tickets_are_counted_and_open_until_solved_by_the_end_of_the_day():
    found = customers(
        tickets=[
            ticket(1, "2026-03-01 09:00", "2026-03-01 10:00", "a"),
            ticket(1, "2026-03-02 09:00", "2026-04-01 00:01", "b"),
            ticket(1, "2026-03-03 09:00", None, "c"),
            ticket(1, "2026-04-02 09:00", None, "later"),
            ticket(None, "2026-03-05 09:00", None, "d"),
        ]
    )
    ada, unknown, bob = found["ada"], found[UNKNOWN], found["bob"]
    names = ("ticket_count", "open_ticket_count", "last_ticket_on")
    assert [ada[name] for name in names] == [3, 2, dt.date(2026, 3, 3)]
    assert [unknown[name] for name in names] == [1, 1, dt.date(2026, 3, 5)]
    assert [bob[name] for name in names] == [0, 0, None]


def test_the_latest_answer_of_each_kind_stands_with_its_own_scale():
    ada = customers(
        survey_responses=[
            rated("csat", "2026-02-01 09:00", 2, (1, 5)),
            rated("csat", "2026-03-01 09:00", 4, (1, 5)),
            rated("csat", "2026-04-01 09:00", 1, (1, 5)),
            rated("ces", "2026-01-01 09:00", 6, (1, 7)),
            rated("other", "2026-03-30 09:00", 9, (1, 10)),
        ]
    )["ada"]
    assert [ada[f"latest_csat_{name}"] for name in ("score", "scale_min", "scale_max")] == [4, 1, 5]
    assert [ada[f"latest_ces_{name}"] for name in ("score", "scale_min", "scale_max")] == [6, 1, 7]
    assert ada["latest_csat_at"] == dt.datetime.fromisoformat("2026-03-01 09:00")
    assert (ada["latest_nps_score"], ada["nps_response_count"]) == (None, 0)


def test_bad_experiences_of_the_window_and_the_flag_of_the_list_are_taken_over():
    def experience(number: int, on: str, sign: str, customer: int = 1) -> dict[str, Any]:
        facts = {"experienced_on": dt.date.fromisoformat(on), "leading_sign": sign}
        return {"customer_idx": customer, "experience_number": number} | facts

    found = customers(
        bad_experiences=[
            experience(1, "2025-03-31", "refund"),  # 365 days ago: no longer
            experience(2, "2025-04-01", "late_reply"),
            experience(3, "2026-03-01", "complaint"),
            experience(1, "2026-03-01", "complaint", customer=0),
        ],
        service_risk_customers=[{"customer_idx": 1}],
    )
    names = ("bad_experience_count", "last_experience_on", "last_leading_sign", "is_service_risk")
    assert [found["ada"][name] for name in names] == [2, dt.date(2026, 3, 1), "complaint", True]
    assert [found["bob"][name] for name in names] == [0, None, None, False]
    assert [found[UNKNOWN][name] for name in names] == [0, None, None, False]


@pytest.mark.parametrize(
    ("score", "bought", "is_deleted", "step"),
    [
        (9, "2026-03-20", False, "call_service_risk"),  # a promoter, to be thanked otherwise
        (None, "2026-03-20", False, "call_service_risk"),
        (0, "2026-03-20", False, "call_detractor"),
        (None, "2024-03-20", False, "win_back"),
        (9, "2026-03-20", True, "none"),
    ],
)
def test_who_is_to_be_called_for_bad_experiences_is_called_before_anybody_thanks_or_reminds(
    score, bought, is_deleted, step
):
    answers = [] if score is None else [answer(1, "2026-03-28 09:00", score)]
    found = customers(
        {"is_deleted": is_deleted},
        orders=[order(1, bought)],
        survey_responses=answers,
        service_risk_customers=[{"customer_idx": 1, "call_status": "due"}],
    )
    assert found["ada"]["next_step"] == step


@pytest.mark.parametrize("call_status", ["ordered_since", "too_long_ago"])
def test_a_service_risk_whose_call_is_not_due_has_the_next_step_of_anybody_else(call_status):
    found = customers(
        orders=[order(1, "2026-03-20")],
        survey_responses=[answer(1, "2026-03-28 09:00", 9)],
        service_risk_customers=[{"customer_idx": 1, "call_status": call_status}],
    )
    assert (found["ada"]["is_service_risk"], found["ada"]["next_step"]) == (True, "thank")


def bought(at: str, order_id: str = "o1") -> dict[str, Any]:
    return order(1, at) | {"system": "shop", "order_id": order_id}


def payment(at: str, status: str = "failed") -> dict[str, Any]:
    return {"system": "shop", "order_id": "o1", "status": status, "paid_at": dt.datetime.fromisoformat(at)}


@pytest.mark.parametrize(
    ("payments", "orders", "step"),
    [
        ([payment("2026-03-21 09:00")], [], "mend_payment"),
        ([payment("2026-03-21 09:00"), payment("2026-03-22 09:00", "paid")], [], "thank"),
        ([payment("2026-03-21 09:00")], [bought("2026-03-22", "o2")], "thank"),  # came back on a later day
        ([payment("2026-03-21 09:00")], [bought("2026-03-21", "o2")], "mend_payment"),
        ([payment("2026-03-01 09:00")], [], "thank"),  # 30 days ago: no longer
    ],
)
def test_whoever_has_not_paid_is_asked_for_another_means_of_payment_before_anybody_thanks(payments, orders, step):
    first = "2026-03-01" if payments[0]["paid_at"].day == 1 else "2026-03-20"
    found = customers(
        orders=[bought(first), *orders], survey_responses=[answer(1, "2026-03-28 09:00", 9)], payments=payments
    )
    assert found["ada"]["next_step"] == step


def test_what_a_customer_has_not_paid_stands_in_the_row_and_nothing_where_all_is_paid():
    found = customers(orders=[bought("2026-03-20")], payments=[payment("2026-03-21 09:00")])
    names = ("payment_failed_on", "unpaid_orders", "unpaid_sales")
    spent = found["ada"]["gross_sales"] - found["ada"]["discounts"]
    assert [found["ada"][name] for name in names] == [dt.date(2026, 3, 21), 1, spent]
    assert [found["bob"][name] for name in names] == [None, 0, 0]


def test_a_failed_payment_of_an_order_of_nobody_calls_for_nothing():
    unknown = order(0, "2026-03-20") | {"system": "shop", "order_id": "o1"}
    found = customers(orders=[unknown], payments=[payment("2026-03-21 09:00")])
    assert found[UNKNOWN]["next_step"] == "none"


def test_a_detractor_and_whom_to_call_for_bad_experiences_are_called_whether_or_not_they_have_paid():
    unpaid: dict[str, Any] = {"orders": [bought("2026-03-20")], "payments": [payment("2026-03-21 09:00")]}
    unhappy = customers(**unpaid, survey_responses=[answer(1, "2026-03-28 09:00", 2)])
    at_risk = customers(**unpaid, service_risk_customers=[{"customer_idx": 1, "call_status": "due"}])
    steps = [found["ada"]["next_step"] for found in (unhappy, at_risk)]
    assert steps == ["call_detractor", "call_service_risk"]


@pytest.mark.parametrize(
    ("subscriptions", "is_deleted", "step"),
    [
        ([paid(1, "2024-02-01", "2026-04-30")], False, "keep_subscription"),
        ([paid(1, "2024-02-01", "2026-04-30")], True, "none"),
        ([paid(1, "2024-02-01")], False, "thank"),
        ([paid(1, "2024-02-01", "2026-04-30"), paid(1, "2026-04-30")], False, "thank"),  # the next one follows
        ([paid(1, "2024-02-01", "2026-03-10")], False, "thank"),  # gone already
        ([paid(1, "2024-02-01", "2026-03-10") | {"is_involuntary": True}], False, "keep_subscription"),
        ([paid(1, "2024-02-01", "2026-04-30") | {"end_type": "paused"}], False, "thank"),
    ],
)
def test_who_is_about_to_lose_a_subscription_is_called_before_anybody_thanks(subscriptions, is_deleted, step):
    found = customers(
        {"is_deleted": is_deleted},
        orders=[order(1, "2026-03-20")],
        survey_responses=[answer(1, "2026-03-28 09:00", 9)],
        subscriptions=subscriptions,
    )
    assert found["ada"]["next_step"] == step


def test_a_detractor_whose_subscription_ends_is_called_as_a_detractor():
    found = customers(
        subscriptions=[paid(1, "2024-02-01", "2026-04-30")], survey_responses=[answer(1, "2026-03-28 09:00", 2)]
    )
    assert found["ada"]["next_step"] == "call_detractor"


def test_the_first_offer_is_that_of_rank_one_by_name_else_by_id():
    offers = [
        {"customer_idx": 1, "offer_rank": 2, "product_name": "Tea", "product_id": "t", "why": "also"},
        {"customer_idx": 1, "offer_rank": 1, "product_name": "Nuts", "product_id": "n", "why": "bought often"},
        {"customer_idx": 2, "offer_rank": 1, "product_name": None, "product_id": "x-1", "why": "due"},
    ]
    found = customers(next_best_offers=offers)
    assert [found[name]["first_offer"] for name in ("ada", "bob", UNKNOWN)] == ["Nuts", "x-1", None]
    assert found["ada"]["first_offer_why"] == "bought often"


def test_a_first_order_of_this_week_moves_the_lifecycle_from_prospect():
    orders = [order(1, "2026-03-25"), order(2, "2026-03-24")]
    found = customers(orders=orders, customer_segments=[segment("new"), segment("new") | {"customer_id": "bob"}])
    ada, bob = found["ada"], found["bob"]
    assert (ada["lifecycle_last_week"], ada["segment_last_week"], ada["value_tier_last_week"]) == (
        "prospect",
        None,
        None,
    )
    said = "1 order; lifecycle from prospect to new; segment now loyal; value tier now middle"
    assert ada["changed_since_last_week"] == said
    assert bob["lifecycle_last_week"] == "new"
    assert "order" not in (bob["changed_since_last_week"] or "")


def test_a_risk_that_comes_up_this_week_is_said_and_computed_by_the_rules_of_today():
    orders = [order(1, at) for at in ("2026-02-01", "2026-02-15", "2026-03-01")]
    answers = [answer(1, "2026-03-26 09:00", 2)]
    ada = customers(orders=orders, survey_responses=answers, customer_segments=[segment(typical=14.0)])["ada"]
    assert (ada["risk"], ada["risk_last_week"]) == ("high", "none")
    assert ada["changed_since_last_week"].startswith("1 NPS answer; ")
    assert ada["changed_since_last_week"].endswith("risk from none to high")


@pytest.mark.parametrize(
    ("opened", "said"), [("2026-03-24", None), ("2026-03-25", "1 ticket"), ("2026-03-31", "1 ticket")]
)
def test_a_week_is_the_seven_days_that_end_with_the_day(opened: str, said: str | None):
    assert customers(tickets=[ticket(1, f"{opened} 09:00")])["ada"]["changed_since_last_week"] == said


def test_nothing_is_said_of_the_unknown_customer():
    unknown = customers(orders=[order(0, "2026-03-30")], tickets=[ticket(None, "2026-03-30 09:00")])[UNKNOWN]
    assert unknown["changed_since_last_week"] is None
