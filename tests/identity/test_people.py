import pytest

from regulars.pipelines.errors import ContractBroken
from regulars.pipelines.identity.people import People, Rules
from tests.builders import people_of


def together(people: People, who: str = "customer_id") -> list[set[str]]:
    """The records of each customer, or contact."""
    groups: dict[str | None, set[str]] = {}
    for row in people.records.to_dicts():
        groups.setdefault(row[who], set()).add(row["record_key"])
    groups.pop(None, None)
    return sorted(groups.values(), key=sorted)


def linked(people: People, link_type: str, source_record_id: str, system: str = "shop") -> dict | None:
    for row in people.links.to_dicts():
        if (row["link_type"], row["system"], row["source_record_id"]) == (link_type, system, source_record_id):
            return row
    return None


def test_one_address_in_two_systems_is_one_customer():
    people = people_of(
        customers=[
            {"customer_record_id": "1", "email": "Ada@example.com"},
            {"customer_record_id": "1", "email": "ada@example.com", "_system": "crm"},
            {"customer_record_id": "2", "email": "bob@example.com"},
        ]
    )
    assert together(people) == [{"customer/crm/1", "customer/shop/1"}, {"customer/shop/2"}]


def test_an_address_on_an_order_ties_its_customer_record_to_the_crm():
    people = people_of(
        customers=[{"customer_record_id": "c", "email": "ada@example.com", "_system": "crm"}],
        orders=[{"order_id": "1", "customer_record_id": "7", "email": "ada@example.com"}],
    )
    assert together(people) == [{"customer/crm/c", "customer/shop/7"}]


def test_a_guest_is_the_person_of_that_address():
    people = people_of(
        customers=[{"customer_record_id": "1", "email": "ada@example.com"}],
        orders=[
            {"order_id": "1", "email": "ada@example.com"},
            {"order_id": "2", "email": "guest@example.com"},
            {"order_id": "3", "email": "guest@example.com"},
            {"order_id": "4"},
        ],
    )
    assert together(people) == [{"customer/shop/1", "order/shop/1"}, {"order/shop/2", "order/shop/3"}]
    assert linked(people, "order", "4") is None


def test_the_other_addresses_of_a_record_are_the_same_person():
    people = people_of(
        customers=[
            {"customer_record_id": "1", "email": "ada@work.example", "other_emails": "Ada@home.example; a@old.example"},
            {"customer_record_id": "2", "other_emails": "none, bob@home.example bob@work.example"},
            {"customer_record_id": "3", "email": "eve@home.example"},
        ],
        orders=[
            {"order_id": str(number), "email": email}
            for number, email in enumerate(
                ["ada@work.example", "ada@home.example", "a@old.example", "bob@home.example", "bob@work.example"], 1
            )
        ],
    )
    assert together(people) == [
        {"customer/shop/1", "order/shop/1", "order/shop/2", "order/shop/3"},
        {"customer/shop/2", "order/shop/4", "order/shop/5"},
        {"customer/shop/3"},
    ]


def test_a_customer_that_only_order_lines_name_is_a_customer():
    people = people_of(
        order_lines=[
            {"order_id": "1"},
            {"order_id": "1", "customer_record_id": "17850"},
            {"order_id": "2", "email": "guest@example.com"},
            {"order_id": "C3", "line_type": "refund", "email": "guest@example.com"},
        ]
    )
    assert together(people) == [{"customer/shop/17850"}, {"order/shop/2", "refund/shop/C3"}]


def test_an_address_beside_another_record_is_of_somebody_else():
    people = people_of(
        customers=[{"customer_record_id": "9", "email": "bob@example.com"}],
        order_lines=[
            {"order_id": "1", "customer_record_id": "7"},
            {"order_id": "1", "customer_record_id": "9", "email": "bob@example.com"},
            {"order_id": "2", "customer_record_id": "8"},
            {"order_id": "2", "customer_record_id": "8", "customer_system": "crm", "email": "bob@example.com"},
            {"order_id": "3", "customer_record_id": "5"},
            {"order_id": "3", "email": "eve@example.com"},
            {"order_id": "4", "email": "eve@example.com"},
        ],
    )
    assert together(people) == [
        {"customer/shop/5", "order/shop/4"},
        {"customer/shop/7"},
        {"customer/shop/8"},
        {"customer/shop/9"},
    ]


def test_lines_of_an_order_that_has_its_own_row_name_nobody():
    people = people_of(
        orders=[{"order_id": "1", "customer_record_id": "7"}],
        order_lines=[{"order_id": "1", "email": "gift@example.com"}],
    )
    assert together(people) == [{"customer/shop/7"}]


def test_records_that_a_crm_merged_are_one_customer():
    people = people_of(
        customers=[{"customer_record_id": "9", "merged_record_ids": "3; 5"}],
        orders=[{"order_id": "1", "customer_record_id": "3"}, {"order_id": "2", "customer_record_id": "4"}],
    )
    assert together(people) == [
        {"customer/shop/3", "customer/shop/5", "customer/shop/9"},
        {"customer/shop/4"},
    ]


def test_the_same_record_id_in_two_systems_is_two_customers():
    people = people_of(
        orders=[
            {"order_id": "1", "customer_record_id": "1"},
            {"order_id": "2", "customer_record_id": "1", "customer_system": "crm"},
        ]
    )
    assert together(people) == [{"customer/crm/1"}, {"customer/shop/1"}]


