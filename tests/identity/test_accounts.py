"""Customers that are accounts: who belongs to which, and that a shared person does not join them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.identity.people import Rules
from tests.builders import build, people_of, rows_of
from tests.identity.test_people import linked, together

ACCOUNTS = Rules(customer_is="account")
SHARED: dict[str, Any] = {
    "customers": [
        {"customer_record_id": "1", "email": "ada@agency.example", "account_id": "A"},
        {"customer_record_id": "2", "email": "ada@agency.example", "account_id": "B"},
        {"customer_record_id": "3", "email": "bob@b.example", "account_id": "B"},
    ],
    "orders": [
        {"order_id": "of A", "customer_record_id": "1"},
        {"order_id": "of B", "customer_record_id": "2"},
        {"order_id": "guest", "email": "ada@agency.example"},
    ],
}


def test_accounts_that_share_a_contact_stay_apart():
    people = people_of(**SHARED, rules=ACCOUNTS)
    assert together(people) == [
        {"account/shop/A", "customer/shop/1", "order/shop/guest"},
        {"account/shop/B", "customer/shop/2", "customer/shop/3"},
    ]
    assert len(together(people, "contact_id")) == 2


def test_accounts_that_share_a_contact_are_one_customer_where_the_settings_say_so():
    people = people_of(**SHARED, rules=Rules(customer_is="account", link_accounts=True))
    assert len(together(people)) == 1


def test_accounts_whose_records_the_tool_merged_stay_apart():
    people = people_of(
        customers=[
            {"customer_record_id": "1", "account_id": "A", "merged_record_ids": "2"},
            {"customer_record_id": "2", "account_id": "B"},
        ],
        rules=ACCOUNTS,
    )
    assert len(together(people)) == 2


def test_the_same_account_id_in_two_systems_is_two_accounts():
    people = people_of(
        customers=[
            {"customer_record_id": "1", "account_id": "A"},
            {"customer_record_id": "1", "account_id": "A", "_system": "crm"},
        ],
        rules=ACCOUNTS,
    )
    assert len(together(people)) == 2


def test_a_person_of_several_accounts_is_one_contact_of_the_first_of_them():
    people = people_of(**SHARED, rules=ACCOUNTS)
    with build(identity__records=people.records.to_dicts()) as con:
        contacts = rows_of(con, "core.contacts")
    first = linked(people, "customer_record", "1")
    assert len(contacts) == 2
    assert {row["contact_id"]: row["customer_id"] for row in contacts}[first["contact_id"]] == first["customer_id"]


FIRM: dict[str, Any] = {
    "customers": [
        {"customer_record_id": "1", "email": "ada@acme.example", "account_id": "A"},
        {"customer_record_id": "2", "email": "bob@acme.example"},
        {"customer_record_id": "3", "email": "eve@other.example", "_system": "crm"},
        {"customer_record_id": "4", "email": "fay@gmail.com"},
        {"customer_record_id": "5", "email": "gil@gmail.com"},
    ],
    "orders": [{"order_id": "o", "email": "ida@acme.example"}, {"order_id": "p", "email": "jo@other.example"}],
}


def test_who_has_an_address_at_a_firm_belongs_to_its_account_where_the_settings_say_so():
    assert len(together(people_of(**FIRM, rules=ACCOUNTS))) == 7
    people = people_of(**FIRM, rules=Rules(customer_is="account", accounts_by_domain=True))
    assert together(people) == [
        {"account/shop/A", "customer/shop/1", "customer/shop/2", "order/shop/o"},
        {"customer/crm/3", "order/shop/p"},
        {"customer/shop/4"},
        {"customer/shop/5"},
    ]
    assert len(together(people, "contact_id")) == 7


def test_a_domain_of_several_accounts_says_nothing_and_one_may_be_called_free():
    two = [*FIRM["customers"], {"customer_record_id": "6", "email": "kim@acme.example", "account_id": "B"}]
    rules = Rules(customer_is="account", accounts_by_domain=True)
    groups = together(people_of(customers=two, rules=rules))
    assert {"customer/shop/2"} in groups
    free = Rules(customer_is="account", accounts_by_domain=True, free_email_domains=["Acme.example"])
    assert {"customer/shop/2"} in together(people_of(**FIRM, rules=free))


def test_accounts_are_rolled_up_to_the_top_of_their_hierarchy_where_the_settings_say_so():
    rows = [
        {"customer_record_id": "1", "account_id": "A", "parent_account_id": "B"},
        {"customer_record_id": "2", "account_id": "B", "parent_account_id": "C"},
        {"customer_record_id": "3", "account_id": "D", "parent_account_id": "E"},
        {"customer_record_id": "4", "account_id": "E", "parent_account_id": "D"},  # round in a circle
        {"customer_record_id": "5", "account_id": "F"},
    ]
    assert len(together(people_of(customers=rows, rules=ACCOUNTS))) == 5
    for linked_too in (False, True):
        rules = Rules(customer_is="account", roll_up_accounts=True, link_accounts=linked_too)
        assert together(people_of(customers=rows, rules=rules)) == [
            {"account/shop/A", "account/shop/B", "account/shop/C", "customer/shop/1", "customer/shop/2"},
            {"account/shop/D", "account/shop/E", "customer/shop/3", "customer/shop/4"},
            {"account/shop/F", "customer/shop/5"},
        ]


people_and_accounts = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["A", "B", "C", None])), min_size=1, max_size=8
)


def delivered(drawn: list[tuple[str, str | None]]) -> dict[str, list[dict[str, Any]]]:
    return {
        "customers": [
            {"customer_record_id": str(n), "email": f"{who}@example.com", "account_id": account}
            for n, (who, account) in enumerate(drawn)
        ],
        "orders": [{"order_id": who, "email": f"{who}@example.com"} for who in {who for who, _ in drawn}],
    }


@settings(max_examples=30, deadline=None)
@given(people_and_accounts)
def test_every_record_is_with_its_account_else_with_the_first_account_of_its_person_else_alone(drawn):
    first: dict[str, str] = {}
    for who, account in drawn:
        if account:
            first.setdefault(who, account)
    expected: dict[str, set[str]] = {}
    for n, (who, account) in enumerate(drawn):
        expected.setdefault(account or first.get(who, who), set()).add(f"customer/shop/{n}")
    for who in {who for who, _ in drawn}:
        expected.setdefault(first.get(who, who), set()).add(f"order/shop/{who}")
    for account in {account for _, account in drawn if account}:
        expected[account].add(f"account/shop/{account}")
    assert together(people_of(**delivered(drawn), rules=ACCOUNTS)) == sorted(expected.values(), key=sorted)


@settings(max_examples=20, deadline=None)
@given(people_and_accounts, people_and_accounts)
@pytest.mark.parametrize("rules", [ACCOUNTS, Rules(customer_is="account", link_accounts=True)])
def test_ids_come_back_when_a_change_of_accounts_is_taken_back(rules, first, other):
    previous, made = None, []
    for generation, drawn in enumerate((first, other, first, first), 1):
        people = people_of(previous, generation=generation, rules=rules, **delivered(drawn))
        previous = people.person_map
        made.append({row["record_key"]: row["customer_id"] for row in people.records.to_dicts()})
    assert made[0] == made[2] == made[3]
