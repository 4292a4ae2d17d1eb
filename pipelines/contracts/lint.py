"""Whether a set of contracts makes sense, told as sentences: what `make check` and `regulars doctor` print.

Put here: the standard's own JSON schema, checks that need more than one contract, checks that need DuckDB's parser.
Keep out: reading a file (`odcs.py`), validating data (`validate.py`).
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import jsonschema

from regulars.pipelines.contracts import oversized
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs import read_contract, read_yaml
from regulars.pipelines.contracts.rule import DECIMAL, Column, Rule
from regulars.pipelines.contracts.violations import broken_rows, broken_when, quoted
from regulars.pipelines.settings.package import CONTRACTS_FOLDER

PLAIN_TYPES = {
    "string": {"VARCHAR"},
    "boolean": {"BOOLEAN"},
    "date": {"DATE"},
    "timestamp": {"TIMESTAMP"},
    "integer": {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"},
    "number": {"DOUBLE", "FLOAT"},
}
"""ODCS's logical type -> DuckDB's types for it that every BI tool reads; DECIMAL(p,s) is a number too."""

LAYERS = {"raw", "core", "marts", "meta"}
CLASSIFICATIONS = {"public", "internal", "personal"}


def lint(folder: Path) -> list[str]:
    """What is wrong with the contracts under `folder`: one sentence each, with file and place; empty when all is well.

    Args:
        folder: Holds `<layer>/<table>.odcs.yaml`.
    """
    problems: list[str] = []
    contracts: dict[str, Contract] = {}
    for path in sorted(folder.rglob("*.yaml")):
        if path.parent.parent != folder or path.parent.name not in LAYERS or not path.name.endswith(".odcs.yaml"):
            problems.append(f"{path.relative_to(folder)}: contracts are named <layer>/<table>.odcs.yaml")
            continue
        problems += _against_the_standard(path)
        contract, found = read_contract(path)
        problems += found
        if contract is not None:
            contracts[contract.table] = contract
            problems += [f"{path.parent.name}/{path.name}: {problem}" for problem in _of_one(contract)]
    problems += _of_all(contracts)
    return list(dict.fromkeys(problems))


@cache
def _standard() -> jsonschema.Draft201909Validator:
    schema = files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft201909Validator(json.loads(schema))


def _against_the_standard(path: Path) -> Iterator[str]:
    content, broken = read_yaml(path)
    if broken:
        return  # read_contract says so
    for error in _standard().iter_errors(content):
        place = _place(content, list(error.absolute_path))
        yield f"{path.parent.name}/{path.name}, {place}: not valid ODCS: {error.message[:200]}"


def _place(content: Any, path: list[str | int]) -> str:
    """`schema, column order_id` rather than `schema.0.properties.3`."""
    words = []
    for step in path:
        content = content[step]
        if isinstance(step, str):
            words.append(step)
        elif isinstance(content, dict) and "name" in content:
            words[-1:] = [f"{'column' if words[-1:] == ['properties'] else words[-1]} {content['name']}"]
    return ", ".join(words) or "top level"


def _of_one(contract: Contract) -> Iterator[str]:
    if not re.fullmatch(r"\d+\.\d+\.\d+", contract.version):
        yield f"`version` is {contract.version!r}, and must be like 1.0.0"
    if not contract.columns:
        yield "`properties` is empty: list the table's columns"
    if not contract.key and not contract.no_key:
        yield (
            "no column is `primaryKey: true`: mark the columns that make a row unique, or say in the customProperty "
            "`noKey` why none do"
        )
    for column in contract.columns:
        yield from (f"column {column.name}: {problem}" for problem in _of_column(contract, column))
    names = {column.name for column in contract.columns}
    for name in contract.document:
        if name not in names:
            yield f"`document` names `{name}`, which is no column"
    if contract.layer == "raw" and not contract.document:
        yield "`document` is missing: name the columns of what a newer delivery replaces"
    if contract.layer != "raw" and (contract.document or contract.amount or contract.amount_moment):
        yield "`document`, `repeats`, `amount` and `amountMoment` are for raw contracts"
    if contract.repeats not in ("last", "keep"):
        yield f"`repeats` is {contract.repeats!r}, and must be `last` or `keep`"
    for rule in contract.rules:
        for name in rule.columns:
            if name not in names:
                yield f"the rule `{rule.id}` is about `{name}`, which is no column"


def _of_column(contract: Contract, column: Column) -> Iterator[str]:
    plain = PLAIN_TYPES.get(column.logical_type)
    decimal = column.logical_type == "number" and DECIMAL.fullmatch(column.type)
    if plain is None:
        yield f"logicalType is {column.logical_type!r}, and must be one of {', '.join(PLAIN_TYPES)}"
    elif not column.reads_as and column.type not in plain and not decimal:
        yield (
            f"physicalType {column.type!r} does not fit logicalType {column.logical_type}: "
            f"write {' or '.join(sorted(plain))}{' or DECIMAL(18,4)' if column.logical_type == 'number' else ''}"
        )
    if contract.layer == "raw" and not column.name.startswith("_") and column.type != "VARCHAR":
        yield "raw tables are text: physicalType must be VARCHAR"
    if column.classification not in CLASSIFICATIONS:
        yield f"classification is {column.classification!r}, and must be one of {', '.join(sorted(CLASSIFICATIONS))}"
    if column.classification == "personal" and contract.layer != "raw":
        yield "personal data is never published: it belongs to the state file"
    if column.is_metric and not column.unit:
        yield "a metric needs the customProperty `unit`"


def _of_all(contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Check what rules say in SQL, and what they say of other tables, against empty tables made from the contracts."""
    with duckdb.connect() as con:
        for schema in sorted(LAYERS):
            con.execute(f"create schema {schema}")
        con.execute("create schema gate")
        con.execute(oversized.EMPTY)  # rules of raw contracts read it
        for contract in contracts.values():
            columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in contract.types)
            try:
                con.execute(f"create table {contract.table} ({columns})")
            except duckdb.Error as error:
                yield f"{_file(contract)}: DuckDB cannot make this table: {_first_line(error)}"
        for contract in contracts.values():
            yield from (f"{_file(contract)}: {problem}" for problem in _of_rules(con, contract, contracts))


