"""Which tool's export a file is: by the set of its header names, whatever their order, and honestly not at all."""

import csv
import random

import pytest

from regulars.pipelines.settings.profiles.profile_files import list_profiles, read_profile
from regulars.pipelines.sources.recognition.recognise import choose_profile, recognise_export
from tests.cases.shared_case import CASES

EXPORTS = CASES.parent / "exports"
PROFILES = [read_profile(name, path) for name, path in list_profiles(None).items()]
SHOPS = {
    "amazon/amazon_flat_file_all_orders_32cols_header_only.txt": "amazon_all_orders",
    "amazon/amazon_new_orders_report_30cols_header_only.txt": "amazon_new_orders",
    "magento/magento_customer_grid_header_only.csv": "magento_customers_grid",
    "magento/magento_customers_main_file_header_only.csv": "magento_customers_main_file",
    "magento/magento_sales_order_grid_header_only.csv": "magento_orders_grid",
    "shopify/shopify_customers_20cols_header_only.csv": "shopify_customers",
    "shopify/shopify_orders_79cols_header_only.csv": "shopify_orders",
    "shopify/synthetic_shopify_orders_quirks.csv": "shopify_orders",
    "square/square_items_detail_35cols_2026_header_only.csv": "square_items",
    "square/square_transactions_2018_44cols.csv": "square_transactions_2018",
    "square/square_transactions_55cols_header_only.csv": "square_transactions",
    "stripe/stripe_charges_legacy_2013_2020_header_only.csv": "stripe_charges",
    "stripe/stripe_customers_2026_header_only.csv": "stripe_customers",
    "stripe/stripe_unified_payments_79cols_header_only.csv": "stripe_payments",
    "stripe/stripe_unified_payments_default_23cols_2026_header_only.csv": "stripe_payments",
    "woocommerce/woocommerce_analytics_customers_header_only.csv": "woocommerce_analytics_customers",
    "woocommerce/woocommerce_analytics_orders_header_only.csv": "woocommerce_analytics_orders",
    "woocommerce/woocommerce_order_csv_export_plugin_one_row_per_order_header_only.csv": "woocommerce_order_export",
}
"""File of a shop below the real exports -> the profile that it is."""
CRM_SURVEYS_AND_SUPPORT = {
    "dynamics365/dynamics_leads_header_only.csv": "dynamics_leads",
    "freshdesk/freshdesk_tickets_header_only.csv": "freshdesk_tickets",
    "google_forms/google_forms_header_only.csv": "google_forms_responses",
    "pipedrive/pipedrive_deals_header_only.csv": "pipedrive_deals",
    "pipedrive/pipedrive_people_header_only.csv": "pipedrive_people",
    "qualtrics/qualtrics_legacy_two_header_rows.csv": "qualtrics_legacy",
    "qualtrics/qualtrics_v3_three_header_rows.csv": "qualtrics_responses",
    "salesforce/dataloader_extract_accountData.csv": "salesforce_accounts",
    "salesforce/dataloader_extract_opportunityData.csv": "salesforce_opportunities",
    "surveymonkey/surveymonkey_current_two_header_rows_header_only.csv": "surveymonkey_responses",
    "trustpilot/trustpilot_service_reviews_header_only.csv": "trustpilot_reviews",
    "typeform/typeform_results_header_only.csv": "typeform_responses",
    "zendesk/zendesk_view_csv_42cols_header_only.csv": "zendesk_tickets",
    "zoho/zoho_contacts_header_only.csv": "zoho_contacts",
}
REAL_EXPORTS = {**SHOPS, **CRM_SURVEYS_AND_SUPPORT}
"""File below the real exports -> the profile that it is; any other file there is an export of no profile."""
OLDER_CUSTOMERS = (
    "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,Province Code,Country,"
    "Country Code,Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt"
)


def recognise(header):
    chosen = choose_profile(recognise_export(header, PROFILES))
    return chosen.profile.name if chosen else None


def read_header(path):
    delimiter = "\t" if path.suffix == ".txt" else ","
    content = path.read_bytes()
    encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "cp1252"
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        return next(csv.reader(file, delimiter=delimiter))


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the sample exports are not beside this folder")
@pytest.mark.parametrize("name", REAL_EXPORTS)
def test_a_real_export_is_recognised_whatever_the_order_of_its_columns(name):
    header = read_header(EXPORTS / name)
    shuffled = [f" {cell.upper()}" for cell in random.Random(1).sample(header, len(header))]
    assert recognise(header) == recognise(shuffled) == REAL_EXPORTS[name]


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the sample exports are not beside this folder")
def test_no_other_real_file_is_taken_for_an_export_of_a_tool():
    files = [path for path in EXPORTS.glob("*/*.*") if path.name != "SOURCE.txt"]
    taken = {f"{path.parent.name}/{path.name}": found for path in files if (found := recognise(read_header(path)))}
    assert taken == REAL_EXPORTS


def test_the_older_shape_of_shopifys_customers_without_an_id_is_recognised_too():
    assert recognise(OLDER_CUSTOMERS.split(",")) == "shopify_customers"


def test_one_missing_name_or_one_of_another_export_is_enough_not_to_be_it():
    header = OLDER_CUSTOMERS.split(",")
    assert recognise([cell for cell in header if cell != "Tax Exempt"]) is None
    assert recognise(["id", "Description", "Email", "Created (UTC)", "Delinquent"]) == "stripe_customers"
    assert recognise(["id", "Description", "Email", "Created (UTC)", "Delinquent", "Amount"]) is None


def test_a_till_is_recognised_in_other_languages():
    assert recognise(["Bon-Nr.", "Datum", "Summe", "MwSt"]) == "till_receipts"


def test_two_profiles_that_fit_equally_well_are_for_a_person_to_choose():
    twin = PROFILES[0].model_copy(update={"name": "twin"})
    found = recognise_export(PROFILES[0].recognise.all, [PROFILES[0], twin])
    assert [each.profile.name for each in found] == [PROFILES[0].name, "twin"]
    assert choose_profile(found) is None


@pytest.mark.parametrize(
    "header",
    [
        "Ticket Id,Ticket Reference Id,Subject,Status,Channel,Contact Name,Email,Created Time,Closed Time",
        "Receipt Number,Date,Customer Name,Subtotal,Sales Tax,Discount,Total,Status",
        "Receipt,Date,Net,Total",
    ],
)
def test_exports_of_tools_without_a_profile_are_no_other_tools(header):
    assert recognise_export(header.split(","), PROFILES) == []
