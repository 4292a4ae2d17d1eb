"""Makes the contract of `raw.<kind>` from the description of the kind.

Put here: what a kind's columns and rules mean as a contract. Keep out: the kinds themselves (`pipelines/kinds`), and
contracts that are files (`contract.py`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from regulars.pipelines.contracts.contract import PROVENANCE, Contract
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.contracts.rule import Column, Rule, Severity, make_column_rules
from regulars.pipelines.definitions.enumerations import CURRENCY_PATTERN
from regulars.pipelines.kinds.shape.kind import Form, Kind, KindColumn
from regulars.pipelines.kinds.shape.registry import KINDS

VERSION = "1.0.0"
"""Of all raw contracts together: another version says that a column was renamed or a rule became stricter."""

SIZE_RULE = "fits_the_company_currency"
"""The rule of every kind with money; `oversized.py` finds who breaks it."""

RECORD_RULE = "record.unique"
"""The rule of every kind whose records have an id of their own; `quarantine/repeats.py` finds who breaks it."""

_LOGICAL_TYPES: dict[Form, str] = {
    "number": "number",
    "moment": "timestamp",
    "date": "date",
    "boolean": "boolean",
}
"""The standard's type of a form; every other form is a `string`."""

_OPTIONS: dict[Form, dict[str, Any]] = {
    "moment": {"minimum": "1990-01-01 00:00:00", "exclusiveMaximum": "2100-01-01 00:00:00"},
    "date": {"minimum": "1990-01-01", "exclusiveMaximum": "2100-01-01"},
    "currency": {"pattern": CURRENCY_PATTERN},
}
"""What holds of every value of a form."""


def load_all_contracts(folder: Path) -> dict[str, Contract]:
    """All contracts: those of the files under `folder`, and those of all kinds; table -> contract.

    Raises:
        SettingsWrong: A file is not a contract.
    """
    return load_contracts(folder) | {f"raw.{name}": make_raw_contract(kind) for name, kind in KINDS.items()}


def make_raw_contract(kind: Kind) -> Contract:
    """The contract of `raw.<kind>`: text in the kind's columns, and where each row was read."""
    table = f"raw.{kind.name}"
    columns = (*map(_make_column, kind.columns), *PROVENANCE)
    return Contract(
        table=table,
        version=VERSION,
        kind="view",
        purpose=kind.purpose,
        description=kind.description,
        grain=kind.grain,
        columns=columns,
        rules=(
            *_make_table_rules(kind, table, columns),
            *_make_column_rules(kind, table),
            *_make_row_rules(kind, table),
        ),
        document=kind.document,
        record_id=kind.record_id,
    )


def _make_column(column: KindColumn) -> Column:
    return Column(
        name=column.name,
        type="VARCHAR",
        logical_type=_LOGICAL_TYPES.get(column.form, "string"),
        description=column.description,
        required=column.is_required,
        classification="personal" if column.is_personal else "internal",
        unit=column.unit,
        reads_as="" if column.staging_type == "VARCHAR" else column.staging_type,
    )


def _make_table_rules(kind: Kind, table: str, columns: tuple[Column, ...]) -> Iterator[Rule]:
    yield Rule(
        f"{kind.name}.structure",
        table,
        "structure",
        (),
        {"columns": tuple((column.name, column.type) for column in columns)},
        "critical",
        f"{kind.name} has exactly the columns of its contract, in order and of the declared types",
        "conformity",
    )
    yield Rule(
        f"{kind.name}.unique", table, "unique", ("_row_id",), {}, "critical", "_row_id appears once", "uniqueness"
    )
    present = " and ".join(f"{column.name} is not null" for column in PROVENANCE if column.required)
    yield Rule(
        f"{kind.name}.provenance",
        table,
        "predicate",
        (),
        {"predicate": present},
        "critical",
        "every row says where it came from",
        "completeness",
    )
    if kind.record_id:
        record = ("_system", *kind.record_id)
        words = f"{' and '.join(record)} together appear once"
        yield Rule(f"{kind.name}.{RECORD_RULE}", table, "unique", record, {}, "critical", words, "uniqueness")


def _make_column_rules(kind: Kind, table: str) -> Iterator[Rule]:
    for column in kind.columns:
        bounds = {"minimum": column.minimum, "exclusiveMinimum": column.more_than}
        options = _OPTIONS.get(column.form, {}) | {key: least for key, least in bounds.items() if least is not None}
        severity: Severity = "warning" if column.is_emptied else "critical"
        yield from make_column_rules(table, _make_column(column), options, tuple(column.values), False, severity)


def _make_row_rules(kind: Kind, table: str) -> Iterator[Rule]:
    if kind.money:
        yield Rule(
            id=f"{kind.name}.{SIZE_RULE}",
            table=table,
            type="query",
            arguments={
                "query": "select * from {table} here "
                f"where here._row_id in (select row_id from quarantine_work.oversized where kind = '{kind.name}')"
            },
            description="The document's amounts, and their sums, have at most 14 digits before the point, also after "
            "conversion into the company's currency",
            dimension="accuracy",
        )
    for rule in kind.rules:
        yield Rule(
            id=f"{kind.name}.{rule.name}",
            table=table,
            type="query" if rule.query else "predicate",
            arguments={"query": rule.query.strip()} if rule.query else {"predicate": rule.predicate},
            severity=rule.severity,
            description=rule.description,
            dimension=rule.dimension,
        )
