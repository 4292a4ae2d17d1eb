"""A company's own attributes of customers, from the file to core, the full view, the dictionary and dimensions."""

import pytest

from tests.shop import FOUR_ORDERS, ORDERS, Shop

COMPANY = """
company: {name: Corner Shop, timezone: Europe/London, currency: GBP}
as_of: 2024-03-31
cohorts: {dimensions: [industry]}
sources:
"""
CRM = """
  crm:
    path: crm.csv
    kind: customers
    options: {thousands: ","}
    columns: {customer_record_id: id, email: email, updated_at: changed}
    attributes:
      industry: Industry
      seats: {column: Seats, type: number, description: How many people work there}
      since: {column: Since, type: date}
      is_partner: {sql: "Partner = 'gold'", type: boolean}
      contact_phone: Phone
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("attributes"))
    shop.set_up(CRM, ORDERS, company=COMPANY)
    shop.deliver("orders-1.csv", *FOUR_ORDERS)
    shop.deliver(
        "crm.csv",
        ("id", "email", "changed", "Industry", "Seats", "Since", "Partner", "Phone"),
        ("c1", "ann@example.org", "2024-01-01", "Retail", "1,200", "2020-05-01", "gold", "+44 20 7946 0001"),
        ("c9", "ann@example.org", "2024-02-01", "Food", "", "", "silver", ""),
        ("c2", "bob@example.org", "2024-01-01", "", "many", "", "", "+44 20 7946 0002"),
    )
    assert shop.run() == 0, shop.said
    return shop


def test_each_attribute_is_the_newest_value_that_is_not_empty_in_its_type(shop):
    columns = "industry, seats, since, is_partner"
    [(industry, seats, since, partner), other] = shop.ask(
        f"select {columns} from core.customers join core.customer_source_ids using (customer_id) "
        "where source_record_id in ('c1', 'c2') order by source_record_id"
    )
    assert (industry, str(seats), str(since), partner) == ("Food", "1200.0000", "2020-05-01", False)
    assert other == (None, None, None, None)


def test_the_full_view_has_them_too(shop):
    both = "select industry, seats, is_partner from {} order by customer_id"
    assert shop.ask(both.format("marts.customer_360")) == shop.ask(both.format("core.customers"))


def test_they_are_dimensions_of_cohorts_by_name(shop):
    values = shop.ask("select distinct dimension_value from marts.purchase_behaviour where dimension = 'industry'")
    assert {value for (value,) in values} == {"Food", "unknown"}


def test_the_dictionary_says_what_they_are_and_that_they_are_the_companys_own(shop):
    [(text,)] = shop.ask(
        "select description from meta.data_dictionary where table_name = 'core.customers' and column_name = 'seats'"
    )
    assert text.startswith("How many people work there. An attribute of the company's own")


def test_personal_attributes_and_values_of_another_type_are_findings(shop):
    found = shop.ask("select finding, found_count from meta.findings where finding like '%attribute%' order by 1")
    assert found == [("attribute_values_unread", 1), ("personal_attribute", 2)]
