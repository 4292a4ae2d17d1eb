"""A company's own attributes of customers, from the file to core, the full view, the dictionary and dimensions."""

import pytest


@pytest.fixture
def shop(own_company):
    return own_company


def test_each_attribute_is_the_newest_value_that_is_not_empty_or_the_oldest_as_the_settings_say(shop):
    columns = "industry, seats, since, is_partner"
    [(industry, seats, since, partner), other] = shop.ask(
        f"select {columns} from core.customers join core.customer_source_ids using (customer_id) "
        "where source_record_id in ('c1', 'c2') order by source_record_id"
    )
    assert (industry, str(seats), str(since), partner) == ("Food", "1200.0000", "2020-05-01", True)
    assert other == (None, None, None, None)


def test_a_record_that_claims_to_have_changed_in_the_future_does_not_win_and_is_said(shop):
    found = shop.ask("select source, kind, found_count from meta.findings where finding = 'changed_in_future'")
    assert found == [("crm", "customers", 1)]
    assert shop.ask("select count(*) from core.customers where industry = 'Toys'") == [(0,)]


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
