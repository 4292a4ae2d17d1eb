"""Finds mistakes in the company's own segments before anything is read.

Put here: whether each expression can be run over `marts.customer_360`. Keep out: running it
(`own_segments.py`).
"""

from collections.abc import Iterator, Mapping

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.wording import suggest
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker, ExpressionWrong
from regulars.pipelines.sources.readers.landed_text import open_private_connection
from regulars.pipelines.warehouse.sql_text import quote_identifier

TABLE = "marts.customer_360"
FOLLOWED = ("segment", "value_tier", "lifecycle")
"""Segmentations of `marts.customer_segment_history` beside the own ones."""


def refuse_wrong_segments(settings: Settings, contracts: Mapping[str, Contract]) -> None:
    """Refuse settings whose own segments cannot be run.

    Raises:
        SettingsWrong: With every mistake, its line in the settings and the nearest column.
    """
    mistakes = list(find_wrong_segments(settings, contracts))
    if mistakes:
        raise SettingsWrong("\n".join(mistakes))


def find_wrong_segments(settings: Settings, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Find the mistakes, one sentence each, with its line in the settings."""
    if not settings.segments:
        return
    columns = dict(contracts[TABLE].types)
    taken = {
        str(value)
        for column in contracts["marts.customer_segments"].columns
        if column.name == "segment"
        for value, _ in column.allowed_values
    }
    with open_private_connection() as con:
        checker = ExpressionChecker(con)
        for name, segment in settings.segments.items():
            if name in taken:
                place = settings.locate(("segments", name))
                yield f"{place}segments.{name} is the name of an RFM segment of marts.customer_segments: choose another"
            if name in FOLLOWED:
                place = settings.locate(("segments", name))
                yield f"{place}segments.{name} is a segmentation of marts.segment_moves already: choose another"
            place = settings.locate(("segments", name, "when"))
            wrong = _find_mistake(segment.when, columns, checker, con)
            if wrong:
                yield f"{place}segments.{name}.when {wrong}"


def _find_mistake(
    expression: str, columns: Mapping[str, str], checker: ExpressionChecker, con: duckdb.DuckDBPyConnection
) -> str | None:
    """The mistake in an expression, as the rest of a sentence; None without one."""
    try:
        used = checker.list_columns(expression)
    except ExpressionWrong as wrong:
        return str(wrong)
    known = {name.casefold() for name in columns}
    for name in used:
        if name.casefold() not in known:
            where = expression.find(name) + 1
            return f"reads `{name}` (character {where}), which is no column of {TABLE}{suggest(name, sorted(columns))}"
    empty = ", ".join(f"null::{kind} as {quote_identifier(name)}" for name, kind in columns.items())
    try:
        found = con.execute(
            f"describe with customer as (select {empty}) select (\n{expression}\n) as value from customer"
        ).fetchall()
    except duckdb.Error as error:
        return f"is not understood: {str(error).splitlines()[0]}"
    kind = str(found[0][1])
    return (
        None if kind == "BOOLEAN" else f"is a {kind}, not a condition that is true or false; compare it with something"
    )
