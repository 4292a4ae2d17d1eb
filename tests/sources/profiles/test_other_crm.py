"""Pipedrive, Zoho CRM and Dynamics 365: translated and chosen columns, ids that are text, hidden columns."""

from tests.sources.profiles.conftest import header_of, recognise, write_export

ZOHO_ACCOUNTS = ["Record Id", "Account Owner.id", "Account Owner", "Account Name", "Phone", "Account Type", "Industry",
                 "Billing City", "Billing Country", "Created Time", "Modified Time"]  # fmt: skip
ZOHO_DEALS = ["Record Id", "Deal Owner.id", "Deal Owner", "Amount", "Deal Name", "Closing Date", "Account Name.id",
              "Account Name", "Stage", "Type", "Probability (%)", "Contact Name.id", "Contact Name", "Created Time",
              "Modified Time", "Currency", "Exchange Rate"]  # fmt: skip
DYNAMICS_CONTACTS = ["(Do Not Modify) Contact", "(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On",
                     " Full Name", "Email", "Company Name", "Business Phone", "Mobile Phone", "Status"]  # fmt: skip
GUID = "0a1b2c3d-0000-4000-8000-00000000000"


def test_people_of_pipedrive_have_several_addresses_in_one_cell(read):
    header = header_of("pipedrive/pipedrive_people_header_only.csv")
    assert recognise(header) == "pipedrive_people"
    export = write_export(
        header,
        {"Person - ID": "7", "Person - Name": "Ann A.", "Person - Email - Work": "a@x.example, b@x.example",
         "Person - Email - Home": "c@x.example", "Person - Phone - Work": "'+49301, '+49302",
         "Person - Marketing status": "Subscribed", "Person - Person created": "2026-01-31 10:05:00"},
        {"Person - ID": "8", "Person - Name": "Bob"},
    )  # fmt: skip
    columns = "customer_record_id, email, other_emails, phone, last_name, email_opt_in, created_at"
    assert read("pipedrive_people", export, "customers", columns, timezone="Europe/Helsinki") == [
        (
            "7",
            "a@x.example",
            "a@x.example, b@x.example; c@x.example",
            "+49301",
            "Ann A.",
            "true",
            "2026-01-31 08:05:00",
        ),
        ("8", None, None, None, "Bob", None, None),
    ]


def test_a_translated_export_of_pipedrive_is_read_like_the_english_one(read):
    header = ["Osoba - Jméno", "Osoba - ID", "Osoba - E-mail", "Osoba - Telefon", "Osoba - Organizace"]
    assert recognise(header) == "pipedrive_people"
    export = write_export(header, {"Osoba - ID": "7", "Osoba - E-mail": "a@x.example", "Osoba - Telefon": "123"})
    columns = "customer_record_id, email, phone"
    assert read("pipedrive_people", export, "customers", columns) == [("7", "a@x.example", "123")]


def test_won_deals_of_pipedrive_are_orders_by_status_and_never_by_stage(read):
    header = [*header_of("pipedrive/pipedrive_deals_header_only.csv"), "Person - ID"]
    assert recognise(header) == "pipedrive_deals"
    won = {"Deal - Status": "Won", "Deal - Won time": "2026-02-01 09:00:00", "Deal - Currency of Value": "CZK"}
    export = write_export(
        header,
        {"Deal - ID": "1", "Deal - Value": "1,200.50", "Deal - Contact person": "Ann", "Person - ID": "7", **won},
        {"Deal - ID": "2", "Deal - Value": "5", "Deal - Status": "Open", "Deal - Stage": "Won"},
        {"Deal - ID": "3", "Deal - Value": "", **won},
    )
    columns = "order_id, customer_record_id, gross_sales, currency, ordered_at"
    assert read("pipedrive_deals", export, "orders", columns, timezone="UTC") == [
        ("1", "7", "1200.50", "CZK", "2026-02-01 09:00:00"),
        ("3", None, "0", "CZK", "2026-02-01 09:00:00"),
    ]


def test_deals_of_a_czech_account_are_read_like_the_english_ones(read):
    czech = ["Obchod - ID", "Obchod - Hodnota", "Obchod - Stav", "Obchod - Datum výhry"]
    assert recognise(czech) == "pipedrive_deals"
    export = write_export(czech, {"Obchod - ID": "1", "Obchod - Hodnota": "9", "Obchod - Stav": "Vyhráno"})
    assert read("pipedrive_deals", export, "orders", "order_id, gross_sales") == [("1", "9")]


