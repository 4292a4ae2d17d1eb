"""`regulars init` finds columns with ids of another tool by name and by value, and maps them with the evidence."""

import pytest

from regulars.pipelines.command.init import landed_groups
from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.command.init.values.phone_region import find_phone_region
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.settings.sources.columns import Constant, Derived

CONTACTS = "Record ID,First Name,Last Name,Email,Create Date,Stripe Customer ID,Shop member id,Owner id\n"
STRIPE = "id,Description,Email,Created (UTC),Delinquent\n"
TICKETS = "Id,Requester,Requester id,Requester external id,Requester email,Subject,Status,Via,Created at\n"
MEMBERS = "Customer No;First name;Last name;E-Mail;Member since\n"


def contact(n: int, stripe: str, member: str) -> str:
    return f"90000{n:02},Ann,Lee{n},ann{n}@x.example,2025-01-01 10:00,{stripe},{member},7\n"


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Twenty contacts, of whom 18 have bought; tickets of ten, and a list of members counted from 1."""
    folder = tmp_path_factory.mktemp("ids")
    data = folder / "exports"
    data.mkdir()
    rows = [contact(n, f"cus_{n:04}" if n < 18 else f"cus_gone{n}", f"{n}") for n in range(20)]
    (data / "contacts.csv").write_text(CONTACTS + "".join(rows), encoding="utf-8")
    rows = [f"cus_{n:04},,ann{n}@y.example,2025-01-01 10:00:00,false\n" for n in range(18)]
    (data / "stripe.csv").write_text(STRIPE + "".join(rows), encoding="utf-8")
    rows = [
        f"{n},Ann,31{n},{f'90000{n:02}' if n < 8 else '-'},a{n}@z.example,Hi,Solved,Web,2026-01-01 10:00\n"
        for n in range(10)
    ]
    (data / "tickets.csv").write_text(TICKETS + "".join(rows), encoding="utf-8")
    rows = [f"{n};Bob;Ray;bob{n}@w.example;2025-02-0{n % 9 + 1}\n" for n in range(30)]
    (data / "members.csv").write_text(MEMBERS + "".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def said(company):
    return init_settings(InitRequest(company / "exports", company / "regulars.yaml"))


@pytest.fixture(scope="module")
def sources(company, said):
    return load_settings(company / "regulars.yaml", {}).sources


@pytest.fixture(scope="module")
def text(company, said):
    return " ".join((company / "regulars.yaml").read_text(encoding="utf-8").replace("#", "").split())


def test_a_column_that_names_the_tool_and_holds_its_ids_links_the_records(sources, text):
    mapped = sources["hubspot_contacts"].columns["other_record_ids"]
    assert mapped == Derived(sql="""'stripe:' || nullif("Stripe Customer ID", '')""")
    assert "`Stripe Customer ID` holds ids of stripe: 18 of its 20 different values (90.0%) are customers there" in text


def test_a_column_that_names_no_tool_needs_ids_that_do_not_agree_by_chance(sources, text):
    # the external id is a contact's, of seven digits; rows without one keep Zendesk's own id
    columns = sources["zendesk_tickets"].kinds["tickets"].columns
    assert isinstance(columns["customer_record_id"], Derived)
    assert '"Requester external id"' in columns["customer_record_id"].sql
    assert '"Requester id"' in columns["customer_record_id"].sql
    assert "hubspot" in str(columns["customer_system"])
    assert "8 of its 8 different values (100.0%) are customers there" in text
    # members are counted from 1, as anything is: nobody is joined without an answer
    assert "members" not in str(sources["hubspot_contacts"].columns["other_record_ids"])
    assert "does `Shop member id` hold the ids of members? 20 of its 20 different values (100.0%)" in text


def test_an_id_that_many_customers_share_joins_nobody(sources, text):
    assert "Owner id" not in str(sources["hubspot_contacts"].columns)
    assert not isinstance(sources["hubspot_contacts"].columns["other_record_ids"], Constant)


def numbers(*phones: str, country: str | None = None) -> list[tuple[str, str | None]]:
    return [(phone, country) for phone in phones]


BERLIN = ("030 23125001", "030 23125002", "030 23125003", "030 23125004")


def test_the_country_that_records_name_is_that_of_numbers_without_a_country_code():
    found = find_phone_region([*numbers(*BERLIN, "030 1"), *numbers("030 23125009", country="de")], "EUR")
    assert found.region == "DE"
    assert "of 6 different telephone numbers looked at, 5 have neither a country code nor a country" in found.sentence
    assert "4 (80.0%) are valid in DE" in found.sentence
    assert "with DE, 1 are no valid number and link nothing" in found.sentence


def test_the_currency_names_the_country_where_its_numbers_fit():
    assert find_phone_region(numbers("(415) 555-2671", "415 555 2672"), "USD").region == "US"
    assert find_phone_region(numbers(*BERLIN), "USD").region == ""


def test_where_nothing_names_the_country_it_is_asked_and_the_likeliest_are_named():
    found = find_phone_region(numbers(*BERLIN), "EUR")
    assert found.region == ""
    assert "4 (100.0%) are valid in DE" in found.sentence


def test_numbers_with_a_country_code_or_a_country_beside_them_ask_nothing():
    assert find_phone_region([*numbers("+49 30 23125001"), *numbers(*BERLIN, country="germany")], "EUR") is None
    assert find_phone_region([], "EUR") is None


def test_the_region_stands_in_the_settings_with_what_it_was_taken_from(tmp_path):
    rows = [f"{n};Ann;Lee;a{n}@x.example;0{n + 1}.02.2025;030 2312500{n};Germany\n" for n in range(8)]
    rows += [f"1{n};Bob;Ray;b{n}@x.example;1{n}.02.2025;030 2312510{n};\n" for n in range(8)]
    header = "Kundennummer;Vorname;Nachname;E-Mail;Kunde seit;Telefon;Land\n"
    (tmp_path / "kunden.csv").write_text(header + "".join(rows), encoding="utf-8")
    init_settings(InitRequest(tmp_path, tmp_path / "regulars.yaml"))
    text = (tmp_path / "regulars.yaml").read_text(encoding="utf-8")
    assert "QUESTION: phone_region: of 16 different telephone numbers looked at, 8 have neither" in text
    assert load_settings(tmp_path / "regulars.yaml", {}).identity.phone_region == "DE"


def test_files_that_were_not_looked_at_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(landed_groups, "_MOST_BYTES", 10)
    for day in (1, 2, 3):
        (tmp_path / f"members_2026-01-0{day}.csv").write_text(MEMBERS + f"{day};Bob;Ray;b{day}@w.example;2025-02-01\n")
    said = init_settings(InitRequest(tmp_path, tmp_path / "regulars.yaml"))
    assert "because only the newest 1 of its 3 files were looked at" in said
