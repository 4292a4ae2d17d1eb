import datetime as dt
import os

import duckdb
import pytest

from regulars.pipelines import errors
from regulars.pipelines.home.state_file import read_state
from regulars.pipelines.home.verify import find_damage
from regulars.pipelines.publish.files.tables import Table
from regulars.pipelines.publish.generation import publish_generation
from tests.publish.builders import AS_OF, NOW, STATE_TABLES, a_home, build, contents, publish_run


@pytest.fixture
def home(tmp_path):
    return a_home(tmp_path / "home")


def test_readers_see_a_run_once_it_is_published(home):
    published = publish_run(home)
    assert (published.is_new, published.is_current, published.warning) == (True, True, None)
    assert home.current().number == 1
    with duckdb.connect(str(home.current_link / "regulars.duckdb"), read_only=True) as reader:
        assert reader.execute("select order_id from core.orders").fetchall() == [("0",), ("1",), ("2",)]


def test_a_generation_holds_every_file_and_says_so(home):
    generation = publish_run(home).generation
    assert sorted(p.relative_to(generation.path).as_posix() for p in generation.path.rglob("*") if p.is_file()) == [
        "contracts.odcs.yaml",
        "manifest.json",
        "parquet/core/orders.parquet",
        "parquet/marts/churn.parquet",
        "parquet/meta/runs.parquet",
        "regulars.duckdb",
        "report.html",
    ]
    manifest = generation.manifest
    assert (manifest.generation, manifest.parent, manifest.as_of) == (1, None, AS_OF)
    assert {name: facts.rows for name, facts in manifest.tables.items()} == {
        "core.orders": 3,
        "marts.churn": 1,
        "meta.runs": 1,
    }
    assert manifest.headline == {"customers": 3}
    assert find_damage(generation) == []


def test_only_the_owner_may_read_personal_data(home):
    before = os.umask(0)
    try:
        folder = publish_run(home).path
    finally:
        os.umask(before)
    state = [home.path / "state", home.path / "state" / "g000001.duckdb"]
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (folder, *folder.iterdir(), *state)}
    assert (modes["state"], modes["g000001.duckdb"]) == ("0o700", "0o600")
    assert modes["regulars.duckdb"] == modes["manifest.json"] == modes["report.html"] == "0o444"
    assert modes["g000001"] == modes["parquet"] == "0o755"


@pytest.mark.parametrize(("umask", "folder_mode", "file_mode"), [(0o077, "0o700", "0o400"), (0o027, "0o750", "0o440")])
def test_a_strict_umask_closes_a_generation_to_others(home, umask, folder_mode, file_mode):
    before = os.umask(umask)
    try:
        folder = publish_run(home).path
    finally:
        os.umask(before)
    modes = {(path.is_dir(), oct(path.stat().st_mode & 0o777)) for path in (folder, *folder.rglob("*"))}
    assert modes == {(True, folder_mode), (False, file_mode)}


def test_no_personal_table_is_in_the_file_that_bi_opens(home):
    folder = publish_run(home).path
    with duckdb.connect(str(folder / "regulars.duckdb"), read_only=True) as reader:
        schemas = reader.execute("select distinct schema_name from duckdb_tables() order by 1").fetchall()
    with read_state(home.current()) as reader:
        state = reader.execute("select schema_name, table_name from duckdb_tables() order by 1").fetchall()
    assert schemas == [("core",), ("marts",), ("meta",)]
    assert state == [("identity", "person_map"), ("quarantine", "orders")]
    for path in (path for path in home.generations_folder.rglob("*") if path.is_file()):
        assert b"ada@example.com" not in path.read_bytes(), path


def test_the_same_run_again_publishes_nothing_new(home):
    first = publish_run(home)
    again = publish_run(home)
    assert (again.generation, again.is_new, again.is_current) == (first.generation, False, False)
    assert [each.name for each in home.generations()] == ["g000001"]
    assert not list(home.generations_folder.glob(".*"))


def test_the_same_run_again_replaces_a_damaged_generation(home):
    report = publish_run(home).path / "report.html"
    report.chmod(0o644)
    report.write_text("<!doctype htm>")
    assert publish_run(home).generation.number == 2


