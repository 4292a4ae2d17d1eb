"""What people who read a PostgreSQL target see while a delivery writes to it, and what a delivery says of them."""

import re
import threading

import pytest

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgresql import delivery, differences, rows
from regulars.pipelines.publish.targets.postgresql import readers as postgres_readers
from tests.publish.targets.postgres_target import Target, find_row_table, list_doubled_row_tables
from tests.publish.targets.published import publish


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
    assert list_doubled_row_tables(target) == []
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
    before = find_row_table(target)
    target.deliver(publish(home, 3, rows=300), readers="bi_readers")
    after = find_row_table(target)
    assert before != after
    assert target.ask("select min(run), max(run), count(*) from core.orders") == [(3, 3, 300)]


def test_a_delivery_lets_a_reader_end_who_began_before_it(target: Target, home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(differences, "FEW_ROWS", 100)
    target.deliver(publish(home, 1, rows=500), readers="bi_readers")
    before = find_row_table(target)
    with target.server.connect(target.database, "reader") as con:
        con.execute("begin; select count(*) from core.orders")
        monkeypatch.setattr(postgres_readers.time, "sleep", lambda _: con.execute("rollback") and None)
        target.deliver(publish(home, 2, rows=400), readers="bi_readers")
    after = find_row_table(target)
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
