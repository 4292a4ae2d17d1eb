"""A mistake in a contract is found before a run starts, and reported with its file and place."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from regulars.pipelines.contracts.odcs.lint import lint
from regulars.pipelines.contracts.odcs.load import load_contract, load_contracts
from regulars.pipelines.errors import SettingsWrong

ROOT = Path(__file__).parents[2]
EXAMPLE = Path(__file__).parent / "example.odcs.yaml"


def contract(table: str = "core.things", **changes: Any) -> dict[str, Any]:
    """The smallest good contract; `changes` are made to its table."""
    body = {
        "name": table.partition(".")[2],
        "description": "Things.",
        "dataGranularityDescription": "One row per thing.",
        "properties": [column(primaryKey=True), column("size", "DOUBLE", **extra("unit", "metres"))],
    }
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": table,
        "version": "1.0.0",
        "description": {"purpose": "What there is."},
        "schema": [body | changes],
    }


def column(name: str = "id", physical: str = "VARCHAR", **changes: Any) -> dict[str, Any]:
    return {"name": name, "physicalType": physical, "description": "A thing."} | changes


def extra(name: str, value: Any) -> dict[str, Any]:
    return {"customProperties": [{"property": name, "value": value}]}


def extras(**values: Any) -> dict[str, Any]:
    return {"customProperties": [{"property": name, "value": value} for name, value in values.items()]}


def sql(query: str, **changes: Any) -> dict[str, Any]:
    return {"name": "odd", "type": "sql", "description": "None is odd", "query": query, "mustBe": 0} | changes


def predicate(text: str, **changes: Any) -> dict[str, Any]:
    return sql(f"select count(*) from {{table}} where not ({text})", name="even") | changes


METRIC = {
    "name": "size",
    "expression": "sum(size)",
    "time": {"column": "id", "grain": "day"},
    "over_time": "sum",
    "format": "integer",
    "good": "up",
}


def problems(folder: Path, *contracts: dict[str, Any], name: str | None = None) -> list[str]:
    for content in contracts:
        path = folder / content["id"].partition(".")[0] / f"{name or content['id'].partition('.')[2]}.odcs.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return lint(folder)


def test_the_smallest_good_contract_has_no_problems(tmp_path):
    assert problems(tmp_path, contract()) == []


def test_the_example_that_all_contracts_copy_has_no_problems(tmp_path):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "example.odcs.yaml").write_bytes(EXAMPLE.read_bytes())
    names = "definitions: {customer_idx: The customer., order_id: The order., system: The tool.}"
    (tmp_path / "definitions.yaml").write_text(names, encoding="utf-8")
    key = {"primaryKey": True}
    customers = contract("core.customers", properties=[column("customer_idx", "INTEGER", **key)])
    orders = contract("core.orders", properties=[column("system", **key), column("order_id", **key)])
    assert problems(tmp_path, customers, orders) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"properties": [column(requird=True)]}, "column id: `requird` is not a key"),
        ({"properties": [column(requird=True)]}, "column id: not valid ODCS"),
        ({"descripton": "x"}, "schema: `descripton` is not a key"),
        ({"description": " "}, "schema: `description` is missing"),
        ({"dataGranularityDescription": None}, "`dataGranularityDescription` is missing"),
        ({"properties": [column(description="")]}, "column id: `description` is missing"),
        ({"properties": [column()]}, "no column is `primaryKey: true`"),
        ({"properties": [column(primaryKey=True, required=False)]}, "a column of the key must be `required: true`"),
        ({"properties": [column(primaryKey=True, required=True)]}, "`required: True` follows from the rest"),
        ({"properties": [column(logicalType="string")]}, "column id: `logicalType: string` follows from the rest"),
        ({"physicalType": "table"}, "schema: `physicalType: table` follows from the rest"),
        ({"quality": [predicate("size > 0", severity="critical")]}, "quality even: `severity: critical` follows"),
        ({"properties": [column(**extra("values", "sizes"))]}, "`values` names `sizes`, which is not an enumeration"),
        ({"properties": [column(), column()]}, "the column `id` appears twice"),
        ({"properties": []}, "`properties` is empty"),
        ({"properties": [column(primaryKey=True, primaryKeyPosition=2)]}, "number them from 1"),
        *(
            ({"properties": [column("x", kind)]}, f"physicalType '{kind}' is none that every BI tool reads")
            for kind in ("HUGEINT", "UUID", "INTERVAL", "INTEGER[]", "STRUCT(a INTEGER)", "DECIMAL")
        ),
        ({"properties": [column("x", "TIMESTAMP", logicalType="date")]}, "does not fit logicalType date: its own is"),
        ({"properties": [column("x", logicalType="array")]}, "logicalType is 'array', and must be one of"),
        ({"properties": [column("x" * 57)]}, "the name has 57 characters, and rules about more than 56 cannot be run"),
        ({"properties": [column(classification="personal")]}, "personal data is never published"),
        ({"properties": [column(classification="secret")]}, "classification is 'secret'"),
        (extra("metrics", [METRIC | {"n": "sizes"}]), "the metric `size` names `sizes`, which is not a column"),
        (extra("metrics", [METRIC | {"expression": "sum(id)"}]), "the metric `size` is not SQL that runs on core."),
        ({"properties": [column(**extra("sevrity", "warning"))]}, "customProperties: `sevrity` is not a key"),
        ({"properties": [column(**extra("severity", "high"))]}, "severity is 'high'"),
        ({"properties": [column(**extra("splits", "orders"))]}, "`splits` is 'orders', and must be 'customers'"),
        ({"properties": [column(logicalTypeOptions={"minLength": 3})]}, "logicalTypeOptions: `minLength` is not a key"),
        ({"properties": [column(logicalTypeOptions={"pattern": "["})]}, "the rule `things.id.pattern` is not SQL"),
        ({"properties": [column(unique=True), column("y", unique=True)], "quality": [
            {"metric": "duplicateValues", "arguments": {"properties": ["y"]}, "mustBe": 0}]},
         "the rule `things.y.unique` appears twice"),
        ({"quality": [sql("select count(*) from {table} where siz = 1")]}, "`things.odd` is not SQL that runs on"),
        ({"quality": [sql("select count(*) from from {table}")]}, "is not SQL that runs on core.things: Parser"),
        ({"quality": [sql("select count(*) from core.things")]}, "`query` must read `{table}`"),
        ({"quality": [sql("select count(*) from {table}", mustBe=1)]}, "write `mustBe: 0`"),
        ({"quality": [sql("select * from {table}")]}, "`query` must count what is wrong: begin it with `select count"),
        ({"quality": [sql("select count(*) from {table}", name=None)]}, "`name` is missing: the rule is known by it"),
        ({"quality": [predicate("size %")]}, "the rule `things.even` is not SQL that runs on core.things"),
        ({"quality": [predicate("size > 0", severity="bad")]}, "severity is 'bad'"),
        ({"quality": [{"metric": "freshness", "mustBe": 0}]}, "`freshness` is not a rule that contracts here"),
        ({"quality": [{"metric": "rowCount"}]}, "rowCount needs one of mustBe"),
        ({"relationships": [{"from": "things.id", "to": "core.others.id"}]}, "refers to core.others, which has no"),
        ({"relationships": [{"from": "things.id", "to": "others.id"}]}, "the latter as layer.table.column"),
        ({"relationships": [{"from": "things.idd", "to": "core.things.id"}]}, "is about `idd`, which is not a column"),
        (extra("document", ["id"]), "customProperties: `document` is not a key"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_mistake_is_reported_with_its_place(tmp_path, changes, expected):
    found = problems(tmp_path, contract(**changes))
    assert any(expected in problem for problem in found), found
    assert all(problem.startswith("core/things.odcs.yaml") for problem in found)


def test_a_name_that_is_not_the_files_is_a_mistake(tmp_path):
    found = problems(tmp_path, contract(), name="thing")
    assert any("`id` is 'core.things', and must be 'core.thing'" in problem for problem in found)
    assert any("schema: `name` is 'things', and must be 'thing'" in problem for problem in found)


def test_a_file_in_the_wrong_place_is_a_mistake(tmp_path):
    assert problems(tmp_path, contract("silver.things")) == [
        "silver/things.odcs.yaml: contracts are named <layer>/<table>.odcs.yaml"
    ]


def test_a_day_is_a_text_as_it_is_in_json(tmp_path):
    day = column("opened_on", "DATE", logicalTypeOptions={"minimum": dt.date(2020, 1, 1)})
    assert problems(tmp_path, contract(properties=[column(primaryKey=True), day])) == []
    assert problems(tmp_path, contract() | {"version": dt.date(2026, 1, 1)}) == [
        "core/things.odcs.yaml: `version` is '2026-01-01', and must be like 1.0.0"
    ]


def test_a_raw_table_is_described_by_its_kind_and_has_no_contract_file(tmp_path):
    assert problems(tmp_path, contract("raw.things")) == [
        "raw/things.odcs.yaml: contracts are named <layer>/<table>.odcs.yaml"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "this is not YAML"),
        ("", "it holds no keys"),
        ("name: a\nname: b\n", "`name` is written twice"),
        ("name: a\n1: b\n", "the key `1` is no text: write it in quotation marks"),
    ],
)
def test_a_file_that_is_not_a_contract_is_reported(tmp_path, text, expected):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "things.odcs.yaml").write_text(text, encoding="utf-8")
    assert any(expected in problem for problem in lint(tmp_path))


def test_a_contract_with_a_misspelt_key_is_not_loaded(tmp_path):
    problems(tmp_path, contract(properties=[column(primaryKey=True, uniqe=True)]))
    with pytest.raises(SettingsWrong, match=r"core/things\.odcs\.yaml, schema, column id: `uniqe` is not a key"):
        load_contract(tmp_path / "core" / "things.odcs.yaml")


def test_the_rule_of_a_key_names_its_columns_in_the_order_of_the_key(tmp_path):
    places = {"id": 3, "name": 1, "day": 2}
    columns = [column(name, primaryKey=True, primaryKeyPosition=place) for name, place in places.items()]
    problems(tmp_path, contract(properties=columns))
    loaded = load_contract(tmp_path / "core" / "things.odcs.yaml")
    (unique,) = [rule for rule in loaded.rules if rule.type == "unique"]
    assert unique.columns == loaded.key == ("name", "day", "id")


def test_the_contracts_of_this_project_have_no_problems():
    assert lint(ROOT / "data_contracts") == []


def test_contracts_are_known_by_their_tables():
    contracts = load_contracts(ROOT / "data_contracts")
    assert "core.orders" in contracts
    assert all(contract.table == table for table, contract in contracts.items())


VIEW = {
    "name": "things_all",
    "purpose": "All things.",
    "grain": "One row.",
    "where": {"id": "all"},
    "additive": ["size"],
}


def with_view(**changes: Any) -> dict[str, Any]:
    return contract("marts.things", **extras(headlineViews=[VIEW | changes], metrics=[METRIC]))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"where": {}}, "`where` and `where_not` are empty"),
        ({"where": {"colour": "red"}}, "names `colour`, which is not a column"),
        ({"where_not": {"colour": "red"}}, "names `colour`, which is not a column"),
        ({"additive": ["weight"]}, "names `weight`, which is not a column"),
        ({"additive": ["id"]}, "adds up `id`, which says what a row is"),
        ({"name": "things"}, "is called like a table"),
        ({"grain": ""}, "`grain` is missing"),
        ({"filter": {"id": "all"}}, "`filter` is not a key"),
        ({"where": {"id": "all", "size": 1}}, "leaves no column"),
    ],
)
def test_a_mistake_in_a_headline_view_is_reported(tmp_path, changes, expected):
    found = problems(tmp_path, with_view(**changes))
    assert any(expected in problem for problem in found), found


def test_a_good_headline_view_has_no_problems(tmp_path):
    assert problems(tmp_path, with_view()) == []


@pytest.mark.parametrize(("over_time", "problems_found"), [("sum", 0), ("last", 1), ("first", 1)])
def test_a_view_adds_up_over_months_only_what_the_metric_lets(tmp_path, over_time, problems_found):
    columns = [
        column(primaryKey=True),
        column("kind", primaryKey=True),
        column("size", "DOUBLE", **extra("unit", "metres")),
    ]
    said = extras(headlineViews=[VIEW | {"where": {"kind": "all"}}], metrics=[METRIC | {"over_time": over_time}])
    found = problems(tmp_path, contract("marts.things", properties=columns, **said))
    assert len(found) == problems_found
    assert all("adds up `size`, of which the metric says that it is never added up over time" in each for each in found)


def test_a_text_cannot_be_added_up(tmp_path):
    texts = [column(primaryKey=True), column("colour")]
    view = extra("headlineViews", [VIEW | {"additive": ["colour"]}])
    found = problems(tmp_path, contract("marts.things", properties=texts, **view))
    assert found == ["marts/things.odcs.yaml: the view `things_all` adds up `colour`, which is not a number"]


def test_a_mart_whose_metrics_need_one_grain_or_dimension_needs_a_view_of_it(tmp_path):
    metric = {"property": "metrics", "value": [METRIC | {"filter": {"id": "all"}}]}
    view = {"property": "headlineViews", "value": [VIEW]}
    expected = (
        "marts/things.odcs.yaml: the metric `size` counts the rows of {id: all} alone, and no headline view holds "
        "them: declare one in the customProperty `headlineViews`"
    )
    assert problems(tmp_path, contract("marts.things", customProperties=[metric])) == [expected]
    assert problems(tmp_path, contract("marts.things", customProperties=[metric, view])) == []


@pytest.mark.parametrize(
    "key", [column("dimension", primaryKey=True), column(primaryKey=True, enum=[{"value": "all"}, {"value": "red"}])]
)
def test_a_mart_that_holds_the_whole_beside_its_parts_needs_a_view_of_the_whole(tmp_path, key):
    name = key["name"]
    decided = {"notMetrics": {"of_one_row": ["size"]}}
    view = extras(headlineViews=[VIEW | {"where": {name: "all"}}], **decided)
    sizes = [key, column("size", "DOUBLE", **extra("unit", "metres"))]
    (found,) = problems(tmp_path, contract("marts.things", properties=sizes, **extras(**decided)))
    assert found == (
        f"marts/things.odcs.yaml: `{name}` holds `all` beside its parts: declare a view of it in the customProperty "
        "`headlineViews`"
    )
    assert problems(tmp_path, contract("marts.things", properties=sizes, **view)) == []
