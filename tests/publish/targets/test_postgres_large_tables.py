"""How the target `postgres` replaces the rows of a large table: those that differ, or all of them in a new table."""

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgresql import delivery, differences, readers, rows
from tests.publish.targets.postgres_target import Target, find_row_table, list_doubled_row_tables
from tests.publish.targets.published import prepared_home, publish


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


def test_a_very_large_table_whose_first_rows_differ_is_not_compared_whole(
    target: Target, home: Home, ways: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(differences, "_COMPARED_FIRST", 50)
    changed = "update core.orders set run = 1; update core.orders set net_sales = 0.5 where order_id::int < 60;"
    target.deliver(publish(home, 1, rows=500))
    for most, way in ((500, "differences"), (499, "new_table")):
        monkeypatch.setattr(differences, "_COMPARED_AT_ONCE", most)
        target.deliver(publish(home, 2, rows=500, more=changed))
        assert ways[-1] == way
        target.deliver(publish(home, 3, rows=500))


COUNTED_TO = "alter table core.orders add column as_of date default '{}'; update core.orders set run = 1;"
CHANGED = """
    delete from core.orders where order_id = '7';
    update core.orders set net_sales = 0.5 where order_id = '8';
    insert into core.orders by name select * replace ('new' as order_id) from core.orders where order_id = '9';
"""


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How the rows of `core.orders` were delivered, one after the other."""
    found = []
    load_rows = delivery.load_rows

    def load(cursor: Any, con: Any, load: Any, *rest: Any) -> None:
        if load.table.name == "orders":
            found.append(load.way)
        load_rows(cursor, con, load, *rest)

    monkeypatch.setattr(delivery, "load_rows", load)
    return found


def list_orders(target: Target) -> list[tuple[Any, ...]]:
    return sorted(target.ask("select order_id, net_sales, as_of::text from core.orders"))


def test_rows_that_differ_in_their_day_alone_are_copied_by_the_server(target: Target, home: Home, ways: list[str]):
    target.deliver(publish(home, 1, rows=500, more=COUNTED_TO.format("2026-01-31")))
    before, orders = find_row_table(target), list_orders(target)
    target.deliver(publish(home, 2, rows=500, more=COUNTED_TO.format("2026-02-01") + CHANGED))
    assert ways == ["new_table", "carry_over"]
    assert find_row_table(target) != before
    expected = {order: (order, sales, "2026-02-01") for order, sales, _ in orders if order != "7"}
    expected |= {"8": ("8", Decimal("0.5000"), "2026-02-01"), "new": ("new", expected["9"][1], "2026-02-01")}
    assert list_orders(target) == sorted(expected.values())


def test_the_day_is_set_where_the_rows_lie_while_somebody_reads_them(
    target: Target, home: Home, ways: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(readers, "READERS_SECONDS", 0.1)
    target.deliver(publish(home, 1, rows=500, more=COUNTED_TO.format("2026-01-31")))
    before, orders = find_row_table(target), list_orders(target)
    with target.server.connect(target.database) as con, con.transaction():
        con.execute("prepare asked as select order_id, net_sales, as_of::text from core.orders")
        assert sorted(con.execute("execute asked").fetchall()) == orders
        target.deliver(publish(home, 2, rows=500, more=COUNTED_TO.format("2026-02-01") + CHANGED))
        seen = sorted(con.execute("execute asked").fetchall())
    assert ways == ["new_table", "differences"]
    assert find_row_table(target) == before
    assert seen == list_orders(target)
    assert {day for *_, day in seen} == {"2026-02-01"}
    assert len(seen) == 500


def test_rows_of_several_days_are_compared_with_their_days(target: Target, home: Home, ways: list[str]):
    some = "update core.orders set as_of = '2026-01-{}' where order_id < '2';"
    target.deliver(publish(home, 1, rows=500, more=COUNTED_TO.format("2026-01-31") + some.format(10)))
    target.deliver(publish(home, 2, rows=500, more=COUNTED_TO.format("2026-01-31") + some.format(11)))
    target.deliver(publish(home, 3, rows=500, more=COUNTED_TO.format("2026-02-01") + some.format(11)))
    assert ways == ["new_table", "new_table", "new_table"]  # more than a fifth of the rows differs
    days = "select as_of::text, count(*) from core.orders group by 1 order by 1"
    assert target.ask(days) == [("2026-01-11", 112), ("2026-02-01", 388)]


def test_rows_without_a_day_stay_without_one(target: Target, home: Home):
    none = "update core.orders set as_of = null where order_id = '5';"
    for run, day in ((1, "2026-01-31"), (2, "2026-02-01")):
        target.deliver(publish(home, run, rows=500, more=COUNTED_TO.format(day) + none))
    found = target.ask("select as_of::text, count(*) from core.orders group by 1 order by 1")
    assert found == [("2026-02-01", 499), (None, 1)]


def test_the_generation_of_another_home_is_not_taken_for_the_one_that_the_server_holds(
    target: Target, home: Home, tmp_path: Path
):
    target.deliver(publish(home, 1, rows=500, more=COUNTED_TO.format("2026-01-31")))
    other, seven = prepared_home(tmp_path / "other"), "update core.orders set net_sales = 7 where order_id = '3';"
    publish(other, 1, rows=500, more=COUNTED_TO.format("2026-01-31") + seven)
    target.deliver(publish(other, 2, rows=500, more=COUNTED_TO.format("2026-02-01") + seven))
    assert target.ask("select net_sales::int from core.orders where order_id = '3'") == [(7,)]


def test_a_damaged_generation_before_is_not_compared(target: Target, home: Home, ways: list[str]):
    before = publish(home, 1, rows=50_000, more=COUNTED_TO.format("2026-01-31"))
    target.deliver(before)
    after = publish(home, 2, rows=50_000, more=COUNTED_TO.format("2026-02-01"))
    content = before.duckdb_file.read_bytes()
    before.duckdb_file.chmod(0o600)
    before.duckdb_file.write_bytes(content[: len(content) // 2])
    target.deliver(after)
    assert ways == ["new_table", "new_table"]
    assert target.ask("select count(*), min(as_of)::text from core.orders") == [(50_000, "2026-02-01")]


def test_the_smallest_decimal_below_zero_differs_from_zero(target: Target, home: Home):
    wide = "alter table core.orders add column wide decimal(38, 2) default 0; update core.orders set run = 1;"
    target.deliver(publish(home, 1, rows=500, more=wide))
    less = "update core.orders set wide = -0.01 where order_id = '5';"
    more = "update core.orders set wide = 2 where order_id = '6';"
    target.deliver(publish(home, 2, rows=500, more=wide + less + more))
    assert target.ask("select wide::text from core.orders where order_id = '5'") == [("-0.01",)]


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
