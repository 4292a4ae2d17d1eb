"""A source with a cursor is fetched by what has changed; nothing is lost, nothing counts twice, deleted records go."""

import datetime as dt
import shutil
import sqlite3
from contextlib import closing

import duckdb
import pytest
from pydantic import ValidationError

from regulars.pipelines.settings.sources.cursor import Cursor
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.deliveries import land_sources
from regulars.pipelines.sources.fetching.cursors import go_back
from regulars.pipelines.sources.landed_rows import write_landed_rows
from regulars.pipelines.sources.ledger import Ledger
from tests.sources.conftest import NOW

COLUMNS = {"order_id": "id", "ordered_at": "day", "gross_sales": "total", "updated_at": "changed"}


class Table:
    """The shop's table of orders in SQLite, and the rows that the last run fetched."""

    def __init__(self, shop):
        self.shop = shop
        self.day = 0
        self.said = []
        self.run("create table orders (id integer, day text, total text, changed)")
        self.set()

    def set(self, **cursor):
        way = {"type": "database", "engine": "sqlite", "file": "shop.db", "table": "orders"}
        way["cursor"] = {"column": "changed", **cursor}
        self.shop.sources["shop"] = {"from": way, "kind": "orders", "columns": COLUMNS}

    def run(self, statement, *values):
        with closing(sqlite3.connect(self.shop.data / "shop.db")) as con:
            con.execute(statement, values)
            con.commit()

    def put(self, number, changed, total="10.00"):
        self.run("delete from orders where id = ?", number)
        self.run("insert into orders values (?, '2026-01-01', ?, ?)", number, total, changed)

    def land(self, days=1):
        self.day += days
        self.said = []
        [landed] = land_sources(
            self.shop.settings,
            self.shop.data,
            self.shop.home,
            NOW + dt.timedelta(days=self.day),
            pause=lambda seconds: None,
            report_progress=self.said.append,
        )
        return landed

    def fetched(self, days=1):
        """How many records the deliveries of one more run hold."""
        landed = self.land(days)
        return [each.record_count for each in landed.deliveries if each.delivery in landed.landed]

    def reached(self):
        with Ledger(self.shop.home / "ledger.duckdb") as ledger:
            return ledger.fetches.find_progress("shop").last.newest

    def used(self):
        """The ids of the deliveries that the next run reads, each once."""
        with self.shop.delivered({"shop": self.land(0)}) as con:
            return [
                number for (number,) in con.execute("select distinct order_id from landed.orders order by 1").fetchall()
            ]


@pytest.fixture
def table(shop):
    table = Table(shop)
    for number, hour in ((1, "08"), (2, "09"), (3, "12")):
        table.put(number, f"2026-01-10 {hour}:00:00")
    return table


def test_the_first_fetch_brings_everything_and_the_next_ones_what_has_changed(table):
    assert table.fetched() == [3]
    assert table.said[0] == "shop: fetched whole: nothing was fetched before"
    table.put(1, "2026-01-11 10:00:00", "11.00")
    assert table.fetched() == [2]  # the changed one, and the one of the last hour
    assert table.said == ["shop: shop.parquet landed, 2 records"]
    assert table.used() == ["1", "2", "3"]


def test_what_only_comes_twice_is_no_new_delivery(table):
    table.land()
    assert table.fetched() == []
    assert table.fetched() == []
    assert table.reached() == "2026-01-10 12:00:00"


def test_a_record_written_late_is_fetched_within_the_lag_and_by_the_next_whole_fetch_beyond_it(table):
    table.land()
    table.put(4, "2026-01-10 11:30:00")
    table.put(5, "2026-01-10 07:00:00")
    assert table.fetched() == [2]
    assert table.used() == ["1", "2", "3", "4"]
    assert table.fetched(days=7) == [5]