def test_contacts_of_zoho_keep_ids_that_are_text_and_find_their_account(read):
    header = header_of("zoho/zoho_contacts_header_only.csv")
    assert recognise(header) == "zoho_contacts"
    export = write_export(
        header,
        {"Record Id": "zcrm_4876876000000123456", "Account Name.id": "zcrm_4876876000000999999", "Last Name": "A",
         "Email": "a@x.example", "Email Opt Out": "true", "Created Time": "2026-07-01 12:00:00"},
    )  # fmt: skip
    columns = "customer_record_id, account_id, email, email_opt_in, created_at"
    assert read("zoho_contacts", export, "customers", columns, timezone="Asia/Kolkata") == [
        ("zcrm_4876876000000123456", "zcrm_4876876000000999999", "a@x.example", "false", "2026-07-01 06:30:00")
    ]


def test_accounts_and_won_deals_of_zoho_are_told_apart_and_joined_by_id(read):
    assert recognise(ZOHO_ACCOUNTS) == "zoho_accounts"
    assert recognise(ZOHO_DEALS) == "zoho_deals"
    accounts = write_export(ZOHO_ACCOUNTS, {"Record Id": "zcrm_9", "Account Name": "Acme", "Account Type": "Customer"})
    assert read("zoho_accounts", accounts, "customers", "customer_record_id, account_id, customer_type") == [
        ("zcrm_9", "zcrm_9", "Customer")
    ]
    deals = write_export(
        ZOHO_DEALS,
        {"Record Id": "zcrm_1", "Stage": "Closed Won", "Amount": "10", "Closing Date": "2026-01-05",
         "Account Name.id": "zcrm_9", "Currency": "INR"},
        {"Record Id": "zcrm_2", "Stage": "Signed", "Amount": "20", "Probability (%)": "100",
         "Closing Date": "2026-01-06", "Contact Name.id": "zcrm_7", "Account Name.id": "zcrm_9"},
        {"Record Id": "zcrm_3", "Stage": "Closed Lost to Competition", "Amount": "30", "Probability (%)": "0"},
    )  # fmt: skip
    assert read("zoho_deals", deals, "orders", "order_id, customer_record_id, gross_sales, currency") == [
        ("zcrm_1", "zcrm_9", "10", "INR"),
        ("zcrm_2", "zcrm_7", "20", None),
    ]
    assert read.excluded == {"won": 1}


def test_a_view_of_dynamics_has_its_ids_in_hidden_columns_and_blanks_before_labels(read):
    assert recognise(DYNAMICS_CONTACTS) == "dynamics_contacts"
    export = write_export(
        DYNAMICS_CONTACTS,
        {"(Do Not Modify) Contact": f"{{{GUID}1}}", " Full Name": "Ann A.", "Email": "a@x.example",
         "(Do Not Modify) Modified On": "2026-03-01 10:00:00"},
    )  # fmt: skip
    columns = "customer_record_id, email, last_name, updated_at"
    assert read("dynamics_contacts", export, "customers", columns) == [
        (f"{GUID}1", "a@x.example", "Ann A.", "2026-03-01 10:00:00")
    ]


def test_leads_and_accounts_of_dynamics_are_told_apart(read):
    leads = header_of("dynamics365/dynamics_leads_header_only.csv")
    accounts = ["(Do Not Modify) Account", "(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On",
                "Account Name", "Main Phone", "Address 1: City", "Primary Contact"]  # fmt: skip
    assert recognise(leads) == "dynamics_leads"
    assert recognise(accounts) == "dynamics_accounts"
    lead = {"(Do Not Modify) Lead": f"{GUID}2", "Email": "l@x.example", "Allow Marketing Communication": "No"}
    columns = "customer_record_id, customer_type, email_opt_in"
    assert read("dynamics_leads", write_export(leads, lead), "customers", columns) == [(f"{GUID}2", "lead", "false")]
    account = {"(Do Not Modify) Account": f"{GUID}3", "Account Name": "Acme", "Address 1: City": "Turku"}
    columns = "customer_record_id, account_id, company_name, city"
    assert read("dynamics_accounts", write_export(accounts, account), "customers", columns) == [
        (f"{GUID}3", f"{GUID}3", "Acme", "Turku")
    ]
