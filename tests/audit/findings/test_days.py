"""Days far from all others are found; weekends, holidays and the day of the run are not odd."""

import datetime as dt

import duckdb
import pytest

from regulars.pipelines.audit.findings.clock import find_clock_gone_back
from regulars.pipelines.audit.findings.days import (
    find_as_of_behind,
    find_days_around_as_of,
    find_old_rates,
    find_orders_before_history,
    find_rates_not_renewed,
    list_days_with_rows,
)
from regulars.pipelines.audit.findings.deliveries.profile import Profile
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS

AS_OF = dt.date(2026, 6, 30)
EPOCH, MAY, DAY = dt.date(1970, 1, 1), dt.date(2026, 4, 30), dt.timedelta(days=1)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """A build without a row in it."""
    con = duckdb.connect()
    for schema in ("staging", "core", "raw"):
        con.execute(f"create schema {schema}")
    for kind in KINDS.values():
        columns = ", ".join(f"{column.name} {column.staging_type}" for column in kind.columns)
        con.execute(f"create table staging.{kind.name} ({columns}, _source varchar)")
    con.execute(
        "create table core.orders (customer_idx integer, order_date date, currency varchar, is_countable boolean)"
    )
    con.execute("create table raw.company as select 'EUR' as currency")
    return con


def deliver(con: duckdb.DuckDBPyConnection, *days_ago: int) -> None:
    for days in days_ago:
        con.execute(
            "insert into staging.orders (ordered_at, _source) values (?, 'till')", [AS_OF - dt.timedelta(days=days)]
        )
    list_days_with_rows(con, AS_OF)


def names(*found: Finding) -> list[str]:
    return [each.finding.name for each in evaluate_findings(found, Policy(AS_OF))]


@pytest.mark.parametrize(("days_ago", "found"), [(-2, []), (-3, ["rows_after_as_of"]), (30, []), (31, ["as_of_ahead"])])
def test_the_day_of_the_run_must_be_near_the_rows(con, days_ago, found):
    deliver(con, days_ago)
    assert names(*find_days_around_as_of(con, AS_OF)) == found


@pytest.mark.parametrize(("days", "found"), [(1, []), (30, []), (31, ["as_of_behind"])])
def test_a_run_long_after_the_day_that_it_counts_to_says_that_calls_come_too_late(days, found):
    measured = list(find_as_of_behind(AS_OF, AS_OF + dt.timedelta(days=days)))
    assert names(*measured) == found
    assert f"{days} days before {AS_OF + dt.timedelta(days=days)}" in measured[0].sentence


def test_a_subscription_may_begin_in_the_future(con):
    con.execute("insert into staging.subscriptions (started_at, _source) values ('2027-01-01', 'club')")
    list_days_with_rows(con, AS_OF)
    assert names(*find_days_around_as_of(con, AS_OF)) == []


@pytest.mark.parametrize(("strays", "found"), [(0, []), (1, ["orders_before_history"]), (2, [])])
def test_a_single_customer_years_before_all_others_is_odd(con, strays, found):
    firsts = [dt.date(1970, 1, 1)] * strays + [AS_OF - dt.timedelta(days=n) for n in range(20)]
    con.executemany(
        "insert into core.orders values (?, ?, 'EUR', true)", [(n + 1, first) for n, first in enumerate(firsts)]
    )
    measured = list(find_orders_before_history(con, AS_OF))
    assert names(*measured) == found
    assert all("1 of 21 customers" in each.sentence for each in measured)


def test_an_order_that_does_not_count_begins_nothing(con):
    rows = [(n + 1, AS_OF - dt.timedelta(days=n), "EUR", True) for n in range(20)]
    con.executemany("insert into core.orders values (?, ?, ?, ?)", [*rows, (50, dt.date(1970, 1, 1), "EUR", False)])
    assert list(find_orders_before_history(con, AS_OF)) == []


@pytest.mark.parametrize(("age", "found"), [(7, []), (8, ["rate_old"])])
def test_a_rate_may_be_a_week_old(con, age, found):
    con.execute("insert into core.orders values (1, ?, 'USD', true), (2, ?, 'EUR', true)", [AS_OF, AS_OF])
    con.execute(
        "insert into staging.fx_rates (currency, rate_date) values ('USD', ?), ('USD', '2020-01-01')",
        [AS_OF - dt.timedelta(days=age)],
    )
    assert names(*find_old_rates(con, AS_OF)) == found


def test_the_rates_of_old_orders_may_be_old(con):
    con.execute("insert into core.orders values (1, ?, 'USD', true)", [AS_OF - dt.timedelta(days=30)])
    con.execute("insert into staging.fx_rates (currency, rate_date) values ('USD', '2020-01-01')")
    assert names(*find_old_rates(con, AS_OF)) == []


@pytest.mark.parametrize(("minutes", "found"), [(0, []), (5, []), (-1, ["clock_went_back"])])
def test_a_run_that_starts_before_the_last_was_published_has_a_wrong_clock(minutes, found):
    published = dt.datetime(2026, 6, 30, 4, 0, tzinfo=dt.UTC)
    measured = list(find_clock_gone_back(published + dt.timedelta(minutes=minutes), published))
    assert names(*measured) == found
    assert all(each.count == 1 for each in measured)


def test_the_first_run_has_no_clock_to_compare_with():
    assert list(find_clock_gone_back(dt.datetime(2026, 6, 30, tzinfo=dt.UTC), None)) == []


def deliver_rates(*newest: tuple[int, int]) -> list[Profile]:
    """Deliveries of rates in May 2026: the newest day of each, and the day of the run in which it came."""
    return [
        Profile("b", "fx_rates", number, "f", 9, newest_day=(MAY + day * DAY - EPOCH).days, age_days=run - day)
        for number, (day, run) in enumerate(newest, 1)
    ]


@pytest.mark.parametrize(
    ("deliveries", "found"),
    [
        ([(4, 4), (5, 5), (6, 6), (7, 7)], 0),  # the rates of each night are of its day
        ([(4, 4), (5, 5), (6, 6), (6, 7)], 1),  # written anew, without a newer rate
        ([(4, 4), (5, 5), (6, 6)], 1),  # not written at all
        ([(3, 4), (4, 5), (5, 6)], 1),  # rates of yesterday; Sunday, the 3rd, is no business day
        ([(4, 5), (5, 6), (6, 7)], 0),
        ([(1, 7), (4, 7), (6, 7)], 0),  # all of them in one run: nobody knows how often they come
        ([(6, 6)], 0),
        ([(20, 4), (21, 5), (22, 6)], 0),  # newer than the day of the run
    ],
)
def test_rates_that_are_not_renewed_are_said_the_same_night(con, deliveries, found):
    as_of = dt.date(2026, 5, 7)  # a Thursday
    con.execute(
        "create table core.calendar as select day::date as day, isodow(day) < 6 as is_business_day "
        "from range(timestamp '2026-04-01', timestamp '2026-06-01', interval 1 day) as days (day)"
    )
    assert sum(each.count or 0 for each in find_rates_not_renewed(con, as_of, deliver_rates(*deliveries))) == found
