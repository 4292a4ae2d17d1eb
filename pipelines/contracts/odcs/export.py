"""Writes all contracts as one ODCS document that other tools run on what is published.

Put here: contract -> ODCS, so that every rule has the form in which other tools find the same fault. Keep out: reading
our own files (`document.py`), writing it anywhere.

A run of such a tool picks one server: the Parquet files serve columns, keys, values and relationships; a schema of the
DuckDB file also serves rules in SQL, which name other tables as `layer.table`.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any

import yaml

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.dictionary import PUBLISHED_LAYERS
from regulars.pipelines.contracts.headline_view import HeadlineView
from regulars.pipelines.contracts.metric import Metric
from regulars.pipelines.contracts.odcs.quality import COUNT
from regulars.pipelines.contracts.rule import Column, Rule
from regulars.pipelines.contracts.violations import BOUNDS
from regulars.pipelines.warehouse.sql_files import tables_read_by
from regulars.pipelines.warehouse.sql_text import quote_identifier

Entry = dict[str, Any]

_Dumper = yaml.CSafeDumper if hasattr(yaml, "CSafeDumper") else yaml.SafeDumper
"""The C library writes the same text in a sixth of the time; some builds of PyYAML come without it."""


def format_contracts(contracts: Mapping[str, Contract], database: str, parquet_folder: str) -> str:
    """The contracts of all published tables as one ODCS file; see `combine_contracts`."""
    return _format(tuple(contracts.values()), database, parquet_folder)


@lru_cache(maxsize=1)  # a second run in the same process has the same contracts
def _format(contracts: tuple[Contract, ...], database: str, parquet_folder: str) -> str:
    document = combine_contracts({each.table: each for each in contracts}, database, parquet_folder)
    written: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return written


def combine_contracts(contracts: Mapping[str, Contract], database: str, parquet_folder: str) -> Entry:
    """The contracts of all published tables as one ODCS document.

    Args:
        contracts: Table -> contract; the layers that are not published are left out.
        database: The DuckDB file, relative to the document.
        parquet_folder: The folder that holds `<layer>/<table>.parquet`, relative to the document.
    """
    published = {table: each for table, each in contracts.items() if each.layer in PUBLISHED_LAYERS}
    names = [each.name for each in published.values()]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two published tables are called {twice}: other tools know a table by its bare name")
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "regulars",
        "name": "regulars",
        "version": "1.0.0",
        "status": "active",
        "description": {"purpose": "Every published table, and the rules that this generation was checked against."},
        "servers": [
            {
                "server": "parquet",
                "type": "local",
                "path": f"{parquet_folder}/*/{{model}}.parquet",
                "format": "parquet",
            },
            *({"server": layer, "type": "duckdb", "database": database, "schema": layer} for layer in PUBLISHED_LAYERS),
        ],
        "schema": [_make_table(contract, published) for contract in published.values()],
    }


def _make_table(contract: Contract, published: Mapping[str, Contract]) -> Entry:
    rules = [rule for rule in contract.rules if is_portable(rule, published)]
    composite = [_make_relationship(rule) for rule in rules if rule.type == "references" and len(rule.columns) > 1]
    quality = [entry for rule in rules for entry in _make_quality(rule, contract)]
    extras = {
        "metrics": [_make_entry(metric) for metric in contract.metrics],
        "headlineViews": [_make_entry(view) for view in contract.views],
    }
    custom = [{"property": name, "value": value} for name, value in extras.items() if value]
    return {
        "name": contract.name,
        "physicalName": contract.name,
        "physicalType": contract.kind,
        "description": contract.description,
        "dataGranularityDescription": contract.grain,
        **({"customProperties": custom} if custom else {}),
        **({"relationships": composite} if composite else {}),
        "properties": [_make_property(column, rules) for column in contract.columns],
        **({"quality": quality} if quality else {}),
    }


def _make_property(column: Column, rules: list[Rule]) -> Entry:
    mine = {rule.type: rule for rule in rules if rule.columns == (column.name,)}
    options = {}
    if "pattern" in mine:
        options["pattern"] = mine["pattern"].arguments["pattern"]
    if "range" in mine:
        options |= {bound: value for bound, value in mine["range"].arguments.items() if bound in BOUNDS}
    extras = [{"property": "unit", "value": column.unit}] if column.unit else []
    is_key = column.key_position is not None
    return {
        "name": column.name,
        "logicalType": column.logical_type,
        "physicalType": column.type,
        "description": column.description,
        "classification": column.classification,
        **({"required": True} if column.required else {}),
        **({"primaryKey": True, "primaryKeyPosition": column.key_position} if is_key else {}),
        **({"unique": True} if "unique" in mine and not is_key else {}),
        **({"logicalTypeOptions": options} if options else {}),
        **({"enum": [_make_value(*each) for each in column.allowed_values]} if column.allowed_values else {}),
        **({"relationships": [_make_relationship(mine["references"])]} if "references" in mine else {}),
        **({"customProperties": extras} if extras else {}),
    }


def _make_value(value: Any, meaning: str) -> Entry:
    return {"value": value, "description": meaning}


def _make_relationship(rule: Rule) -> Entry:
    """References are resolved inside the document, by bare names."""
    parent = str(rule.arguments["table"]).partition(".")[2]
    targets = [f"{parent}.{name}" for name in rule.arguments["columns"]]
    if len(targets) == 1:
        return {"to": targets[0]}
    short = rule.table.partition(".")[2]
    return {"from": [f"{short}.{name}" for name in rule.columns], "to": targets}


def _make_quality(rule: Rule, contract: Contract) -> Iterator[Entry]:
    """Make the entry for a rule that no key of a column expresses."""
    common = {"id": make_quality_id(rule), "name": rule.id, "description": rule.description, "severity": rule.severity}
    match rule.type:
        case "predicate":
            query = f"{COUNT}{{table}} where not ({rule.arguments['predicate']})"
            yield {**common, "type": "sql", "query": query, "mustBe": 0}
        case "query":
            rows = str(rule.arguments["query"])
            counted = rows.removeprefix("select * from ") if rows.startswith("select * from ") else f"({rows})"
            yield {**common, "type": "sql", "query": f"{COUNT}{counted}", "mustBe": 0}
        case "finite":
            query = f"{COUNT}{{table}} where not isfinite({quote_identifier(rule.columns[0])})"
            yield {**common, "type": "sql", "query": query, "mustBe": 0}
        case "unique" if len(rule.columns) > 1 and rule.columns != contract.key:
            arguments = {"properties": list(rule.columns)}
            yield {**common, "type": "library", "metric": "duplicateValues", "arguments": arguments, "mustBe": 0}
        case "row_count":
            yield {**common, "type": "library", "metric": "rowCount", **_make_bounds(**rule.arguments)}


def make_quality_id(rule: Rule) -> str:
    """The rule's id in the letters that the standard allows; other tools report its check under it."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", rule.id)


def _make_bounds(least: int | None, most: int | None) -> Entry:
    if most is None:
        return {"mustBeGreaterOrEqualTo": least}
    if least is None:
        return {"mustBeLessOrEqualTo": most}
    return {"mustBe": least} if least == most else {"mustBeBetween": [least, most]}


def _make_entry(defined: Metric | HeadlineView) -> Entry:
    """What a metric or view says, without what it leaves open."""
    given = {each.name: getattr(defined, each.name) for each in fields(defined)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items() if value}


def is_portable(rule: Rule, published: Collection[str]) -> bool:
    """Whether a rule reads only published tables; any other one is checked in the build only."""
    if rule.type == "references":
        return rule.arguments["table"] in published
    if rule.type == "query":
        return tables_read_by(str(rule.arguments["query"]).replace("{table}", rule.table)) <= set(published)
    return True
