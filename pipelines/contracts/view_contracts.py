"""What follows from the headline views of a table: the SELECT, and the contract of each.

Put here: contracts -> views. Keep out: the shape of a view (`headline_view.py`), making it in the published file
(`pipelines/publish`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.headline_view import HeadlineView
from regulars.pipelines.contracts.metric import Metric
from regulars.pipelines.contracts.rule import Column
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

NUMBERS = {"integer", "number"}
"""Logical types that a tool would add up."""


def find_view(contract: Contract, metric: Metric) -> HeadlineView | None:
    """The first view that has a metric's rows; None where the table needs no view for it."""
    return next((view for view in contract.views if view.holds(metric, contract.key)), None)


def write_rest_of_filter(metric: Metric, view: HeadlineView) -> str | None:
    """What of a metric's filter is still needed on the view, as a SQL condition; None where all rows count."""
    rest = {name: value for name, value in metric.filter.items() if name not in view.where}
    rest_not = {name: value for name, value in metric.filter_not.items() if view.where_not.get(name) != value}
    condition = replace(metric, filter=rest, filter_not=rest_not).filter_sql
    return condition if condition != "true" else None


def list_selects(contracts: Iterable[Contract]) -> dict[str, str]:
    """View -> its SELECT, of every view of the tables."""
    return {
        f"{contract.layer}.{view.name}": _write_select(contract, view)
        for contract in contracts
        for view in contract.views
    }


def _write_select(contract: Contract, view: HeadlineView) -> str:
    columns = ",\n    ".join(quote_identifier(column.name) for column in _list_columns(contract, view))
    kept = [f"{quote_identifier(name)} = {quote_literal(value)}" for name, value in view.where.items()]
    left_out = [
        f"{quote_identifier(name)} is distinct from {quote_literal(value)}" for name, value in view.where_not.items()
    ]
    return f"select\n    {columns}\nfrom {contract.table}\nwhere {' and '.join([*kept, *left_out])}\n"


def make_view_contracts(contracts: Mapping[str, Contract]) -> dict[str, Contract]:
    """The contracts of all views: view -> contract, without rules, since those of its table hold."""
    return {
        f"{contract.layer}.{view.name}": _make_contract(contract, view)
        for contract in contracts.values()
        for view in contract.views
    }


def _make_contract(contract: Contract, view: HeadlineView) -> Contract:
    kept = ", ".join(f"{name} = {value}" for name, value in view.where.items())
    left_out = [f"without {name} = {value}" for name, value in view.where_not.items()]
    rows = f"The rows of {contract.table} {', '.join([*([f'with {kept}'] if kept else []), *left_out])}."
    return replace(
        contract,
        table=f"{contract.layer}.{view.name}",
        kind="view",
        purpose=view.purpose,
        description=f"{view.purpose} {rows} {contract.description}",
        grain=view.grain,
        columns=_list_columns(contract, view),
        rules=(),
        metrics=(),
        views=(),
    )


def _list_columns(contract: Contract, view: HeadlineView) -> tuple[Column, ...]:
    """The table's columns but those that the view fixes, without values that it leaves out; keys are counted anew."""
    columns = [column for column in contract.columns if column.name not in view.where]
    key = [name for name in contract.key if name not in view.where]
    return tuple(
        replace(
            column,
            key_position=key.index(column.name) + 1 if column.name in key else None,
            allowed_values=tuple(
                each
                for each in column.allowed_values
                if column.name not in view.where_not or each[0] != view.where_not[column.name]
            ),
            is_additive=column.name in view.additive if column.logical_type in NUMBERS else None,
        )
        for column in columns
    )
