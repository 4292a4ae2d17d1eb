"""Worklists say of which day they are; long after it, that calls by them come too late, and how many do."""

import csv
import dataclasses
import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.worklists.list_age import ListAge, read_age
from regulars.pipelines.command.worklists.worklists import export_worklists, summarise_worklists
from regulars.pipelines.home.home import Home

AS_OF = dt.date(2026, 6, 30)


def noon_after(days: int) -> dt.datetime:
    """Noon of so many days after `AS_OF`."""
    return dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC) + dt.timedelta(days=days)


def summarise(demo: Path, days: int, *, as_json: bool = False) -> str:
    return summarise_worklists(Home(demo / "home"), now=noon_after(days), owner=None, segment=None, as_json=as_json)


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
    assert warning == (
        "warning: The list is out of date. It counts up to 2026-06-30, 31 days before 2026-07-31. "
        f"For {over:,} of {calls:,} customers the last day on which a call helps is over. "
        "Run again with newer exports before anybody calls."
    )


def age_of(now: dt.datetime, until: dt.date = AS_OF, **settings: str) -> ListAge:
    """The age of a list of one call until a day, of a run with some settings."""
    with duckdb.connect() as con:
        con.execute("create schema marts; create table marts.owner_worklists (until_date date)")
        con.execute("insert into marts.owner_worklists values (?)", [until])
        con.execute("create schema meta; create table meta.settings_used (setting varchar, setting_value varchar)")
        for name, value in settings.items():
            con.execute("insert into meta.settings_used values (?, ?)", [name.replace("_", "."), value])
        return read_age(con, SimpleNamespace(generation=1, as_of=AS_OF, findings=()), now)


@pytest.mark.parametrize(("days", "over"), [(0, 0), (1, 1)])
def test_a_call_comes_too_late_after_its_last_day(days, over):
    assert age_of(noon_after(days)).over == over


@pytest.mark.parametrize(
    ("days", "settings", "is_old"),
    [
        (30, {}, False),
        (31, {}, True),
        (31, {"findings_thresholds": '{"as_of_behind": 31}'}, False),
        (8, {"findings_thresholds": '{"as_of_behind": 7, "rate_old": 90}'}, True),
    ],
)
def test_a_list_is_out_of_date_after_as_many_days_as_the_settings_say(days, settings, is_old):
    assert (age_of(noon_after(days), **settings).warning is not None) is is_old


@pytest.mark.parametrize(("zone", "days"), [("UTC", 0), ("Asia/Tokyo", 1), ("America/New_York", 0)])
def test_the_day_is_that_of_the_company(zone, days):
    evening = dt.datetime(2026, 6, 30, 22, tzinfo=dt.UTC)
    assert age_of(evening, company_timezone=zone).days == days


@pytest.mark.parametrize(
    ("days", "warning"), [(1, ""), (60, "The list is out of date. It counts up to 2026-06-30, 60 days before")]
)
def test_an_exported_list_tells_the_caller_that_it_is_out_of_date(published_demo, tmp_path, days, warning):
    said = export_worklists(
        Home(published_demo / "home"),
        tmp_path / "lists",
        settings=published_demo / "regulars.yaml",
        now=noon_after(days),
    )
    assert ("warning: The list is out of date" in said) is bool(warning)
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
        age = read_age(con, manifest, noon_after(1))
    expected = None if is_acknowledged else "The list is out of date. The newest row of all sources is of 2026-02-01."
    assert age.warning == expected
