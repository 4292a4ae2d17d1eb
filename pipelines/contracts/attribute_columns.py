"""Adds the company's own attributes to the contracts of the tables that hold them.

Put here: their columns, structure rules, and the dimensions that they are. Keep out: their values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.rule import Column, Rule
from regulars.pipelines.definitions.enumerations import DIMENSIONS, PROFILE_ATTRIBUTES
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.sources.attributes import CustomerAttribute

TABLES = ("core.customers", "marts.customer_360", "marts.customer_dimensions")
"""The tables that have a column per attribute, behind their own."""

_COMPARED_BY = set(DIMENSIONS) & PROFILE_ATTRIBUTES.keys()
"""The dimensions by which customers are compared: a column that allows all of them names dimensions."""

_LOGICAL_TYPES = {"text": "string", "number": "number", "date": "date", "boolean": "boolean"}


def add_attributes(contracts: Mapping[str, Contract], attributes: Sequence[CustomerAttribute]) -> dict[str, Contract]:
    """The contracts of a company with attributes of its own.

    Raises:
        SettingsWrong: An attribute has the name of a column that one of the tables has.
    """
    if not attributes:
        return dict(contracts)
    for table in TABLES:
        ours = {column.name for column in contracts[table].columns}
        for each in attributes:
            if each.name in ours or each.name in DIMENSIONS:
                raise SettingsWrong(
                    f"attributes.{each.name}: {table} has a column of that name; give the attribute another one"
                )
    names = tuple(each.name for each in attributes)
    return {
        table: _add_columns(contract, attributes) if table in TABLES else _allow_dimensions(contract, names)
        for table, contract in contracts.items()
    }


def _add_columns(contract: Contract, attributes: Sequence[CustomerAttribute]) -> Contract:
    """The contract with a column per attribute, and a structure that has them."""
    own = tuple(_describe(each) for each in attributes)
    columns = (*contract.columns, *own)
    structure = tuple((column.name, column.type) for column in columns)
    rules = tuple(
        replace(rule, arguments={**rule.arguments, "columns": structure}) if rule.type == "structure" else rule
        for rule in contract.rules
    )
    return replace(contract, columns=columns, rules=rules)


def _describe(attribute: CustomerAttribute) -> Column:
    said = attribute.description.strip().rstrip(".")
    meaning = f"{said}. " if said else ""
    return Column(
        attribute.name,
        attribute.database_type,
        _LOGICAL_TYPES[attribute.type],
        f"{meaning}An attribute of the company's own, from `attributes` of its settings: the newest value among the "
        "customer's records. NULL when not known.",
    )


def _allow_dimensions(contract: Contract, names: tuple[str, ...]) -> Contract:
    """The contract in which the columns that name a dimension of customers may name the attributes too."""
    rules = tuple(_widen(contract.rules, names))
    if rules == contract.rules:
        return contract
    columns = tuple(
        replace(
            column,
            allowed_values=(
                *column.allowed_values,
                *((name, "An attribute of the company's own.") for name in names),
            ),
        )
        if _names_dimensions(column.allowed_values)
        else column
        for column in contract.columns
    )
    return replace(contract, columns=columns, rules=rules)


def _widen(rules: Sequence[Rule], names: tuple[str, ...]) -> Iterator[Rule]:
    for rule in rules:
        values: Any = rule.arguments.get("values", ())
        if rule.type == "one_of" and set(values) >= _COMPARED_BY:
            yield replace(rule, arguments={**rule.arguments, "values": (*values, *names)})
        else:
            yield rule


def _names_dimensions(values: Sequence[tuple[Any, str]]) -> bool:
    return {value for value, _ in values} >= _COMPARED_BY
