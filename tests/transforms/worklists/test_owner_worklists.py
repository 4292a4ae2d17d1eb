"""The mart `owner_worklists`: who is called first, why, with what at stake and until when; and who is not called."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from regulars.pipelines.settings.business_hours import Support
from regulars.pipelines.settings.customers.worklists import Worklists
from regulars.pipelines.transforms.worklists.owner_worklists import owner_worklists
from regulars.pipelines.transforms.worklists.reasons import BASES, REASONS
from tests.transforms.mart_rules import broken_rules, contract_of
from tests.transforms.worklists.worklist_tables import (
    AS_OF,
    answer,
    at_risk,
    back,
    customer,
    ends,
    offer,
    order,
    refund,
    ticket,
    unpaid,
    worklist_tables,
)

CONTRACT = contract_of("owner_worklists")


def listed(*rows: dict[str, Any], length: int = 25, in_orders: bool = False) -> list[dict[str, Any]]:
    tables = worklist_tables(*rows)
    found = owner_worklists(
        **{name: frame.lazy() for name, frame in tables.items()},
        as_of=AS_OF,
        lapse_days=365,
        subscription_revenue_is_in_orders=in_orders,
        support=Support(),
        worklists=Worklists(length=length),
    )
    assert broken_rules("owner_worklists", found, {"customers": tables["customers"]}) == set()
    return found.to_dicts()


def only(*rows: dict[str, Any]) -> dict[str, Any]:
    (row,) = listed(*rows)
    return row


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["customer_id"] for row in rows]


def test_a_ticket_without_a_reply_is_called_first_and_says_how_long_it_waits():
    row = only(customer("ada"), order("ada", 40, "100"), ticket("ada", 3))
    assert (row["call_reason"], row["suggested_step"]) == ("unanswered_ticket", "answer")
    assert row["why"] == "ticket of 2026-03-28 has had no reply for 3 days"
    assert row["until_date"] == AS_OF + dt.timedelta(days=1)
    assert (row["at_stake"], row["urgency"], row["priority"]) == (100, 1.0, 100)


def test_a_ticket_with_a_reply_or_with_none_due_or_solved_calls_for_nothing():
    ada, bought = customer("ada"), order("ada", 95)
    assert listed(ada, bought, ticket("ada", 3, reply_minutes=500)) == []
    assert listed(ada, bought, ticket("ada", 3, no_reply_due_reason="spam")) == []
    assert listed(ada, bought, ticket("ada", 3, solved_days_ago=1)) == []
    assert listed(ada, bought, ticket("ada", 91)) == []
    assert len(listed(ada, bought, ticket("ada", 90))) == 1


def test_a_reply_and_a_solution_after_as_of_are_none_yet():
    row = only(customer("ada"), order("ada", 40), ticket("ada", 3, reply_minutes=5 * 24 * 60, solved_days_ago=-2))
    assert row["call_reason"] == "unanswered_ticket"


def test_a_complaint_with_a_reply_is_open_until_it_is_solved():
    row = only(customer("ada"), order("ada", 40), ticket("ada", 2, reply_minutes=30, is_complaint=True))
    assert (row["call_reason"], row["until_date"]) == ("open_complaint", back(2) + dt.timedelta(days=7))
    assert row["why"] == "complaint of 2026-03-29 is not solved after 2 days"


@pytest.mark.parametrize(
    "sign",
    [ticket("ada", 5), ticket("ada", 5, is_complaint=True), answer("ada", 5, 3), at_risk("ada", 5)],
)
def test_who_ordered_on_a_day_after_the_complaint_is_not_called(sign):
    assert names(listed(customer("ada"), order("ada", 5), sign)) == ["ada"]
    assert listed(customer("ada"), order("ada", 4), sign) == []


def test_a_deleted_customer_and_the_unknown_one_are_never_called():
    assert listed(customer("ada", is_deleted=True), order("ada", 40), ticket("ada", 3)) == []
    assert listed(order("unknown", 40), ticket("unknown", 3), answer("unknown", 3, 0)) == []


def test_a_detractor_is_called_for_90_days():
    row = only(customer("ada"), order("ada", 90), answer("ada", 90, 2))
    assert row["why"] == f"scored 2 of 10 on {back(90)}"
    assert row["until_date"] == AS_OF + dt.timedelta(days=1)
    assert row["urgency"] == only(customer("ada"), order("ada", 9), answer("ada", 1, 2))["urgency"] == 0.8
    assert listed(customer("ada"), order("ada", 95), answer("ada", 91, 2)) == []
    assert listed(customer("ada"), order("ada", 95), answer("ada", 9, 7)) == []


def test_a_year_is_at_stake_without_what_was_given_back_and_with_twelve_months_of_subscription():
    rows = [
        customer("ada", mrr="10"),
        order("ada", 410, "1000"),
        order("ada", 404, "30", discounts="5"),
        order("ada", 40, "200"),
        refund("ada", 20, "50"),
        ticket("ada", 3),
    ]
    assert listed(*rows)[0]["at_stake"] == 25 + 200 - 50 + 120
    assert listed(*rows, in_orders=True)[0]["at_stake"] == 175
    given_back = only(customer("ada"), order("ada", 9), refund("ada", 3, "500"), ticket("ada", 3))
    assert (given_back["at_stake"], given_back["priority"]) == (0, 0)


def test_a_subscription_that_ends_is_worth_twelve_months_until_it_ends():
    row = only(customer("ada"), ends("ada", in_days=20, amount="30", plan="L"))
    assert (row["call_reason"], row["at_stake"], row["at_stake_basis"]) == (
        "subscription_ending",
        360,
        "subscription_year",
    )
    assert row["until_date"] == AS_OF + dt.timedelta(days=20)
    assert row["why"] == "subscription L ends on 2026-04-20"
    assert row["urgency"] == pytest.approx(0.7 * (1 - 0.5 * 13 / 83))


def test_a_subscription_that_has_ended_or_was_replaced_by_another_is_not_kept():
    assert listed(customer("ada"), ends("ada", in_days=0)) == []
    begun = {"active_from": back(3), "active_until": None, "end_type": None, "cancelled_date": None}
    old = ends("ada", in_days=20)
    assert listed(customer("ada"), old, old | begun) == []
    assert len(listed(customer("ada"), old, old | begun | {"active_from": back(300)})) == 1


def test_a_failed_payment_is_mended_for_30_days_after_the_end():
    row = only(customer("ada"), ends("ada", in_days=-29, is_involuntary=True))
    assert (row["call_reason"], row["until_date"]) == ("payment_failed", AS_OF + dt.timedelta(days=1))
    assert row["why"] == "subscription S ended on 2026-03-02 because a payment failed"
    assert listed(customer("ada"), ends("ada", in_days=-30, is_involuntary=True)) == []
    today = only(customer("ada"), ends("ada", in_days=0, is_involuntary=True))
    assert today["why"] == f"subscription S ended on {AS_OF} because a payment failed"


def test_a_failed_payment_of_an_order_is_mended_unless_the_customer_has_ordered_since():
    ada = customer("ada", **unpaid(19, "80"))
    row = only(ada, order("ada", 20, "90", "10"))
    assert (row["call_reason"], row["at_stake"], row["at_stake_basis"]) == ("payment_failed", 80, "unpaid_orders")
    assert row["why"] == "the payment of 1 order failed, last on 2026-03-12"
    assert row["until_date"] == back(19) + dt.timedelta(days=30)
    assert names(listed(ada, order("ada", 19))) == ["ada"]
    assert listed(ada, order("ada", 18)) == []
    two = only(customer("ada", **unpaid(19, "-5", orders=2)), order("ada", 20))
    assert (two["why"], two["at_stake"]) == ("the payment of 2 orders failed, last on 2026-03-12", 0)


def test_who_had_three_bad_experiences_is_called_for_90_days_after_the_last():
    row = only(customer("ada"), order("ada", 90), at_risk("ada", 90))
    assert (row["call_reason"], row["suggested_step"]) == ("service_risk", "call")
    assert row["why"] == f"3 bad experiences, the last on {back(90)}: late delivery, complaint, refund"
    assert row["until_date"] == AS_OF + dt.timedelta(days=1)
    assert listed(customer("ada"), order("ada", 95), at_risk("ada", 91, "too_long_ago")) == []


def test_customers_of_high_value_are_called_before_they_lapse_and_for_180_days_after():
    near = only(customer("ada", tier="next_20_percent"), order("ada", 300, "80"))
    assert (near["call_reason"], near["until_date"]) == ("staying_away", back(300) + dt.timedelta(days=365))
    assert near["why"] == "last order 300 days ago; lapses on 2026-06-04"
    lost = only(customer("ada", tier="top_10_percent"), order("ada", 365 + 179), order("ada", 600))
    assert (lost["call_reason"], lost["until_date"]) == ("lapsed", AS_OF + dt.timedelta(days=1))
    assert lost["urgency"] == 0.2
    assert lost["why"] == "lapsed on 2025-10-03 after 2 orders"
    assert only(customer("ada", tier="top_10_percent"), order("ada", 365))["why"] == f"lapsed on {AS_OF} after 1 order"
    assert listed(customer("ada", tier="top_10_percent"), order("ada", 365 + 180)) == []
    assert listed(customer("ada", tier="middle"), order("ada", 300)) == []
    assert listed(customer("ada", tier="middle"), order("ada", 400)) == []


def test_who_is_overdue_by_their_own_rhythm_is_called_long_before_they_lapse():
    row = only(customer("ada", tier="top_10_percent", typical=10.0), order("ada", 21))
    assert row["why"] == "last order 21 days ago, usually every 10 days; lapses on 2027-03-10"
    assert row["urgency"] == 0.25
    assert listed(customer("ada", tier="top_10_percent", typical=10.0), order("ada", 20)) == []


def test_a_product_in_a_rhythm_is_offered_14_days_around_the_day_it_is_due():
    ada = customer("ada", tier="top_10_percent", typical=40.0)
    row = only(ada, order("ada", 38, "60"), order("ada", 78, "40"), offer("ada", 14), offer("ada", -14, rank=2))
    assert (row["call_reason"], row["at_stake"], row["at_stake_basis"]) == ("offer_due", 50, "average_order")
    assert row["until_date"] == AS_OF + dt.timedelta(days=28)
    assert row["why"] == "Tea is due on 2026-04-14: bought every 40 days"
    assert listed(ada, order("ada", 38), offer("ada", 15)) == []
    assert listed(ada, order("ada", 38), offer("ada", 2, kind="habit")) == []
    assert listed(customer("ada"), order("ada", 38), offer("ada", 2)) == []


def test_of_several_reasons_the_one_with_most_money_at_hand_leads_and_the_others_follow():
    row = only(
        customer("ada", mrr="10"),
        order("ada", 40, "100"),
        ends("ada", in_days=5, amount="10"),
        answer("ada", 9, 4),
        ticket("ada", 3),
    )
    assert row["call_reason"] == "unanswered_ticket"
    assert row["why"] == (
        "ticket of 2026-03-28 has had no reply for 3 days; scored 4 of 10 on 2026-03-22; "
        "subscription S ends on 2026-04-05"
    )
    small = only(customer("ada"), order("ada", 40, "1"), ends("ada", in_days=5, amount="10"), ticket("ada", 3))
    assert small["call_reason"] == "subscription_ending"


def test_each_owner_has_a_list_of_their_own_and_who_has_none_is_unassigned():
    rows = [row for name in "abcd" for row in (order(name, 40, str(ord(name))), ticket(name, 3))]
    who = [customer("a", "o1"), customer("b", "o2"), customer("c"), customer("d", "o1")]
    found = listed(*who, *rows)
    assert [(row["owner"], row["list_rank"], row["customer_id"]) for row in found] == [
        ("o1", 1, "d"),
        ("o1", 2, "a"),
        ("o2", 1, "b"),
        ("unassigned", 1, "c"),
    ]


def test_what_is_left_out_by_the_length_is_counted_with_its_money():
    rows = [row for name in "abcd" for row in (customer(name), order(name, 40, str(ord(name))), ticket(name, 3))]
    found = listed(*rows, length=2)
    assert names(found) == ["d", "c"]
    left_out = {(row["owner_customers_left_out"], row["owner_keepable_value_left_out"]) for row in found}
    assert left_out == {(2, Decimal(ord("a") + ord("b")))}
    assert listed(*rows)[0]["owner_customers_left_out"] == 0


def test_who_has_most_probably_left_comes_after_who_can_still_be_kept_however_much_they_brought():
    rows = [
        *(customer("gone", p_alive=0.02), order("gone", 40, "2000"), answer("gone", 9, 2)),
        *(customer("here", p_alive=0.9), order("here", 40, "100"), answer("here", 9, 2)),
    ]
    here, gone = listed(*rows)
    assert (here["customer_id"], here["keepable_value"], here["priority"]) == ("here", 90, 72)
    assert (gone["at_stake"], gone["p_alive"], gone["keepable_value"], gone["priority"]) == (2000, 0.02, 40, 32)


def test_a_subscription_and_an_unpaid_order_count_whole_though_no_order_may_come_again():
    ada = customer("ada", p_alive=0.1, mrr="10", tier="top_10_percent")
    year = only(ada, order("ada", 40, "200"), ticket("ada", 3))
    assert (year["at_stake"], year["keepable_value"]) == (320, 20 + 120)
    ending = only(customer("ada", p_alive=0.1), order("ada", 95), ends("ada", in_days=5, amount="30"))
    assert (ending["at_stake"], ending["keepable_value"]) == (360, 360)
    not_paid = only(customer("ada", p_alive=0.1, **unpaid(20, "80")), order("ada", 20, "80"))
    assert (not_paid["at_stake"], not_paid["keepable_value"]) == (80, 80)
    due = only(ada, order("ada", 38, "50"), offer("ada", 14))
    assert (due["at_stake"], due["keepable_value"]) == (50, 5)


def test_without_a_tested_model_all_that_is_at_stake_counts_and_goods_given_back_take_nothing_off():
    row = only(customer("ada"), order("ada", 40, "100"), ticket("ada", 3))
    assert (row["p_alive"], row["keepable_value"]) == (None, 100)
    given_back = only(
        customer("ada", p_alive=0.5, mrr="10"), order("ada", 9), refund("ada", 3, "150"), ticket("ada", 3)
    )
    assert (given_back["at_stake"], given_back["keepable_value"]) == (70, 70)


def test_equal_priorities_are_ordered_by_the_customers_ids_whatever_the_order_of_the_rows():
    rows = [row for name in "dbca" for row in (customer(name), order(name, 40), ticket(name, 3))]
    assert names(listed(*rows)) == names(listed(*reversed(rows))) == ["a", "b", "c", "d"]


def test_several_tickets_of_one_customer_are_one_call():
    found = listed(customer("ada"), order("ada", 40), ticket("ada", 3), ticket("ada", 3), ticket("ada", 6))
    assert [row["why"] for row in found] == [
        "ticket of 2026-03-25 has had no reply for 6 days; ticket of 2026-03-28 has had no reply for 3 days"
    ]


def test_without_anything_there_is_an_empty_table_of_the_same_columns():
    assert listed() == []
    assert listed(customer("ada", tier="top_10_percent"), order("ada", 5)) == []


def test_the_contract_names_every_reason_and_step():
    allowed = {column.name: [value for value, _ in column.allowed_values] for column in CONTRACT.columns}
    assert allowed["call_reason"] == list(REASONS)
    assert set(allowed["suggested_step"]) == {reason.step for reason in REASONS.values()}
    assert set(allowed["at_stake_basis"]) == set(BASES)


def test_the_page_about_numbers_names_the_weight_of_every_reason():
    page = (Path(__file__).parents[3] / "docs" / "numbers.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)`: .*? \| ([0-9.]+) \|", page, re.MULTILINE))
    assert {name: float(weight) for name, weight in told.items()} == {n: each.weight for n, each in REASONS.items()}


def test_nothing_after_as_of_counts():
    later = [order("ada", -3), ticket("ada", -1), answer("ada", -1, 0)]
    assert listed(customer("ada"), order("ada", 40), *later) == []
