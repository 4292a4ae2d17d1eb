"""The published file says which rules kept how many records out, and nothing out of a record."""

from collections import Counter
from pathlib import Path

import duckdb

from regulars.pipelines.audit.meta_tables import NO_RULES_OF_A_CONTRACT


def test_records_are_counted_under_every_rule_that_they_break(published_demo: Path):
    home = published_demo / "home"
    [state] = (home / "state").glob("g*.duckdb")
    with duckdb.connect(str(state), read_only=True) as con:
        kept_out = con.execute("select source, kind, rules from quarantine.rows").fetchall()
    broken = Counter((source, kind, rule) for source, kind, rules in kept_out for rule in rules.split(","))
    with duckdb.connect(str(home / "current" / "regulars.duckdb"), read_only=True) as con:
        rows = con.execute(
            "select source, kind, rule, records, rule_description from meta.quarantine_reasons"
        ).fetchall()
    assert {(source, kind, rule): records for source, kind, rule, records, _ in rows} == broken
    told = {rule: words for _, _, rule, _, words in rows}
    assert told["malformed"] == NO_RULES_OF_A_CONTRACT["malformed"]
    assert any("." in rule for rule in told)
    assert all(told.values())
