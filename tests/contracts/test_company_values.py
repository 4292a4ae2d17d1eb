"""Contracts of a company that has its own names of segments and shares of value tiers."""

import re
from dataclasses import replace

import duckdb
import pytest

from regulars.pipelines.contracts.company_values import list_dimensions, name_company_values
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.definitions.enumerations import SUPPORT_DIMENSIONS
from regulars.pipelines.settings.customers.rfm import Rfm
from regulars.pipelines.settings.customers.value_tiers import ValueTiers
from regulars.pipelines.settings.package import CONTRACTS_FOLDER

CONTRACTS = load_all_contracts(CONTRACTS_FOLDER)
SWAPPED = Rfm(names={"champions": "Stammgäste", "lost": "hibernating", "hibernating": "lost", "new": "Jack's"})
OWN_TIERS = ValueTiers(top_percent=5, next_percent=15, lowest_percent=40)


@pytest.fixture(scope="module")
def named():
    return name_company_values(CONTRACTS, SWAPPED, OWN_TIERS)


def find_column(contracts, table, name):
    return next(each for each in contracts[table].columns if each.name == name)


def find_values(contracts, table, name):
    [values] = [
        rule.arguments["values"] for rule in contracts[table].rules if rule.type == "one_of" and rule.columns == (name,)
    ]
    assert list(values) == [value for value, _ in find_column(contracts, table, name).allowed_values]
    return set(values)


def test_nothing_set_leaves_every_contract_as_it_is():
    assert name_company_values(CONTRACTS, Rfm(), ValueTiers()) == CONTRACTS


def test_what_customers_are_split_by_is_listed_in_each_mart():
    split = list_dimensions(CONTRACTS, ["country", "owner"])
    assert find_column(split, "marts.churn", "dimension").allowed_values[:2] == (
        ("all", "The whole base."),
        ("country", "The customer's country, from core.customers."),
    )
    listed = {
        contract.table: [value for value, _ in column.allowed_values]
        for contract in split.values()
        for column in contract.columns
        if contract.layer == "marts" and column.name in {"dimension", "attribute"}
    }
    assert listed["marts.second_orders"] == ["all", "country", "owner", "first_product"]
    assert {"owner", "answering_wave", "touchpoint"} < set(listed["marts.group_differences"])
    assert [table for table, values in listed.items() if not values] == []
    assert [table for table in listed if "first_product" in listed[table]] == ["marts.second_orders"]


def test_other_words_in_descriptions_lose_no_dimension():
    def list_values(contracts):
        split = list_dimensions(contracts, ["country"])
        return {
            (table, each.name): [value for value, _ in each.allowed_values]
            for table in split
            for each in split[table].columns
        }

    reworded = {
        table: replace(contract, columns=tuple(replace(each, description="Otherwise.") for each in contract.columns))
        for table, contract in CONTRACTS.items()
    }
    assert list_values(reworded) == list_values(CONTRACTS)


def test_a_value_with_several_meanings_has_each_with_what_it_is_of():
    split = list_dimensions(CONTRACTS, ["country", "owner"])
    said = dict(find_column(split, "marts.group_differences", "dimension").allowed_values)
    assert said["channel"] == (
        "Of votes: by the channel of the order that the survey was about; "
        "of tickets: by the channel through which the ticket came in."
    )
    assert re.match(
        "Of customers: .+; of votes: by who looks after the customer, .+; of tickets: .+ ticket, ", said["owner"]
    )
    assert said["all"] == "Of customers: the whole base; of votes: all votes; of tickets: all tickets."
    assert said["reason"] == SUPPORT_DIMENSIONS["reason"]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("marts.customer_segments", "segment"),
        ("marts.customer_360", "segment"),
        ("marts.customer_360", "segment_last_week"),
        ("marts.owner_worklists", "segment"),
    ],
)
def test_allowed_values_and_their_rule_have_the_names_of_the_company(named, table, column):
    found = find_values(named, table, column)
    assert {"Stammgäste", "Jack's", "lost", "hibernating", "loyal"} <= found
    assert not found & {"champions", "new"}


def test_the_text_of_segments_says_what_the_company_calls_them(named):
    assert "champions is Stammgäste" in find_column(named, "marts.customer_segments", "segment").description


def test_a_lifecycle_of_the_name_of_a_segment_keeps_it(named):
    assert "new" in find_values(named, "marts.customer_360", "lifecycle")


def test_tiers_of_both_tables_bear_the_shares_of_the_company(named):
    tiers = {"top_5_percent", "next_15_percent", "middle", "lowest_40_percent"}
    assert find_values(named, "marts.customer_segments", "value_tier") == tiers
    assert find_values(named, "marts.customer_clv", "clv_tier") == tiers
    meanings = dict(find_column(named, "marts.customer_clv", "clv_tier").allowed_values)
    assert meanings["middle"] == "From 20 % to less than 60 % of the customers are worth more."


@pytest.mark.parametrize(
    ("segment", "lifecycle", "wrong"),
    [
        ("hibernating", "lapsed", 0),  # what is called lost by default
        ("hibernating", "active", 1),
        ("lost", "active", 0),
        ("Jack's", "new", 0),
        ("Jack's", "active", 1),
        ("Stammgäste", "lapsed", 1),
    ],
)
def test_the_rule_about_lifecycles_knows_the_new_names(named, segment, lifecycle, wrong):
    [rule] = [each for each in named["marts.customer_segments"].rules if each.id.endswith("segment_fits_lifecycle")]
    [query] = [each for each in rule.arguments.values() if isinstance(each, str) and "lifecycle" in each]
    with duckdb.connect() as con:
        con.execute("create table t as select $1::varchar as segment, $2::varchar as lifecycle", [segment, lifecycle])
        if "{table}" in query:
            assert con.sql(query.replace("{table}", "t")).fetchall() == [(wrong,)]
        else:
            assert (not con.sql(f"select {query} from t").fetchone()[0]) == bool(wrong)


def test_shares_must_leave_somebody_in_the_middle():
    with pytest.raises(ValueError, match="must leave some of 100 percent for the middle"):
        ValueTiers(top_percent=40, next_percent=30, lowest_percent=30)
