"""Writes what is published as one Apache Ossie document, from which other tools take tables, joins and metrics.

Put here: contracts -> Ossie (https://github.com/apache/ossie, version 0.2.0.dev0, one model per document). Keep out:
rules (`odcs/export.py`), writing it anywhere.

Ossie knows no filter, grain, format, unit or interval: a metric says them in words for agents, and as JSON in an
extension of ours. Metrics are those of headline views and of tables that need none, so that nothing counts twice.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.dictionary import list_relationship_rows
from regulars.pipelines.contracts.expression import parse_expression, print_portable_sql
from regulars.pipelines.contracts.metric import Metric
from regulars.pipelines.contracts.rule import Column
from regulars.pipelines.contracts.view_contracts import find_view, make_view_contracts, write_rest_of_filter
from regulars.pipelines.warehouse.sql_text import quote_identifier

Entry = dict[str, Any]

VERSION = "0.2.0.dev0"
LAYERS = ("core", "marts")
"""The layers that are described: those that people build charts on."""
VENDOR = "REGULARS"
DATA_TYPES = {
    "VARCHAR": "String",
    "BIGINT": "Integer",
    "INTEGER": "Integer",
    "SMALLINT": "Integer",
    "DOUBLE": "Float",
    "BOOLEAN": "Boolean",
    "DATE": "Date",
    "TIMESTAMP": "DateTime",
}
"""DuckDB's type -> Ossie's; any DECIMAL is `Decimal`."""
NO_TIMES = {"as_of"}
"""Columns with a day that is no time to chart over."""
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def format_semantic_model(contracts: Mapping[str, Contract], database: str) -> str:
    """The document as YAML; see `make_semantic_model`."""
    return _format(tuple(contracts.values()), database)


@lru_cache(maxsize=1)  # a second run in the same process has the same contracts
def _format(contracts: tuple[Contract, ...], database: str) -> str:
    document = make_semantic_model({each.table: each for each in contracts}, database)
    written: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return written


def make_semantic_model(contracts: Mapping[str, Contract], database: str) -> Entry:
    """The published tables and headline views as one Ossie model.

    Args:
        contracts: Table -> contract; layers but `LAYERS` are left out.
        database: What the tables lie in, such as `regulars`: the first part of each source.
    """
    tables = {table: each for table, each in contracts.items() if each.layer in LAYERS}
    described = tables | make_view_contracts(tables)
    return {
        "version": VERSION,
        "name": "regulars",
        "description": "Which customers come back, what each is worth, how they feel, and what to do about it.",
        "ai_context": {
            "instructions": "NULL means not known, never 0. Filter grain and dimension, or ask the view of the "
            "headline rows. Never add up shares, averages or scores. Give n and as_of beside a number."
        },
        "datasets": [_make_dataset(contract, database) for contract in described.values()],
        "relationships": list(_list_relationships(tables)),
        "metrics": [entry for contract in tables.values() for entry in _list_metrics(contract)],
    }


def _make_dataset(contract: Contract, database: str) -> Entry:
    return {
        "name": contract.name,
        "source": f"{database}.{contract.table}",
        **({"primary_key": list(contract.key)} if contract.key else {}),
        "description": f"{contract.description} {contract.grain}",
        "fields": [_make_field(column) for column in contract.columns],
    }


def _make_field(column: Column) -> Entry:
    data_type = "Decimal" if column.type.startswith("DECIMAL") else DATA_TYPES[column.type]
    unit = f" Unit: {column.unit}." if column.unit else ""
    values = "; ".join(f"{value}: {meaning}" for value, meaning in column.allowed_values)
    return {
        "name": column.name,
        "expression": _make_expression(quote_identifier(column.name)),
        **({"dimension": {"is_time": False}} if column.name in NO_TIMES else {}),
        "description": f"{column.description}{unit}",
        "datatype": data_type,
        **({"ai_context": {"instructions": f"Values: {values}"}} if values else {}),
    }


def _make_expression(sql: str) -> Entry:
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": sql}]}


def _list_relationships(tables: Mapping[str, Contract]) -> Iterator[Entry]:
    for row in list_relationship_rows(tables):
        child, parent = (str(row[name]).partition(".")[2] for name in ("table_name", "to_table"))
        columns = str(row["column_names"]).split(", ")
        yield {
            "name": f"{child}_{'_'.join(columns)}",
            "from": child,
            "to": parent,
            "from_columns": columns,
            "to_columns": str(row["to_column_names"]).split(", "),
        }


def _list_metrics(contract: Contract) -> Iterator[Entry]:
    """The metrics that have an expression, on the view that has their rows."""
    for metric in contract.metrics:
        if not metric.expression:
            continue
        view = find_view(contract, metric)
        dataset = view.name if view else contract.name
        condition = (
            write_rest_of_filter(metric, view) if view else metric.filter_sql if metric.filter_sql != "true" else None
        )
        column = next(each for each in contract.columns if each.name == metric.name)
        yield {
            "name": f"{dataset}_{metric.name}",
            "expression": _make_expression(print_portable_sql(parse_expression(metric.expression), dataset)),
            "description": column.description,
            "ai_context": _make_instructions(metric, condition),
            "custom_extensions": [{"vendor_name": VENDOR, "data": _write_extension(metric, condition, column)}],
        }


def _make_instructions(metric: Metric, condition: str | None) -> Entry:
    said = [f"Only rows with {condition}." if condition else ""]
    if metric.over_time != "sum":
        which = {"last": "latest", "first": "earliest"}[metric.over_time]
        said.append(f"Never add up over {metric.time_column}: the {which} counts.")
    if metric.never_over:
        said.append(f"Never add up over {', '.join(metric.never_over)}.")
    if metric.n:
        said.append(f"{metric.n} says how many it rests on.")
    if metric.known:
        said.append(f"Known for good where {metric.known}.")
    return {
        "instructions": " ".join(filter(None, said)) or "May be added up over any rows.",
        **({"synonyms": list(metric.synonyms)} if metric.synonyms else {}),
    }


def _write_extension(metric: Metric, condition: str | None, column: Column) -> str:
    facts = {
        "filter": condition,
        "time": {"column": metric.time_column, "grain": metric.time_grain, "grain_column": metric.time_grain_column},
        "over_time": metric.over_time,
        "never_over": list(metric.never_over),
        "format": metric.format,
        "unit": column.unit,
        "good": metric.good,
        "n": metric.n,
        "known": metric.known,
        "interval": list(metric.interval),
    }
    return json.dumps({name: value for name, value in facts.items() if value}, ensure_ascii=False)
