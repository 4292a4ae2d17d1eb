"""Fills the cells that a tool leaves empty on the rows that continue a document.

Put here: the SQL of it. Keep out: whether the file has the columns (`mapping_checks.py`).
"""

from collections.abc import Sequence

from regulars.pipelines.settings.sources.columns import FillDown
from regulars.pipelines.sources.readers.header import find_column
from regulars.pipelines.warehouse.sql_text import quote_identifier


def select_filled_rows(rows: str, fill: FillDown, columns: Sequence[str]) -> str:
    """SQL of the same rows and columns, as a subquery.

    Args:
        rows: SQL of the landed rows, with `file_row_number` from 0.
        fill: What the settings say.
        columns: The landed columns; those of `fill` that are not among them are passed over.
    """
    document = find_column(fill.document, columns)
    if document is None:
        return rows
    found = [find_column(name, columns) for name in (fill.document, *fill.columns)]
    names = dict.fromkeys(quote_identifier(name) for name in found if name is not None)
    cell = f"nullif(trim({quote_identifier(document)}), '')"
    filled = ", ".join(
        f"coalesce(nullif(trim({name}), ''), last_value(nullif(trim({name}), '') ignore nulls) over above) as {name}"
        for name in names
    )
    return f"""(
        with
            named as (
                select
                    *,
                    last_value({cell} ignore nulls) over (order by file_row_number) as " document",
                from {rows}
            ),

            begun as (
                select
                    *,
                    " document" is distinct from lag(" document") over (order by file_row_number) as " begins",
                from named
            ),

            numbered as (
                select *, count(*) filter (" begins") over (order by file_row_number) as " number",
                from begun
            )

        select * exclude (" document", " begins", " number") replace ({filled})
        from numbered
        window above as (partition by " number" order by file_row_number)
        order by file_row_number
    )"""
