"""A company's own attributes in the contracts: columns of customers, dimensions, and names that are taken."""

import pytest

from regulars.pipelines.contracts.attribute_columns import TABLES, add_attributes
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from regulars.pipelines.settings.sources.attributes import CustomerAttribute

CONTRACTS = load_all_contracts(CONTRACTS_FOLDER)
FLEET = CustomerAttribute("fleet_size", "number", "Vans of the customer.")


def find_values(contracts, table, name):
    [column] = [each for each in contracts[table].columns if each.name == name]
    [rule] = [each for each in contracts[table].rules if each.type == "one_of" and each.columns == (name,)]
    values = [value for value, _ in column.allowed_values]
    assert list(rule.arguments["values"]) == values
    return values


def test_without_attributes_every_contract_stays_as_it_is():
    assert add_attributes(CONTRACTS, []) == CONTRACTS


@pytest.mark.parametrize("table", TABLES)
def test_an_attribute_is_the_last_column_of_the_tables_of_customers(table):
    contract = add_attributes(CONTRACTS, [FLEET])[table]
    assert [each.name for each in contract.columns] == [*(each.name for each in CONTRACTS[table].columns), "fleet_size"]
    assert contract.columns[-1].description.startswith("Vans of the customer. An attribute of the company's own")
    [structure] = [rule for rule in contract.rules if rule.type == "structure"]
    assert structure.arguments["columns"][-1] == ("fleet_size", contract.columns[-1].type)


def test_customers_are_compared_by_an_attribute_too_and_tickets_are_not():
    widened = add_attributes(CONTRACTS, [FLEET])
    before = find_values(CONTRACTS, "marts.primary_customer_profile", "attribute")
    assert find_values(widened, "marts.primary_customer_profile", "attribute") == [*before, "fleet_size"]
    assert widened["marts.support_response"] == CONTRACTS["marts.support_response"]


@pytest.mark.parametrize("taken", ["lifecycle", "first_category", "region"])
def test_an_attribute_needs_a_name_of_its_own(taken):
    """`lifecycle` is a column of one of the tables, `first_category` a dimension, `region` both."""
    with pytest.raises(SettingsWrong, match=f"attributes.{taken}: .* has a column of that name"):
        add_attributes(CONTRACTS, [CustomerAttribute(taken, "text")])
