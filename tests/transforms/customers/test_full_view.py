"""What customer_360 says beside value and risk: support, answers, offers, and what changed since last week."""

import datetime as dt
import inspect
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from regulars.pipelines.settings.business_hours import Support
from regulars.pipelines.settings.customers.worklists import Worklists
from regulars.pipelines.transforms.worklists.owner_worklists import owner_worklists
from tests.transforms.customer_rows import (
    AS_OF,
    UNKNOWN,
    answer,
    core,
    customers,
    everybody,
    order,
    paid,
    segment,
)
from tests.transforms.mart_rules import broken_rules


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


FAILED = {"is_involuntary": True}
DETRACTOR = ["is_recent_detractor"]
AT_RISK = {
    "customer_idx": 1,
    "bad_experience_count": 3,
    "last_experience_on": dt.date(2026, 3, 25),
    "leading_signs": "complaint, refund, late_delivery",
    "call_status": "due",
}


def waiting(opened: str, *, replied: bool = False, number: str = "t1") -> dict[str, Any]:
    """A complaint that is not solved, in a company whose opening hours are all hours."""
    row = ticket(1, opened, number=number)
    minutes = dict.fromkeys(("first_reply_minutes", "first_reply_business_minutes"), 30.0 if replied else None)
    return row | minutes | {"is_complaint": True, "business_minutes_until_as_of": row["minutes_until_as_of"]}


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
        (0, "2026-03-20", False, "call_service_risk"),  # a detractor too: the graver reason leads
        (None, "2024-03-20", False, "call_service_risk"),  # to be won back otherwise
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
        service_risk_customers=[AT_RISK],
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
    at_risk = customers(**unpaid, service_risk_customers=[AT_RISK])
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
        ([paid(1, "2024-02-01", "2026-03-10") | {"is_involuntary": True}], False, "mend_payment"),
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


@pytest.mark.parametrize(
    ("tickets", "bought", "step"),
    [
        ([waiting("2026-03-28 09:00")], "2026-03-20", "answer"),
        ([waiting("2026-03-28 09:00")], "2026-03-30", "answer"),  # an order is no answer
        ([waiting("2026-03-28 09:00", replied=True)], "2026-03-30", "solve"),
        ([waiting("2026-03-28 09:00"), waiting("2026-03-27 09:00", replied=True, number="b")], "2026-03-30", "answer"),
        (
            [waiting("2026-03-28 09:00") | {"solved_at": dt.datetime.fromisoformat("2026-03-29 09:00")}],
            "2026-03-30",
            "thank",
        ),
        ([waiting("2025-12-30 09:00")], "2026-03-30", "thank"),  # 91 days ago
    ],
)
def test_who_waits_for_an_answer_is_answered_before_anybody_thanks(tickets, bought, step):
    happy = [answer(1, "2026-03-28 09:00", 9)]
    found = customers(orders=[order(1, bought)], survey_responses=happy, tickets=tickets)
    assert found["ada"]["next_step"] == step


def test_the_worklists_and_the_view_of_the_customer_say_the_same_of_everybody():
    frames = core(
        {"owner": "eve"},
        orders=[
            *(bought("2026-03-20") | {"customer_idx": 1}, order(2, "2025-06-20")),
            *(order(2, f"2025-0{month}-20", "900") for month in range(1, 6)),
        ],
        tickets=[waiting("2026-03-28 09:00")],
        payments=[payment("2026-03-21 09:00")],
        subscriptions=[paid(1, "2024-02-01", "2026-04-30"), paid(2, "2024-02-01", "2026-03-10", "90") | FAILED],
        survey_responses=[answer(1, "2026-03-28 09:00", 2), answer(2, "2026-03-28 09:00", 1)],
        service_risk_customers=[AT_RISK],
        customer_segments=[segment(tier="top_10_percent"), segment(tier="top_10_percent") | {"customer_id": "bob"}],
    )
    view = everybody(frames)
    read = {name: frames[name] for name in inspect.signature(owner_worklists).parameters if name in frames}
    lists = owner_worklists(
        view,
        **read,
        as_of=AS_OF,
        lapse_days=365,
        subscription_revenue_is_in_orders=False,
        support=Support(),
        worklists=Worklists(),
    )
    of_lists, of_view = (dict(frame.select("customer_id", "next_step").iter_rows()) for frame in (lists, view))
    assert of_lists == {name: of_view[name] for name in ("ada", "bob")}
    assert of_lists == {"ada": "answer", "bob": "call_detractor"}
    assert broken_rules("owner_worklists", lists, frames | {"marts.customer_360": view}) == set()
    contrary = lists.with_columns(next_step=pl.lit("remind"))
    broken = broken_rules("owner_worklists", contrary, frames | {"marts.customer_360": view})
    assert broken == {"next_step_is_that_of_the_customer"}


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
    assert ada["changed_since_last_week"].endswith("NPS group now detractor; risk from none to high")


