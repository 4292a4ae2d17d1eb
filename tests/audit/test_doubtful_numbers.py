"""Reasons and findings in one list: what the run warns of first, then what concerns most customers."""

import duckdb
import polars as pl

from regulars.pipelines.audit.doubtful_numbers import list_doubts

REASONS = """
    create table meta.reasons as select * from (values
        (1, 40, 90, 1, 1, 30, 'marts.f', 'the week is not over', null), (2, 4, 9, 1, 1, 30, 'marts.a', 'missing', 'x'),
        (3, 0, 30, 0, 5, 0, 'marts.b', 'of a part', 'y'), (4, 0, 0, 2, 2, 5, 'marts.c', 'chosen so', null),
        (5, 0, 0, 0, 1, 1, 'marts.d', 'part', null), (6, 2, 2, 1, 1, null, 'marts.g', 'nobody counted', 'x'),
        (7, 1, 1, 1, 1, 700, 'marts.h', 'of many', 'x'), (null, 0, 0, 0, 0, 900, 'marts.e', 'over', 'z')
    ) reasons(reason_rank, headline_numbers_missing, numbers_missing, headline_rows_with_reason,
        newest_rows_with_reason, customers_at_stake, table_name, reason, emptied_columns)
"""
FINDINGS = """
    create table meta.findings as select * from (values
        ('b', 'info', 'noted', false), ('a', 'warning', 'warned', false), ('c', 'warning', 'known', true)
    ) findings(finding_id, severity, sentence, is_acknowledged)
"""


def doubts() -> pl.DataFrame:
    with duckdb.connect() as con:
        con.execute("create schema meta")
        con.execute(REASONS)
        con.execute("alter table meta.reasons add column reason_group varchar")
        con.execute("update meta.reasons set reason_group = reason")
        con.execute(FINDINGS)
        con.execute("alter table meta.findings add column table_name varchar")
        con.execute("alter table meta.findings add column advice varchar default 'do'")
        return list_doubts(con)


def test_doubts_are_in_the_order_in_which_they_are_to_be_read():
    found = doubts()
    assert found["doubt_rank"].to_list() == [*range(1, 11)]
    assert found.select("doubt", "doubt_group").rows() == [
        ("warned", "warned"),
        ("of many", "headline_missing"),
        ("missing", "headline_missing"),
        ("nobody counted", "headline_missing"),
        ("chosen so", "headline_unsure"),
        ("noted", "noted"),
        ("of a part", "part_missing"),
        ("part", "part_unsure"),
        ("the week is not over", "not_over"),
        ("known", "acknowledged"),
    ]


def test_what_is_over_is_left_out_and_each_row_leads_back():
    found = doubts()
    assert found["finding_id"].drop_nulls().to_list() == ["a", "b", "c"]
    missing = ["of many", "missing", "nobody counted"]
    assert found["reason_group"].drop_nulls().to_list() == [
        *missing, "chosen so", "of a part", "part", "the week is not over"
    ]  # fmt: skip
    of_findings = found.filter(pl.col("finding_id").is_not_null())
    assert of_findings.select("numbers_missing", "customers_at_stake").null_count().row(0) == (3, 3)
