"""Lists of people and tickets that no profile knows: subscribers, employees, suppliers, tickets without replies."""

import datetime as dt

import duckdb
import pytest

from regulars.pipelines.command.preview.preview import preview_sources
from regulars.pipelines.settings.settings_file import load_settings
from tests.command.init.test_init_sales import read  # noqa: F401

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def people(header: str, *ends: str) -> str:
    rows = "".join(f"P{n},a{n}@x.example,{ends[n % len(ends)]}\n" for n in range(12))
    return f"{header}\n{rows}"


@pytest.mark.parametrize("header", ["Salary", "Hire Date", "Gehalt", "Eintrittsdatum"])
def test_employees_are_no_customers(read, header):  # noqa: F811
    said, sources = read(people=people(f"Record ID,Email,{header}", "2800"))
    assert not sources
    assert f"`{header}` is a column of a list of employees, who are no customers" in said


@pytest.mark.parametrize("header", ["Staff ID", "Employment status"])
def test_customers_with_one_column_that_employees_have_are_a_question(read, header):  # noqa: F811
    said, sources = read(people=people(f"Customer ID,Email,{header}", "7"))
    assert not sources
    assert f"lists of employees have `{header}` too: are its rows customers?" in said


def test_two_columns_that_only_employees_have_are_enough_beside_the_id_of_a_customer(read):  # noqa: F811
    said, _ = read(people=people("Customer ID,Email,Staff ID,Hire Date", "7,x"))
    assert "`Staff ID` is a column of a list of employees, who are no customers" in said


def test_people_with_a_job_and_a_department_may_be_employees(read):  # noqa: F811
    said, sources = read(people=people("ID,Email,Job title,Department", "Cashier,Ops"))
    assert not sources
    assert "lists of employees have `Job title`, `Department` too: are its rows customers?" in said


def test_contacts_of_companies_have_a_job_and_a_department_too(read):  # noqa: F811
    _, sources = read(people=people("Contact ID,Email,Job title,Department", "Buyer,Ops"))
    assert sources["people"].kind == "customers"


def test_suppliers_among_customers_are_a_question(read):  # noqa: F811
    said, sources = read(people=people("GP-Code,E-Mail,GP-Typ", "C", "S"))
    assert not sources
    assert "`GP-Typ` has 2 different words: which of the rows are customers?" in said


@pytest.mark.parametrize("header", ["EUID,Email Address,MEMBER_RATING", "Klaviyo ID,Email,Source"])
def test_subscribers_of_a_newsletter_are_known_by_the_tools_id(read, header):  # noqa: F811
    _, sources = read(people=people(header, "2"))
    assert sources["people"].columns["customer_record_id"] == header.split(",")[0]


@pytest.mark.parametrize("duration", ["{n}", "00:1{n}:00"])
def test_how_long_the_first_reply_took_is_a_question(read, duration):  # noqa: F811
    header = "Ticket id,Creation date,Customer email,First response time (s)"
    rows = "".join(f"{n},2026-02-0{1 + n % 9} 10:00:00,a{n}@x.example,{duration.format(n=n)}\n" for n in range(9))
    said, sources = read(tickets=f"{header}\n{rows}")
    assert sources["tickets"].columns["no_reply_due_reason"].value == "reply_not_exported"
    assert "`First response time (s)` is written like" in said
    assert "(9 of 9 tickets looked at): is it how long the first reply took" in said


def test_tickets_without_a_column_of_replies_are_in_no_number_about_replies(read):  # noqa: F811
    rows = "".join(f"{n},2026-02-0{1 + n % 9} 10:00:00,a{n}@x.example\n" for n in range(12))
    said, sources = read(tickets=f"Ticket id,Creation date,Customer email\n{rows}")
    assert sources["tickets"].columns["no_reply_due_reason"].value == "reply_not_exported"
    assert "no column says when a ticket was first answered" in said
    assert "how long the first reply took" not in said


@pytest.mark.parametrize("header", ["Supplier", "Lieferant", "Vendor name"])
def test_orders_that_name_suppliers_and_no_customers_may_be_purchases(read, header):  # noqa: F811
    rows = "".join(f"S{n},0{1 + n % 9}.02.2026,{n}.50,x\n" for n in range(18))
    said, sources = read(orders=f"Order No,Date,Net,{header}\n{rows}")
    assert not sources
    assert f"`{header}` names suppliers and no column names customers: are its rows sales, or purchases?" in said


