"""Writes down the lines of a file that are not records: quarantined, or left out as the footer of a report.

Put here: lines. Keep out: records of which it cannot be told what they are (`record_rules.py`).
"""

import duckdb

from regulars.pipelines.sources.landed_delivery import LandedDelivery
from regulars.pipelines.sources.readers.landed_text import malformed_path
from regulars.pipelines.warehouse.sql_text import quote_literal

MALFORMED = "malformed"
"""The kind under which lines that are not records are counted."""

FOOTER = "footer"
"""The rule by which the lines of a footer are excluded."""

_LINES_AROUND = 3
"""How many lines of one value may stand between two lines of a footer, such as the report's name before its notice."""


def insert_malformed(con: duckdb.DuckDBPyConnection, read: LandedDelivery) -> None:
    """Write the lines of a file that are not records into `landed.malformed`, or into `landed.excluded` as its footer.

    Args:
        con: The build, with the tables of `landed`.
        read: The file.
    """
    if not read.landed.malformed_count:
        return
    con.execute(f"create or replace temp table file_lines as {_select_lines(read)}")
    con.execute(f"""
        insert into landed.malformed by name
        select {select_place(read)}, line, text, '{MALFORMED}' as rule, reason
        from file_lines
        where not is_footer
    """)
    con.execute(f"""
        insert into landed.excluded by name
        select
            {quote_literal(read.name)} as source,
            '{MALFORMED}' as kind,
            {read.number} as delivery,
            {quote_literal(read.landed.file_sha256)} as file_sha256,
            line as row,
            '{FOOTER}' as rule,
        from file_lines
        where is_footer
    """)


def _select_lines(read: LandedDelivery) -> str:
    """A SELECT of the lines: `line`, `text`, `reason`, `is_footer`.

    A footer is what begins as the settings say, and lines of one value that stand at most three lines from such a line.
    """
    lines = f"read_parquet({quote_literal(malformed_path(read.text))})"
    if read.source.footer is None:
        return f"select line, text, reason, false as is_footer from {lines}"
    begins = quote_literal(f'^[\\s"]*({read.source.footer})')
    return f"""
        with
            lines as (
                select
                    line,
                    text,
                    reason,
                    regexp_matches(text, {begins}) as is_named,
                    starts_with(reason, '1 cells ') as is_one_value,
                from {lines}
            )

        select
            line,
            text,
            reason,
            is_named or (is_one_value and exists (
                from lines as named
                where named.is_named and abs(named.line - lines.line) <= {_LINES_AROUND}
            )) as is_footer,
        from lines
    """


def select_place(read: LandedDelivery) -> str:
    """SQL of the columns of `landed.malformed` that say which file a line is from."""
    return f"""
        {quote_literal(read.name)} as source,
        {quote_literal(read.system)} as system,
        {read.number} as delivery,
        {quote_literal(read.landed.file_sha256)} as file_sha256
    """
