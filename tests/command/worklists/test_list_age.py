"""Worklists say of which day they are; long after it, that calls by them come too late, and how many do."""

import csv
import dataclasses
import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.worklists.list_age import read_age
from regulars.pipelines.command.worklists.worklists import export_worklists, summarise_worklists
from regulars.pipelines.home.home import Home

AS_OF = dt.date(2026, 6, 30)


def summarise(demo: Path, days: int, *, as_json: bool = False) -> str:
    today = AS_OF + dt.timedelta(days=days)
    return summarise_worklists(Home(demo / "home"), today=today, owner=None, segment=None, as_json=as_json)


def test_lists_of_yesterday_say_their_day_and_warn_of_nothing(published_demo):
    said = summarise(published_demo, 1)
    assert said.splitlines()[0].endswith("as of 2026-06-30, 1 day ago")
    assert "warning" not in said
    assert {row["warning"] for row in json.loads(summarise(published_demo, 30, as_json=True))} == {None}


def test_lists_of_a_month_ago_say_for_how_many_customers_a_call_comes_too_late(published_demo):
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as con:
        query = "select count(*) filter (until_date < '2026-07-31'), count(*) from marts.owner_worklists"
        ((over, calls),) = con.execute(query).fetchall()
    assert 0 < over < calls
    warning = summarise(published_demo, 31).splitlines()[1]
    assert "counted up to 2026-06-30, 31 days before 2026-07-31" in warning
    assert f"for {over:,} of {calls:,} customers the last day on which a call helps is over" in warning


@pytest.mark.parametrize(("days", "warning"), [(1, ""), (60, "out of date: counted up to 2026-06-30, 60 days before")])
def test_an_exported_list_tells_the_caller_that_it_is_out_of_date(published_demo, tmp_path, days, warning):
    said = export_worklists(
        Home(published_demo / "home"),
        tmp_path / "lists",
        settings=published_demo / "regulars.yaml",
        today=AS_OF + dt.timedelta(days=days),
    )
    assert ("warning: out of date" in said) is bool(warning)
    files = sorted((tmp_path / "lists").glob("worklist-*.csv"))
    rows = [row for path in files for row in csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())]
    assert rows
    assert {row["Regulars warning"].startswith(warning) and bool(row["Regulars warning"]) for row in rows} == {
        bool(warning)
    }


@pytest.mark.parametrize("is_acknowledged", [False, True])
def test_new_lists_of_old_exports_are_out_of_date_too_unless_somebody_knows(published_demo, is_acknowledged):
    current = find_current(Home(published_demo / "home"))
    old = {
        "finding": "as_of_ahead",
        "severity": "warning",
        "is_acknowledged": is_acknowledged,
        "sentence": "The newest row of all sources is of 2026-02-01.",
    }
    manifest = dataclasses.replace(current.manifest, findings=(old,))
    with duckdb.connect(str(current.duckdb_file), read_only=True) as con:
        age = read_age(con, manifest, AS_OF + dt.timedelta(days=1))
    expected = None if is_acknowledged else "out of date: The newest row of all sources is of 2026-02-01"
    assert age.warning == expected
