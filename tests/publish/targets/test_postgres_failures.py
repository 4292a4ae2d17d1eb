"""What goes wrong with a PostgreSQL server is a sentence that helps, and the old generation stays."""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from regulars.pipelines.errors import Busy, SettingsWrong, StorageFailed
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgres import check_postgres, deliver_to_postgres
from tests.publish.targets.postgres_server import PASSWORD, VARIABLE, Server
from tests.publish.targets.published import prepared_home, publish

BASE = Path("/")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return prepared_home(tmp_path / "home")


def ask(server: Server, database: str, query: str) -> list[tuple[Any, ...]]:
    with server.connect(database) as con:
        return con.execute(query).fetchall()


def do(server: Server, database: str, statement: str) -> None:
    with server.connect(database) as con:
        con.execute(statement)


def test_a_table_of_somebody_else_is_never_touched(server: Server, database: str, home: Home):
    do(server, database, "create schema marts authorization writer; create table marts.churn (mine int)")
    with pytest.raises(StorageFailed, match=r"marts\.churn is there already and is not ours; choose a `schema_prefix`"):
        deliver_to_postgres(publish(home), server.options(database), BASE)
    assert ask(server, database, "select to_regnamespace('core') is null, to_regnamespace('meta') is null") == [
        (True, True)
    ]
    assert deliver_to_postgres(publish(home), server.options(database, schema_prefix="regulars_"), BASE)
    assert ask(server, database, "select churned from regulars_marts.churn_all") == [(1,)]


def test_a_foreign_view_that_needs_a_column_is_named_and_the_old_generation_stays(
    server: Server, database: str, home: Home
):
    deliver_to_postgres(publish(home, 1), server.options(database), BASE)
    do(server, database, "create view public.mine as select note from marts.customer_360")
    gone = publish(home, 2, more="alter table marts.customer_360 drop column note;")
    with pytest.raises(StorageFailed, match=r"view that is not ours needs the old one: .*view mine"):
        deliver_to_postgres(gone, server.options(database), BASE)
    assert ask(server, database, "select churned from marts.churn") == [(1,)]
    other = publish(home, 3, more="alter table marts.customer_360 alter column note type integer using 1;")
    with pytest.raises(StorageFailed, match=r"mine depends on column"):
        deliver_to_postgres(other, server.options(database), BASE)


def test_a_server_that_does_not_answer_and_a_wrong_password_are_said_without_it(
    server: Server, database: str, home: Home, monkeypatch: pytest.MonkeyPatch
):
    generation = publish(home)
    with pytest.raises(StorageFailed, match=r"cannot connect to .* at 127\.0\.0\.1:1 as writer"):
        deliver_to_postgres(generation, server.options(database).model_copy(update={"port": 1}), BASE)
    assert "does not exist" in str(check_postgres(server.options("nowhere"), BASE))
    monkeypatch.setenv(VARIABLE, "battery staple")
    with pytest.raises(StorageFailed, match="password authentication failed") as refused:
        deliver_to_postgres(generation, server.options(database), BASE)
    assert "battery" not in str(refused.value)
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(SettingsWrong, match=f"the environment variable {VARIABLE} .* is not set"):
        deliver_to_postgres(generation, server.options(database), BASE)


def test_a_role_without_rights_and_a_missing_role_are_told_what_to_ask_for(server: Server, database: str, home: Home):
    generation = publish(home)
    with pytest.raises(StorageFailed, match=r"reader may not write to .*grant create on database"):
        deliver_to_postgres(generation, server.options(database, user="reader"), BASE)
    with pytest.raises(StorageFailed, match=r"there is no role nobody; make it with `create role \"nobody\"`"):
        deliver_to_postgres(generation, server.options(database, readers="nobody"), BASE)
    assert check_postgres(server.options(database, readers="nobody"), BASE) is not None
    assert check_postgres(server.options(database, readers="bi_readers"), BASE) is None
    assert ask(server, database, "select to_regnamespace('core')") == [(None,)]


def test_a_second_delivery_at_the_same_time_is_busy(server: Server, database: str, home: Home):
    generation = publish(home)
    with server.connect(database) as con, con.transaction():
        con.execute("select pg_advisory_xact_lock(hashtext('regulars '))")
        with pytest.raises(Busy, match="another delivery to this database is under way"):
            deliver_to_postgres(generation, server.options(database), BASE)
    assert deliver_to_postgres(generation, server.options(database), BASE)


def test_without_the_extra_a_sentence_names_it(home: Home, server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert check_postgres(server.options("any"), BASE) == (
        "a target of type postgres needs psycopg: `pip install 'regulars[postgres]'`"
    )


@pytest.mark.slow
@pytest.mark.parametrize("part", range(30))
def test_killed_at_any_moment_the_old_generation_stays_and_the_next_delivery_heals(
    server: Server, database: str, home: Home, part: int
):
    deliver_to_postgres(publish(home, 1, rows=20_000), server.options(database), BASE)
    new = publish(home, 2, rows=200_000)
    child = f"""
from pathlib import Path
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgres import PostgresOptions, deliver_to_postgres
options = PostgresOptions.model_validate_json({server.options(database).model_dump_json()!r})
print("ready", flush=True)
deliver_to_postgres(Home(Path({str(home.path)!r})).current(), options, Path("/"))
"""
    with subprocess.Popen(
        [sys.executable, "-c", child], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ | {VARIABLE: PASSWORD}
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05 * part)
        process.kill()
    runs = ask(server, database, "select min(run), max(run), (select churned from marts.churn) from core.orders")
    assert runs in ([(1, 1, 1)], [(2, 2, 2)])
    for _ in range(100):  # the server notices that its client is gone
        try:
            deliver_to_postgres(new, server.options(database), BASE)
            break
        except Busy:
            time.sleep(0.1)
    assert ask(server, database, "select min(run), max(run), count(*) from core.orders") == [(2, 2, 200_000)]
