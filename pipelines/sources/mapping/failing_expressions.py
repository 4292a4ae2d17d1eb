"""Finds the expressions of a mapping that fail on a row of a file.

Put here: which one fails, and how. Keep out: whether it may stand in the settings (`expressions.py`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.settings.sources.columns import KindMapping
from regulars.pipelines.sources.mapping.mapping import list_expressions


def find_failing_expressions(
    con: duckdb.DuckDBPyConnection, mapping: KindMapping, rows: str
) -> Iterator[tuple[str, str]]:
    """Our column (or `when`) and the type of the error, such as `conversion`; never a value.

    Args:
        con: Any connection that can read the rows.
        mapping: The mapping.
        rows: SQL of the landed rows.
    """
    for column, expression in list_expressions(mapping):
        try:
            con.execute(f"""
                select count(
                    {expression}
                )
                from {rows} as file
            """).fetchall()
        except duckdb.Error as error:
            yield column, type(error).__name__.removesuffix("Exception").lower()
