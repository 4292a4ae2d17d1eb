"""Checks that a set of contracts makes sense, and reports each mistake as a sentence.

Put here: the standard's own JSON schema, checks that need more than one contract, checks that need DuckDB's parser.
Keep out: reading a file (`reading.py`), validating data (`validate.py`).
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import jsonschema_rs

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.document import (
    LOGICAL_TYPES,
    complete_document,
    find_logical_type,
    find_table_name,
    read_yaml,
)
from regulars.pipelines.contracts.odcs.enumerations import FILE, Enumerations, read_enumerations
from regulars.pipelines.contracts.odcs.lint_metrics import lint_metrics, lint_shared_metrics, lint_synonyms
from regulars.pipelines.contracts.odcs.lint_names import lint_names, lint_own_names
from regulars.pipelines.contracts.odcs.lint_texts import lint_texts
from regulars.pipelines.contracts.odcs.lint_views import lint_views
from regulars.pipelines.contracts.odcs.names import FILE as DEFINITIONS_FILE
from regulars.pipelines.contracts.odcs.place import Place
from regulars.pipelines.contracts.odcs.reading import read_contract
from regulars.pipelines.contracts.quarantine import oversized
from regulars.pipelines.contracts.raw_contracts import make_raw_contract
from regulars.pipelines.contracts.rule import Column, Rule
from regulars.pipelines.contracts.view_contracts import list_selects
from regulars.pipelines.contracts.violations import select_broken_rows, write_condition
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from regulars.pipelines.warehouse.sql_text import quote_identifier

LAYERS = {"core", "marts", "meta"}
"""Those whose contracts are files; the contracts of raw tables are made from the kinds."""
CLASSIFICATIONS = {"public", "internal", "personal"}
LONGEST_NAME = 56
"""Characters of a column's name with which rules were seen to run; with 58 none of the table's could be evaluated."""


def lint(folder: Path) -> list[str]:
    """Check the contracts under `folder`: one sentence per mistake, with file and place; empty when all is well.

    Args:
        folder: Holds `<layer>/<table>.odcs.yaml`.
    """
    return list(_lint_once(folder, tuple((path, path.read_bytes()) for path in sorted(folder.rglob("*.yaml")))))


@lru_cache(maxsize=4)
def _lint_once(folder: Path, files: tuple[tuple[Path, bytes], ...]) -> tuple[str, ...]:
    """The same files have the same problems: a process that checks them again does not pay two seconds again."""
    problems: list[str] = []
    contracts: dict[str, Contract] = {}
    enumerations = read_enumerations(folder)
    for path, _ in files:
        if path in (folder / FILE, folder / DEFINITIONS_FILE):
            continue
        if path.parent.parent != folder or path.parent.name not in LAYERS or not path.name.endswith(".odcs.yaml"):
            problems.append(f"{path.relative_to(folder)}: contracts are named <layer>/<table>.odcs.yaml")
            continue
        problems += _lint_against_standard(path, enumerations)
        contract, found = read_contract(path, enumerations)
        problems += found
        if contract is not None:
            contracts[contract.table] = contract
            problems += [f"{path.parent.name}/{path.name}: {problem}" for problem in _lint_contract(contract)]
    problems += _lint_kinds()
    problems += _lint_together(contracts, _make_raw_contracts())
    problems += [*lint_names(folder, contracts), *_lint_metrics_together(contracts)]
    problems += [f"{_name_file(each)}: {found}" for each in contracts.values() for found in lint_views(each, contracts)]
    return tuple(dict.fromkeys(problems))


def lint_company(folder: Path, own: Mapping[str, Contract], ours: Mapping[str, Contract]) -> list[str]:
    """Check a company's own contracts as ours are checked: one sentence per mistake, with file and place.

    Args:
        folder: Holds them, as `<layer>/<table>.odcs.yaml`.
        own: What was loaded from there.
        ours: Our own contracts.
    """
    enumerations = read_enumerations(CONTRACTS_FOLDER)
    others = {table: contract for table, contract in ours.items() if table not in own}
    everything = {**others, **own}
    problems: list[str] = []
    for table, contract in own.items():
        path = folder.joinpath(*table.split(".")).with_suffix(".odcs.yaml")
        found = [*_lint_contract(contract), *lint_views(contract, everything)]
        problems += [
            *_lint_against_standard(path, enumerations),
            *(f"{_name_file(contract)}: {each}" for each in found),
        ]
    problems += _lint_together(own, others)
    new = set(_lint_metrics_together(everything)) - set(_lint_metrics_together(ours))
    return [*problems, *lint_own_names(CONTRACTS_FOLDER, others, own), *sorted(new)]


def _lint_metrics_together(contracts: Mapping[str, Contract]) -> Iterator[str]:
    yield from lint_shared_metrics(contracts)
    yield from lint_synonyms(contracts)


@cache
def _make_raw_contracts() -> dict[str, Contract]:
    return {f"raw.{name}": make_raw_contract(kind) for name, kind in KINDS.items()}


@cache  # of all the folders that a process checks: the kinds are the same
def _lint_kinds() -> tuple[str, ...]:
    made = _make_raw_contracts()
    alone = [
        f"pipelines/kinds: {contract.table}: {each}" for contract in made.values() for each in _lint_contract(contract)
    ]
    return (*alone, *_lint_together(made, {}))


@cache
def _read_standard() -> jsonschema_rs.Draft201909Validator:
    schema = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft201909Validator(json.loads(schema))


def _lint_against_standard(path: Path, enumerations: Enumerations) -> Iterator[str]:
    """Check the whole document, as other tools read it, against the standard's schema."""
    content, broken = read_yaml(path)
    if broken or not isinstance(content, dict):
        return  # read_contract says so
    try:
        document = complete_document(content, find_table_name(path), enumerations, Place("", []))
    except (AttributeError, KeyError, TypeError, ValueError):
        return  # read_contract says so
    for error in _read_standard().iter_errors(document):
        place = _describe_place(document, error.instance_path)
        yield f"{path.parent.name}/{path.name}, {place}: not valid ODCS: {error.message[:200]}"


