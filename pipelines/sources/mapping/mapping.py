"""From the columns of a file to the columns of a kind: one SELECT.

Put here: what `columns` and `when` of the settings mean. Keep out: forms of values (`canonical.py`), mistakes
(`mapping_checks.py`), and which files are read.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from regulars.pipelines.kinds.kind import DefaultBy, KindColumn, SourceCurrency
from regulars.pipelines.kinds.registry import KINDS
from regulars.pipelines.settings.settings import Column, Constant, Derived, FileOptions, KindMapping
from regulars.pipelines.sources.mapping.canonical import canonical, tidied
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.readers.header import find_column
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal


def select_kind(
    kind: str,
    mapping: KindMapping,
    options: FileOptions,
    columns: tuple[str, ...],
    rest: list[str],
    rows: str,
    trace: Mapping[str, str],
    zone: str,
    currency: str,
) -> str:
    """One SELECT that gives `landed.<kind>` from a landed file.

    Args:
        kind: One of `KINDS`.
        mapping: What the columns mean; checked before.
        options: How values are written.
        columns: Names of the landed columns.
        rest: Those that no kind of the source reads; they go to `_rest`.
        rows: SQL of the landed rows, with `file_row_number` from 0.
        trace: SQL of `_source`, `_system`, `_delivery` and `_file_sha256`, which are constants.
        zone: The zone of moments that carry none.
        currency: The currency of amounts that carry none.
    """
    raw, shaped = [], []
    cells: dict[str, str] = {}
    for position, column in enumerate(KINDS[kind].columns):
        value = _raw_value(mapping.columns.get(column.name), columns)
        cell = quote_identifier(f" {position}")
        if value is None:
            shaped.append(f"{_default(column, currency, cells)} as {quote_identifier(column.name)}")
        else:
            cells[column.name] = cell
            raw.append(f"{tidied(value)} as {cell}")
            shaped.append(f"{canonical(column.form, cell, options, zone)} as {quote_identifier(column.name)}")
    given = [f"{trace[name]} as {name}" for name in ("_source", "_system", "_delivery", "_file_sha256")]
    number = "file_row_number + 1"
    given += [f"{number} as _row", f"{trace['_delivery']}::bigint * {2**40} + {number} as _row_id", "_rest"]
    inner = ", ".join([*raw, "file_row_number", f"{json_of_row(rest)} as _rest"])
    chosen = f" where ({mapping.when}\n) is true" if mapping.when else ""
    return f"select {', '.join(shaped + given)} from (select {inner} from {rows} as file{chosen})"


def unread_columns(mappings: Iterable[KindMapping], columns: tuple[str, ...], checker: ExpressionChecker) -> list[str]:
    """Landed columns that no mapping reads."""
    read: set[str | None] = set()
    for mapping in mappings:
        for wanted in mapping.columns.values():
            if isinstance(wanted, str | list):
                read.add(first_found([wanted] if isinstance(wanted, str) else wanted, columns))
        for _, expression in expressions_of(mapping):
            read |= {find_column(name, columns) for name in checker.columns_of(expression)}
    return [column for column in columns if column not in read]


def expressions_of(mapping: KindMapping) -> Iterator[tuple[str, str]]:
    """The expressions of a mapping, each with our column's name, or `when`."""
    for column, wanted in mapping.columns.items():
        if isinstance(wanted, Derived):
            yield column, wanted.sql
    if mapping.when is not None:
        yield "when", mapping.when


def first_found(names: list[str], columns: tuple[str, ...]) -> str | None:
    """The first of several header names that the file has."""
    return next((found for name in names if (found := find_column(name, columns)) is not None), None)


def _raw_value(wanted: Column | None, columns: tuple[str, ...]) -> str | None:
    """SQL of the delivered text; None where the settings or the file have nothing for the column."""
    if wanted is None:
        return None
    if isinstance(wanted, Constant):
        return quote_literal(wanted.value)
    if isinstance(wanted, Derived):
        return f"(\n{wanted.sql}\n)::varchar"
    found = first_found([wanted] if isinstance(wanted, str) else wanted, columns)
    return None if found is None else f"file.{quote_identifier(found)}"


def _default(column: KindColumn, currency: str, cells: Mapping[str, str]) -> str:
    """SQL of what an unmapped column gets.

    Args:
        column: The column.
        currency: The source's or company's.
        cells: SQL of the columns before it that are mapped.
    """
    match column.default:
        case SourceCurrency():
            return quote_literal(currency)
        case DefaultBy(other, values) if other in cells:
            cases = " ".join(
                f"when {quote_literal(value)} then {quote_literal(given)}" for value, given in values.items()
            )
            return f"case lower({cells[other]}) {cases} end"
        case str(value):
            return quote_literal(value)
        case _:
            return "null::varchar"


def json_of_row(columns: list[str]) -> str:
    """SQL of a JSON object of those columns that hold something; NULL when there are none."""
    if not columns:
        return "null::varchar"
    pairs = ", ".join(
        f"{quote_literal(_json_text(column) + ':')} || to_json(file.{quote_identifier(column)})::varchar"
        for column in columns
    )
    return f"'{{' || nullif(concat_ws(',', {pairs}), '') || '}}'"


def _json_text(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
