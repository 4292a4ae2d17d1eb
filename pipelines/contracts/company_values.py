"""Puts a company's own names of RFM segments, shares of value tiers and dimensions into the contracts.

Put here: which allowed values and rules change. Keep out: what the settings look like (`pipelines/settings/customers`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.rule import CUSTOMERS, Column, Rule
from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.definitions.value_tiers import describe_value_tiers
from regulars.pipelines.settings.customers.rfm import Rfm
from regulars.pipelines.settings.customers.value_tiers import ValueTiers

SEGMENTS_TABLE, SEGMENT = "marts.customer_segments", "segment"
"""Where the RFM segments are listed; rules of this table name them in quotes."""

DIMENSIONS_TABLE, DIMENSION = "marts.customer_dimensions", "dimension"
"""The table whose columns customers are split by, and the column that names one of them."""
MORE_DIMENSIONS = {"marts.second_orders": ("first_product",)}
"""Table -> what it is split by besides the dimensions of the settings."""
SPLIT_AS = {
    "marts.group_differences": {"marts.churn": "customers", "marts.nps": "votes", "marts.support_response": "tickets"}
}
"""Table -> the tables whose dimensions it has -> what these split."""

Renaming = Mapping[str, tuple[str, str | None]]
"""A value -> its new name, and what it means if that changes too."""


def name_company_values(contracts: Mapping[str, Contract], rfm: Rfm, value_tiers: ValueTiers) -> dict[str, Contract]:
    """The contracts of a company that calls segments otherwise, or cuts value tiers otherwise."""
    usual, own = describe_value_tiers(ValueTiers()), describe_value_tiers(value_tiers)
    tiers: Renaming = {old: new for old, new in zip(usual, own.items(), strict=True) if usual != own}
    segments: Renaming = {old: (new, None) for old, new in rfm.names.items()}
    usual_segments = {
        value for each in contracts[SEGMENTS_TABLE].columns if each.name == SEGMENT for value, _ in each.allowed_values
    }
    named = dict(contracts)
    for renaming, values in ((tiers, set(usual)), (segments, usual_segments)):
        if renaming:
            named = {table: _rename_listed(contract, renaming, values) for table, contract in named.items()}
    if segments:
        named[SEGMENTS_TABLE] = _rename_segments(named[SEGMENTS_TABLE], segments)
    return named


def list_dimensions(contracts: Mapping[str, Contract], dimensions: Sequence[str]) -> dict[str, Contract]:
    """The contracts in which `dimension` lists what the company splits customers by.

    Args:
        contracts: Of a run.
        dimensions: `cohorts.dimensions` of the settings.
    """
    meanings = {
        each.name: each.description.partition(". ")[0].rstrip(".") for each in contracts[DIMENSIONS_TABLE].columns
    }
    named = dict(contracts)
    for table, contract in contracts.items():
        if any(each.splits == CUSTOMERS for each in contract.columns):
            names = dict.fromkeys((*dimensions, *MORE_DIMENSIONS.get(table, ())))
            values = ((ALL, "The whole base."), *((name, f"{meanings.get(name, name)}.") for name in names))
            named[table] = _allow_dimensions(contract, values)
    for table, sources in SPLIT_AS.items():
        if all(each in named for each in (table, *sources)):
            listed = {what: _list_allowed_dimensions(named[source]) for source, what in sources.items()}
            named[table] = _allow_dimensions(named[table], tuple(_join_meanings(listed)))
    return named


def _list_allowed_dimensions(contract: Contract) -> dict[str, str]:
    return {value: said for each in contract.columns if each.name == DIMENSION for value, said in each.allowed_values}


def _join_meanings(listed: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Each value once; where it does not mean the same everywhere, each meaning with what it is of."""
    for value in dict.fromkeys(value for values in listed.values() for value in values):
        of: dict[str, list[str]] = {}
        for what, values in listed.items():
            if value in values:
                of.setdefault(values[value], []).append(what)
        parts = [f"of {' and '.join(whats)}: {said[:1].lower()}{said[1:].rstrip('.')}" for said, whats in of.items()]
        joined = "; ".join(parts)
        yield value, next(iter(of)) if len(of) == 1 else f"{joined[:1].upper()}{joined[1:]}."


def _allow_dimensions(contract: Contract, values: tuple[tuple[str, str], ...]) -> Contract:
    columns = tuple(
        replace(each, allowed_values=values) if each.name == DIMENSION else each for each in contract.columns
    )
    return replace(contract, columns=columns)


def _rename_listed(contract: Contract, renaming: Renaming, usual: set[str]) -> Contract:
    """The contract in which the columns that list all the usual values list the new ones."""
    columns = {each.name for each in contract.columns if usual <= {value for value, _ in each.allowed_values}}
    if not columns:
        return contract
    return replace(
        contract,
        columns=tuple(_rename_column(each, renaming) if each.name in columns else each for each in contract.columns),
        rules=tuple(_rename_rules(contract.rules, renaming, columns)),
    )


def _rename_segments(contract: Contract, renaming: Renaming) -> Contract:
    """The contract of segments, whose other rules and text name the new ones too."""
    words = ", ".join(f"{old} is {new}" for old, (new, _) in renaming.items())
    columns = [
        replace(each, description=f"{each.description} The company has names of its own: {words}.")
        if each.name == SEGMENT
        else each
        for each in contract.columns
    ]
    rules = [rule if rule.type == "one_of" else _rename_in_text(rule, renaming) for rule in contract.rules]
    return replace(contract, columns=tuple(columns), rules=tuple(rules))


def _rename_column(column: Column, renaming: Renaming) -> Column:
    values = tuple(
        (renaming[value][0], renaming[value][1] or meaning) if value in renaming else (value, meaning)
        for value, meaning in column.allowed_values
    )
    return replace(column, allowed_values=values)


def _rename_rules(rules: Sequence[Rule], renaming: Renaming, columns: set[str]) -> Iterator[Rule]:
    for rule in rules:
        if rule.type == "one_of" and set(rule.columns) <= columns:
            values = tuple(renaming[each][0] if each in renaming else each for each in rule.arguments["values"])
            yield replace(rule, arguments={**rule.arguments, "values": values})
        else:
            yield rule


def _rename_in_text(rule: Rule, renaming: Renaming) -> Rule:
    """The rule whose SQL compares the segment with the new names: in one pass, since names may swap."""

    def rename(found: re.Match[str]) -> str:
        new = renaming.get(found[1], (found[1], None))[0]
        return "'" + new.replace("'", "''") + "'"

    arguments: dict[str, Any] = {
        name: re.sub(r"'(\w+)'", rename, value) if isinstance(value, str) and SEGMENT in value else value
        for name, value in rule.arguments.items()
    }
    return replace(rule, arguments=arguments)
