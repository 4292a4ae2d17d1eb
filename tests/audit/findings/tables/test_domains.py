"""Domains of addresses that made accounts, and may be no firm's."""

import pytest

from regulars.pipelines.audit.findings.tables.accounts import find_odd_domains
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.identity.people import Rules
from tests.builders import people_of, warehouse


def person(number: int, domain: str, company: str | None = None) -> dict[str, str | None]:
    return {"customer_record_id": f"{number}", "email": f"p{number}@{domain}", "company_name": company}


def found_in(*customers: dict[str, str | None], by_domain: bool = True) -> dict[str, Finding]:
    """Name -> finding, of customers that are accounts by the domain of their addresses."""
    people = people_of(customers=customers, rules=Rules(customer_is="account", accounts_by_domain=by_domain))
    rows = [each | {"_system": "shop"} for each in customers]
    with warehouse(staging__customers=rows) as con:
        for table, frame in {"records": people.records, "links": people.evidence}.items():
            con.register("frame", frame.to_arrow())
            con.execute(f"create or replace table identity.{table} as select * from frame")
            con.unregister("frame")
        return {each.name: each for each in find_odd_domains(con)}


def test_a_domain_whose_persons_name_three_firms_is_counted_and_not_named():
    found = found_in(*(person(n, "post.example", firm) for n, firm in enumerate(["Acme GmbH", "Beta", "Gamma Ltd"])))
    assert found["domains_of_many_firms"].count == 1
    assert "up to 3 of one domain" in found["domains_of_many_firms"].sentence
    assert "post.example" not in str(found)


@pytest.mark.parametrize(
    "firms",
    [
        ("Acme GmbH", "ACME", "Acme Inc."),  # one firm, as three people write it
        ("Acme", "Beta", None),
        ("Acme",) * 7 + ("Beta", "Gamma"),  # nearly all name one
    ],
)
def test_spellings_and_few_other_names_are_no_finding(firms):
    assert found_in(*(person(n, "acme.example", firm) for n, firm in enumerate(firms))) == {}


def test_a_domain_of_far_more_persons_than_others_is_counted():
    small = [person(100 + n, f"firm{n // 2}.example") for n in range(12)]
    large = [person(n, "post.example") for n in range(20)]
    assert found_in(*small, *large)["domains_of_many_persons"].count == 1
    assert found_in(*small, *large[:19]) == {}
    assert found_in(*large) == {}  # there is no other to compare with


def test_where_domains_decide_nothing_there_is_no_finding():
    firms = [person(n, "post.example", firm) for n, firm in enumerate(["Acme", "Beta", "Gamma"])]
    assert found_in(*firms, by_domain=False) == {}