def test_records_with_equal_values_are_not_lost_without_a_lag(table):
    table.set(lag="0s")
    table.land()
    table.put(4, "2026-01-10 12:00:00")
    assert table.fetched() == [2]


def test_records_without_a_value_come_with_every_fetch(table):
    table.put(4, None)
    table.land()
    table.put(5, None)
    assert table.fetched() == [3]
    assert table.used() == ["1", "2", "3", "4", "5"]


def test_a_deleted_record_goes_with_the_next_whole_fetch_and_is_counted(table):
    for number in range(4, 9):
        table.put(number, "2026-01-10 09:00:00")
    table.land()
    table.run("delete from orders where id = 2")
    assert table.fetched() == []
    assert table.used() == ["1", "2", "3", "4", "5", "6", "7", "8"]
    landed = table.land(days=7)
    assert table.said[0] == "shop: fetched whole: to find deleted records, as every 7 days"
    assert table.used() == ["1", "3", "4", "5", "6", "7", "8"]
    with duckdb.connect() as con:
        findings = write_landed_rows(con, table.shop.settings, [landed], table.shop.home)
        assert con.execute("select count(*) from landed.files").fetchall() == [(1,)]
    [found] = [finding for finding in findings if finding.name == "records_deleted"]
    assert (found.kind, found.count, found.share) == ("orders", 1, 1 / 8)


def test_everything_is_fetched_when_the_newest_record_is_gone_or_the_clock_was_set_back(table):
    table.land()
    table.run("delete from orders where id = 3")
    assert table.fetched() == [2]
    assert table.said[0] == "shop: fetched whole: the newest `changed` is gone or was set back"
    assert table.used() == ["1", "2"]


def test_a_whole_fetch_that_equals_the_last_increment_still_takes_what_is_gone_away(table):
    table.land()
    table.put(4, "2026-01-11 10:00:00")
    table.set(lag="1d")
    assert table.fetched() == [4]
    table.set(lag="1h")
    table.put(3, "2026-01-11 09:30:00")
    assert table.fetched() == [2]
    table.run("delete from orders where id < 3")
    assert table.fetched(days=7) == [2]
    assert table.used() == ["3", "4"]


def test_a_moment_in_the_future_does_not_keep_later_changes_away(table):
    table.put(4, "2099-01-01 00:00:00")
    table.land()
    assert table.reached() == "2026-01-10 12:00:00"
    table.put(5, "2026-01-11 13:00:00")
    assert table.fetched(days=2) == [3]


def test_a_refused_delivery_leaves_the_cursor_where_it_was(table):
    table.land()
    table.put(4, "2026-01-11 10:00:00")
    table.shop.sources["shop"]["columns"] = {**COLUMNS, "order_id": "number"}
    table.shop.sources["shop"]["required"] = False
    assert table.land().refusals
    assert table.reached() == "2026-01-10 12:00:00"
    table.set()
    assert table.fetched() == [2]
    assert table.reached() == "2026-01-11 10:00:00"


def test_a_run_killed_before_its_delivery_was_recorded_fetches_the_same_again(table, monkeypatch):
    table.land()
    table.put(4, "2026-01-11 10:00:00")
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "_insert", lambda ledger, delivery: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            table.land()
    assert table.reached() == "2026-01-10 12:00:00"
    assert table.fetched() == [2]


def test_a_home_that_was_copied_goes_on_where_it_was(table, tmp_path):
    table.land()
    table.shop.home = shutil.copytree(table.shop.home, tmp_path / "elsewhere")
    table.put(4, "2026-01-11 10:00:00")
    assert table.fetched() == [2]


def test_everything_is_fetched_when_from_the_columns_or_the_type_change(table):
    table.land()
    table.run("alter table orders add column note text")
    assert table.fetched() == [3]
    assert table.said[0] == "shop: fetched whole: its columns have changed"
    table.run("update orders set changed = 1767000000 + id")
    assert table.fetched() == [3]
    assert table.said[0] == "shop: fetched whole: `changed` was text and is integer now"
    table.shop.sources["shop"]["from"] |= {"table": None, "query": "select * from orders"}
    table.land()
    assert table.said[0] == "shop: fetched whole: `from` has changed"


