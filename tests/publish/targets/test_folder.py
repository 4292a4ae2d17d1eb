"""The target `folder`: readers see a whole copy, old or new, whatever happens in the middle."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.durable import hash_file
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.folder import FolderOptions, deliver_to_folder
from regulars.pipelines.publish.targets.shape import copies
from tests.publish.builders import a_home, publish_run
from tests.publish.trials import ENVIRONMENT, ROOT

KILLED = 9


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_home(tmp_path / "home")


@pytest.fixture
def share(tmp_path: Path) -> Path:
    (tmp_path / "share").mkdir()
    return tmp_path / "share"


def published(home: Home, run: int) -> Generation:
    return publish_run(home, run).generation


def deliver(generation: Generation, share: Path, **options: object) -> bool:
    return deliver_to_folder(generation, FolderOptions(path=share.name, **options), share.parent).is_new


def seen(share: Path) -> tuple[str, int]:
    """The generation that a reader of the folder finds, and its run; every file is compared with `contents.json`."""
    name = copies.read_current(share)
    assert name is not None
    contents = json.loads((share / name / "contents.json").read_text())
    for file, facts in contents["files"].items():
        assert hash_file(share / name / file) == facts["sha256"]
    with duckdb.connect() as con:
        orders = share / name / "parquet" / "core" / "orders.parquet"
        [(run,)] = con.execute(f"select distinct run from read_parquet('{orders}')").fetchall()
    return contents["generation"], run


def entries(share: Path) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in share.iterdir())


def test_readers_of_the_folder_find_the_published_tables_and_the_contracts(home, share):
    assert deliver(published(home, 1), share)
    assert seen(share) == ("g000001", 1)
    files = sorted(path.relative_to(share / "current").as_posix() for path in (share / "current").rglob("*.*"))
    assert files == [
        "contents.json",
        "contracts.odcs.yaml",
        "parquet/core/orders.parquet",
        "parquet/marts/churn.parquet",
        "parquet/meta/runs.parquet",
    ]


def test_nothing_personal_goes_out(home, share):
    generation = published(home, 1)
    assert b"ada@example.com" in generation.state_file.read_bytes()
    deliver(generation, share, report=True)
    assert not [path for path in share.rglob("*") if path.is_file() and b"ada@example.com" in path.read_bytes()]


def test_the_report_goes_along_where_the_settings_say_so_even_for_a_generation_that_is_there(home, share):
    generation = published(home, 1)
    deliver(generation, share)
    assert not (share / "current" / "report.html").exists()
    assert deliver(generation, share, report=True)
    assert (share / "current" / "report.html").read_text() == "<!doctype html>"


def test_a_second_delivery_of_the_same_generation_copies_nothing(home, share):
    generation = published(home, 1)
    deliver(generation, share)
    before = {path: path.stat().st_mtime_ns for path in share.rglob("*")}
    assert not deliver(generation, share)
    assert {path: path.stat().st_mtime_ns for path in share.rglob("*")} == before


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"half")], ids=["lost", "cut off"])
def test_a_copy_that_was_damaged_is_made_again(home, share, spoil):
    generation = published(home, 1)
    deliver(generation, share)
    spoil(share / "current" / "parquet" / "core" / "orders.parquet")
    assert deliver(generation, share)
    assert seen(share) == ("g000001", 1)
    assert entries(share) == ["current", "g000001"]


def test_the_newest_copies_are_kept_and_what_others_put_there_is_left_alone(home, share):
    (share / "g000001-notours0").mkdir()
    (share / "g000000-00000000").mkdir()
    (share.parent / "theirs").mkdir()
    (share.parent / "theirs" / "contents.json").write_text("{}")
    (share / "g000000-11111111").symlink_to(share.parent / "theirs")
    for run in range(1, 5):
        deliver(published(home, run), share, keep_generations=2)
    assert entries(share) == ["current", "g000000", "g000000", "g000001", "g000003", "g000004"]
    assert seen(share) == ("g000004", 4)


def test_after_a_rollback_the_copy_from_before_is_pointed_at_and_not_copied_again(home, share):
    first, second = published(home, 1), published(home, 2)
    deliver(first, share)
    deliver(second, share)
    copied = (share / "current").stat().st_ino
    assert deliver(first, share)
    assert seen(share) == ("g000001", 1)
    assert deliver(second, share)
    assert (share / "current").stat().st_ino == copied


def test_another_home_that_begins_again_at_one_does_not_pass_for_the_old_one(home, share, tmp_path):
    deliver(published(home, 1), share)
    assert deliver(published(a_home(tmp_path / "other"), 7), share)
    assert seen(share) == ("g000001", 7)


def test_a_damaged_generation_is_not_delivered(home, share):
    deliver(published(home, 1), share)
    second = published(home, 2)
    file = second.parquet_file("marts.churn")
    file.chmod(0o600)
    file.write_bytes(b"spoilt")
    with pytest.raises(StorageFailed, match=r"parquet/marts/churn\.parquet of g000002 is not as it was published"):
        deliver(second, share)
    assert seen(share) == ("g000001", 1)
    assert entries(share) == ["current", "g000001"]


def test_a_disk_that_fails_at_any_flush_leaves_a_whole_copy_and_the_next_delivery_succeeds(home, share, monkeypatch):
    first, second = published(home, 1), published(home, 2)
    deliver(first, share)
    flush, failures = copies.flush, 0
    while True:
        left = failures

        def fail_once(path: Path) -> None:
            nonlocal left
            if left == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            left -= 1
            flush(path)

        monkeypatch.setattr(copies, "flush", fail_once)
        try:
            deliver(second, share)
        except OSError:
            failures += 1
            assert seen(share) == ("g000001", 1)
            assert entries(share) == ["current", "g000001"]
        else:
            break
    assert failures > 5
    assert seen(share) == ("g000002", 2)


@pytest.mark.slow
def test_a_delivery_that_is_killed_at_a_flush_leaves_a_whole_copy_and_no_litter_stays(home, share):
    deliver(published(home, 1), share)
    second = published(home, 2)
    for nth in range(1, 100, 2):
        call = [sys.executable, "-m", "tests.publish.targets.killed_delivery", str(second.path), str(share), str(nth)]
        done = subprocess.run(call, cwd=ROOT, env=ENVIRONMENT, check=False)
        assert done.returncode in (0, KILLED)
        assert seen(share) in {("g000001", 1), ("g000002", 2)}
        if done.returncode == 0:
            break
    assert nth > 5
    assert seen(share) == ("g000002", 2)
    deliver(second, share)
    assert entries(share) == ["current", "g000001", "g000002"]


def test_where_symlinks_are_impossible_a_small_file_says_which_copy_counts(home, share, monkeypatch):
    def refuse(link: Path, target: Path, *, fresh: Path) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), str(link))

    monkeypatch.setattr(copies, "replace_symlink", refuse)
    first = published(home, 1)
    assert deliver(first, share)
    assert seen(share) == ("g000001", 1)
    assert json.loads((share / "current.json").read_text())["folder"].startswith("g000001-")
    assert not deliver(first, share)
    monkeypatch.undo()
    assert deliver(published(home, 2), share)
    assert seen(share) == ("g000002", 2)
    assert not (share / "current").exists()


def test_a_share_that_is_not_mounted_is_an_error_and_not_a_new_folder(home, share):
    share.rmdir()
    with pytest.raises(StorageFailed, match=r"there is no folder .*share; mount or make it"):
        deliver(published(home, 1), share)
    assert not share.exists()


@pytest.mark.parametrize("path", ["home", "home/generations", "home/../home/current", "home/generations/g000001"])
def test_a_folder_in_the_home_is_refused_before_anything_is_removed(home, share, path):
    generation = published(home, 1)
    with pytest.raises(StorageFailed, match="lies in the home"):
        deliver_to_folder(generation, FolderOptions(path=path), share.parent)
    assert [each.name for each in home.generations()] == ["g000001"]


def test_a_folder_whose_current_is_not_ours_is_refused(home, share):
    (share / "current").mkdir()
    with pytest.raises(StorageFailed, match="current is not a symlink of ours"):
        deliver(published(home, 1), share)
