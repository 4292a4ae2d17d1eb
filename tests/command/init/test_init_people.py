"""Lists of people and tickets that no profile knows: subscribers, employees, suppliers, tickets without replies."""

import pytest

from tests.command.init.test_init_sales import read  # noqa: F401


def people(header: str, *ends: str) -> str:
    rows = "".join(f"P{n},a{n}@x.example,{ends[n % len(ends)]}\n" for n in range(12))
    return f"{header}\n{rows}"


@pytest.mark.parametrize("header", ["Salary", "Hire Date", "Gehalt", "Eintrittsdatum"])
def test_employees_are_no_customers(read, header):  # noqa: F811
    said, sources = read(people=people(f"Record ID,Email,{header}", "2800"))
    assert not sources
    assert f"`{header}` is a column of a list of employees, who are no customers" in said


def test_suppliers_among_customers_are_a_question(read):  # noqa: F811
    said, sources = read(people=people("GP-Code,E-Mail,GP-Typ", "C", "S"))
    assert not sources
    assert "`GP-Typ` has 2 different words: which of the rows are customers?" in said


@pytest.mark.parametrize("header", ["EUID,Email Address,MEMBER_RATING", "Klaviyo ID,Email,Source"])
def test_subscribers_of_a_newsletter_are_known_by_the_tools_id(read, header):  # noqa: F811
    _, sources = read(people=people(header, "2"))
    assert sources["people"].columns["customer_record_id"] == header.split(",")[0]


def test_tickets_whose_first_reply_no_column_tells_are_in_no_number_about_replies(read):  # noqa: F811
    rows = "".join(f"{n},2026-02-0{1 + n % 9} 10:00:00,a{n}@x.example,{n}\n" for n in range(12))
    said, sources = read(tickets=f"Ticket id,Creation date,Customer email,First response time (s)\n{rows}")
    assert sources["tickets"].columns["no_reply_due_reason"].value == "reply_not_exported"
    assert "no column says when a ticket was first answered" in said
