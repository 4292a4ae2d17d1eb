"""Own segments that decide nothing about customers are found, with how many and which share."""

import duckdb
import pytest

from regulars.pipelines.audit.findings.own_segments import find_undecided_segments

TABLES = """
create schema core; create schema marts;
create table core.customers as select i = 0 as is_unknown from range(5) as numbers(i);
create table marts.own_segments as select * from (values ('angry', {angry}), ('often', {often}))
    as segments(own_segment, undecided_customers);
"""


@pytest.mark.parametrize(("angry", "often", "count", "share"), [(3, 1, 3, 0.75), (0, 1, 1, 0.25)])
def test_the_rule_that_is_null_for_most_is_counted(angry: int, often: int, count: int, share: float):
    with duckdb.connect() as con:
        con.execute(TABLES.format(angry=angry, often=often))
        (found,) = find_undecided_segments(con)
    assert (found.count, found.share, found.severity) == (count, share, "info")
    assert "often of 1 customers (25%)" in found.sentence


def test_rules_that_decide_about_everybody_are_no_finding():
    with duckdb.connect() as con:
        con.execute(TABLES.format(angry=0, often=0))
        assert list(find_undecided_segments(con)) == []
