"""Finds rows below the header that are headers too: the header again, questions of a survey, ids of an import.

Put here: recognising them in a file. Keep out: what a rule of the settings leaves out (`record_rules.py`).
"""

from collections.abc import Sequence

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_FIRST_ROWS = 5
"""Survey tools write further headers at once below the first one."""
_IMPORT_ID = r'\s*\{"ImportId":.*'


def count_header_rows(con: duckdb.DuckDBPyConnection, rows: str, columns: Sequence[str]) -> int:
    """How many records of a file are headers.

    Args:
        con: The build.
        rows: SQL of the records that are used, with `file_row_number` from 0.
        columns: The columns of the file.
    """
    # lists, and no `+` and `or` between: a file may have more columns than DuckDB lets an expression be deep
    cells = [f"file.{quote_identifier(column)}" for column in columns]
    same = [
        f"coalesce((lower(trim({cell})) = {quote_literal(name.strip().lower())})::integer, 0)"
        for cell, name in zip(cells, columns, strict=True)
    ]
    filled = ", ".join(f"(coalesce(trim({cell}), '') <> '')::integer" for cell in cells)
    import_ids = ", ".join(f"coalesce(regexp_full_match({cell}, {quote_literal(_IMPORT_ID)}), false)" for cell in cells)
    count: int = con.execute(
        f"""
        with
            first_rows as (
                select file_row_number, list_contains([{import_ids}], true) as has_import_id
                from {rows} as file
                where file_row_number < {_FIRST_ROWS}
            ),

            repeated as (
                select file_row_number
                from {rows} as file
                where ({" or ".join(f"{each} = 1" for each in same[:2])})
                    and list_sum([{", ".join(same)}]) >= greatest(2, list_sum([{filled}]) / 2)
            )

        select count(*)
        from (
            select file_row_number
            from first_rows
            where file_row_number <= (select max(file_row_number) from first_rows where has_import_id)
            union
            select file_row_number from repeated
        )
        """
    ).fetchall()[0][0]
    return count


def find_header_rows(source: str, count: int) -> list[Finding]:
    """That records of a source are headers.

    Args:
        source: The source.
        count: How many of its records.
    """
    if not count:
        return []
    finding = make_finding(
        "header_rows",
        f"{source}: {count:,} records repeat the header, or hold questions or ids of an import as survey tools write "
        "them below it; they are read as records.",
        "Leave them out, for example `exclude: {headers: \"ResponseId = 'Response ID' or ResponseId like "
        "'%ImportId%'\"}`.",
        source=source,
        count=count,
    )
    return [finding]
