"""A month that was over must not fall, unless somebody meant it; a source that fed rows must not go unnoticed."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import duckdb
import polars as pl
import pytest

from regulars.pipelines.audit.findings.parent import (
    find_fallen_months,
    find_gone_sources,
    find_missing_parent_files,
    find_risen_months,
    list_ordered_causes,
)
from regulars.pipelines.audit.restatements.parent import ParentGeneration
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings

MAY = dt.date(2026, 5, 1)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema meta")
    con.execute(
        """
        create table meta.restatements (
            generation integer, metric varchar, key varchar, period_start date, cause varchar, value_before double,
            value_after double, explained_change double
        );
        create table sales (month date, new_orders integer, returning_orders integer, unknown_customer_orders integer);
        insert into sales values ('2026-05-01', 60, 30, 10), ('2026-04-01', 2, 0, 0);
        """
    )
    return con


def restate(
    con, metric: str, before: float, after: float | None, *causes: tuple[str, float], month: dt.date = MAY
) -> None:
    con.executemany(
        "insert into meta.restatements values (2, ?, 'all', ?, ?, ?, ?, ?)",
        [(metric, month, cause, before, after, change) for cause, change in causes],
    )


def find(con, generation: int = 2) -> list[str]:
    found = evaluate_findings(find_fallen_months(con, generation, "sales"), Policy(MAY))
    return [each.finding.sentence for each in found if each.is_stop]


@pytest.mark.parametrize(
    ("after", "stops"), [(1001.0, False), (975.0, False), (965.0, True), (0.0, True), (None, True)]
)
def test_a_month_of_a_hundred_orders_may_lose_one_order_and_two_percent(con, after, stops):
    restate(con, "net_sales", 1000.0, after, ("removed_order", (after or 0.0) - 1000))
    assert bool(find(con)) is stops


@pytest.mark.parametrize(
    ("after", "cause", "parent_as_of", "found"),
    [
        (1100.0, "new_order", dt.date(2026, 6, 15), 1),
        (1050.0, "new_order", dt.date(2026, 6, 15), 0),
        (1100.0, "settings", dt.date(2026, 6, 15), 0),
        (1100.0, "new_order", dt.date(2026, 6, 14), 0),
        (900.0, "new_order", dt.date(2026, 6, 15), 0),
    ],
)
def test_a_month_that_was_long_over_may_rise_by_a_twentieth(con, after, cause, parent_as_of, found):
    restate(con, "net_sales", 1000.0, after, (cause, after - 1000))
    con.execute("create view orders_before as select month, 100 as orders from sales")
    evaluated = evaluate_findings(find_risen_months(con, 2, parent_as_of), Policy(MAY))
    assert [each.finding.name for each in evaluated] == ["closed_month_rose"] * found


def test_customers_who_are_gone_with_all_their_records_may_be_lost_by_the_export(con):
    restate(con, "orders", 100.0, 50.0, ("erasure", -50.0))
    assert len(find(con)) == 1


def test_customers_whom_the_company_has_excluded_are_no_loss_and_are_said(con):
    restate(con, "orders", 100.0, 50.0, ("erasure", -50.0))
    found = list(find_fallen_months(con, 2, "sales", list_ordered_causes(["exclude.emails", "lapse_days 365 → 400"])))
    assert [(each.finding.name, each.finding.count) for each in evaluate_findings(found, Policy(MAY))] == [
        ("closed_months_lost_excluded", 1)
    ]
    assert list_ordered_causes(["exclude.order_ids"]) == ("erasure", "removed_order", "removed_refund")
    assert list_ordered_causes(["identity.ignore_emails"]) == ()


def test_one_order_of_two_is_an_ordinary_cancellation(con):
    restate(con, "orders", 2.0, 1.0, ("changed_order", -1.0), month=dt.date(2026, 4, 1))
    assert find(con) == []


def test_customers_who_turn_out_to_be_one_are_no_loss(con):
    restate(con, "active_customers", 100.0, 90.0, ("customers_merged", -10.0))
    assert find(con) == []
    restate(con, "net_sales", 1000.0, 500.0, ("settings", -100.0), ("removed_order", -400.0))
    assert find(con) == [
        "Net sales of May 2026 fell from 1,000 to 500, although the month was over when the last generation was "
        "published."
    ]


def test_other_metrics_and_restatements_of_earlier_generations_are_not_looked_at(con):
    restate(con, "new_customers", 100.0, 50.0, ("removed_order", -50.0))
    restate(con, "orders", 100.0, 50.0, ("removed_order", -50.0))
    assert find(con, generation=3) == []


def test_a_source_that_fed_rows_and_is_gone_is_found_and_the_new_one_named():
    before = [
        {"source": "till", "system": "shop", "rows_loaded": 7},
        {"source": "crm", "system": "crm", "rows_loaded": 5},
        {"source": "never", "system": "never", "rows_loaded": 0},
    ]
    [found] = find_gone_sources(before, [], {"crm": "crm", "kasse": "kasse"})
    assert (found.source, found.count) == ("till", 7)
    assert "kasse is new: was it renamed?" in found.sentence
    assert "`system: shop`" in found.advice


def test_a_gone_source_stays_found_until_it_is_back():
    parent = [{"source": "crm", "system": "crm", "rows_loaded": 5}]
    found_before = [
        {"finding": "source_gone", "source": "till", "found_count": 7, "sentence": "till fed 7.", "advice": "Look."},
        {"finding": "rate_old", "source": None, "found_count": 1, "sentence": "Old.", "advice": "Look."},
    ]
    [again] = find_gone_sources(parent, found_before, {"crm": "crm"})
    assert (again.source, again.count, again.sentence) == ("till", 7, "till fed 7.")
    assert list(find_gone_sources(parent, found_before, {"crm": "crm", "till": "till"})) == []
    assert list(find_gone_sources(parent, found_before, {"crm": "crm", "kasse": "till"})) == []


def test_a_source_renamed_with_its_system_is_not_gone():
    before = [{"source": "till", "system": "shop", "rows_loaded": 7}]
    assert list(find_gone_sources(before, [], {"kasse": "shop"})) == []


@pytest.mark.parametrize(("can_read", "said"), [(True, "read from its DuckDB file instead"), (False, "begins anew")])
def test_missing_files_of_the_parent_are_said_with_what_they_do_to_the_run(can_read, said):
    [found] = find_missing_parent_files(
        "g000007", ["marts.churn.parquet", "meta.runs.parquet"], can_read_duckdb_file=can_read
    )
    assert (found.name, found.count) == ("parent_files_missing", 2)
    assert said in found.sentence


def test_a_parent_with_all_its_files_gives_no_finding():
    assert list(find_missing_parent_files("g000007", [], can_read_duckdb_file=True)) == []


@dataclass(frozen=True)
class Folder:
    """A generation with one table."""

    path: Path

    @property
    def manifest(self):
        return SimpleNamespace(tables={"marts.own_segments": {}}, as_of=dt.date(2026, 3, 31))

    @property
    def duckdb_file(self):
        return self.path / "regulars.duckdb"

    def parquet_file(self, table):
        return self.path / f"{table}.parquet"


def test_what_a_missing_parquet_file_held_is_read_from_the_duckdb_file(tmp_path):
    columns = {"own_segment": pl.String, "followed_since": pl.Date}
    parent = ParentGeneration(duckdb.connect(), Folder(tmp_path))
    assert parent.list_missing_files() == ["marts.own_segments.parquet"]
    assert parent.read_columns("marts.own_segments", columns).is_empty()
    with duckdb.connect(tmp_path / "regulars.duckdb") as con:
        con.execute("create schema marts")
        con.execute("create table marts.own_segments as select 'often' own_segment, date '2026-01-05' followed_since")
    assert parent.can_read("marts.own_segments", columns)
    assert not parent.can_read("marts.own_segments", ["lost"])
    assert not parent.can_read("marts.nps", columns)
    assert parent.read_columns("marts.own_segments", columns).rows() == [("often", dt.date(2026, 1, 5))]
    assert parent.read_columns("marts.own_segments", {"lost": pl.String}).is_empty()
    assert parent.read_columns("marts.nps", columns).is_empty()