def _of_rules(con: duckdb.DuckDBPyConnection, contract: Contract, contracts: Mapping[str, Contract]) -> Iterator[str]:
    for rule in contract.rules:
        if rule.type == "references" and rule.arguments["table"] not in contracts:
            yield f"the rule `{rule.id}` refers to {rule.arguments['table']}, which has no contract"
            continue
        query = _probe(rule, contract.table)
        try:
            con.execute(query)
        except duckdb.Error as error:
            yield f"the rule `{rule.id}` is no SQL that runs on {contract.table}: {_first_line(error)}"
    if contract.amount:
        try:
            con.execute(f"select {contract.amount} from {contract.table}")
        except duckdb.Error as error:
            yield f"`amount` is no SQL that runs on {contract.table}: {_first_line(error)}"
    if contract.amount_moment and contract.amount_moment not in dict(contract.types):
        yield f"`amountMoment` names `{contract.amount_moment}`, which is no column"


def _probe(rule: Rule, table: str) -> str:
    """A statement that fails when the rule's SQL cannot run; regular expressions are tried on a constant."""
    if rule.type == "pattern":
        pattern = str(rule.arguments["pattern"]).replace("'", "''")
        return f"select regexp_full_match('x', '{pattern}')"
    if rule.is_about_one_row:
        return f"select * from {table} where {broken_when(rule)}"
    if rule.type == "row_count":
        return "select 1"
    return f"select * from ({broken_rows(rule, table)})"


def _file(contract: Contract) -> str:
    return f"{contract.layer}/{contract.name}.odcs.yaml"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def main() -> None:
    """Print what is wrong with the project's own contracts; exit 1 when anything is."""
    problems = lint(CONTRACTS_FOLDER)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems) or "contracts: all are sound\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
