"""Makes the texts for readers from contracts: data dictionary, allowed values, metrics, comments, the list of tables.

Put here: contracts -> rows and text. Keep out: writing them anywhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.metric import Metric
from regulars.pipelines.contracts.odcs.names import SharedNames
from regulars.pipelines.contracts.rule import Column
from regulars.pipelines.contracts.view_contracts import find_view, make_view_contracts, write_rest_of_filter
from regulars.pipelines.definitions.enumerations import UNKNOWN

PUBLISHED_LAYERS = ("marts", "core", "meta")
"""The layers of the published file, those that answer questions first."""

SAYS_ADDITIVE = {
    True: " May be added up over any rows.",
    False: " Not to be added up over rows.",
    None: "",
}
"""What the comment on a view's column says about sums."""

SYSTEM = "system"
OTHER_SYSTEMS = {"store_id": ("order_system",)}
"""Id -> columns that say which tool gave it, before `<name>_system` and `system`: an answer's store is its order's."""

Join = tuple[str, tuple[str, ...], str, tuple[str, ...]]
"""A table, its columns, the table of core that they name a row of, and the columns there in the same order."""


def list_dictionary_rows(contracts: Mapping[str, Contract], names: SharedNames) -> list[dict[str, Any]]:
    """The rows of `meta.data_dictionary`: every column of every published table and view, in their order.

    Args:
        contracts: Of every table.
        names: What the names mean that several of them have.
    """
    table_of_view = {
        name: table for table, contract in contracts.items() for name in make_view_contracts({table: contract})
    }
    return [
        {
            "table_name": contract.table,
            "column_name": column.name,
            "position": position,
            "data_type": column.type,
            "description": column.description,
            "unit": column.unit or None,
            "is_key": column.key_position is not None,
            "is_required": column.required,
            "classification": column.classification,
            "grain": contract.grain,
            "is_additive": column.is_additive,
            "shared_definition": names.definitions.get(column.name),
            "population": names.describe_population(column.name, table_of_view.get(contract.table, contract.table)),
        }
        for contract in _list_published_with_views(contracts)
        for position, column in enumerate(contract.columns, 1)
    ]


def list_allowed_value_rows(contracts: Mapping[str, Contract]) -> list[dict[str, Any]]:
    """The rows of `meta.allowed_values`: every value that a column of a published table or view may have."""
    return [
        {
            "table_name": contract.table,
            "column_name": column.name,
            "allowed_value": str(value),
            "value_position": position,
            "meaning": meaning,
        }
        for contract in _list_published_with_views(contracts)
        for column in contract.columns
        for position, (value, meaning) in enumerate(column.allowed_values, 1)
    ]


def list_relationship_rows(contracts: Mapping[str, Contract]) -> list[dict[str, Any]]:
    """The rows of `meta.relationships`: every reference from one published table to another, by a rule or by name."""
    published = {contract.table: contract for contract in _list_published(contracts)}
    by_rule = [
        {
            "table_name": contract.table,
            "column_names": ", ".join(rule.columns),
            "to_table": rule.arguments["table"],
            "to_column_names": ", ".join(rule.arguments["columns"]),
            "is_enforced": rule.severity == "critical",
            "may_be_unknown": _may_be_unknown(contract, rule.columns),
        }
        for contract in published.values()
        for rule in contract.rules
        if rule.type == "references" and rule.arguments["table"] in published
    ]
    known = {(row["table_name"], row["column_names"], row["to_table"]) for row in by_rule}
    by_name = [
        {
            "table_name": table,
            "column_names": ", ".join(columns),
            "to_table": to,
            "to_column_names": ", ".join(key),
            "is_enforced": False,
            "may_be_unknown": _may_be_unknown(published[table], columns),
        }
        for table, columns, to, key in _list_joins(published)
        if (table, ", ".join(columns), to) not in known
    ]
    return by_rule + by_name


def _may_be_unknown(contract: Contract, columns: Iterable[str]) -> bool:
    """Whether one of the columns may hold `unknown` in place of an id, which its description then says."""
    return any(f"`{UNKNOWN}`" in column.description for column in contract.columns if column.name in columns)


def _list_joins(tables: Mapping[str, Contract]) -> Iterator[Join]:
    """Every column, or pair of a tool and its id, that is named as the key of a table of core."""
    keys = [(to, key) for to, contract in tables.items() if contract.layer == "core" for key in _list_keys(contract)]
    for table, contract in tables.items():
        names = {column.name for column in contract.columns} if contract.layer in ("core", "marts") else set()
        for to, key in keys:
            columns = _find_columns(key, names)
            if to != table and columns:
                yield table, columns, to, key


