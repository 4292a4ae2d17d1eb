"""Every link says which key and which two records, and the links alone say who is one person."""

from regulars.pipelines.identity.people import Rules
from tests.builders import people_of
from tests.identity.test_people import together

COMPANY = {
    "customers": [
        {
            "customer_record_id": "1",
            "email": "ada@example.com",
            "other_emails": "ada@old.example",
            "phone": "+4930901820",
        },
        {"customer_record_id": "2", "email": "ada@example.com", "_system": "crm", "merged_record_ids": "9"},
        {"customer_record_id": "3", "_system": "crm", "other_record_ids": "shop:1; billing:cus_5;nonsense; :7"},
        {"customer_record_id": "4", "_system": "crm", "phone": "+49 30 901820"},
        {"customer_record_id": "5", "_system": "crm", "merged_into_record_id": "6", "email": "bob@example.com"},
    ],
    "orders": [
        {"order_id": "a", "email": "ada@old.example"},
        {"order_id": "b", "customer_record_id": "cus_5", "customer_system": "billing"},
        {"order_id": "c", "email": "zed@example.com"},
    ],
}
RULES = Rules(match_phones=True)


def test_every_way_of_linking_is_written_down_with_its_key():
    found = {
        (row["matched_by"], row["key"], row["record_key"], row["other_record_key"])
        for row in people_of(**COMPANY, rules=RULES).evidence.to_dicts()
    }
    assert found == {
        ("email", "ada@example.com", "customer/crm/2", "customer/shop/1"),
        ("email", "ada@old.example", "order/shop/a", "customer/shop/1"),
        ("phone", "+4930901820", "customer/crm/4", "customer/shop/1"),
        ("merged_record", None, "customer/crm/2", "customer/crm/9"),
        ("merged_record", None, "customer/crm/6", "customer/crm/5"),
        ("other_record", None, "customer/shop/1", "customer/crm/3"),
        ("other_record", None, "customer/billing/cus_5", "customer/crm/3"),
    }


def test_following_the_links_finds_exactly_the_persons():
    people = people_of(**COMPANY, rules=RULES)
    groups = {key: {key} for key in people.records["record_key"]}
    for row in people.evidence.to_dicts():
        both = groups[row["record_key"]] | groups[row["other_record_key"]]
        groups.update(dict.fromkeys(both, both))
    assert sorted({frozenset(each) for each in groups.values()}, key=sorted) == [
        frozenset(each) for each in together(people, "contact_id")
    ]


def test_links_to_accounts_are_written_down():
    people = people_of(
        customers=[
            {"customer_record_id": "1", "account_id": "A", "parent_account_id": "P", "email": "ada@acme.example"},
            {"customer_record_id": "2", "email": "bob@acme.example"},
        ],
        rules=Rules(customer_is="account", accounts_by_domain=True, roll_up_accounts=True),
    )
    found = {
        (row["matched_by"], row["key"], row["record_key"], row["other_record_key"])
        for row in people.evidence.to_dicts()
    }
    assert found == {
        ("account", None, "customer/shop/1", "account/shop/A"),
        ("parent_account", None, "account/shop/A", "account/shop/P"),
        ("email_domain", "acme.example", "customer/shop/2", "account/shop/A"),
    }


def test_an_address_that_a_record_holds_in_two_spellings_links_it_once():
    people = people_of(
        customers=[
            {"customer_record_id": "1", "email": "ada@example.com"},
            {"customer_record_id": "2", "email": "ada@example.com", "other_emails": "Ada@Example.com"},
        ]
    )
    assert people.evidence.select("key", "record_key", "other_record_key").rows() == [
        ("ada@example.com", "customer/shop/2", "customer/shop/1")
    ]
