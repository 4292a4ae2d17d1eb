"""How the target `postgres` replaces the rows of a large table: those that differ, or all of them in a new table."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgresql import delivery, differences, rows
from tests.publish.targets.postgres_target import Target, find_row_table, list_doubled_row_tables
from tests.publish.targets.published import publish


@pytest.fixture(autouse=True)
def _large_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of more than a hundred rows is a large one."""
    monkeypatch.setattr(differences, "FEW_ROWS", 100)


def identify_rows(target: Target, table: str) -> set[tuple[Any, ...]]:
    """Where the server keeps each row: one that nobody touched keeps its place."""
    return set(target.ask(f"select tableoid, ctid::text, order_id from {table}"))


def test_of_a_large_table_only_the_rows_that_differ_are_written(target: Target, home: Home):
    target.deliver(publish(home, 1, rows=500))
    before = identify_rows(target, "core.orders")
    more = """
        create or replace table core.orders as select * replace (1 as run) from core.orders where order_id <> '7';
        update core.orders set net_sales = 0.5 where order_id = '8';
        insert into core.orders by name select * replace ('new' as order_id) from core.orders where order_id = '9';
    """
    target.deliver(publish(home, 2, rows=500, more=more))
    after = identify_rows(target, "core.orders")
    assert {order for _, _, order in before - after} == {"7", "8"}
    assert {order for _, _, order in after - before} == {"8", "new"}
    assert target.ask("select net_sales from core.orders where order_id = '8'") == [(Decimal("0.5000"),)]


@pytest.mark.parametrize(("day", "is_compared"), [("2026-02-01", False), ("2026-01-31", True)])
def test_rows_that_count_to_another_day_are_not_compared(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch, day: str, is_compared: bool
):
    monkeypatch.setattr(differences, "MOST_DIFFERING_SHARE", 2)
    as_of = "alter table core.orders add column as_of date default '{}';"
    target.deliver(publish(home, 1, rows=500, more=as_of.format("2026-01-31")))
    before = find_row_table(target)
    target.deliver(publish(home, 2, rows=500, more=as_of.format(day)))
    assert (find_row_table(target) == before) is is_compared
    assert target.ask("select min(as_of)::text, min(run), count(*) from core.orders") == [(day, 2, 500)]


def test_a_large_table_whose_rows_all_differ_gets_a_new_table_for_them_and_the_old_one_goes(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rows, "KEPT_MINUTES", 0)
    target.deliver(publish(home, 1, rows=500))
    before = find_row_table(target)
    target.do("create view public.mine as select sum(run) as total from core.orders")
    target.deliver(publish(home, 2, rows=400))
    after = find_row_table(target)
    assert before != after
    assert target.ask("select total from public.mine") == [(800,)]
    assert list_doubled_row_tables(target) == []
    with pytest.raises(psycopg.errors.UniqueViolation):
        target.do(
            f"insert into {target.ask('select (select tableoid from core.orders limit 1)::regclass')[0][0]} "
            "select * from core.orders limit 1"
        )


def test_readers_know_the_empty_table_for_new_rows_before_any_row_is_in_it(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch
):
    target.deliver(publish(home, 1, rows=500))
    seen = []

    def look(_: float) -> None:
        children = "select count(*) from pg_inherits where inhparent = 'core.orders'::regclass"
        seen.append((target.ask(children), target.ask("select min(run), max(run), count(*) from core.orders")))

    monkeypatch.setattr(delivery.time, "sleep", look)
    target.deliver(publish(home, 2, rows=400))
    assert seen == [([(2,)], [(1, 1, 500)])]


@pytest.mark.parametrize(("loading", "waited"), [(0.1, 0.4), (0.5, 0), (90, 0)])
def test_the_time_that_loading_takes_counts_as_time_in_which_the_new_table_is_empty(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch, loading: float, waited: float
):
    target.deliver(publish(home, 1, rows=500))
    clock, slept = iter([10.0, 10.0 + loading]), []
    monkeypatch.setattr(delivery, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=slept.append))
    target.deliver(publish(home, 2, rows=400))
    assert slept == [pytest.approx(waited)]
    assert target.ask("select min(run), count(*) from core.orders") == [(2, 400)]
