"""A write is whole or absent, and on the disk before anybody relies on it."""

import fcntl
import os
from pathlib import Path

import pytest

from regulars.pipelines.home.durable import (
    append_line,
    flush,
    put_in_place,
    put_in_place_once,
    rename_path,
    replace_symlink,
    write_text,
)


@pytest.fixture
def calls(monkeypatch):
    """The flushes and renames of a test, in order, each with the name of its file or folder."""
    made = []
    fsync, replace, link = os.fsync, os.replace, os.link

    def watch_fsync(descriptor):
        made.append(("flush", Path(f"/proc/self/fd/{descriptor}").readlink().name))
        fsync(descriptor)

    def watch_replace(old, new):
        made.append(("rename", Path(new).name))
        replace(old, new)

    def watch_link(old, new, **how):
        made.append(("link", Path(new).name))
        link(old, new, **how)

    monkeypatch.setattr(os, "fsync", watch_fsync)
    monkeypatch.setattr(os, "replace", watch_replace)
    monkeypatch.setattr(os, "link", watch_link)
    return made


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "landing"
    path.mkdir()
    return path


def test_a_file_is_flushed_before_it_gets_its_name_and_the_folder_after(folder, calls):
    (folder / "work").write_text("new")
    (folder / "order.parquet").write_text("old")
    put_in_place(folder / "work", folder / "order.parquet")
    assert calls == [("flush", "work"), ("rename", "order.parquet"), ("flush", "landing")]
    assert (folder / "order.parquet").read_text() == "new"


def test_a_file_that_another_process_put_in_place_is_never_replaced(folder, calls):
    (folder / "work").write_text("new")
    (folder / "state").write_text("old")
    with pytest.raises(FileExistsError):
        put_in_place_once(folder / "work", folder / "state")
    assert (folder / "state").read_text() == "old"
    (folder / "state").unlink()
    calls.clear()
    put_in_place_once(folder / "work", folder / "state")
    assert calls == [("flush", "work"), ("link", "state"), ("flush", "landing")]
    assert [path.name for path in folder.iterdir()] == ["state"]


def test_a_rename_flushes_both_folders(folder, tmp_path, calls):
    (folder / "state").write_text("old")
    rename_path(folder / "state", tmp_path / "state")
    assert calls == [("rename", "state"), ("flush", tmp_path.name), ("flush", "landing")]


def test_a_text_is_replaced_in_one_step(folder, calls):
    write_text(folder / "last_run.json", "1")
    write_text(folder / "last_run.json", "2")
    assert calls[:3] == [("flush", ".last_run.json.fresh"), ("rename", "last_run.json"), ("flush", "landing")]
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("last_run.json", "2")]


def test_a_line_after_a_torn_one_is_a_line_of_its_own(folder, calls):
    log = folder / "events.jsonl"
    append_line(log, "one")
    log.write_text("one\ntor")
    append_line(log, "two")
    assert log.read_text() == "one\ntor\ntwo\n"
    assert calls == [("flush", "events.jsonl")] * 2


def test_whole_lines_follow_each_other_without_a_blank_one(folder):
    log = folder / "events.jsonl"
    for line in ("one", "two", "three"):
        append_line(log, line)
    assert log.read_text() == "one\ntwo\nthree\n"


def test_a_symlink_points_at_the_old_or_the_new_target(folder, calls):
    for target in ("g000001", "g000002"):
        replace_symlink(folder / "current", target, fresh=folder / ".current-1")
        assert (folder / "current").readlink().name == target
    assert calls[-2:] == [("rename", "current"), ("flush", "landing")]


def test_a_mac_is_asked_for_the_full_flush(folder, calls, monkeypatch):
    asked = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda descriptor, command: asked.append(command))
    flush(folder)
    assert (asked, calls) == ([51], [])
