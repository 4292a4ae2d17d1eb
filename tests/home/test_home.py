import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from regulars.pipelines import errors
from regulars.pipelines.command.generations import verify_current
from regulars.pipelines.home.event_log import append_event, read_events
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.verify import find_damage
from regulars.pipelines.publish.rollback import rollback
from tests.publish.builders import AS_OF, NOW, a_home, publish_run

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, pathlib
from regulars.pipelines.home.home import Home
with Home(pathlib.Path(sys.argv[1])).lock("regulars run"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path):
    return a_home(tmp_path / "home")


def hold_elsewhere(home):
    """Another process that holds the lock until its stdin closes."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, home.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert holder.stdout.readline() == b"held\n"
    return holder


def end(process):
    process.stdin.close()
    process.stdout.close()
    process.wait()


def test_before_the_first_run_nothing_is_current(tmp_path):
    home = Home(tmp_path / "not there yet")
    assert home.current() is None
    assert home.generations() == []
    assert home.next_number() == 1
    assert home.holder() is None


def test_a_second_run_learns_who_holds_the_lock(home):
    holder = hold_elsewhere(home)
    try:
        with (
            pytest.raises(errors.Busy, match=rf"`regulars run` \(process {holder.pid}, since 20") as busy,
            home.lock("regulars run"),
        ):
            pass
        assert busy.value.exit_code == 75
        assert home.holder().pid == holder.pid
    finally:
        end(holder)
    assert home.holder() is None


def test_the_lock_of_a_killed_run_is_free_and_its_text_ignored(home):
    holder = hold_elsewhere(home)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert json.loads((home.path / "lock").read_text())["pid"] == holder.pid
    assert home.holder() is None
    with home.lock("regulars run"):
        assert home.holder().pid == os.getpid()
    end(holder)


def test_the_lock_may_be_taken_again_inside_itself(home):
    with home.lock("regulars run"):
        with home.lock("regulars rollback"):
            assert home.holder().what == "regulars run"
        assert home.is_locked
    assert not home.is_locked


def test_a_removed_lock_file_is_made_again(home):
    with home.lock("regulars run"):
        pass
    (home.path / "lock").unlink()
    with home.lock("regulars run"):
        assert home.is_locked


def test_only_the_owner_may_enter_a_build_even_under_a_lax_umask(home):
    before = os.umask(0)
    try:
        with home.build_folder() as folder:
            assert oct(folder.stat().st_mode & 0o777) == "0o700"
            (folder / "build.duckdb").touch()
    finally:
        os.umask(before)
    assert not folder.exists()


def test_what_dead_runs_left_is_swept(home):
    publish_run(home)
    (home.path / ".build-99999-1").mkdir()
    (home.path / ".build-99999-1" / "build.duckdb.wal").touch()
    (home.path / ".current-99999").symlink_to("generations/g000009")
    (home.generations_folder / ".g000009-99999.building" / "parquet").mkdir(parents=True)
    (home.path / "notes of the operator").touch()
    with home.lock("regulars run"), home.build_folder() as ours:
        assert sorted(home.sweep()) == [".build-99999-1", ".current-99999", ".g000009-99999.building"]
        assert ours.exists()
    assert (home.path / "notes of the operator").exists()
    assert find_damage(home.current()) == []


def test_a_leftover_of_a_process_with_our_own_id_is_swept_too(home):
    (home.path / f".build-{os.getpid()}-999999").mkdir()
    with home.lock("regulars run"):
        assert home.sweep() == [f".build-{os.getpid()}-999999"]


def test_sweeping_without_the_lock_is_a_bug(home):
    with pytest.raises(RuntimeError, match="lock"):
        home.sweep()


def test_old_generations_go_but_never_the_current_one_or_the_one_to_go_back_to(home):
    for run in range(1, 7):
        publish_run(home, run)
    assert [each.number for each in home.generations()] == [3, 4, 5, 6]
    rollback(home, "4", clock=lambda: NOW)
    with home.lock("regulars run"):
        home.sweep(keep_generations=1)
    assert [each.number for each in home.generations()] == [3, 4, 6]


def test_a_state_file_goes_with_its_generation(home):
    for run in range(1, 7):
        publish_run(home, run)
    assert sorted(path.name for path in home.state_folder.iterdir()) == [
        f"g00000{number}.duckdb" for number in (3, 4, 5, 6)
    ]
    (home.state_folder / "g000007.duckdb").touch()  # of a run that was killed before its generation got its name
    (home.state_folder / ".g000007-99999.building").touch()
    (home.state_folder / ".g000007-99999.building.wal").touch()
    (home.state_folder / "notes of the operator").touch()
    with home.lock("regulars run"):
        home.sweep(keep_generations=1)
    assert sorted(path.name for path in home.state_folder.iterdir()) == [
        "g000005.duckdb",
        "g000006.duckdb",
        "notes of the operator",
    ]


def test_a_state_file_that_a_restore_brought_back_alone_is_kept(home, tmp_path):
    for run in (1, 2):
        publish_run(home, run)
    generation = home.generations()[0]
    state = home.state_file(generation.number)
    shutil.rmtree(generation.path)
    with home.lock("test"):
        home.sweep()
    assert state.exists()
    assert home.states_without_generation() == [state]

    restored = Home(tmp_path / "restored")
    restored.prepare()
    shutil.copyfile(state, restored.state_file(4))
    with restored.lock("test"):
        restored.sweep()
    assert restored.states_without_generation() == [restored.state_file(4)]
    assert restored.next_number() == 5


def test_another_state_file_than_was_published_is_damage(home):
    publish_run(home, 1)
    publish_run(home, 2)
    with (home.path / "state" / "g000002.duckdb").open("ab") as file:
        file.write(b"x")
    assert [sentence.partition(" has ")[0] for sentence in find_damage(home.current())] == ["state/g000002.duckdb"]
    with pytest.raises(errors.StorageFailed, match=r"damaged: state/g000002\.duckdb has"):
        verify_current(home)
    assert rollback(home, clock=lambda: NOW).number == 1


def test_numbers_are_never_used_twice(home):
    for run in (1, 2, 3):
        publish_run(home, run)
    rollback(home, "g000001", clock=lambda: NOW)
    with home.lock("regulars run"):
        home.sweep(keep_generations=0)
    assert [each.number for each in home.generations()] == [1]
    assert home.next_number() == 4


def test_rollback_goes_to_the_generation_that_this_one_was_built_on(home):
    for run in (1, 2, 3):
        publish_run(home, run)
    assert rollback(home, clock=lambda: NOW).number == 2
    assert rollback(home, clock=lambda: NOW).number == 1
    assert home.current().number == 1
    with pytest.raises(errors.UsageWrong, match="no complete generation before g000001"):
        rollback(home)
    assert [(event["event"], event["generation"]) for event in read_events(home.path)] == [
        ("published", 1),
        ("published", 2),
        ("published", 3),
        ("rolled_back", 2),
        ("rolled_back", 1),
    ]
    assert publish_run(home, 4).generation.manifest.parent == 1


def test_rollback_passes_over_a_damaged_generation(home):
    for run in (1, 2, 3):
        publish_run(home, run)
    (home.generations_folder / "g000002" / "report.html").unlink()
    with pytest.raises(
        errors.StorageFailed, match=r"g000002 is damaged, so nothing was changed: report\.html is missing"
    ):
        rollback(home, "2")
    assert home.current().number == 3
    assert rollback(home, clock=lambda: NOW).number == 1


def test_rollback_goes_to_the_parent_though_a_newer_generation_lies_between(home):
    for run in (1, 2, 3):
        publish_run(home, run)
    rollback(home, "g000001", clock=lambda: NOW)
    assert publish_run(home, 4).generation.number == 4
    assert rollback(home, clock=lambda: NOW).number == 1


def test_rollback_never_makes_a_backfill_current(home):
    for run in (1, 2):
        publish_run(home, run)
    publish_run(home, 3, as_of=AS_OF - dt.timedelta(days=31))
    publish_run(home, 4)
    with pytest.raises(errors.UsageWrong, match="g000003 is a backfill as of 2025-12-31"):
        rollback(home, "3")
    assert home.current().number == 4
    (home.generations_folder / "g000002" / "report.html").unlink()
    assert rollback(home, clock=lambda: NOW).number == 1


def test_rollback_works_when_the_current_generation_is_gone_or_unreadable(home):
    for run in (1, 2, 3):
        publish_run(home, run)
    manifest = home.current().path / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text("{")
    with pytest.raises(errors.StorageFailed, match="damaged"):
        _ = home.current().manifest
    assert rollback(home, clock=lambda: NOW).number == 2
    home.current().path.rename(home.path / "lost")
    with pytest.raises(errors.StorageFailed, match="g000002 is current, but gone"):
        home.current()
    assert rollback(home, clock=lambda: NOW).number == 1


def test_rollback_to_a_generation_that_does_not_exist_is_refused(home):
    publish_run(home)
    with pytest.raises(errors.UsageWrong, match="no generation 9 on this disk"):
        rollback(home, "9")


def test_verify_names_every_file_that_differs(home):
    folder = publish_run(home).path
    (folder / "report.html").chmod(0o644)
    (folder / "report.html").write_text("<!DOCTYPE html>")
    (home.path / "state" / "g000001.duckdb").unlink()
    (folder / "parquet" / "notes.txt").touch()
    (folder / "regulars.duckdb").chmod(0o644)
    with (folder / "regulars.duckdb").open("ab") as file:
        file.write(b"x")
    damage = find_damage(home.current())
    assert [sentence.split(" has ")[0] for sentence in damage] == [
        "state/g000001.duckdb is missing",
        "parquet/notes.txt does not belong to the generation",
        "regulars.duckdb",
        "report.html",
    ]


def test_a_manifest_whose_tables_are_not_those_that_were_hashed_is_damage(home):
    manifest = publish_run(home).path / "manifest.json"
    written = json.loads(manifest.read_text())
    written["tables"]["core.orders"]["sha256"] = "0" * 64
    manifest.chmod(0o644)
    manifest.write_text(json.dumps(written))
    assert find_damage(home.current()) == ["manifest.json contradicts itself: content_sha256 is not that of its tables"]


def test_too_little_free_space_stops_a_run_before_it_begins(home, monkeypatch):
    publish_run(home)
    home.check_free_space()
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1_000_000}))
    with pytest.raises(
        errors.StorageFailed, match=r"1 MB are free at .*home, [1-9]+ MB are needed \(3 times g000001\)"
    ):
        home.check_free_space()


def test_three_times_the_size_of_the_current_generation_is_room_enough_and_a_byte_less_is_not(home, monkeypatch):
    publish_run(home)
    room = 3 * home.current().bytes
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": room}))
    home.check_free_space()
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": room - 1}))
    with pytest.raises(errors.StorageFailed, match="3 times g000001"):
        home.check_free_space()


def test_a_copied_home_without_its_symlink_is_an_error(home):
    home.current_link.mkdir()
    with pytest.raises(errors.StorageFailed, match="current is not a symlink"):
        home.current()


def test_a_line_torn_by_a_power_cut_does_not_spoil_the_diary(home):
    append_event(home.path, "published", at=NOW, generation=1)
    with (home.path / "events.jsonl").open("a") as diary:
        diary.write('{"at": "2026-02-0')
    append_event(home.path, "published", at=NOW, generation=2)
    assert [event["generation"] for event in read_events(home.path)] == [1, 2]


def test_the_diary_is_the_owners_to_write_and_everybodys_to_read(home):
    before = os.umask(0)
    try:
        append_event(home.path, "published", at=NOW, generation=1)
    finally:
        os.umask(before)
    assert oct((home.path / "events.jsonl").stat().st_mode & 0o777) == "0o644"
