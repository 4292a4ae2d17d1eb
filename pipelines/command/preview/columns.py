"""Shows the first rows of a source in our columns, without a personal value.

Put here: which values may be shown, and the shape of the others. Keep out: landing.
"""

from dataclasses import dataclass

import duckdb

from regulars.pipelines.kinds.shape.kind import KindColumn
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.sources.columns import Column, Constant, Derived, KindMapping
from regulars.pipelines.sources.formats.shape import mask_value
from regulars.pipelines.sources.mapping.canonical import CANONICAL
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

SHOWN_ROWS = 3


@dataclass(frozen=True)
class ColumnView:
    """One of our columns as the first rows fill it.

    Attributes:
        column: Our column.
        mapped_to: What the settings map it to.
        filled_share: The share of rows with a value, 0 to 1; None when there are no rows.
        values: The first rows' values, or their shapes; None where there is none.
    """

    column: str
    mapped_to: str
    filled_share: float | None
    values: tuple[str | None, ...]


def view_columns(con: duckdb.DuckDBPyConnection, source: str, kind: str, mapping: KindMapping) -> list[ColumnView]:
    """Every mapped column of a kind, as the first rows of a source fill it.

    Numbers, days, moments, yes or no, currencies and values from a list of ours are shown as we read them. Everything
    else might be personal, or might be after a mistake in the mapping, so only its shape is shown.
    """
    views = []
    for column in KINDS[kind].columns:
        mapped = mapping.columns.get(column.name)
        if mapped is None:
            continue
        name = quote_identifier(column.name)
        rows = f"landed.{quote_identifier(kind)}"
        filled, total = con.execute(
            f"select count({name}), count(*) from {rows} where _source = $1", [source]
        ).fetchall()[0]
        first = con.execute(
            f"select {name} from {rows} where _source = $1 order by _row_id limit {SHOWN_ROWS}", [source]
        ).fetchall()
        values = tuple(_show(con, column, value) for (value,) in first)
        views.append(ColumnView(column.name, _word_mapping(mapped), filled / total if total else None, values))
    return views


def _show(con: duckdb.DuckDBPyConnection, column: KindColumn, value: str | None) -> str | None:
    if value is None or (_is_plain(con, column, value) and not column.is_personal):
        return value
    return mask_value(value)


def _is_plain(con: duckdb.DuckDBPyConnection, column: KindColumn, value: str) -> bool:
    if column.values:
        return value in column.values
    pattern = "[A-Z]{3}" if column.form == "currency" else CANONICAL.get(column.form)
    if pattern is None:
        return False
    found = con.execute(f"select regexp_full_match($1, {quote_literal(pattern)})", [value]).fetchall()
    return bool(found[0][0])


def _word_mapping(mapped: Column) -> str:
    if isinstance(mapped, Constant):
        return "a constant"
    if isinstance(mapped, Derived):
        return "an expression"
    return mapped if isinstance(mapped, str) else " or ".join(mapped)
