"""What contracts found without stopping the run becomes findings: one list of everything odd."""

import datetime as dt

import duckdb
import pytest

from regulars.pipelines.audit.findings.broken_rules import find_broken_warnings, find_quarantined_records
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.contracts.validation.validate import RuleResult
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings


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


def account(con: duckdb.DuckDBPyConnection, *files: tuple[str, str, str, int, int], excluded: int = 0) -> None:
    """Files in the order of landing: source, kind, file, rows read and rows quarantined."""
    con.execute("create schema meta; create schema landed")
    con.execute(
        "create table meta.row_accounting "
        "(source varchar, kind varchar, file_name varchar, file_sha256 varchar, rows_read int, rows_quarantined int, "
        "rows_excluded int)"
    )
    con.execute("create table landed.files (source varchar, file_sha256 varchar, delivery integer)")
    for number, (source, kind, file, read, quarantined) in enumerate(files):
        con.execute(
            "insert into meta.row_accounting values (?, ?, ?, ?, ?, ?, ?)",
            [source, kind, file, file, read, quarantined, excluded],
        )
        con.execute("insert into landed.files values (?, ?, ?)", [source, file, number])


def test_quarantined_records_are_a_finding_per_source_and_kind():
    con = duckdb.connect()
    account(
        con,
        ("shop", "orders", "a", 100, 2),
        ("shop", "orders", "b", 300, 6),
        ("shop", "refunds", "c", 9, 0),
        ("till", "orders", "d", 5, 5),
        ("shop", "malformed", "e", 1, 1),
    )
    found = list(find_quarantined_records(con))
    assert [(each.source, each.kind, each.count, each.share) for each in found] == [
        ("shop", "malformed", 1, 1 / 410),
        ("shop", "orders", 8, 0.02),
        ("till", "orders", 5, 1.0),
    ]


def test_a_newest_file_that_loses_many_of_its_records_is_not_hidden_by_those_before():
    con = duckdb.connect()
    account(con, ("survey", "survey_responses", "old", 2000, 2), ("survey", "survey_responses", "new", 10, 8))
    [found] = find_quarantined_records(con)
    assert (found.count, found.share) == (8, 0.8)
    assert found.sentence == "survey: in new, its newest file, 8 of 10 rows of survey_responses are quarantined."


def test_two_records_of_a_newest_file_are_few():
    con = duckdb.connect()
    account(con, ("survey", "survey_responses", "old", 2000, 2), ("survey", "survey_responses", "new", 10, 2))
    [found] = find_quarantined_records(con)
    assert (found.count, found.share) == (4, 4 / 2010)


@pytest.mark.parametrize(
    ("read", "quarantined", "is_said"),
    [
        (9, 8, True),
        (9, 2, False),
        (3, 2, True),  # one is left out by a rule: all others are bad
        (4, 2, False),
        (2, 1, False),  # a bad record alone is no bad file
    ],
)
def test_a_small_newest_file_of_bad_records_alone_is_said_though_it_stops_nothing(read, quarantined, is_said):
    con = duckdb.connect()
    account(con, ("till", "orders", "old", 5000, 0), ("till", "orders", "new", read, quarantined), excluded=1)
    [found] = evaluate_findings(find_quarantined_records(con), Policy(dt.date(2026, 3, 31)))
    assert (found.finding.severity == "warning") is is_said
