"""The Ossie document: valid by its published shape, and its metrics give the numbers that are published.

`ossie-2026-07.schema.json` is `core-spec/osi-schema.json` of github.com/apache/ossie at 6c317305 (Apache License 2.0,
copyright 2026 The Apache Software Foundation). Its root holds a list of models; since autumn 2026 a document is one.
"""

import copy
import json
from collections import Counter
from pathlib import Path

import duckdb
import jsonschema_rs
import pytest
import yaml

EXPRESSION = {
    "type": "object",
    "required": ["dialects"],
    "additionalProperties": False,
    "properties": {
        "dialects": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["dialect", "expression"],
                "additionalProperties": False,
                "properties": {"dialect": {"enum": ["ANSI_SQL"]}, "expression": {"type": "string"}},
            },
        }
    },
}
CONTEXT = {"type": "object", "properties": {"instructions": {"type": "string"}, "synonyms": {"type": "array"}}}
EXTENSIONS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["vendor_name", "data"],
        "additionalProperties": False,
        "properties": {"vendor_name": {"type": "string"}, "data": {"type": "string"}},
    },
}


def listed(required: tuple[str, ...], **properties: object) -> dict[str, object]:
    item = {"type": "object", "required": list(required), "additionalProperties": False, "properties": properties}
    return {"type": "array", "items": item}


TEXT, TEXTS = {"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}
TYPES = {"enum": ["String", "Integer", "Decimal", "Float", "Boolean", "Date", "Time", "DateTime", "DateTimeTz"]}
TIME = {"type": "object", "additionalProperties": False, "properties": {"is_time": {"type": "boolean"}}}
FIELD = {"name": TEXT, "expression": EXPRESSION, "description": TEXT, "ai_context": CONTEXT}
SCHEMA = {
    "type": "object",
    "required": ["version", "name", "datasets"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "0.2.0.dev0"},
        "name": TEXT,
        "description": TEXT,
        "ai_context": CONTEXT,
        "datasets": listed(
            ("name", "source"),
            name=TEXT,
            source=TEXT,
            primary_key=TEXTS,
            description=TEXT,
            fields=listed(("name", "expression"), **FIELD, datatype=TYPES, dimension=TIME),
        ),
        "relationships": listed(
            ("name", "from", "to", "from_columns", "to_columns"),
            **{"name": TEXT, "from": TEXT, "to": TEXT, "from_columns": TEXTS, "to_columns": TEXTS},
        ),
        "metrics": listed(("name", "expression"), **FIELD, custom_extensions=EXTENSIONS),
    },
}
"""What the specification says of the keys that are used (Apache Ossie core specification, 0.2.0.dev0)."""


@pytest.fixture(scope="module")
def model(published_demo: Path) -> dict:
    text = (published_demo / "home/current/regulars.ossie.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def test_the_document_has_the_shape_of_the_specification(model):
    jsonschema_rs.validate(SCHEMA, model)


def test_its_model_is_valid_by_the_schema_of_the_project_which_refuses_a_planted_fault(model):
    schema = json.loads(Path(__file__).with_name("ossie-2026-07.schema.json").read_text(encoding="utf-8"))
    own = {key: value for key, value in model.items() if key != "version"}
    document = {"version": model["version"], "semantic_model": [own]}
    jsonschema_rs.validate(schema, document)
    broken = copy.deepcopy(document)
    broken["semantic_model"][0]["metrics"][0]["filter"] = "dimension = 'all'"
    with pytest.raises(jsonschema_rs.ValidationError, match="'filter' was unexpected"):
        jsonschema_rs.validate(schema, broken)


def test_names_are_unique_and_relationships_join_what_is_there(model):
    for part in ("datasets", "metrics", "relationships"):
        twice = [name for name, count in Counter(each["name"] for each in model[part]).items() if count > 1]
        assert twice == [], part
    fields = {each["name"]: {field["name"] for field in each["fields"]} for each in model["datasets"]}
    assert len(model["relationships"]) > 10
    for each in model["relationships"]:
        assert set(each["from_columns"]) <= fields[each["from"]]
        assert set(each["to_columns"]) <= fields[each["to"]]


def test_every_dataset_and_field_can_be_read_from_the_published_file(model, published_demo):
    with duckdb.connect(published_demo / "home/current/regulars.duckdb", read_only=True) as con:
        for dataset in model["datasets"]:
            fields = ", ".join(field["expression"]["dialects"][0]["expression"] for field in dataset["fields"])
            con.execute(f"select {fields} from {dataset['source']} limit 0")


def test_a_metric_asked_in_portable_sql_gives_the_number_that_is_published(model, published_demo):
    """Headline metrics of one row per month: the expression over that month's row is the column."""
    metrics = {each["name"]: each["expression"]["dialects"][0]["expression"] for each in model["metrics"]}
    sources = {each["name"]: each["source"] for each in model["datasets"]}
    compared = 0
    with duckdb.connect(published_demo / "home/current/regulars.duckdb", read_only=True) as con:
        for dataset, column, day in (
            ("churn_all", "churn_rate_12m", "month_end"),
            ("sales_new_vs_returning", "net_sales", "month"),
        ):
            rows = con.execute(
                f"select {metrics[f'{dataset}_{column}']}, any_value({column})::double, count(*) "
                f"from {sources[dataset]} as {dataset} where {column} is not null group by {day}"
            ).fetchall()
            for found, published, count in rows:
                assert count == 1
                assert float(found) == pytest.approx(published)
            compared += len(rows)
    assert compared > 20


def test_a_metric_of_one_period_says_which_of_them_counts(model):
    said = {each["name"]: each["ai_context"]["instructions"] for each in model["metrics"]}
    assert "Never add up over month: the earliest counts." in said["mrr_movements_all_opening_mrr"]
    assert "Never add up over month: the latest counts." in said["mrr_movements_all_closing_mrr"]