def _describe_place(content: Any, path: Sequence[str | int]) -> str:
    """`schema, column order_id` rather than `schema.0.properties.3`."""
    words = []
    for step in path:
        content = content[step]
        if isinstance(step, str):
            words.append(step)
        elif isinstance(content, dict) and "name" in content:
            words[-1:] = [f"{'column' if words[-1:] == ['properties'] else words[-1]} {content['name']}"]
    return ", ".join(words) or "top level"


def _lint_contract(contract: Contract) -> Iterator[str]:
    if not re.fullmatch(r"\d+\.\d+\.\d+", contract.version):
        yield f"`version` is {contract.version!r}, and must be like 1.0.0"
    if contract.layer != "raw":
        yield from lint_texts(contract)
    if not contract.columns:
        yield "`properties` is empty: list the table's columns"
    if not contract.key and not contract.no_key:
        yield (
            "no column is `primaryKey: true`: mark the columns that make a row unique, or say in the customProperty "
            "`noKey` why none do"
        )
    for column in contract.columns:
        yield from (f"column {column.name}: {problem}" for problem in _lint_column(contract, column))
    yield from lint_metrics(contract)
    names = {column.name for column in contract.columns}
    for name in contract.document:
        if name not in names:
            yield f"`document` names `{name}`, which is not a column"
    for metric in contract.metrics:
        for name in sorted({*metric.columns} - names - {""}):
            yield f"the metric `{metric.name}` names `{name}`, which is not a column"
    for rule in contract.rules:
        for name in rule.columns:
            if name not in names:
                yield f"the rule `{rule.id}` is about `{name}`, which is not a column"