def test_numbers_are_compared_as_numbers(table):
    table.run("delete from orders")
    table.set(lag="2")
    for number in (8, 9, 10):
        table.put(number, number)
    table.land()
    table.put(11, 11)
    assert table.fetched() == [4]
    assert table.reached() == "11"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (("9", "10"), "holds numbers as text"),
        (("2026-01-01T10:00:00Z", "2026-01-01 10:00:00"), "writes its moments as text in 2 ways"),
        (("2026-01-01 10:00:00", 7), "holds values of the types integer and text"),
    ],
)
def test_values_that_cannot_be_compared_are_refused(table, values, sentence):
    table.run("delete from orders")
    for number, value in enumerate(values):
        table.put(number, value)
    assert sentence in table.land().refusals[0].sentence


def test_a_whole_fetch_of_half_as_many_records_is_refused(table):
    table.land()
    table.run("delete from orders where id > 1")
    refusal = table.land(days=7).refusals[0]
    assert refusal.reason_code == "shrunk"
    assert table.used() == ["1", "2", "3"]


def test_with_a_document_all_lines_of_a_changed_order_come(shop):
    with closing(sqlite3.connect(shop.data / "shop.db")) as con:
        con.execute("create table lines (number text, line integer, total text, day text, changed text)")
        for line, changed in ((1, "08"), (2, "09")):
            con.execute(
                "insert into lines values ('A', ?, '5.00', '2026-01-01', ?)", (line, f"2026-01-09 {changed}:00:00")
            )
        con.execute("insert into lines values ('B', 1, '7.00', '2026-01-01', '2026-01-09 05:00:00')")
        con.commit()
    way = {"type": "database", "engine": "sqlite", "file": "shop.db", "table": "lines"}
    way["cursor"] = {"column": "changed", "document": "number", "lag": "0s"}
    columns = {"order_id": "number", "line_id": "line", "gross_sales": "total", "ordered_at": "day"}
    shop.sources["shop"] = {"from": way, "kind": "order_lines", "columns": columns}
    shop.land()
    with closing(sqlite3.connect(shop.data / "shop.db")) as con:
        con.execute("update lines set total = '6.00', changed = '2026-01-09 10:00:00' where number = 'A' and line = 1")
        con.commit()
    [*_, newest] = shop.land()["shop"].deliveries
    assert newest.record_count == 2
    del way["cursor"]["document"]
    with pytest.raises(ValidationError, match="needs `document`"):
        Source.model_validate(shop.sources["shop"])


@pytest.mark.parametrize(
    ("newest", "lag", "since"),
    [
        ("2026-03-01 00:30:00", "1h", "2026-02-28 23:30:00"),
        ("2026-03-01T00:30:00.123456Z", "45m", "2026-02-28T23:45:00.123456Z"),
        ("2026-03-01 00:30:00.5+00:00", "2d", "2026-02-27 00:30:00.5+00:00"),
        ("2026-03-01 00:30", "30m", "2026-03-01 00:00"),
        ("2026-03-01", "1h", "2026-02-28"),
    ],
)
def test_the_lag_keeps_the_way_in_which_moments_are_written(newest, lag, since):
    assert go_back(newest, "moment", Cursor(column="changed", lag=lag)) == since


def test_a_full_source_has_no_cursor():
    way = {"type": "database", "engine": "sqlite", "file": "a", "table": "b", "cursor": {"column": "c"}}
    source = {"from": way, "kind": "customers", "columns": {"customer_record_id": "id"}}
    assert Source.model_validate(source).delivery_mode == "incremental"
    with pytest.raises(ValidationError, match="fetches everything"):
        Source.model_validate({**source, "delivery": "full"})
