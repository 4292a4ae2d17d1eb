"""Completes a contract file into a whole ODCS document, filling in what follows from other keys.

Put here: reading YAML, and every key of the standard that our files leave out because it follows. Keep out: what the
keys mean (`reading.py`), whether the document is valid ODCS (`lint.py`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

from regulars.pipelines.contracts.odcs.enumerations import Enumerations, expand_enumeration, fill_constants
from regulars.pipelines.contracts.odcs.place import Place
from regulars.pipelines.contracts.rule import DECIMAL

LOGICAL_TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "FLOAT": "number",
}
"""DuckDB's type -> ODCS's; these and DECIMAL(p,s) are the types that every BI tool reads."""


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Safe YAML that refuses a key written twice (the first would be lost silently) or that is no text.

    A day is a text, as in JSON, which the standard's schema is about.
    """

    yaml_implicit_resolvers: ClassVar = {
        letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [key.value for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"`{sorted(twice)[0]}` is written twice", node.start_mark
            )
        made = super().construct_mapping(node, deep)
        other = next((key for key in made if not isinstance(key, str)), None)
        if other is not None:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key `{other}` is no text: write it in quotation marks", node.start_mark
            )
        return made


def read_yaml(path: Path) -> tuple[Any, list[str]]:
    """The file's content and what is wrong with it as YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader), []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return None, [f"{path.parent.name}/{path.name}: this is not YAML: {error}"]


def find_table_name(path: Path) -> str:
    """The `layer.name` that a file `<layer>/<name>.odcs.yaml` is about."""
    return f"{path.parent.name}.{path.name.removesuffix('.odcs.yaml')}"


def find_logical_type(physical_type: str) -> str:
    """ODCS's type for DuckDB's; empty for a type that BI tools do not read."""
    return "number" if DECIMAL.fullmatch(physical_type) else LOGICAL_TYPES.get(physical_type, "")


def complete_document(
    content: Mapping[str, Any], table: str, enumerations: Enumerations, place: Place
) -> dict[str, Any]:
    """The document with every key that follows from others, as other tools read it.

    Args:
        content: A contract file's content.
        table: `layer.name`, which the file's place says.
        enumerations: The lists of allowed values that columns may name.
        place: Where problems go: a key that says what follows anyway, an enumeration or a constant that is not
            defined.
    """
    content = fill_constants(content, place)
    whole = _fill(content, {"status": "active", "name": table.partition(".")[2]}, place)
    whole["schema"] = [
        _complete_table(body, table, enumerations, place.at("schema")) for body in content.get("schema") or []
    ]
    return whole


def _complete_table(body: Mapping[str, Any], table: str, enumerations: Enumerations, place: Place) -> dict[str, Any]:
    whole = _fill(body, {"physicalName": table, "physicalType": "table"}, place)
    key = _list_key_columns(body)
    whole["properties"] = [
        expand_enumeration(_complete_column(entry, key, here), enumerations, here)
        for entry, here in _list_columns(body, place)
    ]
    if "quality" in body:
        whole["quality"] = _complete_rules(body["quality"], place)
    return whole


def _list_key_columns(body: Mapping[str, Any]) -> list[Any]:
    """The names of the key's columns; none where the file gives them another order than its own."""
    keyed = [entry for entry in body.get("properties") or [] if entry.get("primaryKey")]
    places = [entry.get("primaryKeyPosition", place) for place, entry in enumerate(keyed, 1)]
    return [entry.get("name") for entry in keyed] if places == list(range(1, len(keyed) + 1)) else []


def _list_columns(body: Mapping[str, Any], place: Place) -> list[tuple[Mapping[str, Any], Place]]:
    return [(entry, place.at(f"column {entry.get('name', '?')}")) for entry in body.get("properties") or []]


def _complete_column(entry: Mapping[str, Any], key: list[Any], place: Place) -> dict[str, Any]:
    follows: dict[str, Any] = {"logicalType": find_logical_type(entry.get("physicalType", ""))}
    if entry.get("primaryKey"):
        follows |= {"required": True} | ({"primaryKeyPosition": key.index(entry.get("name")) + 1} if key else {})
    whole = _fill(entry, follows, place)
    if not whole["logicalType"]:
        del whole["logicalType"]
    if "quality" in entry:
        whole["quality"] = _complete_rules(entry["quality"], place)
    return whole


def _complete_rules(rules: list[Mapping[str, Any]], place: Place) -> list[dict[str, Any]]:
    return [
        _fill(entry, {"type": "library", "severity": "critical"}, place.at(f"quality {entry.get('name', number)}"))
        for number, entry in enumerate(rules, 1)
    ]


def _fill(entry: Mapping[str, Any], follows: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The entry with the keys that follow; one that is written although it follows is a problem."""
    for name, value in follows.items():
        if entry.get(name) == value:
            place.wrong(f"`{name}: {value}` follows from the rest: leave it out")
    return {**follows, **entry}
