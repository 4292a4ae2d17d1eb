"""What contracts found without stopping the run becomes findings: one list of everything odd."""

import duckdb

from regulars.pipelines.audit.findings.broken_rules import find_broken_warnings, find_quarantined_records
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.contracts.validation.validate import RuleResult


def result(table: str, failed: int, severity: str = "warning", column: str = "town") -> RuleResult:
    rule = Rule(
        f"x.{column}",
        table,
        "pattern",
        (column,),
        severity=severity,
        description=f"{column} is short",  # type: ignore[arg-type]
    )
    return RuleResult(rule, 100, failed)


def test_the_broken_warnings_of_one_table_are_one_finding():
    found = list(
        find_broken_warnings(
            [
                result("marts.nps", 3),
                result("marts.nps", 4, column="zone"),
                result("marts.nps", 0, column="street"),
                result("core.orders", 5, severity="critical"),
            ]
        )
    )
    assert [(each.name, each.table, each.count) for each in found] == [("rules_broken", "marts.nps", 2)]
    assert "town is short (3 fail); zone is short (4 fail)" in found[0].sentence


def test_values_that_were_emptied_are_a_finding_of_their_kind_with_their_share():
    found = list(find_broken_warnings([result("raw.customers", 4)]))
    assert [(each.name, each.kind, each.count, each.share) for each in found] == [
        ("values_emptied", "customers", 4, 0.04)
    ]


def test_quarantined_records_are_a_finding_per_source_and_kind():
    con = duckdb.connect()
    con.execute("create schema meta")
    con.execute(
        """
        create table meta.row_accounting as
        from (values
            ('shop', 'orders', 100, 2), ('shop', 'orders', 300, 6), ('shop', 'refunds', 9, 0), ('till', 'orders', 5, 5),
            ('shop', 'malformed', 1, 1)
        ) as t (source, kind, rows_read, rows_quarantined)
        """
    )
    found = list(find_quarantined_records(con))
    assert [(each.source, each.kind, each.count, each.share) for each in found] == [
        ("shop", "malformed", 1, 1 / 410),
        ("shop", "orders", 8, 0.02),
        ("till", "orders", 5, 1.0),
    ]