def test_orders_of_customers_may_name_the_supplier_too(read):  # noqa: F811
    rows = "".join(f"S{n},0{1 + n % 9}.02.2026,{n}.50,x,a{n}@x.example\n" for n in range(18))
    _, sources = read(orders=f"Order No,Date,Net,Supplier,Email\n{rows}")
    assert sources["orders"].kind == "orders"


@pytest.mark.parametrize("header", ["subscription_id", "Booking no", "Shipment ID", "Rechnungsnummer"])
def test_what_customers_do_is_no_list_of_customers(read, header):  # noqa: F811
    rows = "".join(f"{n},C{n},a{n}@x.example,2026-01-0{1 + n % 9}\n" for n in range(12))
    said, sources = read(things=f"{header},customer_id,email,created_at\n{rows}")
    assert not sources
    assert f"`{header}` names something else in every row, of which a customer may have several" in said


def test_customers_may_name_their_last_order_or_some_contract(read):  # noqa: F811
    rows = "".join(f"C{n},a{n}@x.example,O{n},{'' if n % 2 else n}\n" for n in range(12))
    _, sources = read(people=f"Customer ID,Email,Last order id,Booking no\n{rows}")
    assert sources["people"].kind == "customers"


def test_a_column_of_moments_says_when_a_ticket_was_first_answered_whatever_follows_its_name(read):  # noqa: F811
    header = "Ticket id,Creation date,Customer email,First response date"
    rows = "".join(f"{n},2026-02-0{1 + n % 9} 10:00:00,a@x.example,2026-02-0{1 + n % 9} 11:00:00\n" for n in range(9))
    said, sources = read(tickets=f"{header}\n{rows}")
    assert sources["tickets"].columns["first_public_reply_at"] == "First response date"
    assert "no_reply_due_reason" not in sources["tickets"].columns
    assert "open:" not in said


def test_two_columns_of_first_answers_are_asked_about(read):  # noqa: F811
    header = "Ticket id,Creation date,Customer email,First response date,First agent reply moment"
    at = "2026-02-01 10:00:00"
    said, sources = read(tickets=f"{header}\n" + "".join(f"{n},{at},a@x.example,{at},{at}\n" for n in range(9)))
    assert "first_public_reply_at" not in sources["tickets"].columns
    assert "which of `First response date`, `First agent reply moment` is the first answer" in said


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Order Id,Total,Email", "the nearest is orders, where `Order Id` may be order_id, `Total` may be gross_sales, "
         "and by its name no column is ordered_at"),
        ("Full name,Email,Stage", "the nearest is customers, where `Email` may be email, and by its name no column is "
         "customer_record_id"),
        ("Psp Reference,Creation Date,Gross Credit", "none is known as the id of an order, a customer, an answer"),
    ],
)  # fmt: skip
def test_a_file_of_no_kind_is_told_what_it_lacks(read, header, said):  # noqa: F811
    told, sources = read(things=f"{header}\n" + "".join(f"x{n},9.50,a{n}@x.example\n" for n in range(9)))
    assert not sources
    assert said in told


@pytest.mark.parametrize(
    ("header", "ends", "refused", "agreed"),
    [
        ("UNSUB_TIME", ("2026-01-02 10:00:00", ""), 6, 0),
        ("Email Opt Out", ("true", "false"), 6, 0),
        ("Accepts Email Marketing", ("yes", "no"), 6, 6),
        ("Email status", ("Unsubscribed", "Subscribed", "bounced?"), 4, 4),
    ],
)
def test_who_may_not_be_written_to_is_read(read, tmp_path, header, ends, refused, agreed):  # noqa: F811
    read(people=people(f"Member ID,Email,{header}", *ends))
    told, _ = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=True, now=NOW)
    source = load_settings(tmp_path / "regulars.yaml", {}).sources["people"]
    wanted = source.columns["email_opt_in"]
    with duckdb.connect() as con:
        con.execute("create table t as from read_csv($1, all_varchar = true)", [str(tmp_path / "people.csv")])
        cell = wanted if isinstance(wanted, str) else wanted.sql
        quoted = f'"{cell}"' if isinstance(wanted, str) else cell
        values = [value for (value,) in con.execute(f"select {quoted} from t").fetchall()]
    assert [sum(value in kept for value in values) for kept in (("false", "no"), ("true", "yes"))] == [refused, agreed]
    assert '"quarantined_count": 0' in told


def test_a_list_without_a_word_of_consent_says_nothing_of_it(read):  # noqa: F811
    _, sources = read(people=people("Member ID,Email,Status", "active", "blocked"))
    assert "email_opt_in" not in sources["people"].columns
