"""What a kill cannot show: after a power cut, only what was flushed is there. So the order of calls is checked."""

import re
from pathlib import PurePosixPath

import pytest

from tests.publish.builders import a_home, publish_run
from tests.publish.trials import FILE_CHANGING, FLUSHING, WRITING, need_strace, strace

ON_A_FILE = re.compile(r"\d+ +(\w+)\(\d+<([^>]+)>")
ON_NAMES = re.compile(r'"([^"]+)"')
CHANGES_ENTRIES = ("mkdir", "unlink", "rmdir", "symlink", "rename", "link", "open")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = a_home(tmp_path_factory.mktemp("sync") / "home")
    publish_run(home, 1)
    return home


@pytest.fixture(scope="module")
def steps(home):
    """(system call, the path it is about, the path it makes of it) of one run, in order; failed calls left out."""
    need_strace()
    traced = ",".join("?" + name for name in [*FILE_CHANGING, "open", "openat"])
    done, lines = strace(home.path, 2, "-y", "-s", "300", "-e", f"trace={traced}")
    assert done.returncode == 0, done.stderr
    assert not [line for line in lines if "unfinished" in line and "openat" not in line], "calls of two threads at once"
    return [step for step in map(step_of, lines) if step]


def step_of(line):
    if " = -1 " in line:
        return None
    name = re.match(r"\d+ +(\w+)\(", line)
    if name is None:
        return None
    if on_a_file := ON_A_FILE.match(line):
        return name[1], PurePosixPath(on_a_file[2]), None
    if name[1].startswith("open") and "O_CREAT" not in line:
        return None
    paths = [PurePosixPath(path) for path in ON_NAMES.findall(line)]
    return name[1], paths[0], paths[-1]


def positions(steps, names, path):
    return [at for at, (name, first, last) in enumerate(steps) if name in names and path in (first, last)]


def the_rename(steps, target):
    (at,) = (at for at, (name, _, last) in enumerate(steps) if name.startswith("rename") and last == target)
    return at


def test_every_byte_is_flushed_before_the_generation_gets_its_name(home, steps):
    named = the_rename(steps, PurePosixPath(home.generations_folder / "g000002"))
    building = steps[named][1]
    written = {path for name, path, _ in steps[:named] if name in WRITING and path.is_relative_to(building)}
    kept = {path for path in written if path.suffix != ".wal"}
    assert len(kept) == 7
    for path in kept:
        last_write = max(positions(steps[:named], WRITING, path))
        assert any(at > last_write for at in positions(steps[:named], FLUSHING, path)), (
            f"{path} is written after its flush"
        )


def test_every_folder_is_flushed_after_its_last_entry(home, steps):
    named = the_rename(steps, PurePosixPath(home.generations_folder / "g000002"))
    building = steps[named][1]
    folders = {building} | {
        path for name, path, _ in steps[:named] if name == "mkdir" and path.is_relative_to(building)
    }
    assert len(folders) == 5
    for folder in folders:
        changes = [
            at
            for at, (name, _, last) in enumerate(steps[:named])
            if name.startswith(CHANGES_ENTRIES) and last is not None and last.parent == folder
        ]
        assert any(at > max(changes) for at in positions(steps[:named], FLUSHING, folder)), (
            f"{folder} changes after its flush"
        )


def test_personal_data_are_flushed_under_their_name_before_the_generation_gets_its_own(home, steps):
    state = PurePosixPath(home.state_folder)
    named = the_rename(steps, PurePosixPath(home.generations_folder / "g000002"))
    (linked,) = (at for at, (name, _, last) in enumerate(steps) if name.startswith("link") and last.parent == state)
    building, target = steps[linked][1:]
    assert target.name == "g000002.duckdb"
    last_write = max(positions(steps[:linked], WRITING, building))
    assert any(last_write < at < linked for at in positions(steps, FLUSHING, building))
    assert any(linked < at < named for at in positions(steps, FLUSHING, state))
    assert not [step for step in steps[linked + 1 :] if step[0] in WRITING and step[1].is_relative_to(state)]


def test_the_name_is_flushed_before_readers_are_pointed_at_it(home, steps):
    named = the_rename(steps, PurePosixPath(home.generations_folder / "g000002"))
    swung = the_rename(steps, PurePosixPath(home.current_link))
    (linked,) = (at for at, (name, _, _) in enumerate(steps) if name.startswith("symlink"))
    folder_flushed = positions(steps, FLUSHING, PurePosixPath(home.generations_folder))
    assert any(named < at < linked for at in folder_flushed)
    assert linked < swung
    assert any(at > swung for at in positions(steps, FLUSHING, PurePosixPath(home.path)))


def test_nothing_in_a_generation_changes_once_it_has_its_name(home, steps):
    generation = PurePosixPath(home.generations_folder / "g000002")
    named = the_rename(steps, generation)
    assert not [step for step in steps[named + 1 :] if step[1].is_relative_to(generation)]