def _lint_column(contract: Contract, column: Column) -> Iterator[str]:
    logical = find_logical_type(column.type)
    if not logical and not column.reads_as:
        known = ", ".join([*LOGICAL_TYPES, "DECIMAL(18,4)"])
        yield f"physicalType {column.type!r} is none that every BI tool reads: write one of {known}"
    elif column.logical_type not in LOGICAL_TYPES.values():
        known = ", ".join(sorted({*LOGICAL_TYPES.values()}))
        yield f"logicalType is {column.logical_type!r}, and must be one of {known}"
    elif not column.reads_as and column.logical_type != logical:
        yield f"physicalType {column.type!r} does not fit logicalType {column.logical_type}: its own is {logical}"
    if len(column.name) > LONGEST_NAME:
        yield f"the name has {len(column.name)} characters, and rules about more than {LONGEST_NAME} cannot be run"
    if column.classification not in CLASSIFICATIONS:
        yield f"classification is {column.classification!r}, and must be one of {', '.join(sorted(CLASSIFICATIONS))}"
    if column.classification == "personal" and contract.layer != "raw":
        yield "personal data is never published: it belongs to the state file"


def _lint_together(contracts: Mapping[str, Contract], sound: Mapping[str, Contract]) -> Iterator[str]:
    """Check what rules say in SQL, and what they say of other tables, against empty tables made from the contracts.

    Args:
        contracts: What is to be checked.
        sound: What is checked already, and may be read.
    """
    known = {**sound, **contracts}
    with duckdb.connect() as con:
        for schema in ("raw", *sorted(LAYERS), "quarantine_work"):
            con.execute(f"create schema {schema}")
        con.execute(oversized.EMPTY)  # rules of raw contracts read it
        for contract in known.values():
            columns = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in contract.types)
            try:
                con.execute(f"create table {contract.table} ({columns})")
            except duckdb.Error as error:
                yield f"{_name_file(contract)}: DuckDB cannot make this table: {_read_first_line(error)}"
        for contract in contracts.values():
            yield from (f"{_name_file(contract)}: {problem}" for problem in _lint_sql(con, contract, known))


def _lint_sql(con: duckdb.DuckDBPyConnection, contract: Contract, contracts: Mapping[str, Contract]) -> Iterator[str]:
    for rule in contract.rules:
        if rule.type == "references" and rule.arguments["table"] not in contracts:
            yield f"the rule `{rule.id}` refers to {rule.arguments['table']}, which has no contract"
            continue
        query = _write_probe(rule, contract.table)
        try:
            con.execute(query)
        except duckdb.Error as error:
            yield f"the rule `{rule.id}` is not SQL that runs on {contract.table}: {_read_first_line(error)}"
    for view, select in list_selects([contract]).items():
        try:
            con.execute(select)
        except duckdb.Error as error:
            yield f"the view `{view}` is not SQL that runs on {contract.table}: {_read_first_line(error)}"
    for metric in contract.metrics:
        try:
            con.execute(f"select {metric.sql} from {contract.table} where {metric.filter_sql} group by all")
        except duckdb.Error as error:
            yield f"the metric `{metric.name}` is not SQL that runs on {contract.table}: {_read_first_line(error)}"


def _write_probe(rule: Rule, table: str) -> str:
    """A statement that fails when the rule's SQL cannot run; regular expressions are tried on a constant."""
    if rule.type == "pattern":
        pattern = str(rule.arguments["pattern"]).replace("'", "''")
        return f"select regexp_full_match('x', '{pattern}')"
    if rule.is_about_one_row:
        return f"select * from {table} where {write_condition(rule)}"
    if rule.type == "row_count":
        return "select 1"
    return f"select * from ({select_broken_rows(rule, table)})"


def _name_file(contract: Contract) -> str:
    if contract.layer == "raw":
        return f"pipelines/kinds/{contract.name}.py"
    return f"{contract.layer}/{contract.name}.odcs.yaml"


def _read_first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def main() -> None:
    """Print what is wrong with the project's own contracts; exit 1 when anything is."""
    problems = lint(CONTRACTS_FOLDER)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems) or "contracts: all are sound\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
