"""HubSpot's exports in the shape that its pages write: quoted, ids joined by `;`, moments of the account."""

from tests.sources.profiles.conftest import recognise, write_export

CONTACTS = [
    "Record ID", "First Name", "Last Name", "Email", "Phone Number", "Contact owner", "Lead Status",
    "Marketing contact status", "Create Date", "Last Modified Date", "Lifecycle Stage", "Original Traffic Source",
    "Company Name", "City", "State/Region", "Postal Code", "Country/Region", "Associated Company",
    "Associated Company IDs", "Unsubscribed from all email", "Additional email addresses", "Merged record IDs",
]  # fmt: skip
COMPANIES = [
    "Record ID", "Company name", "Company owner", "Create Date", "Phone Number", "City", "Country/Region", "Industry",
    "Company Domain Name", "Annual Revenue", "Number of Employees", "Lifecycle Stage", "Merged record IDs",
]  # fmt: skip
DEALS = [
    "Record ID", "Deal Name", "Pipeline", "Deal Stage", "Amount", "Currency", "Amount in company currency",
    "Close Date", "Create Date", "Deal owner", "Associated Contact", "Associated Contact IDs", "Associated Company",
    "Associated Company IDs", "Last Modified Date",
]  # fmt: skip
ANN = {
    "Record ID": "9804188236", "First Name": "Ann", "Last Name": "Ä.", "Email": "ann@old.example",
    "Additional email addresses": "ann@new.example;a@x.example", "Merged record IDs": "12.0;9804188001",
    "Associated Company IDs": "77;78", "Unsubscribed from all email": "Yes", "Create Date": "2026-03-29 03:30",
    "Country/Region": "Germany", "Lifecycle Stage": "Customer", "Original Traffic Source": "Paid Search",
}  # fmt: skip


def deal(number, stage, amount="100", **more):
    return {"Record ID": number, "Deal Name": "d", "Deal Stage": stage, "Amount": amount,
            "Close Date": "2026-05-01 09:15", **more}  # fmt: skip


def test_the_three_exports_are_told_apart_whatever_the_case_of_their_headers():
    assert recognise(CONTACTS) == recognise([name.upper() for name in CONTACTS]) == "hubspot_contacts"
    assert recognise(COMPANIES) == "hubspot_companies"
    assert recognise(DEALS) == recognise([name.lower() for name in DEALS]) == "hubspot_deals"


def test_a_contact_brings_its_merged_records_further_addresses_and_first_company(read):
    columns = "customer_record_id, email, other_emails, merged_record_ids, account_id, email_opt_in, created_at"
    [ann] = read("hubspot_contacts", write_export(CONTACTS, ANN), "customers", columns, timezone="Europe/Berlin")
    assert ann == (
        "9804188236", "ann@old.example", "ann@new.example;a@x.example", "12;9804188001", "77", "false",
        "2026-03-29 01:30:00",
    )  # fmt: skip


def test_an_export_of_four_columns_is_read_too(read):
    few = write_export(CONTACTS[:4], {"Record ID": "1", "Email": "b@x.example"})
    assert read("hubspot_contacts", few, "customers", "customer_record_id, email, phone, account_id") == [
        ("1", "b@x.example", None, None)
    ]


def test_a_company_has_an_id_that_no_contact_has_and_its_own_account(read):
    export = write_export(COMPANIES, {"Record ID": "77.0", "Company name": "Acme", "Merged record IDs": "78; 79"})
    assert read("hubspot_companies", export, "customers", "customer_record_id, account_id, merged_record_ids") == [
        ("company-77", "77", "company-78;company-79")
    ]


def test_only_won_deals_are_orders_by_the_stage_with_or_without_its_pipeline(read):
    export = write_export(
        DEALS,
        deal("1", "Closed won", "$125000", Currency="USD", **{"Associated Contact IDs": "5;6"}),
        deal("2", "Closed Won (Sales Pipeline)", "1,250.50", Currency="EUR"),
        deal("3", "Closed lost", "9"),
        deal("4", "Appointment scheduled", ""),
        deal("5", "Abgeschlossen und gewonnen", "", **{"Associated Company IDs": "77.0"}),
    )
    columns = "order_id, customer_record_id, gross_sales, currency, ordered_at"
    assert read("hubspot_deals", export, "orders", columns, timezone="America/New_York") == [
        ("1", "5", "125000", "USD", "2026-05-01 13:15:00"),
        ("2", None, "1250.50", "EUR", "2026-05-01 13:15:00"),
        ("5", "company-77", "0", None, "2026-05-01 13:15:00"),
    ]
    assert read.excluded == {"won": 2}


def test_a_probability_tells_a_won_deal_where_the_stage_has_a_name_of_its_own(read):
    header = [*DEALS, "Deal probability"]
    export = write_export(
        header,
        deal("1", "Contract signed", **{"Deal probability": "1.0"}),
        deal("2", "Contract signed", **{"Deal probability": "100%"}),
        deal("3", "Closed won", **{"Deal probability": "0.9"}),
    )
    assert read("hubspot_deals", export, "orders", "order_id") == [("1",), ("2",)]


def test_contacts_with_german_labels_keep_their_merges_place_and_day(read):
    header = ["Datensatz-ID", "Vorname", "Nachname", "E-Mail", "Erstellungsdatum", "Land/Region", "Stadt/Ort"]
    header += ["Zusammengeführte Datensatz-IDs", "Lead-Status"]
    assert recognise(header) == "hubspot_contacts"
    contact = {"Datensatz-ID": "501", "E-Mail": "a@x.example", "Erstellungsdatum": "2026-01-31 23:30"}
    more = {"Land/Region": "Deutschland", "Stadt/Ort": "Köln", "Zusammengeführte Datensatz-IDs": "502"}
    export = write_export(header, contact | more)
    columns = "customer_record_id, created_at, country, city, merged_record_ids"
    assert read("hubspot_contacts", export, "customers", columns, timezone="Europe/Berlin") == [
        ("501", "2026-01-31 22:30:00", "Deutschland", "Köln", "502")
    ]
