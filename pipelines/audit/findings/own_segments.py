"""Measures how many customers the company's own segments decide nothing about.

Put here: the count and the share. Keep out: running the expressions (`pipelines/segments`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

_UNDECIDED = """
    select own_segment, undecided_customers, undecided_customers / known.customers as share
    from marts.own_segments
    cross join (select count(*) as customers from core.customers where not is_unknown) as known
    where undecided_customers > 0
    order by undecided_customers desc, own_segment
"""


def find_undecided_segments(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Own segments whose expression is NULL for customers, who are therefore not in it."""
    found = con.execute(_UNDECIDED).fetchall()
    if not found:
        return
    said = ", ".join(f"{name} of {customers:,} customers ({share:.0%})" for name, customers, share in found)
    yield make_finding(
        "own_segments_undecided",
        f"The rule of an own segment is NULL, neither true nor false, for customers, who are left out: {said}.",
        "Say in the segment's `when` what holds for them, such as `coalesce(latest_nps_score <= 6, false)`.",
        table="marts.own_segments",
        count=found[0][1],
        share=found[0][2],
        example=found[0][0],
    )
