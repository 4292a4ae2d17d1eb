"""The target `postgres`, on a real server: what arrives, what stays, and what readers see meanwhile."""

import re
import threading
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgres import deliver_to_postgres
from regulars.pipelines.publish.targets.postgresql import delivery, differences, rows
from regulars.pipelines.publish.targets.postgresql import readers as postgres_readers
from regulars.pipelines.publish.targets.postgresql.plan import SELECT_IT
from regulars.pipelines.publish.targets.shape.target import Delivered
from tests.publish.targets.postgres_server import Server
from tests.publish.targets.published import prepared_home, publish

BASE = Path("/")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return prepared_home(tmp_path / "home")


class Target:
    """The database of a test, written to as `writer` and looked at by anybody."""

    def __init__(self, server: Server, database: str) -> None:
        self.server, self.database = server, database

    def deliver(self, generation: Generation, **options: Any) -> Delivered:
        return deliver_to_postgres(generation, self.server.options(self.database, **options), BASE)

    def ask(self, query: str, user: str = "postgres") -> list[tuple[Any, ...]]:
        with self.server.connect(self.database, user) as con:
            return con.execute(query).fetchall()

    def do(self, statement: str, user: str = "postgres") -> None:
        with self.server.connect(self.database, user) as con:
            con.execute(statement)


@pytest.fixture
def target(server: Server, database: str) -> Target:
    return Target(server, database)


def test_tables_arrive_with_types_keys_comments_and_views(target: Target, home: Home):
    assert target.deliver(publish(home)).is_new
    types = dict(
        target.ask(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = 'marts.customer_360'::regclass and attnum > 0"
        )
    )
    assert types == {
        "customer_id": "text",
        "customer_idx": "integer",
        "share": "double precision",
        "is_active": "boolean",
        "last_seen_at": "timestamp without time zone",
        "sales": "numeric(18,4)",
        "note": "text",
    }
    constraints = target.ask(
        "select conrelid::regclass::text, contype::text, condeferred, convalidated from pg_constraint "
        "where connamespace in ('core'::regnamespace, 'marts'::regnamespace) order by 1, 2"
    )
    assert constraints == [
        ("core.customers", "p", False, True),
        ("core.customers", "u", False, True),
        ("core.orders", "p", False, True),
        ("marts.customer_360", "f", True, False),
        ("marts.customer_360", "f", True, False),
        ("marts.customer_360", "p", False, True),
    ]
    assert target.ask(
        "select obj_description('marts.churn'::regclass), col_description('marts.churn'::regclass, 2)"
    ) == [(f"How many are lost. {SELECT_IT}", "Customers' losses.")]
    assert target.ask("select churned, orders from marts.churn_all") == [(1, 3)]
    assert target.ask("select obj_description('marts.churn_all'::regclass)") == [("The whole base.",)]
    held = target.ask("select distinct generation, as_of::text from meta.delivered_tables")
    assert held == [("g000001", "2026-01-31")]


def test_schemas_and_the_table_of_deliveries_say_what_they_are(target: Target, home: Home):
    assert target.deliver(publish(home)).is_new
    uncommented = target.ask(
        "select nspname from pg_namespace where nspname in ('core', 'marts', 'meta', 'published_rows') "
        "and obj_description(oid, 'pg_namespace') is null"
    )
    assert uncommented == []
    columns = target.ask(
        "select attname from pg_attribute where attrelid = 'meta.delivered_tables'::regclass and attnum > 0 "
        "and col_description(attrelid, attnum) is null"
    )
    assert columns == []


def test_every_value_arrives_as_it_is(target: Target, home: Home):
    target.deliver(publish(home))
    assert target.ask("select city from core.customers order by customer_id") == [('a "quoted", text',), ("",), (None,)]
    [(note, sales, share, moment)] = target.ask(
        "select note, sales, share::text, last_seen_at::text from marts.customer_360 where customer_id = 'c1'"
    )
    assert note == "Zoë\n\\N \t牛"
    assert sales == Decimal("99999999999999.9999")
    assert (share, moment) == ("NaN", "2026-01-31 23:59:59.123456")


def test_the_same_generation_again_writes_nothing_and_a_new_one_replaces_all_rows(target: Target, home: Home):
    first = publish(home, 1, rows=50)
    assert target.deliver(first).is_new
    assert not target.deliver(first).is_new
    target.deliver(publish(home, 2, rows=20))
    assert target.ask("select count(*), min(run), max(run) from core.orders") == [(20, 2, 2)]
    assert target.ask("select churned from marts.churn_all") == [(2,)]
    assert target.ask("select generation from meta.runs") == [(2,)]


