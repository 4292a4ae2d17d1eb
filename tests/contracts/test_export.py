"""The combined contract says each rule in the form in which other tools find the same fault."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.export import combine_contracts, format_contracts
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.contracts.rule import Column, Rule

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
ID = Column("id", "VARCHAR", "string", "The id.", True, 1)
SIZE = Column("size", "DOUBLE", "number", "How large.", unit="metres", allowed_values=((1, "Small."), (2, "Large.")))


def rule(kind, *columns, **arguments):
    return Rule(f"things.{'+'.join(columns)}.{kind}", "core.things", kind, columns, arguments, "critical", "It is so")


def exported(*rules, layer="core", others=()):
    contract = Contract(f"{layer}.things", "1.0.0", "table", "", "Things.", "One row each.", (ID, SIZE), rules)
    parents = Contract("core.parents", "1.0.0", "table", "", "Parents.", "One row each.", (ID,), ())
    known = {each.table: each for each in (contract, parents, *others)}
    return combine_contracts(known, "regulars.duckdb", "parquet")["schema"][0]


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(format_contracts(CONTRACTS, "regulars.duckdb", "parquet"))


def test_the_combined_contract_is_valid_odcs(document):
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
    assert [error.message for error in jsonschema_rs.Draft201909Validator(schema).iter_errors(document)] == []


def test_it_holds_every_published_table_and_no_raw_one(document):
    published = [each.name for each in CONTRACTS.values() if each.layer != "raw"]
    assert [table["name"] for table in document["schema"]] == published
    assert [server["server"] for server in document["servers"]] == ["parquet", "marts", "core", "meta"]


def test_a_predicate_counts_the_rows_that_break_it():
    (entry,) = exported(rule("predicate", predicate="size > 0"))["quality"]
    assert entry == {
        "id": "things--predicate",
        "name": "things..predicate",
        "description": "It is so",
        "severity": "critical",
        "type": "sql",
        "query": "select count(*) from {table} where not (size > 0)",
        "mustBe": 0,
    }


@pytest.mark.parametrize(
    ("rows", "counted"),
    [
        ("select * from {table} where size < 0", "select count(*) from {table} where size < 0"),
        ("select size from {table}", "select count(*) from (select size from {table})"),
    ],
)
def test_a_query_counts_the_rows_that_it_returns(rows, counted):
    (entry,) = exported(rule("query", query=rows))["quality"]
    assert (entry["query"], entry["mustBe"]) == (counted, 0)


def test_a_rule_that_reads_what_is_not_published_stays_at_home():
    assert "quality" not in exported(rule("query", query="select * from {table} semi join raw.things using (id)"))


def test_what_a_column_says_itself_is_not_a_rule_of_the_table():
    said = exported(
        rule("required", "id"),
        rule("unique", "id"),
        rule("range", "size", minimum=0, type=""),
        rule("pattern", "id", pattern="[a-z]+"),
        rule("references", "id", table="core.parents", columns=("id",)),
    )
    first, second = said["properties"]
    assert "quality" not in said
    assert (first["required"], first["primaryKey"], first["primaryKeyPosition"]) == (True, True, 1)
    assert "unique" not in first
    assert first["logicalTypeOptions"] == {"pattern": "[a-z]+"}
    assert first["relationships"] == [{"to": "parents.id"}]
    assert second["logicalTypeOptions"] == {"minimum": 0}
    assert second["enum"] == [{"value": 1, "description": "Small."}, {"value": 2, "description": "Large."}]
    assert second["customProperties"] == [{"property": "unit", "value": "metres"}]


def test_a_key_of_several_columns_refers_from_the_table():
    said = exported(rule("references", "id", "size", table="core.parents", columns=("id", "size")))
    assert said["relationships"] == [{"from": ["things.id", "things.size"], "to": ["parents.id", "parents.size"]}]


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (1, None, {"mustBeGreaterOrEqualTo": 1}),
        (None, 9, {"mustBeLessOrEqualTo": 9}),
        (1, 1, {"mustBe": 1}),
        (1, 9, {"mustBeBetween": [1, 9]}),
    ],
)
def test_a_row_count_keeps_its_bounds(least, most, said):
    (entry,) = exported(rule("row_count", least=least, most=most))["quality"]
    assert entry["metric"] == "rowCount"
    assert {key: value for key, value in entry.items() if key.startswith("mustBe")} == said


def test_other_keys_and_ordinary_numbers_are_rules_of_the_table():
    key, number = exported(rule("unique", "id", "size"), rule("finite", "size"))["quality"]
    assert (key["metric"], key["arguments"]) == ("duplicateValues", {"properties": ["id", "size"]})
    assert number["query"] == 'select count(*) from {table} where not isfinite("size")'


def test_two_tables_of_one_name_are_refused():
    twin = Contract("marts.things", "1.0.0", "table", "", "Things.", "One row each.", (ID,), ())
    with pytest.raises(ValueError, match="two published tables are called things"):
        exported(others=(twin,))
