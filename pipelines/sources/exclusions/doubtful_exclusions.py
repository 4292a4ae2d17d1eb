"""Finds records that a rule leaves out though nobody has foreseen what they say, such as a new state of a tool.

Put here: counting them, and the finding. Keep out: leaving records out (`sources/record_rules.py`), and what a tool
may write (the profiles).
"""

from collections import Counter

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.warehouse.sql_text import quote_literal


def count_doubtful_exclusions(con: duckdb.DuckDBPyConnection, rows: str, source: Source) -> Counter[str]:
    """Rule -> how many records of a file it leaves out in doubt.

    Args:
        con: The build, with `excluded_records` of the file.
        rows: SQL of the landed rows, with `file_row_number` from 0.
        source: Its settings.
    """
    counts: Counter[str] = Counter()
    for rule, condition in source.doubtful.items():
        query = f"""
            select count(*)
            from {rows} as file
            where (\n{condition}\n)
            and file_row_number + 1 in (select row from excluded_records where rule = {quote_literal(rule)})
        """
        counts[rule] += con.execute(query).fetchall()[0][0]
    return counts


def find_doubtful_exclusions(source: str, counts: Counter[str]) -> list[Finding]:
    """Every rule of a source that leaves records out in doubt."""
    return [
        make_finding(
            "left_out_in_doubt",
            f"{source}: the rule `{rule}` leaves out {count:,} records that say something else than what it knows of "
            "records to leave out.",
            "See what the columns that the rule looks at say there, for example a state that is new or in another "
            f"language. If these records are yours, write a condition of your own as `{rule}` of the source.",
            source=source,
            count=count,
        )
        for rule, count in counts.items()
        if count
    ]