def test_a_view_of_an_analyst_stays_and_shows_the_new_rows(target: Target, home: Home):
    target.deliver(publish(home, 1))
    target.do("create view public.mine as select churned from marts.churn")
    target.deliver(publish(home, 2))
    assert target.ask("select churned from public.mine") == [(2,)]


def test_readers_may_read_and_nothing_else(target: Target, home: Home):
    target.deliver(publish(home), readers="bi_readers")
    assert target.ask("select churned from marts.churn_all", user="reader") == [(1,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        target.do("delete from marts.churn", user="reader")
    more = "create table marts.extra as select 1 as x;"
    target.deliver(publish(home, 2, more=more), readers="bi_readers")
    assert target.ask("select churned from marts.churn", user="reader") == [(2,)]


def test_readers_see_one_generation_whole_while_the_next_one_comes(target: Target, home: Home):
    generations = [publish(home, run, rows=3_000) for run in (1, 2, 3)]
    target.deliver(generations[0], readers="bi_readers")
    seen, stop = [], threading.Event()

    def read() -> None:
        with target.server.connect(target.database, "reader") as con:
            while not stop.is_set():
                seen.append(
                    con.execute(
                        "select (select churned from marts.churn), (select min(run) from core.orders), "
                        "(select max(run) from core.orders), (select count(*) from core.orders)"
                    ).fetchone()
                )

    readers = [threading.Thread(target=read) for _ in range(3)]
    for each in readers:
        each.start()
    for generation in (*generations[1:], generations[0], *generations[1:]):
        target.deliver(generation, readers="bi_readers")
    stop.set()
    for each in readers:
        each.join()
    assert len(seen) > 10
    assert set(seen) <= {(run, run, run, 3_000) for run in (1, 2, 3)}


def test_a_column_that_came_went_or_changed_its_type_is_changed_in_place(target: Target, home: Home):
    target.deliver(publish(home, 1))
    more = """
        alter table marts.customer_360 drop column note;
        alter table marts.customer_360 add column region varchar default 'North';
        create or replace table marts.churn as select month_end, 'many' as churned, orders, churn_rate from marts.churn;
    """
    target.do("create view public.mine as select customer_id from marts.customer_360")
    target.deliver(publish(home, 2, more=more))
    assert target.ask("select distinct region from marts.customer_360") == [("North",)]
    assert target.ask("select churned from marts.churn_all") == [("many",)]
    columns = target.ask(
        "select attname from pg_attribute where attrelid = 'marts.customer_360'::regclass and not attisdropped"
    )
    assert ("note",) not in columns
    assert len(target.ask("select * from public.mine")) == 3


def test_a_key_of_other_columns_than_the_contracts_goes(target: Target, home: Home):
    def list_keys() -> list[tuple[object, ...]]:
        return target.ask(
            "select pg_get_constraintdef(oid) from pg_constraint "
            "where conrelid = 'marts.customer_360'::regclass and contype in ('p', 'u')"
        )

    target.deliver(publish(home, 1))
    wanted = list_keys()
    target.do(
        "alter table marts.customer_360 drop constraint customer_360_pkey cascade, add primary key (sales, note), "
        "add unique (note)"
    )
    target.deliver(publish(home, 2))
    assert list_keys() == wanted


def test_a_table_that_is_published_no_more_goes_with_its_view(target: Target, home: Home):
    target.deliver(publish(home, 1))
    target.deliver(publish(home, 2, more="drop table marts.churn;"))
    assert target.ask("select to_regclass('marts.churn'), to_regclass('marts.churn_all')") == [(None, None)]


def test_what_was_dropped_by_hand_is_there_again_after_the_next_delivery(target: Target, home: Home):
    target.deliver(publish(home, 1))
    target.do(
        "alter table marts.customer_360 drop column sales cascade; drop view marts.churn_all; "
        "drop table core.orders cascade"
    )
    target.do("alter table core.customers drop constraint customers_pkey cascade")
    target.deliver(publish(home, 2))
    assert target.ask("select count(sales), count(*) from marts.customer_360") == [(3, 3)]
    assert target.ask("select churned from marts.churn_all") == [(2,)]
    assert target.ask("select count(*) from core.orders") == [(3,)]
    assert target.ask(
        "select count(*) from pg_constraint where conrelid = 'core.customers'::regclass and contype = 'p'"
    ) == [(1,)]
    assert target.ask("select count(*) from pg_constraint where contype = 'f'") == [(2,)]


def count_row_tables(target: Target) -> list[tuple[Any, ...]]:
    return target.ask(
        "select p.relname, count(*) from pg_inherits as i join pg_class as p on p.oid = i.inhparent "
        "where i.inhrelid::regclass::text like 'published_rows.%' group by 1 having count(*) <> 1"
    )


def identify_rows(target: Target, table: str) -> set[tuple[Any, ...]]:
    """Where the server keeps each row: one that nobody touched keeps its place."""
    return set(target.ask(f"select tableoid, ctid::text, order_id from {table}"))


def test_of_a_large_table_only_the_rows_that_differ_are_written(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(differences, "FEW_ROWS", 100)
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


def test_a_large_table_whose_rows_all_differ_gets_a_new_table_for_them_and_the_old_one_goes(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(differences, "FEW_ROWS", 100)
    monkeypatch.setattr(rows, "KEPT_MINUTES", 0)
    target.deliver(publish(home, 1, rows=500))
    (before,) = {where for where, _, _ in identify_rows(target, "core.orders")}
    target.do("create view public.mine as select sum(run) as total from core.orders")
    target.deliver(publish(home, 2, rows=400))
    (after,) = {where for where, _, _ in identify_rows(target, "core.orders")}
    assert before != after
    assert target.ask("select total from public.mine") == [(800,)]
    assert count_row_tables(target) == []
    with pytest.raises(psycopg.errors.UniqueViolation):
        target.do(
            f"insert into {target.ask('select (select tableoid from core.orders limit 1)::regclass')[0][0]} "
            "select * from core.orders limit 1"
        )


def test_readers_know_the_empty_table_for_new_rows_before_any_row_is_in_it(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(differences, "FEW_ROWS", 100)
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
    monkeypatch.setattr(differences, "FEW_ROWS", 100)
    target.deliver(publish(home, 1, rows=500))
    clock, slept = iter([10.0, 10.0 + loading]), []
    monkeypatch.setattr(delivery, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=slept.append))
    target.deliver(publish(home, 2, rows=400))
    assert slept == [pytest.approx(waited)]
    assert target.ask("select min(run), count(*) from core.orders") == [(2, 400)]


def test_a_reader_in_a_long_transaction_keeps_the_old_generation_and_nobody_waits_for_it(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(differences, "FEW_ROWS", 100)
    target.deliver(publish(home, 1, rows=500), readers="bi_readers")
    state = "select min(run), max(run), count(*), (select churned from marts.churn) from core.orders"
    monkeypatch.setattr(postgres_readers, "READERS_SECONDS", 0.1)
    with target.server.connect(target.database, "reader") as con, con.transaction():
        con.execute("set transaction isolation level repeatable read")
        assert con.execute(state).fetchall() == [(1, 1, 500, 1)]
        target.deliver(publish(home, 2, rows=400), readers="bi_readers")
        assert con.execute(state).fetchall() == [(1, 1, 500, 1)]
        assert target.ask(state) == [(2, 2, 400, 2)]
    monkeypatch.setattr(rows, "KEPT_MINUTES", 0)
    target.deliver(publish(home, 3, rows=300), readers="bi_readers")
    assert count_row_tables(target) == []
    assert target.ask(state, user="reader") == [(3, 3, 300, 3)]


def test_a_prepared_statement_in_a_long_transaction_finds_one_generation_whole(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(differences, "FEW_ROWS", 100)
    monkeypatch.setattr(postgres_readers, "READERS_SECONDS", 0.1)
    target.deliver(publish(home, 1, rows=500), readers="bi_readers")
    with target.server.connect(target.database, "reader") as con, con.transaction():
        con.execute("prepare asked as select min(run), max(run), count(*) from core.orders")
        assert con.execute("execute asked").fetchall() == [(1, 1, 500)]
        assert target.deliver(publish(home, 2, rows=400), readers="bi_readers").remark
        assert con.execute("execute asked").fetchall() == [(2, 2, 400)]
    (before,) = {where for where, _, _ in identify_rows(target, "core.orders")}
    target.deliver(publish(home, 3, rows=300), readers="bi_readers")
    (after,) = {where for where, _, _ in identify_rows(target, "core.orders")}
    assert before != after
    assert target.ask("select min(run), max(run), count(*) from core.orders") == [(3, 3, 300)]


@pytest.mark.parametrize("may_see", [False, True])
def test_a_delivery_says_which_session_kept_it_waiting_and_not_what_that_asked(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch, may_see: bool
):
    monkeypatch.setattr(differences, "FEW_ROWS", 100)
    monkeypatch.setattr(postgres_readers, "READERS_SECONDS", 0.1)
    assert target.deliver(publish(home, 1, rows=500), readers="bi_readers").remark == ""
    target.do(f"{'grant pg_read_all_stats to' if may_see else 'revoke pg_read_all_stats from'} writer")
    with target.server.connect(target.database, "reader") as con:
        con.execute("set application_name = 'Tableau'")
        con.execute("begin; select count(*) from core.orders")
        remark = target.deliver(publish(home, 2, rows=400), readers="bi_readers").remark
        pid = con.info.backend_pid
    said = r", its transaction open for \d s, idle" if may_see else ""
    assert re.search(rf"session {pid} \(Tableau{said}\);", remark)
    assert "it waited 0." in remark
    assert "select" not in remark
    assert target.deliver(publish(home, 3, rows=300), readers="bi_readers").remark == ""


@pytest.mark.parametrize(
    ("application", "said"),
    [
        ("psql of Ann", "psql of Ann"),
        ("ann.smith@example.com", "***"),
        ("DBeaver (ann@example.com) - Main", "DBeaver (***) - Main"),
        ("user=ann@shop.de;db=x", "user=***;db=x"),
        ("a@b", "***"),
        ("x" * 40, "x" * 40),
        ("x" * 41, "x" * 39 + "…"),
        (f"{'x' * 30} ann.smith@example.com", f"{'x' * 30} ***"),
        ("  ", "without a name"),
        ("", "without a name"),
        (None, "without a name"),
    ],
)
def test_what_a_tool_calls_itself_is_cut_and_names_nobody_s_address(application: str | None, said: str):
    assert postgres_readers._describe_session(7, application, None, None) == f"session 7 ({said})"


def test_a_table_that_somebody_keeps_locked_is_named_with_the_session(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(delivery, "LOCK_SECONDS", 1)
    target.deliver(publish(home, 1))
    more = "alter table marts.churn add column town varchar;"
    with target.server.connect(target.database, "postgres") as con:
        con.execute("set application_name = 'psql of Ann'")
        con.execute("begin; select count(*) from marts.churn")
        sentence = rf"somebody keeps a table locked.*session {con.info.backend_pid} \(psql of Ann.*`regulars deliver`"
        with pytest.raises(StorageFailed, match=sentence):
            target.deliver(publish(home, 2, more=more))
    assert target.deliver(publish(home, 3, more=more)).is_new


def test_a_delivery_lets_a_reader_end_who_began_before_it(target: Target, home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(differences, "FEW_ROWS", 100)
    target.deliver(publish(home, 1, rows=500), readers="bi_readers")
    (before,) = {where for where, _, _ in identify_rows(target, "core.orders")}
    with target.server.connect(target.database, "reader") as con:
        con.execute("begin; select count(*) from core.orders")
        monkeypatch.setattr(postgres_readers.time, "sleep", lambda _: con.execute("rollback") and None)
        target.deliver(publish(home, 2, rows=400), readers="bi_readers")
    (after,) = {where for where, _, _ in identify_rows(target, "core.orders")}
    assert before != after  # a table of its own, as when nobody reads


def test_a_long_transaction_finds_the_old_rows_of_a_table_that_it_reads_only_after_two_deliveries(
    target: Target, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(differences, "FEW_ROWS", 100)
    target.deliver(publish(home, 1, rows=500), readers="bi_readers")
    with target.server.connect(target.database, "reader") as con, con.transaction():
        con.execute("set transaction isolation level repeatable read")
        assert con.execute("select churned from marts.churn").fetchall() == [(1,)]
        target.deliver(publish(home, 2, rows=400), readers="bi_readers")
        target.deliver(publish(home, 3, rows=300), readers="bi_readers")
        assert con.execute("select min(run), max(run), count(*) from core.orders").fetchall() == [(1, 1, 500)]
    assert target.ask("select min(run), count(*) from core.orders") == [(3, 300)]


def test_rows_that_an_older_version_kept_in_the_published_table_itself_go(target: Target, home: Home):
    target.deliver(publish(home, 1))
    target.do(
        "create table public.held as select * from core.orders; drop schema published_rows cascade; "
        "insert into core.orders select * from public.held"
    )
    target.deliver(publish(home, 2))
    assert target.ask("select count(*), min(run), max(run) from core.orders") == [(3, 2, 2)]
