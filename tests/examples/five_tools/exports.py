"""The exports of the five tools as they write them, and the settings that read them.

Put here: headers, quirks of the files, and what the profiles cannot know. Keep out: who is who (`company.py`).
"""

import csv
import json
from pathlib import Path

import yaml

from tests.examples.exports.books import header_of, write_dicts, write_rates
from tests.examples.five_tools.company import Company

MAPPINGS = Path(__file__).parents[3] / "examples" / "exports"
HUBSPOT = (
    *("Record ID", "First Name", "Last Name", "Email", "Phone Number", "Contact owner", "Create Date"),
    *("Last Modified Date", "Country/Region", "Additional email addresses", "Merged record IDs", "Stripe customer ID"),
)
QUALTRICS = (
    *("StartDate", "EndDate", "Status", "Finished", "RecordedDate", "ResponseId", "RecipientEmail"),
    *("ExternalReference", "DistributionChannel", "Q1"),
)
SOURCES = """
hubspot:
  path: hubspot-crm-exports-contacts.csv
  profile: hubspot_contacts
  timezone: America/New_York
  columns:
    other_record_ids: {sql: "'stripe:' || nullif(\\"Stripe customer ID\\", '')"}
shopify_customers:
  path: customers_export.csv
  profile: shopify_customers
qualtrics:
  path: nps.csv
  profile: qualtrics_responses
  timezone: UTC
  headers: {Score question: [Q1]}
  columns:
    customer_system: {value: hubspot}
    customer_record_id: ExternalReference
zendesk:
  path: zendesk_view.csv
  profile: zendesk_tickets
  timezone: America/New_York
  kinds:
    tickets:
      columns:
        customer_system: {value: hubspot}
        customer_record_id: Requester external id
"""


def write_company(company: Company, folder: Path, shared: Path) -> None:
    """All exports, and the settings beside them."""
    with (folder / "hubspot-crm-exports-contacts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HUBSPOT, restval="", quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writeheader()
        writer.writerows(company.contacts)
    shopify, stripe = shared / "shopify", shared / "stripe"
    customers = header_of(shopify / "shopify_customers_20cols_header_only.csv")
    write_dicts(folder / "customers_export.csv", customers, company.customers)
    write_dicts(
        folder / "orders_export.csv", header_of(shopify / "shopify_orders_79cols_header_only.csv"), company.orders
    )
    payments = header_of(stripe / "stripe_unified_payments_79cols_header_only.csv")
    write_dicts(folder / "unified_payments.csv", payments, company.payments)
    headings = [{name: "Start Date" if name == "StartDate" else name.title() for name in QUALTRICS}]
    headings[0]["Q1"] = "How likely are you to recommend us to a friend?"
    headings.append({name: json.dumps({"ImportId": name}) for name in QUALTRICS})
    preview = {"StartDate": "2024-01-01 00:00:00", "ResponseId": "R_test", "Status": "1", "Q1": "10"}
    answers = [{"StartDate": row["RecordedDate"], **row} for row in company.responses]
    write_dicts(folder / "nps.csv", QUALTRICS, [*headings, preview, *answers])
    tickets = header_of(shared / "zendesk" / "zendesk_view_csv_42cols_header_only.csv")
    write_dicts(folder / "zendesk_view.csv", tickets, company.tickets)
    write_rates(folder)
    with (folder / "matches.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("rule", "one", "other"), *company.matches])
    (folder / "regulars.yaml").write_text(yaml.safe_dump(write_settings()), encoding="utf-8")


def write_settings() -> dict[str, object]:
    """Settings of the company; orders and payments are mapped as in `examples/exports`."""
    sources = yaml.safe_load(SOURCES)
    shopify = yaml.safe_load((MAPPINGS / "shopify.yaml").read_text(encoding="utf-8"))["sources"]
    stripe = yaml.safe_load((MAPPINGS / "stripe.yaml").read_text(encoding="utf-8"))["sources"]
    return {
        "company": {"name": "Five tools", "timezone": "Europe/Berlin", "currency": "EUR"},
        "as_of": "2024-12-31",
        "identity": {"match_phones": True, "phone_region": "DE", "match_file": "matches.csv"},
        "sources": {**sources, **shopify, "stripe": stripe["stripe"]},
    }
