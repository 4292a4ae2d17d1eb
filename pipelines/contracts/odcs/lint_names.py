"""Checks that a column name means one thing in every published table.

Put here: what contradicts the definitions of shared names. Keep out: reading them (`names.py`), checks of one contract
(`lint.py`).
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.names import FILE, SharedNames, read_shared_names
from regulars.pipelines.contracts.rule import Column
from regulars.pipelines.contracts.view_contracts import NUMBERS

IDS = {"customer_idx"}


def lint_names(folder: Path, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Check the names that contracts of `folder` share: one sentence per mistake.

    Names whose descriptions begin with the same sentence agree. Others need one definition, or a reason why not. A
    number has one definition in any case, and every table that has it says whom it counts.
    """
    known = read_shared_names(folder)
    definitions, exceptions = known.definitions, known.exceptions
    shared = _group_by_name(contracts)
    for name, columns in shared.items():
        tables = ", ".join(columns)
        if name not in exceptions and name not in definitions and not _begin_alike(columns.values()):
            yield (
                f"{FILE}: `{name}` stands in {tables} with different descriptions: begin them with the same sentence, "
                "or write one definition here, or rename the column that means another thing"
            )
        yield from (f"{FILE}: {problem}" for problem in _lint_units(name, columns, exceptions))
    yield from _lint_numbers(shared, known)
    for name in {*definitions} & {*exceptions}:
        yield f"{FILE}: `{name}` is both defined and an exception"
    for name in sorted({*definitions, *exceptions} - {*shared}):
        yield f"{FILE}: `{name}` is not shared by two tables: take it out"


def _lint_numbers(shared: Mapping[str, Mapping[str, Column]], known: SharedNames) -> Iterator[str]:
    """Check that every number of a shared name is declared: no table gets one by chance that another number has."""
    measures = {name: columns for name, columns in shared.items() if _is_measure(name, columns.values())}
    for name, columns in measures.items():
        if name in known.exceptions:
            yield f"{FILE}: `{name}` is a number, and cannot be an exception: rename the columns that mean another one"
            continue
        for table in sorted({*columns} - {*known.tables_of(name)}):
            others = ", ".join(other for other in columns if other != table)
            yield (
                f"{FILE}: `{name}` of {table} is a number that {others} have too: say in `numbers` whom it counts, "
                "if it is the same number, or rename it"
            )
    for name, tables in known.numbers.items():
        for table in sorted({*tables} - {*measures.get(name, ())}):
            yield f"{FILE}: `numbers` names `{name}` of {table}, which is not a number that several tables have"
        for population in sorted({*tables.values()} - {*known.populations}):
            yield f"{FILE}: `numbers` says that `{name}` counts `{population}`, which `populations` does not explain"


def _is_measure(name: str, columns: Iterable[Column]) -> bool:
    """Whether a name is a number that says how much, and not which row it is."""
    found = list(columns)
    return (
        name not in IDS
        and all(column.logical_type in NUMBERS for column in found)
        and not all(column.key_position for column in found)
    )


def lint_own_names(folder: Path, ours: Mapping[str, Contract], own: Mapping[str, Contract]) -> Iterator[str]:
    """Check the names that contracts of a company share with each other and with ours: one sentence per mistake.

    Args:
        folder: Holds our definitions.
        ours: Our contracts, without those that the company replaces.
        own: The company's.
    """
    known = read_shared_names(folder)
    definitions, exceptions = known.definitions, known.exceptions
    for name, columns in _group_by_name({**ours, **own}).items():
        mine = [table for table in columns if table in own]
        others = ", ".join(table for table in columns if table not in mine[:1])
        if not mine or name in exceptions:
            continue
        if name not in definitions and not _begin_alike(columns.values()):
            yield (
                f"`{name}` stands in {mine[0]} with another description than in {others}: begin it with the same "
                "sentence, or rename the column that means another thing"
            )
        yield from _lint_units(name, columns, exceptions)


def _lint_units(name: str, columns: Mapping[str, Column], exceptions: Container[str]) -> Iterator[str]:
    units = {column.unit or "" for column in columns.values()}
    if name not in exceptions and len(units) > 1:
        yield f"`{name}` has different units in {', '.join(columns)}: {', '.join(sorted(units))}"


def _group_by_name(contracts: Mapping[str, Contract]) -> dict[str, dict[str, Column]]:
    """Name -> table -> column, of the names that several published tables have."""
    found: dict[str, dict[str, Column]] = defaultdict(dict)
    for table, contract in contracts.items():
        if contract.layer != "raw":
            for column in contract.columns:
                found[column.name][table] = column
    return {name: columns for name, columns in sorted(found.items()) if len(columns) > 1}


def _begin_alike(columns: Iterable[Column]) -> bool:
    return len({_read_first_sentence(column.description) for column in columns}) == 1


def _read_first_sentence(text: str) -> str:
    return text.partition(". ")[0].partition("; ")[0].rstrip(".")
