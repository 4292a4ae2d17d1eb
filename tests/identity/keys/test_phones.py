"""Telephone numbers: one spelling each, and whom they may link."""

import polars as pl
import pytest

from regulars.pipelines.identity.keys.phones import find_phone_keys, normalise_phone
from regulars.pipelines.identity.people import Rules
from tests.builders import people_of
from tests.identity.test_people import together

BERLIN = "+4930901820"
PHONES = Rules(match_phones=True, phone_region="DE")


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("030 901820", "DE"),
        ("(030) 90-18-20", "DE"),
        ("+49 (0)30 901820", None),
        ("0049 30 901820", None),
        ("'+49 30/901820", "US"),
        (" +49 30 901820 ", "DE"),
        ("4930901820.0", "DE"),  # a number that became a double
        ("+\u0664\u0669 \u0663\u0660 \u0669\u0660\u0661\u0668\u0662\u0660", None),
    ],
)
def test_every_way_of_writing_a_number_is_one_number(written, region):
    assert normalise_phone(written, region) == BERLIN


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("030 901820", None),  # of which country?
        ("555-0100", "US"),  # made up for films
        ("+490000000", None),
        ("0800 1234567", "DE"),  # free to call: a firm
        ("n/a", "DE"),
        ("", "DE"),
        ("-", "DE"),
    ],
)
def test_what_names_nobody_is_no_number(written, region):
    assert normalise_phone(written, region) is None


def test_two_extensions_are_two_numbers():
    assert normalise_phone("+1 415 555 2671 ext. 12", None) != normalise_phone("+1 415 555 2671 ext. 13", None)


def test_a_records_own_country_says_how_its_number_is_read():
    rows = [
        {"customer_record_id": "1", "phone": "030 901820", "country": "Deutschland"},
        {"customer_record_id": "2", "phone": BERLIN, "country": None},
        {"customer_record_id": "3", "phone": "030 901820", "country": "Italy"},
    ]
    people = people_of(customers=rows, rules=Rules(match_phones=True))
    assert together(people) == [{"customer/shop/1", "customer/shop/2"}, {"customer/shop/3"}]


def test_numbers_link_nobody_unless_the_settings_say_so():
    rows = [{"customer_record_id": n, "phone": BERLIN} for n in "12"]
    assert len(together(people_of(customers=rows))) == 2
    assert len(together(people_of(customers=rows, rules=PHONES))) == 1


def family(*names: tuple[str | None, str | None]) -> list[set[str]]:
    """Who is one person among records with one number."""
    rows = [
        {"customer_record_id": str(n), "phone": BERLIN, "first_name": first, "last_name": last}
        for n, (first, last) in enumerate(names)
    ]
    return [{key.rpartition("/")[2] for key in keys} for keys in together(people_of(customers=rows, rules=PHONES))]


def test_a_number_links_records_whose_names_do_not_differ():
    assert family(("Zoë", "Doe"), ("Zoe", "DOE"), (None, None), ("Zoe Doe", None)) == [{"0", "1", "2", "3"}]


def test_in_a_family_a_number_links_equal_names_only():
    assert family(("Ann", "Doe"), ("Jan", "Doe"), ("ann", "doe"), (None, None), ("Ann", None)) == [
        {"0", "2"},
        {"1"},
        {"3"},
        {"4"},
    ]


def test_by_default_a_number_links_equal_names_only_and_needs_both():
    names = [("Ann", "Doe"), ("Jan", "Doe"), ("ann", "DOE"), (None, None), ("Ann", None)]
    rows = [
        {"customer_record_id": str(n), "phone": BERLIN, "first_name": first, "last_name": last}
        for n, (first, last) in enumerate(names)
    ]
    with_names = Rules(match_phones="with_equal_names")
    assert len(together(people_of(customers=rows, rules=with_names))) == 4
    assert len(together(people_of(customers=[rows[0], rows[3]], rules=with_names))) == 2
    # at an office two of one name may be two, so that the number links nobody
    few = Rules(match_phones="with_equal_names", max_records_per_phone=4)
    assert len(together(people_of(customers=rows, rules=few))) == 5


def test_a_number_on_too_many_records_links_none_and_is_counted():
    rows = [{"customer_record_id": str(n), "phone": BERLIN} for n in range(4)]
    people = people_of(customers=rows, rules=Rules(match_phones=True, max_records_per_phone=3))
    assert len(together(people)) == 4
    assert people.shared_keys.to_dicts() == [
        {"key_type": "phone", "system": "shop", "shared_by": "records", "key_count": 1, "shared_count": 4}
    ]


def test_only_numbers_that_end_alike_are_parsed_and_none_is_lost():
    numbers = ["030 901820", BERLIN, "+49 30 901821", "+44 20 7946 0001", "020 7946 0001 ext 4"]
    numbers += ["4930901820.0", "+49 30 \u0669\u0660\u0661\u0668\u0662\u0660"]
    rows = pl.DataFrame(
        {
            "node": range(7),
            "system": "shop",
            "phone": numbers,
            "country": ["DE", None, None, None, "GB", "DE", None],
            "first_name": None,
            "last_name": None,
        },
        schema_overrides={"first_name": pl.String, "last_name": pl.String},
    )
    found = find_phone_keys(rows, None).rows.sort("node")
    assert found["node"].to_list() == [0, 1, 3, 4, 5, 6]
    assert found["phone"].to_list() == [BERLIN, BERLIN, "+442079460001", "+442079460001;ext=4", BERLIN, BERLIN]