def test_an_address_shared_by_too_many_records_links_nobody_and_is_counted_not_named():
    rows = [{"customer_record_id": str(number), "email": "info@example.com"} for number in range(4)]
    people = people_of(
        customers=rows,
        orders=[{"order_id": "1", "email": "info@example.com"}],
        rules=Rules(max_records_per_email=3),
    )
    assert len(together(people)) == 4
    assert linked(people, "order", "1") is None
    assert people.shared_keys.to_dicts() == [
        {"key_type": "email", "system": "shop", "shared_by": "records", "key_count": 1, "shared_count": 4}
    ]
    assert len(together(people_of(customers=rows, rules=Rules(max_records_per_email=4)))) == 1


def test_a_person_of_too_many_records_stops_the_run_without_naming_anybody():
    rows = [{"customer_record_id": str(number), "email": "ada@example.com"} for number in range(4)]
    with pytest.raises(ContractBroken, match="more than 3 customer records each, the largest 4") as stopped:
        people_of(customers=rows, rules=Rules(max_records_per_customer=3))
    assert "ada" not in str(stopped.value)


def test_any_number_of_guest_orders_is_one_person():
    orders = [{"order_id": str(number), "email": "ada@example.com"} for number in range(9)]
    assert len(together(people_of(orders=orders, rules=Rules(max_records_per_customer=3)))) == 1


def test_where_customers_are_accounts_their_contacts_are_one_customer_and_several_persons():
    people = people_of(
        customers=[
            {"customer_record_id": "1", "email": "ada@acme.example", "account_id": "A"},
            {"customer_record_id": "2", "email": "bob@acme.example", "account_id": "A"},
            {"customer_record_id": "3", "email": "cyd@home.example"},
        ],
        orders=[{"order_id": "1", "email": "bob@acme.example"}],
        rules=Rules(customer_is="account"),
    )
    assert together(people) == [
        {"account/shop/A", "customer/shop/1", "customer/shop/2", "order/shop/1"},
        {"customer/shop/3"},
    ]
    assert together(people, "contact_id") == [
        {"customer/shop/1"},
        {"customer/shop/2", "order/shop/1"},
        {"customer/shop/3"},
    ]


def test_an_answer_is_linked_by_its_customer_record_else_its_address_else_its_order():
    people = people_of(
        customers=[
            {"customer_record_id": "1", "email": "ada@example.com"},
            {"customer_record_id": "2", "email": "bob@example.com"},
        ],
        orders=[{"order_id": "7", "customer_record_id": "2"}, {"order_id": "8", "email": "guest@example.com"}],
        order_lines=[{"order_id": "9", "customer_record_id": "1"}],
        survey_responses=[
            {"response_id": "by record", "customer_record_id": "1", "order_id": "7"},
            {"response_id": "by address", "email": "bob@example.com"},
            {"response_id": "by order", "order_id": "7"},
            {"response_id": "by guest", "order_id": "8"},
            {"response_id": "by lines", "order_id": "9"},
            {"response_id": "stranger's order", "email": "stranger@example.com", "order_id": "7"},
            {"response_id": "anonymous"},
        ],
    )
    ada, bob = linked(people, "customer_record", "1"), linked(people, "customer_record", "2")
    guest = linked(people, "order", "8")
    expected = {
        "by record": ada,
        "by address": bob,
        "by order": bob,
        "by guest": guest,
        "by lines": ada,
        "stranger's order": bob,
    }
    for response_id, who in expected.items():
        assert linked(people, "response", response_id)["customer_id"] == who["customer_id"], response_id
    assert linked(people, "response", "anonymous") is None


def test_a_survey_tool_may_name_records_and_orders_of_another_system():
    people = people_of(
        orders=[{"order_id": "7", "customer_record_id": "2"}],
        survey_responses=[{"response_id": "r", "_system": "poll", "customer_system": "shop", "order_id": "7"}],
    )
    assert linked(people, "response", "r", "poll")["customer_idx"] == 1


def test_an_unknown_respondent_is_one_contact_and_not_a_customer():
    people = people_of(
        survey_responses=[
            {"response_id": "1", "email": "cyd@example.com"},
            {"response_id": "2", "email": "Cyd@example.com"},
            {"response_id": "3", "customer_record_id": "never seen"},
        ]
    )
    first, second, third = (linked(people, "response", number) for number in "123")
    assert first["contact_id"] == second["contact_id"] != third["contact_id"]
    assert [row["customer_id"] for row in (first, second, third)] == [None] * 3
    assert [row["customer_idx"] for row in (first, second, third)] == [None] * 3


def test_customers_are_numbered_without_gaps_in_the_order_of_their_ids():
    people = people_of(orders=[{"order_id": str(n), "customer_record_id": str(n)} for n in range(20)])
    rows = sorted((row["customer_idx"], row["customer_id"]) for row in people.records.to_dicts())
    assert [number for number, _ in rows] == list(range(1, 21))
    assert [name for _, name in rows] == sorted(name for _, name in rows)


def test_no_id_is_made_from_an_address():
    with_address = people_of(orders=[{"order_id": "1", "customer_record_id": "7", "email": "ada@example.com"}])
    without = people_of(orders=[{"order_id": "1", "customer_record_id": "7"}])
    assert with_address.records["customer_id"].to_list() == without.records["customer_id"].to_list()


def test_without_records_there_are_no_people():
    people = people_of()
    assert people.records.is_empty()
    assert people.links.is_empty()
    assert people.events.is_empty()
    assert people.person_map.is_empty()


def test_a_subscription_makes_a_customer_of_an_address_that_only_answered_before():
    answer = {"response_id": "1", "email": "ada@example.com"}
    assert together(people_of(survey_responses=[answer])) == []
    people = people_of(
        survey_responses=[answer],
        subscriptions=[
            {"subscription_id": "s1", "email": "Ada@example.com"},
            {"subscription_id": "s1", "email": "ada@example.com"},
        ],
    )
    assert together(people) == [{"response/shop/1", "subscription/shop/s1"}]
    assert linked(people, "subscription", "s1") is not None