def test_who_turned_detractor_within_the_week_stands_beside_the_group_of_the_week_before():
    found = customers(
        survey_responses=[
            *(answer(1, "2026-03-20 09:00", 9), answer(1, "2026-03-26 09:00", 2), answer(1, "2026-04-02 09:00", 9)),
            *(answer(2, "2026-03-23 09:00", 3), answer(2, "2026-03-24 09:00", 4)),
        ]
    )
    groups = ("latest_nps_group_last_week", "latest_nps_group", "changed_since_last_week")
    assert [found["ada"][name] for name in groups] == [
        *("promoter", "detractor", "1 NPS answer; NPS group from promoter to detractor")
    ]
    assert [found["bob"][name] for name in groups] == ["detractor", "detractor", None]
    assert found[UNKNOWN]["latest_nps_group_last_week"] is None


def test_that_a_lapsed_customer_has_no_risk_any_more_is_not_said_as_if_it_were_good_news():
    lapsed = segment("lapsed")
    found = customers(orders=[order(1, "2025-03-28")], customer_segments=[lapsed])["ada"]
    assert (found["lifecycle"], found["risk_last_week"], found["risk"]) == ("lapsed", "watch", "none")
    assert found["changed_since_last_week"].startswith("lifecycle from new to lapsed; ")
    assert "risk" not in found["changed_since_last_week"]


@pytest.mark.parametrize(
    ("orders", "subscriptions", "typical", "risk", "signs"),
    [
        (["2026-03-01"], [], None, "high", {"is_recent_detractor"}),
        (["2025-06-30"], [], None, "high", {"is_recent_detractor", "is_near_lapse"}),
        (["2026-01-10"], [], 15.0, "high", {"is_recent_detractor", "is_overdue"}),
        (["2026-03-01"], [paid(1, "2026-01-01", "2026-04-15")], None, "high", {*DETRACTOR, "is_subscription_ending"}),
        (["2026-03-25"], [paid(1, "2026-01-01", "2026-04-15")], None, "none", {"is_subscription_ending"}),
        (["2026-03-25"], [paid(1, "2026-01-01", "2026-03-10") | FAILED], None, "none", set()),
        (["2024-03-01"], [], 15.0, "none", {"is_recent_detractor"}),  # lapsed
    ],
)
def test_the_signs_of_leaving_stand_in_columns_of_their_own(orders, subscriptions, typical, risk, signs):
    ada = customers(
        orders=[order(1, at) for at in orders],
        subscriptions=subscriptions,
        customer_segments=[segment("lapsed" if orders[0] < "2025" else "active", typical=typical)],
        survey_responses=[answer(1, "2026-03-20 09:00", 2)],
    )["ada"]
    names = ("is_recent_detractor", "is_overdue", "is_near_lapse", "is_subscription_ending")
    assert (ada["risk"], {name for name in names if ada[name]}) == (risk, signs)


@pytest.mark.parametrize(
    ("opened", "said"), [("2026-03-24", None), ("2026-03-25", "1 ticket"), ("2026-03-31", "1 ticket")]
)
def test_a_week_is_the_seven_days_that_end_with_the_day(opened: str, said: str | None):
    assert customers(tickets=[ticket(1, f"{opened} 09:00")])["ada"]["changed_since_last_week"] == said


def test_nothing_is_said_of_the_unknown_customer():
    unknown = customers(orders=[order(0, "2026-03-30")], tickets=[ticket(None, "2026-03-30 09:00")])[UNKNOWN]
    assert unknown["changed_since_last_week"] is None
