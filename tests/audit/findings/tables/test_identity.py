"""Odd customers: of too many records, like a till, of several accounts."""

import importlib.util

import pytest

from regulars.pipelines.audit.findings.tables.identity import find_odd_identities
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.identity.fuzzy.links import FuzzyRules
from regulars.pipelines.identity.output import People
from regulars.pipelines.identity.people import Rules
from tests.builders import people_of, warehouse

needs_splink = pytest.mark.skipif(
    importlib.util.find_spec("splink") is None, reason="install the extra: pip install 'regulars[fuzzy]'"
)


def found_in(people: People, orders: list[dict[str, object]] | None = None) -> dict[str, Finding]:
    """Name -> finding."""
    with warehouse(core__orders=orders or []) as con:
        made = {"records": people.records, "shared_keys": people.shared_keys, "match_lists": people.match_lists}
        for table, frame in made.items():
            con.register("frame", frame.to_arrow())
            con.execute(f"create or replace table identity.{table} as select * from frame")
            con.unregister("frame")
        return {each.name: each for each in find_odd_identities(con)}


def test_addresses_that_too_many_share_are_counted_and_not_named():
    people = people_of(
        customers=[{"customer_record_id": str(n), "email": "info@example.com"} for n in range(3)],
        orders=[{"order_id": str(n), "email": "till@example.com"} for n in range(4)],
        rules=Rules(max_records_per_email=2, max_orders_per_email=3),
    )
    found = found_in(people)
    assert (found["shared_addresses"].count, found["shared_addresses"].severity) == (1, "info")
    assert "1 addresses stand on 4 orders" in found["addresses_of_too_many_orders"].sentence
    assert "example.com" not in str(found)


def test_numbers_that_too_many_share_are_counted_and_not_named():
    people = people_of(
        customers=[{"customer_record_id": str(n), "phone": "+4930901820"} for n in range(3)],
        rules=Rules(match_phones=True, max_records_per_phone=2),
    )
    found = found_in(people)["shared_phones"]
    assert (found.count, found.severity) == (1, "info")
    assert "1 telephone numbers stand on 3 customer records of `shop`" in found.sentence
    assert "4930901820" not in str(found)


def test_numbers_that_no_country_is_known_to_read_by_are_counted():
    def anns(*phones: str, country: str | None = None) -> list[dict[str, object]]:
        return [
            {"customer_record_id": f"{n}", "first_name": "Ann", "last_name": "Lee", "phone": phone, "country": country}
            for n, phone in enumerate(phones)
        ]

    by_names = Rules(match_phones="with_equal_names")
    found = found_in(people_of(customers=anns("030 901820", "030/901820"), rules=by_names))["phones_without_country"]
    assert (found.count, found.severity) == (2, "info")
    assert "901820" not in str(found)
    one_alone = anns("030 901820", "030 777777")
    for rows in (one_alone, anns("+49 30 901820", "0049 30 901820"), anns("030 901820", "030/901820", country="DE")):
        assert "phones_without_country" not in found_in(people_of(customers=rows, rules=by_names))


def test_listed_pairs_that_name_nobody_and_links_that_they_forbid_are_counted():
    people = people_of(
        customers=[{"customer_record_id": n, "email": "ada@example.com"} for n in "12"],
        rules=Rules(never_match=[("shop:1", "shop:2")], always_match=[("shop:1", "gone@example.com")]),
    )
    found = found_in(people)
    assert (found["links_forbidden"].count, found["links_forbidden"].severity) == (1, "info")
    assert (found["matches_name_nobody"].count, found["matches_name_nobody"].severity) == (1, "warning")
    assert "links_forbidden" not in found_in(people_of())


def test_the_customer_of_most_records_is_measured():
    people = people_of(customers=[{"customer_record_id": str(n), "email": "ada@example.com"} for n in range(7)])
    assert found_in(people)["customer_of_many_records"].count == 7


def test_a_customer_with_several_orders_on_each_day_is_like_a_till():
    def orders(per_day: int, customer: int, count: int = 60) -> list[dict[str, object]]:
        return [
            {
                "system": "shop",
                "order_id": f"{customer}-{n}",
                "customer_idx": customer,
                "order_date": f"2026-01-{1 + n // per_day:02}"
                if n // per_day < 31
                else f"2026-02-{n // per_day - 30:02}",
            }
            for n in range(count)
        ]

    people = people_of()
    assert (
        found_in(people, orders(2, customer=1) + orders(1, customer=2, count=40))["customer_like_a_till"].share == 0.6
    )
    assert "customer_like_a_till" not in found_in(people, orders(1, customer=1, count=58))
    assert "customer_like_a_till" not in found_in(people, orders(2, customer=0))
    assert "customer_like_a_till" not in found_in(people, orders(2, customer=1, count=48))


def test_persons_of_several_accounts_are_counted():
    rows = [{"customer_record_id": n, "email": "ada@example.com", "account_id": n} for n in ("1", "2")]
    assert found_in(people_of(customers=rows, rules=Rules(customer_is="account")))["accounts_share_contacts"].count == 1
    assert "accounts_share_contacts" not in found_in(people_of(customers=rows))


@needs_splink
def test_records_that_share_too_common_a_value_to_be_compared_are_counted():
    def smiths(*, count: int, phone: str | None) -> list[dict[str, object]]:
        return [
            {"customer_record_id": f"{phone}{n}", "first_name": "Jo", "last_name": "Smith", "phone": phone}
            for n in range(count)
        ]

    apart = Rules(match_phones=False, fuzzy=FuzzyRules())
    # 61 share a name and a number; of 59 others, and of these, the name is shared by 120
    people = people_of(customers=smiths(count=61, phone="030901820") + smiths(count=59, phone="040123456"), rules=apart)
    found = found_in(people)["records_not_compared"]
    assert (found.count, found.severity) == (120, "info")
    assert "120 customer records" in found.sentence
    assert "61 of them are compared with nobody" in found.sentence
    few = people_of(customers=smiths(count=60, phone="030901820"), rules=apart)
    assert "records_not_compared" not in found_in(few)
    assert "records_not_compared" not in found_in(people_of(customers=smiths(count=61, phone=None)))
