"""What a contract file leaves out is filled in for other tools, and its rules are read as they run there."""

from pathlib import Path

import pytest

from regulars.pipelines.contracts.odcs.document import complete_document
from regulars.pipelines.contracts.odcs.enumerations import fill_constants, read_enumerations
from regulars.pipelines.contracts.odcs.place import Place
from regulars.pipelines.contracts.odcs.quality import find_counted_rows, find_predicate
from regulars.pipelines.definitions.windows import NPS_ROLLING_DAYS
from regulars.pipelines.transforms.clv.forecasts import BASELINES

ROOT = Path(__file__).parents[2]

ROW = "select count(*) from {table} where not "


def completed(*columns, **body):
    problems: list[str] = []
    content = {"schema": [{"name": "things", "properties": list(columns)} | body]}
    whole = complete_document(
        content, "core.things", {"sizes": {"s": "Small.", "l": "Large."}}, Place("file", problems)
    )
    assert problems == []
    return whole


def column(**keys):
    return completed(keys)["schema"][0]["properties"][0]


def test_a_document_gets_the_keys_that_follow_from_its_table():
    whole = completed()
    assert (whole["name"], whole["status"]) == ("things", "active")
    assert (whole["schema"][0]["physicalName"], whole["schema"][0]["physicalType"]) == ("core.things", "table")


@pytest.mark.parametrize(
    ("physical", "logical"),
    [("VARCHAR", "string"), ("BIGINT", "integer"), ("DECIMAL(18,4)", "number"), ("TIMESTAMP", "timestamp")],
)
def test_the_logical_type_follows_from_the_physical_one(physical, logical):
    assert column(name="x", physicalType=physical)["logicalType"] == logical


def test_the_key_is_required_and_counted_in_file_order():
    whole = completed({"name": "a", "primaryKey": True}, {"name": "b"}, {"name": "c", "primaryKey": True})
    columns = whole["schema"][0]["properties"]
    assert [each.get("primaryKeyPosition") for each in columns] == [1, None, 2]
    assert [each.get("required") for each in columns] == [True, None, True]


def test_a_key_in_another_order_says_it_itself():
    first, second = ({"name": name, "primaryKey": True, "primaryKeyPosition": at} for name, at in (("a", 2), ("b", 1)))
    columns = completed(first, second)["schema"][0]["properties"]
    assert [each["primaryKeyPosition"] for each in columns] == [2, 1]


def test_a_rule_is_critical_and_of_the_library_unless_it_says_otherwise():
    whole = completed(quality=[{"metric": "rowCount", "mustBe": 1}, {"type": "sql", "severity": "warning"}])
    assert [(each["type"], each["severity"]) for each in whole["schema"][0]["quality"]] == [
        ("library", "critical"),
        ("sql", "warning"),
    ]


def test_named_values_follow_the_columns_own():
    own = [{"value": "xl", "description": "Larger."}]
    found = column(name="size", enum=own, customProperties=[{"property": "values", "value": "sizes"}])
    assert [each["value"] for each in found["enum"]] == ["xl", "s", "l"]
    assert found["enum"][1] == {"value": "s", "description": "Small."}
    assert "customProperties" not in found


def test_other_properties_of_a_column_with_named_values_stay():
    unit = {"property": "unit", "value": "orders"}
    assert column(name="x", customProperties=[{"property": "values", "value": ["sizes"]}, unit])[
        "customProperties"
    ] == [unit]


def test_the_methods_without_a_model_are_the_ones_that_are_tried():
    assert tuple(read_enumerations(ROOT / "data_contracts")["average_methods"]) == BASELINES


def test_models_are_named_by_the_code(tmp_path):
    known = read_enumerations(tmp_path)
    assert list(known["purchase_models"])[:2] == ["bg_nbd", "bg_nbd_by_cohort"]
    assert list(known["spend_models"]) == ["gamma_gamma"]


def test_a_constant_of_the_code_stands_in_texts_and_rules():
    rule = {"name": "long", "type": "sql", "query": "select {NPS_ROLLING_DAYS} - 1 from {table}", "mustBe": 0}
    whole = completed(quality=[rule], description="Of {NPS_ROLLING_DAYS} days.")["schema"][0]
    assert whole["description"] == f"Of {NPS_ROLLING_DAYS} days."
    assert whole["quality"][0]["query"] == f"select {NPS_ROLLING_DAYS} - 1 from {{table}}"


def test_a_number_that_the_code_knows_stays_a_number():
    whole = column(name="x", logicalTypeOptions={"maximum": "{NPS_ROLLING_DAYS}", "pattern": "[a-z]{3}"})
    assert whole["logicalTypeOptions"] == {"maximum": NPS_ROLLING_DAYS, "pattern": "[a-z]{3}"}


def test_a_constant_that_the_code_does_not_have_is_a_mistake():
    problems: list[str] = []
    fill_constants({"description": "Of {NPS_WINDOW} days."}, Place("file", problems))
    [problem] = problems
    assert "`{NPS_WINDOW}` is no constant" in problem
    assert "NPS_ROLLING_DAYS" in problem


@pytest.mark.parametrize(
    ("query", "predicate"),
    [
        (f"{ROW}(a > 0)", "a > 0"),
        (f"{ROW}(a in (1, 2) or (b))", "a in (1, 2) or (b)"),
        (f"{ROW}(a = ')')", "a = ')'"),
        (f"{ROW}(a) and not (b)", ""),
        ("select count(*) from core.other where not (a > 0)", ""),
        (f"{ROW}(a > 0) group by a", ""),
    ],
)
def test_a_count_of_the_rows_that_are_not_so_is_a_predicate(query, predicate):
    assert find_predicate(query) == predicate


def test_any_other_count_is_the_select_of_the_rows_that_it_counts():
    query = "select count(*) from core.a anti join core.b using (x)"
    assert find_counted_rows(query) == "select * from core.a anti join core.b using (x)"
