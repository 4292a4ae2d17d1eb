"""Checks that a column name means one thing in every published table.

Put here: the definitions of shared names, and what contradicts them. Keep out: checks of one contract (`lint.py`).
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.rule import Column

FILE = "definitions.yaml"
"""Beside the folders of the layers: `definitions` (name -> meaning) and `exceptions` (name -> why it has several)."""


def lint_names(folder: Path, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Check the names that contracts of `folder` share: one sentence per mistake.

    Names whose descriptions begin with the same sentence agree. Others need one definition, or a reason why not.
    """
    definitions, exceptions = _read_definitions(folder)
    shared = _group_by_name(contracts)
    for name, columns in shared.items():
        tables = ", ".join(columns)
        if name not in exceptions and name not in definitions and not _begin_alike(columns.values()):
            yield (
                f"{FILE}: `{name}` stands in {tables} with different descriptions: begin them with the same sentence, "
                "or write one definition here, or rename the column that means another thing"
            )
        yield from (f"{FILE}: {problem}" for problem in _lint_units(name, columns, exceptions))
    for name in {*definitions} & {*exceptions}:
        yield f"{FILE}: `{name}` is both defined and an exception"
    for name in sorted({*definitions, *exceptions} - {*shared}):
        yield f"{FILE}: `{name}` is not shared by two tables: take it out"


def lint_own_names(folder: Path, ours: Mapping[str, Contract], own: Mapping[str, Contract]) -> Iterator[str]:
    """Check the names that contracts of a company share with each other and with ours: one sentence per mistake.

    Args:
        folder: Holds our definitions.
        ours: Our contracts, without those that the company replaces.
        own: The company's.
    """
    definitions, exceptions = _read_definitions(folder)
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


def _read_definitions(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Name -> meaning of the names that are defined once; name -> reason of those that mean several things."""
    path = folder / FILE
    known = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return known.get("definitions", {}), known.get("exceptions", {})


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
