"""Finds out by the totals of a file whether its discounts are taken off the goods already; asks where none tells.

Put here: the sums of one order. Keep out: which column is which (`sources/recognition/guess.py`).
"""

from pathlib import Path
from typing import Any

import duckdb
from pydantic import ValidationError

from regulars.pipelines.command.init.drafts import Draft, Question
from regulars.pipelines.command.init.landed_groups import land_group
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.mapping.canonical import clean_text, convert_to_form
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.recognition.column_names import bare_name, read_names
from regulars.pipelines.warehouse.sql_text import quote_identifier

_MOST = 0.9
_FEW = 0.5


def settle_discounts(draft: Draft, con: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """Leave out discounts that a total shows to be taken off already; ask where there is no such total.

    Args:
        draft: The draft of a guess, which is changed; one that cannot be read is left as it is.
        con: A connection of its own.
        landing: A temporary folder.
    """
    columns = draft.written.get("kinds", {}).get("orders", draft.written).get("columns", {})
    if draft.problems or not isinstance(columns.get("discounts"), str) or not isinstance(columns["gross_sales"], str):
        return
    try:
        source = Source.model_validate({**draft.written, "path": "*"})
        group = land_group(draft.group, source, landing)
    except (Refusal, ValidationError):
        return  # looking at the values says why
    rows, landed = group.rows, group.newest
    totals = [name for name in landed.columns if name not in columns.values() and _is_total(name)]
    counted = [_count_orders(con, rows, source, columns, total) for total in totals]
    apart, taken, count = max(counted, default=(0, 0, _count_discounts(con, rows, source, columns)), key=max)
    goods, discount = columns["gross_sales"], columns["discounts"]
    if not count or (apart >= _MOST * count and taken < _FEW * count):
        return
    if taken >= _MOST * count and apart < _FEW * count:
        del columns["discounts"]
        draft.reasons.append(f"totals show that `{discount}` is taken off `{goods}` already, so that it is not read")
        return
    draft.questions.append(
        Question(
            "columns.discounts",
            f"is `{discount}` taken off `{goods}` already? No total tells, and it is taken as not: then take the "
            "mapping away",
        )
    )


def _is_total(name: str) -> bool:
    return bare_name(name) in read_names()["orders"]["gross_sales"]


def _number(name: Any, source: Source) -> str:
    """SQL: the number in a column; 0 where there is none."""
    if not isinstance(name, str):
        return "0"
    text = clean_text(f"file.{quote_identifier(name)}")
    read = convert_to_form("number", f"({text})", source.options, "UTC")
    return f"coalesce(try_cast({read} as decimal(18, 4)), 0)"


def _count_discounts(con: duckdb.DuckDBPyConnection, rows: str, source: Source, columns: dict[str, Any]) -> int:
    found = con.execute(f"select count(*) from {rows} as file where {_number(columns['discounts'], source)} <> 0")
    return int(found.fetchall()[0][0])


def _count_orders(
    con: duckdb.DuckDBPyConnection, rows: str, source: Source, columns: dict[str, Any], total: str
) -> tuple[int, int, int]:
    """Orders with a discount whose total has it taken off, those whose total has not, and all of them.

    Totals hold shipping and tax, one of them, or neither: the way that fits most orders is meant.
    """
    parts = {name: _number(columns.get(name), source) for name in ("gross_sales", "discounts", "shipping", "tax")}
    amounts = ", ".join(f"{text} as {name}" for name, text in parts.items())
    beside = ("shipping + tax", "shipping", "tax", "0")
    fits = [f"abs(total - (gross_sales - abs(discounts) + {each})) <= 0.02" for each in beside]
    fits += [f"abs(total - (gross_sales + {each})) <= 0.02" for each in beside]
    counts = ", ".join(f"count(*) filter ({each})" for each in fits)
    found = con.execute(f"""
        with amounts as (select {amounts}, {_number(total, source)} as total from {rows} as file)

        select {counts}, count(*) from amounts where discounts <> 0
    """).fetchall()[0]
    return max(found[:4]), max(found[4:8]), int(found[8])
