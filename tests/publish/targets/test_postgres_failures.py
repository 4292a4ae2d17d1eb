"""What goes wrong with a PostgreSQL server is a sentence that helps, and the old generation stays."""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from regulars.pipelines.errors import Busy, SettingsWrong, StorageFailed
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgres import PostgresOptions, check_postgres, deliver_to_postgres
from tests.publish.targets.postgres_server import PASSWORD, VARIABLE, Server
from tests.publish.targets.published import prepared_home, publish

BASE = Path("/")
ROOT = Path(__file__).parents[3]
LEFTOVERS = """
    select count(*) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'published_rows' and c.relkind = 'r' and obj_description(c.oid, 'pg_class') is null
"""
"""Tables of rows that hold none."""


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
    assert deliver_to_postgres(publish(home), server.options(database, schema_prefix="regulars_"), BASE).is_new
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
    assert deliver_to_postgres(generation, server.options(database), BASE).is_new


@pytest.mark.parametrize("missing", ["psycopg", "pgpq"])
def test_without_the_extra_a_sentence_names_it(server: Server, monkeypatch: pytest.MonkeyPatch, missing: str):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else name)
    assert check_postgres(server.options("any"), BASE) == (
        f"a target of type postgres needs {missing}: `pip install 'regulars[postgres]'`"
    )


@pytest.fixture
def small_disk(server: Server, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 16 MB that holds the database `small`, and nothing else of the server."""
    folder = server.folder / "small_disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=777", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a disk of its own")
    monkeypatch.setenv(VARIABLE, PASSWORD)
    try:
        (folder / "data").mkdir()
        shutil.chown(folder / "data", "postgres")
        do(server, "postgres", f"create tablespace small_disk location '{folder / 'data'}'")
        do(server, "postgres", "create database small owner writer tablespace small_disk")
        yield folder
        do(server, "postgres", "drop database small with (force)")
        do(server, "postgres", "drop tablespace small_disk")
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
def test_a_full_disk_leaves_the_old_generation_and_the_next_delivery_heals(
    server: Server, small_disk: Path, home: Home
):
    options = server.options("small", readers="bi_readers")
    deliver_to_postgres(publish(home, 1), options, BASE)
    large = publish(home, 2, rows=200_000)
    with pytest.raises(
        StorageFailed, match=r"the disk of .*small.* is full; make room, then `regulars deliver`"
    ) as refused:
        deliver_to_postgres(large, options, BASE)
    assert "\n" not in str(refused.value)
    state = "select min(run), max(run), count(*), (select churned from marts.churn) from core.orders"
    with server.connect("small", "reader") as con:
        assert con.execute(state).fetchall() == [(1, 1, 3, 1)]
    subprocess.run(["mount", "-o", "remount,size=128m", small_disk], check=True)
    assert deliver_to_postgres(large, options, BASE).is_new
    assert ask(server, "small", state) == [(2, 2, 200_000, 2)]
    assert ask(server, "small", LEFTOVERS) == [(0,)]


@dataclass(frozen=True)
class KilledDelivery:
    """Two generations, of which the second is delivered by a process that is killed; `seconds` is what it takes."""

    home: Home
    old: Generation
    new: Generation
    seconds: float


def start_delivery(options: PostgresOptions, home: Home) -> subprocess.Popen[bytes]:
    """Start to deliver the current generation in a process of its own; returns when it begins."""
    child = f"""
from pathlib import Path
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgres import PostgresOptions, deliver_to_postgres
options = PostgresOptions.model_validate_json({options.model_dump_json()!r})
print("ready", flush=True)
deliver_to_postgres(Home(Path({str(home.path)!r})).current(), options, Path("/"))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", child], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ | {VARIABLE: PASSWORD}
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


@pytest.fixture(scope="module")
def killed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> KilledDelivery:
    home = prepared_home(tmp_path_factory.mktemp("killed") / "home")
    old, new = publish(home, 1, rows=20_000), publish(home, 2, rows=200_000)
    do(server, "postgres", "create database undisturbed owner writer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, PASSWORD)
        deliver_to_postgres(old, server.options("undisturbed"), BASE)
    with start_delivery(server.options("undisturbed"), home) as process:
        began = time.perf_counter()
        assert process.wait() == 0
    return KilledDelivery(home, old, new, time.perf_counter() - began)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(30))
def test_killed_at_any_moment_the_old_generation_stays_and_the_next_delivery_heals(
    server: Server, database: str, killed: KilledDelivery, part: int
):
    options = server.options(database)
    deliver_to_postgres(killed.old, options, BASE)
    with start_delivery(options, killed.home) as process:
        time.sleep(killed.seconds * part / 29)
        process.kill()
    runs = ask(server, database, "select min(run), max(run), (select churned from marts.churn) from core.orders")
    assert runs in ([(1, 1, 1)], [(2, 2, 2)])
    for _ in range(100):  # the server notices that its client is gone
        try:
            deliver_to_postgres(killed.new, options, BASE)
            break
        except Busy:
            time.sleep(0.1)
    assert ask(server, database, "select min(run), max(run), count(*) from core.orders") == [(2, 2, 200_000)]
    deliver_to_postgres(killed.new, options, BASE)
    assert ask(server, database, LEFTOVERS) == [(0,)]
