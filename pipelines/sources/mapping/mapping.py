"""Writes the SELECT that turns the columns of a landed file into the columns of a kind.

Put here: what `columns` and `when` of the settings mean. Keep out: forms of values (`canonical.py`), mistakes
(`mapping_checks.py`), and which files are read.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from regulars.pipelines.kinds.shape.kind import DefaultBy, KindColumn, SourceCurrency
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.sources.attributes import ATTRIBUTES_OF, TypedAttribute, type_attribute
from regulars.pipelines.settings.sources.columns import Column, Constant, Derived, KindMapping
from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.sources.mapping.canonical import clean_text, convert_to_form
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.readers.header import find_column
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

ATTRIBUTES = "attributes"
"""The column of `customers` that holds the company's own attributes as a JSON object."""


@dataclass(frozen=True)
class LandedFile:
    """One landed file as its mappings see it.

    Attributes:
        rows: SQL of the landed rows, with `file_row_number` from 0.
        columns: Names of the landed columns.
        rest: Those that no kind of the source reads; they go to `_rest`.
        options: How values are written.
        source: The source.
        system: The system whose ids the file holds.
        delivery: The number of the delivery.
        file_sha256: The hash of the delivered bytes.
        zone: The zone of moments that carry none.
        currency: The currency of amounts that carry none.
        file_name: Its name as delivered.
        landed_at: When it came, UTC; None: not known.
    """

    rows: str
    columns: tuple[str, ...]
    rest: list[str]
    options: FileOptions
    source: str
    system: str
    delivery: int
    file_sha256: str
    zone: str
    currency: str
    file_name: str = ""
    landed_at: dt.datetime | None = None


def select_kind(kind: str, mapping: KindMapping, file: LandedFile) -> str:
    """One SELECT that gives the rows of `landed.<kind>` from a landed file.

    Args:
        kind: One of `KINDS`.
        mapping: What the columns mean; checked before.
        file: The file.
    """
    cleaned, converted = [], []
    cells: dict[str, str] = {}
    for position, column in enumerate(KINDS[kind].columns):
        name, cell = quote_identifier(column.name), quote_identifier(f" {position}")
        value = select_delivered_text(mapping.columns.get(column.name), file.columns)
        if column.name == ATTRIBUTES and kind == ATTRIBUTES_OF and mapping.attributes:
            own = list(_select_attributes(mapping, file))
            cleaned += [text for text, _ in own]
            converted.append(
                f"'{{' || nullif(concat_ws(',', {', '.join(pair for _, pair in own)}), '') || '}}' as {name}"
            )
        elif value is None:
            converted.append(f"{_select_default(column, file.currency, cells)} as {name}")
        else:
            cells[column.name] = cell
            cleaned.append(f"{clean_text(value)} as {cell}")
            converted.append(f"{convert_to_form(column.form, cell, file.options, file.zone)} as {name}")
    return f"""
        with cleaned as not materialized (
            select
                {", ".join([*cleaned, "file_row_number"])},
                {select_row_as_json(file.rest)} as _rest
            from {file.rows} as file
            where ({mapping.when or "true"}
            ) is true
        )
        select
            {", ".join(converted)},
            {quote_literal(file.source)} as _source,
            {quote_literal(file.system)} as _system,
            {file.delivery} as _delivery,
            {quote_literal(file.file_sha256)} as _file_sha256,
            file_row_number + 1 as _row,
            {file.delivery}::bigint * {2**40} + file_row_number + 1 as _row_id,
            _rest
        from cleaned
    """


def _select_attributes(mapping: KindMapping, file: LandedFile) -> Iterator[tuple[str, str]]:
    """Per attribute that the file has: its clean text under a name of its own, and the pair of its name and value."""
    for number, (name, written) in enumerate(mapping.attributes.items()):
        typed = type_attribute(written)
        value = select_delivered_text(list_attribute_origin(typed), file.columns)
        if value is not None:
            cell = quote_identifier(f" attribute {number}")
            text = convert_to_form(typed.form, cell, file.options, file.zone)
            key = quote_literal(json.dumps(name) + ":")
            yield f"{clean_text(value)} as {cell}", f"{key} || to_json({text})::varchar"


def list_attribute_origin(typed: TypedAttribute) -> Column:
    """Where an attribute comes from, as a column of ours would."""
    return Derived(sql=typed.sql) if typed.sql is not None else typed.column or []


def list_unread_columns(
    mappings: Iterable[KindMapping], conditions: Iterable[str], columns: tuple[str, ...], checker: ExpressionChecker
) -> list[str]:
    """Landed columns that no mapping and no condition of the source reads."""
    read = {find_column(name, columns) for condition in conditions for name in checker.list_columns(condition)}
    for mapping in mappings:
        own = (list_attribute_origin(type_attribute(each)) for each in mapping.attributes.values())
        for wanted in (*mapping.columns.values(), *own):
            if isinstance(wanted, str | list):
                read.add(find_first_column([wanted] if isinstance(wanted, str) else wanted, columns))
        for _, expression in list_expressions(mapping):
            read |= {find_column(name, columns) for name in checker.list_columns(expression)}
    return [column for column in columns if column not in read]


def list_expressions(mapping: KindMapping) -> Iterator[tuple[str, str]]:
    """The expressions of a mapping, each with our column's name, or `when`."""
    for column, wanted in mapping.columns.items():
        if isinstance(wanted, Derived):
            yield column, wanted.sql
    for name, written in mapping.attributes.items():
        if (sql := type_attribute(written).sql) is not None:
            yield f"attributes.{name}", sql
    if mapping.when is not None:
        yield "when", mapping.when


def find_first_column(names: list[str], columns: tuple[str, ...]) -> str | None:
    """The first of several header names that the file has."""
    return next((found for name in names if (found := find_column(name, columns)) is not None), None)


def select_delivered_text(wanted: Column | None, columns: tuple[str, ...]) -> str | None:
    """SQL of the delivered text; None where the settings or the file have nothing for the column."""
    if wanted is None:
        return None
    if isinstance(wanted, Constant):
        return quote_literal(wanted.value)
    if isinstance(wanted, Derived):
        return f"(\n{wanted.sql}\n)::varchar"
    found = find_first_column([wanted] if isinstance(wanted, str) else wanted, columns)
    return None if found is None else f"file.{quote_identifier(found)}"


def _select_default(column: KindColumn, currency: str, cells: Mapping[str, str]) -> str:
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


def select_row_as_json(columns: list[str]) -> str:
    """SQL of a JSON object of those columns that hold a value; NULL when none does."""
    if not columns:
        return "null::varchar"
    keys = [quote_literal(json.dumps(column, ensure_ascii=False) + ":") for column in columns]
    pairs = ", ".join(
        f"{key} || to_json(file.{quote_identifier(column)})::varchar" for key, column in zip(keys, columns, strict=True)
    )
    return f"'{{' || nullif(concat_ws(',', {pairs}), '') || '}}'"