def test_another_fingerprint_is_new_even_with_the_same_numbers(home):
    with home.lock("regulars run"):
        for expected, fingerprint in ((1, "a"), (2, "b")):
            with build() as con:
                published = publish_generation(
                    con,
                    home,
                    contents(fingerprint=fingerprint),
                    number=home.next_number(),
                    parent=home.current(),
                    as_of=AS_OF,
                )
            assert published.generation.number == expected
    first, second = (generation.manifest for generation in home.generations())
    assert first.content_sha256 == second.content_sha256


def test_content_hash_knows_nothing_of_run_times_and_generation_numbers(home, tmp_path):
    publish_run(home, 7)
    publish_run(home, 1)
    other = publish_run(a_home(tmp_path / "other"), 1)
    assert other.generation.number != home.current().number
    assert other.generation.manifest.content_sha256 == home.current().manifest.content_sha256


def test_a_backfill_is_kept_aside(home):
    publish_run(home, 1)
    aside = publish_run(home, 2, as_of=AS_OF - dt.timedelta(days=31))
    assert (aside.generation.number, aside.is_new, aside.is_current) == (2, True, False)
    assert aside.generation.manifest.is_backfill
    assert home.current().number == 1
    assert publish_run(home, 2, as_of=AS_OF - dt.timedelta(days=31)).is_new is False
    assert publish_run(home, 3).generation.manifest.parent == 1


def test_a_run_built_on_an_older_generation_is_refused(home):
    publish_run(home, 1)
    parent, number = home.current(), home.next_number()
    publish_run(home, 2)
    with (
        home.lock("regulars run"),
        build(3) as con,
        pytest.raises(errors.Busy, match="another run has published g000002"),
    ):
        publish_generation(con, home, contents(), number=number, parent=parent, as_of=AS_OF)
    with (
        home.lock("regulars run"),
        build(3) as con,
        pytest.raises(errors.Busy, match="built on g000001, but g000002 is current"),
    ):
        publish_generation(con, home, contents(), number=9, parent=parent, as_of=AS_OF)
    assert home.current().number == 2
    assert sorted(path.name for path in home.generations_folder.iterdir()) == ["g000001", "g000002"]


def test_a_run_is_refused_when_another_was_first_or_when_nothing_is_current_any_more(home):
    publish_run(home, 1)
    parent = home.current()
    with (
        home.lock("regulars run"),
        build(3) as con,
        pytest.raises(errors.Busy, match="built on an empty home, but g000001 is current"),
    ):
        publish_generation(con, home, contents(), number=9, parent=None, as_of=AS_OF)
    home.current_link.unlink()
    with (
        home.lock("regulars run"),
        build(3) as con,
        pytest.raises(errors.Busy, match="built on g000001, but nothing is current"),
    ):
        publish_generation(con, home, contents(), number=9, parent=parent, as_of=AS_OF)
    assert home.current_number() is None
    assert [generation.number for generation in home.generations()] == [1]


def test_a_column_that_bi_tools_cannot_read_stops_the_run(home):
    with home.lock("regulars run"), build() as con:
        con.execute("create table marts.wide as select 1::hugeint as total, [1] as parts, 'a'::varchar as name")
        odd = contents()
        odd = type(odd)((*odd.tables, Table("marts.wide", ("name",))), STATE_TABLES, {}, odd.facts, "")
        with pytest.raises(
            errors.ContractBroken, match=r"marts.wide.total is HUGEINT; marts.wide.parts is INTEGER\[\]"
        ):
            publish_generation(con, home, odd, number=1, parent=None, as_of=AS_OF)
    assert home.current() is None


def test_a_locked_down_build_can_be_published(home):
    with home.lock("regulars run"), build() as con:
        con.execute(f"set allowed_directories = ['{home.path}']")
        con.execute("set enable_external_access = false; set lock_configuration = true")
        published = publish_generation(con, home, contents(), number=1, parent=None, as_of=AS_OF, clock=lambda: NOW)
    assert find_damage(published.generation) == []


def test_publishing_without_the_lock_is_a_bug(home):
    with build() as con, pytest.raises(RuntimeError, match="lock"):
        publish_generation(con, home, contents(), number=1, parent=None, as_of=AS_OF)
