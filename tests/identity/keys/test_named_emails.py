"""One address, two names: a couple that shares a mailbox is two persons, one person with two spellings is not."""

import pytest

from regulars.pipelines.identity.keys.names import differ_clearly
from regulars.pipelines.identity.people import Rules
from tests.builders import people_of
from tests.identity.test_people import together

MAIL = "jan.adler@example.com"


def record(number: str, given: str, family: str = "Adler", system: str = "shop", **more: str | None) -> dict:
    return {
        **{"customer_record_id": number, "_system": system, "email": MAIL, "first_name": given, "last_name": family},
        **more,
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("uma", "adler"), ("jan", "adler")),
        (("anna", "schmidt"), ("robert", "costa")),
        (("s", "schulz"), ("maria", "schulz")),  # an initial is not that of the family name
    ],
)
def test_two_given_names_that_are_not_alike_differ_clearly(one, other):
    assert differ_clearly(one, other)
    assert differ_clearly(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("anna", "schmidt"), ("anna", "costa")),  # married
        (("jo", "adler"), ("johanna", "adler")),
        (("j", "adler"), ("jan", "adler")),
        (("bob", "adler"), ("robert", "adler")),
        (("jhon", "adler"), ("john", "adler")),
        (("catherina", "adler"), ("catharine", "adler")),  # two typing errors in a long name
        (("adler", "jan"), ("jan", "adler")),
    ],
)
def test_ways_to_write_one_name_do_not_differ_clearly(one, other):
    assert not differ_clearly(one, other)


def test_a_couple_with_one_address_in_one_system_is_two_persons():
    people = people_of(customers=[record("7", "Uma"), record("8", "Jan")])
    assert together(people) == [{"customer/shop/7"}, {"customer/shop/8"}]
    assert people.match_lists["named_apart_count"].to_list() == [1]
    cut = [row for row in people.evidence.to_dicts() if row["cut_by"]]
    assert [(row["record_key"], row["other_record_key"], row["cut_by"]) for row in cut] == [
        ("customer/shop/7", "customer/shop/8", "names")
    ]


def test_guests_and_records_without_a_name_are_of_the_one_whose_name_is_in_the_address():
    people = people_of(
        customers=[
            record("7", "Uma"),
            record("8", "Jan"),
            {"customer_record_id": "1", "_system": "crm", "email": MAIL},
        ],
        orders=[{"order_id": "o", "email": MAIL}],
    )
    assert together(people) == [{"customer/crm/1", "customer/shop/8", "order/shop/o"}, {"customer/shop/7"}]


def test_records_of_the_same_name_in_other_systems_are_the_same_person():
    people = people_of(
        customers=[
            record("7", "Uma"),
            record("8", "Jan"),
            record("1", "Jan", "Adler", "crm"),
            record("2", "Uma", "Adler", "crm"),
        ]
    )
    assert together(people) == [
        {"customer/crm/1", "customer/shop/8"},
        {"customer/crm/2", "customer/shop/7"},
    ]


def test_two_systems_with_one_record_each_under_an_address_are_one_person_whatever_the_names():
    people = people_of(customers=[record("7", "Uma"), record("8", "Jan", system="crm")])
    assert len(together(people)) == 1
    assert people.match_lists["named_apart_count"].to_list() == [0]
    assert people.match_lists["names_joined_count"].to_list() == [1]  # and that is said
    alike = people_of(customers=[record("7", "Jo"), record("8", "Johanna", system="crm")])
    assert alike.match_lists["names_joined_count"].to_list() == [0]


def test_what_a_tool_merged_is_one_person_whatever_the_names():
    people = people_of(customers=[record("7", "Uma", merged_record_ids="8"), record("8", "Jan")])
    assert len(together(people)) == 1
    assert people.match_lists["named_apart_count"].to_list() == [0]


def test_a_deleted_record_keeps_nobody_apart():
    people = people_of(customers=[record("7", "Uma", is_deleted="true"), record("8", "Jan")])
    assert len(together(people)) == 1


def test_the_settings_may_join_all_records_of_an_address():
    rules = Rules(keep_names_apart=False)
    assert len(together(people_of(customers=[record("7", "Uma"), record("8", "Jan")], rules=rules))) == 1


def test_the_order_of_records_decides_nothing():
    rows = [record(str(n), given) for n, given in enumerate(["Uma", "Jan", "Ida", "Uma", "Jana"])]
    names = [sorted(each) for each in together(people_of(customers=rows))]
    assert sorted(names) == [
        ["customer/shop/0", "customer/shop/3"],
        ["customer/shop/1", "customer/shop/4"],
        ["customer/shop/2"],
    ]
    assert together(people_of(customers=rows[::-1])) == together(people_of(customers=rows))