def _list_keys(contract: Contract) -> Iterator[tuple[str, ...]]:
    """The keys of a table that are one id, or a tool and its id."""
    unique = [rule.columns for rule in contract.rules if rule.type == "unique" and len(rule.columns) == 1]
    for key in dict.fromkeys([contract.key, *unique]):
        *rest, last = key or ("",)
        if rest in ([], [SYSTEM]) and last.endswith(("_id", "_idx")):
            yield key


def _find_columns(key: tuple[str, ...], names: set[str]) -> tuple[str, ...]:
    """The columns among `names` that name a row by a key; none where there are not all of them."""
    *system, own = key
    if own not in names:
        return ()
    if not system:
        return (own,)
    others = OTHER_SYSTEMS.get(own, (f"{own.removesuffix('_id')}_{SYSTEM}",))
    found = next((name for name in (*others, SYSTEM) if name in names), None)
    return (found, own) if found else ()


def list_metric_rows(contracts: Mapping[str, Contract]) -> list[dict[str, Any]]:
    """The rows of `meta.metric_definitions`: every metric of every published table."""
    return [
        _make_metric_row(contract, next(column for column in contract.columns if column.name == metric.name), metric)
        for contract in _list_published(contracts)
        for metric in contract.metrics
    ]


def _make_metric_row(contract: Contract, column: Column, metric: Metric) -> dict[str, Any]:
    low, high = metric.interval or (None, None)
    view = find_view(contract, metric)
    return {
        "metric": metric.name,
        "table_name": contract.table,
        "column_name": column.name,
        "definition": column.description,
        "synonyms": ", ".join(metric.synonyms) or None,
        "expression": metric.sql if metric.expression else None,
        "not_additive": metric.not_additive or None,
        "filter": metric.filter_sql if metric.filter_sql != "true" else None,
        "time_column": metric.time_column,
        "time_grain": metric.time_grain or None,
        "time_grain_column": metric.time_grain_column or None,
        "over_time": metric.over_time,
        "never_over": ", ".join(metric.never_over) or None,
        "format": metric.format,
        "unit": column.unit,
        "good": metric.good,
        "n_column": metric.n or None,
        "known_column": metric.known or None,
        "interval_low_column": low,
        "interval_high_column": high,
        "view_name": f"{contract.layer}.{view.name}" if view else None,
        "view_filter": write_rest_of_filter(metric, view) if view else None,
    }


def list_comments(contracts: Mapping[str, Contract]) -> dict[str, str]:
    """`layer.table` and `layer.table.column` -> the comment that stands on it in the published file."""
    return dict(_list_comments(_list_published_with_views(contracts)))


def format_published_tables(contracts: Mapping[str, Contract]) -> str:
    """The published tables and views as Markdown: per layer a table of name, grain and what it answers."""
    parts = []
    for layer in PUBLISHED_LAYERS:
        rows = [
            " | ".join([f"| `{contract.table}`", _format_grain(contract.grain), _escape_pipes(contract.purpose)]) + " |"
            for contract in _list_published_with_views(contracts)
            if contract.layer == layer
        ]
        if rows:
            parts.append("\n".join([f"| {layer} | one row is | what it says |", "|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _list_published_with_views(contracts: Mapping[str, Contract]) -> list[Contract]:
    return _list_published({**contracts, **make_view_contracts(contracts)})


def _list_published(contracts: Mapping[str, Contract]) -> list[Contract]:
    tables = [contract for contract in contracts.values() if contract.layer in PUBLISHED_LAYERS]
    return sorted(tables, key=lambda contract: (PUBLISHED_LAYERS.index(contract.layer), contract.name))


def _list_comments(contracts: Iterable[Contract]) -> Iterator[tuple[str, str]]:
    for contract in contracts:
        yield contract.table, f"{contract.description} {contract.grain}"
        for column in contract.columns:
            unit = f" Unit: {column.unit}." if column.unit else ""
            rest = f"{_list_values(column)}{unit}{SAYS_ADDITIVE[column.is_additive]}"
            yield f"{contract.table}.{column.name}", f"{column.description}{rest}"


def _list_values(column: Column) -> str:
    """The values to filter a text by; somebody who guesses one finds no rows and is not told why."""
    values = [str(value) for value, _ in column.allowed_values]
    return f" Values: {', '.join(values)}." if values and column.type == "VARCHAR" else ""


def _format_grain(grain: str) -> str:
    return _escape_pipes(grain.removesuffix(".")).removeprefix("One row per ")


def _escape_pipes(text: str) -> str:
    return text.replace("|", r"\|")
