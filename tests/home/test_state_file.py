"""Personal data have a folder of their own; a home from before that is moved, and loses nothing to a kill."""

import dataclasses
import json
import os
import shutil

import pytest

from regulars.pipelines import errors
from regulars.pipelines.command.generations import verify_current
from regulars.pipelines.home.state_file import make_state_path, move_old_states, read_state
from regulars.pipelines.home.verify import find_damage
from regulars.pipelines.publish.generation import publish_generation
from tests.publish.builders import AS_OF, a_home, build, contents, publish_run
from tests.publish.trials import MOVING, file_changing_calls, home_like, need_strace, strace


def make_old(home):
    """Put every state file where older homes kept it, and write the manifests as they were."""
    for each in home.generations():
        state, manifest = each.state_file, each.manifest
        state.rename(each.path / "state.duckdb")
        text = json.loads(dataclasses.replace(manifest, state=None).to_json())
        text["files"]["state.duckdb"] = dataclasses.asdict(manifest.state)
        del text["state"]
        path = each.path / "manifest.json"
        path.chmod(0o644)
        path.write_text(json.dumps(text))
        path.chmod(0o444)
    home.state_folder.rmdir()
    return home


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A home of three generations, as it was before personal data had a folder of their own."""
    home = a_home(tmp_path_factory.mktemp("old") / "home")
    for run in (1, 2, 3):
        publish_run(home, run)
    return make_old(home).path


def people_of(home):
    found = []
    for each in home.generations():
        with read_state(each) as con:
            found += con.execute("select record_key from identity.person_map").fetchall()
    return found


def personal_below_generations(home):
    return list(home.generations_folder.rglob("state*"))


def test_an_older_home_is_undamaged_and_readable_before_any_run(old):
    with home_like(old) as home:
        assert [find_damage(each) for each in home.generations()] == [[], [], []]
        assert verify_current(home) == "g000003 is undamaged: 7 files are as its manifest says"
        assert people_of(home) == [("ada@example.com",)] * 3
        assert not home.state_folder.exists()


def test_the_next_run_moves_an_older_home_once(old):
    with home_like(old) as home, home.lock("regulars run"):
        home.prepare()
        assert move_old_states(home) == 3
        assert move_old_states(home) == 0
        assert personal_below_generations(home) == []
        assert [find_damage(each) for each in home.generations()] == [[], [], []]
        assert people_of(home) == [("ada@example.com",)] * 3
        assert {oct(path.stat().st_mode & 0o777) for path in home.state_folder.iterdir()} == {"0o600"}


@pytest.mark.slow
def test_a_kill_while_an_older_home_is_moved_loses_nothing(old, record_trials):
    need_strace()
    with home_like(old) as home:
        calls = file_changing_calls(home.path, 4)
    # what moves the three files, before the build begins
    struck = [call for call in calls if call.name in MOVING and "state" in call.line and "building" not in call.line][
        :7
    ]
    assert len(struck) >= 6
    for call in struck:
        with home_like(old) as home:
            strace(home.path, 4, "-e", f"trace={call.name}", "-e", f"inject={call.name}:signal=KILL:when={call.nth}")
            assert [find_damage(each) for each in home.generations()] == [[], [], []]
            assert people_of(home) == [("ada@example.com",)] * 3
            assert publish_run(home, 4).generation.number == 4
            assert personal_below_generations(home) == []
            assert people_of(home) == [("ada@example.com",)] * 4
    record_trials(f"{len(struck)} kills")


def test_a_missing_state_file_is_reported_in_a_sentence(tmp_path):
    home = a_home(tmp_path / "home")
    publish_run(home)
    shutil.rmtree(home.state_folder)
    with (
        pytest.raises(errors.StorageFailed, match=r"g000001\.duckdb, the state of g000001, is missing"),
        read_state(home.current()),
    ):
        pass


def test_personal_data_of_a_run_that_failed_do_not_stay(tmp_path):
    home = a_home(tmp_path / "home")
    publish_run(home, 1)
    parent = home.current()
    publish_run(home, 2)
    for number, reason in ((9, "g000002 is current"), (2, "another run has published g000002")):
        with home.lock("regulars run"), build(3) as con, pytest.raises(errors.Busy, match=reason):
            publish_generation(con, home, contents(), number=number, parent=parent, as_of=AS_OF)
    assert sorted(path.name for path in home.state_folder.iterdir()) == ["g000001.duckdb", "g000002.duckdb"]
    assert find_damage(home.current()) == []


def test_neither_an_unfinished_state_file_nor_its_log_stays(tmp_path):
    home = a_home(tmp_path / "home")
    names = (f".g000005-{os.getpid()}.building", f".g000005-{os.getpid()}.building.wal")
    for name in names:  # left by a dead process with our own id
        (home.state_folder / name).touch()
    with home.lock("regulars run"), make_state_path(home, 5):
        assert list(home.state_folder.iterdir()) == []
        for name in names:
            (home.state_folder / name).touch()
    assert list(home.state_folder.iterdir()) == []
