"""Takes an ODCS document apart into a contract, and says in sentences what is wrong with it.

Put here: which keys of the Open Data Contract Standard we understand, and what they mean. Keep out: what follows from
other keys (`document.py`), the standard's own JSON schema and anything that needs two contracts at once (`lint.py`). A
key that nothing here reads is a mistake: it would look like a rule and have no effect.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.headline_view import read_headline_views
from regulars.pipelines.contracts.metric import read_metrics
from regulars.pipelines.contracts.odcs.document import complete_document, find_table_name, read_yaml
from regulars.pipelines.contracts.odcs.enumerations import Enumerations
from regulars.pipelines.contracts.odcs.metric_groups import write_out_groups
from regulars.pipelines.contracts.odcs.place import Place
from regulars.pipelines.contracts.odcs.quality import read_quality, read_relationships
from regulars.pipelines.contracts.rule import CUSTOMERS, Column, Rule, make_column_rules

ROOT_KEYS = {"apiVersion", "kind", "id", "name", "version", "status", "description", "schema", "tags"}
TABLE_KEYS = {
    "name",
    "physicalName",
    "physicalType",
    "description",
    "dataGranularityDescription",
    "properties",
    "relationships",
    "quality",
    "customProperties",
}
COLUMN_KEYS = {
    "name",
    "logicalType",
    "physicalType",
    "required",
    "primaryKey",
    "primaryKeyPosition",
    "unique",
    "description",
    "classification",
    "logicalTypeOptions",
    "enum",
    "relationships",
    "quality",
    "customProperties",
}
OPTION_KEYS = {"pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
TABLE_EXTRAS = {"noKey", "metrics", "notMetrics", "headlineViews"}
COLUMN_EXTRAS = {"severity", "unit", "splits"}


def read_contract(path: Path, enumerations: Enumerations) -> tuple[Contract | None, list[str]]:
    """One contract and its problems; None when there are problems.

    Args:
        path: `<layer>/<table>.odcs.yaml`.
        enumerations: The lists of allowed values that columns may name.
    """
    content, problems = read_yaml(path)
    if problems:
        return None, problems
    place = Place(f"{path.parent.name}/{path.name}", problems)
    if not isinstance(content, dict):
        place.wrong("this is not a contract: it holds no keys")
        return None, problems
    try:
        table = find_table_name(path)
        contract = _read_body(complete_document(content, table, enumerations, place), table, place)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # a part is missing or of another kind than expected; what was found before usually names it better
        place.wrong(f"this cannot be read as a contract: {type(error).__name__} {error}")
        return None, problems
    return (None if problems else contract), problems


def _read_body(content: Mapping[str, Any], table: str, place: Place) -> Contract:
    place.refuse_unknown(content, ROOT_KEYS)
    name = table.partition(".")[2]
    for key, expected in (("kind", "DataContract"), ("id", table), ("name", name), ("status", "active")):
        if content.get(key) != expected:
            place.wrong(f"`{key}` is {content.get(key)!r}, and must be {expected!r}")
    if not re.fullmatch(r"v3\.[12]\.\d+", str(content.get("apiVersion"))):
        place.wrong("`apiVersion` must be v3.1.0 or v3.2.0")
    schema = content.get("schema") or []
    if len(schema) != 1:
        place.wrong("`schema` must hold exactly one table")
    body = schema[0]
    place = place.at("schema")
    place.refuse_unknown(body, TABLE_KEYS)
    for key, expected in (("name", name), ("physicalName", table)):
        if body.get(key) != expected:
            place.wrong(f"`{key}` is {body.get(key)!r}, and must be {expected!r}")
    if body.get("physicalType") not in {"table", "view"}:
        place.wrong("`physicalType` must be `table` or `view`")
    extras = place.read_extras(body, TABLE_EXTRAS)
    columns = _read_columns(body, place)
    metrics = read_metrics(write_out_groups(extras.get("metrics"), columns, place), place)
    rules = _read_rules(body, table, columns, place)
    for twice in sorted({rule.id for rule in rules if [other.id for other in rules].count(rule.id) > 1}):
        place.wrong(f"the rule `{twice}` appears twice; give one of them a `name` of its own")
    return Contract(
        table=table,
        version=str(content.get("version", "")),
        kind=body.get("physicalType", ""),
        purpose=place.read_text(content.get("description") or {}, "purpose"),
        description=place.read_text(body, "description"),
        grain=place.read_text(body, "dataGranularityDescription"),
        columns=columns,
        rules=rules,
        no_key=extras.get("noKey", ""),
        metrics=metrics,
        not_metrics={reason: tuple(names) for reason, names in (extras.get("notMetrics") or {}).items()},
        views=read_headline_views(extras.get("headlineViews"), place),
    )


def _read_columns(body: Mapping[str, Any], place: Place) -> tuple[Column, ...]:
    columns = [
        _read_column(entry, place.at(f"column {entry.get('name', '?')}")) for entry in body.get("properties") or []
    ]
    names = [column.name for column in columns]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        place.wrong(f"the column `{twice}` appears twice")
    positions = sorted(column.key_position for column in columns if column.key_position)
    if positions != list(range(1, len(positions) + 1)):
        place.wrong(f"the primaryKeyPositions are {positions}; number them from 1")
    return tuple(columns)


def _read_column(entry: Mapping[str, Any], place: Place) -> Column:
    place.refuse_unknown(entry, COLUMN_KEYS)
    extras = place.read_extras(entry, COLUMN_EXTRAS)
    if extras.get("splits", CUSTOMERS) != CUSTOMERS:
        place.wrong(f"`splits` is {extras['splits']!r}, and must be {CUSTOMERS!r}")
    position = entry.get("primaryKeyPosition", 1 if entry.get("primaryKey") else None)
    if bool(position) != bool(entry.get("primaryKey")):
        place.wrong("`primaryKeyPosition` belongs to a `primaryKey: true`")
    if entry.get("primaryKey") and not entry.get("required"):
        place.wrong("a column of the key must be `required: true`")
    return Column(
        name=entry["name"],
        type=entry.get("physicalType", ""),
        logical_type=entry.get("logicalType", ""),
        description=place.read_text(entry, "description"),
        required=bool(entry.get("required")),
        key_position=position,
        classification=entry.get("classification", "internal"),
        unit=extras.get("unit", ""),
        splits=extras.get("splits", ""),
        allowed_values=tuple((item["value"], item.get("description", "")) for item in entry.get("enum") or ()),
    )


def _read_rules(body: Mapping[str, Any], table: str, columns: tuple[Column, ...], place: Place) -> tuple[Rule, ...]:
    return (
        _make_structure_rule(table, columns),
        *_make_key_rules(table, columns),
        *(rule for entry in body.get("properties") or [] for rule in _read_column_rules(entry, table, columns, place)),
        *read_relationships(body, table, (), place),
        *read_quality(body.get("quality") or [], table, (), place),
    )


def _make_structure_rule(table: str, columns: tuple[Column, ...]) -> Rule:
    short = table.partition(".")[2]
    columns_due = tuple((column.name, column.type) for column in columns)
    words = f"{short} has exactly the columns of its contract, in order and of the declared types"
    return Rule(f"{short}.structure", table, "structure", (), {"columns": columns_due}, "critical", words, "conformity")


def _make_key_rules(table: str, columns: tuple[Column, ...]) -> Iterator[Rule]:
    short = table.partition(".")[2]
    key = tuple(name for _, name in sorted((c.key_position, c.name) for c in columns if c.key_position))
    if key:
        words = f"{' and '.join(key)} together appear once" if len(key) > 1 else f"{key[0]} appears once"
        yield Rule(f"{short}.unique", table, "unique", key, {}, "critical", words, "uniqueness")


def _read_column_rules(
    entry: Mapping[str, Any], table: str, columns: tuple[Column, ...], place: Place
) -> Iterator[Rule]:
    place = place.at(f"column {entry.get('name', '?')}")
    column = next(column for column in columns if column.name == entry["name"])
    options = entry.get("logicalTypeOptions") or {}
    place.at("logicalTypeOptions").refuse_unknown(options, OPTION_KEYS)
    severity = place.read_severity({item["property"]: item["value"] for item in entry.get("customProperties") or []})
    values = tuple(item["value"] for item in entry.get("enum") or [])
    yield from make_column_rules(table, column, options, values, bool(entry.get("unique")), severity)
    yield from read_relationships(entry, table, (column.name,), place)
    yield from read_quality(entry.get("quality") or [], table, (column.name,), place)
