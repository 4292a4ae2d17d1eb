"""The folder of an export: whole or not there, never over what others wrote."""

import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from regulars.pipelines.command.worklists import export_folder
from regulars.pipelines.command.worklists.export_folder import write_folder
from regulars.pipelines.errors import StorageFailed, UsageWrong

OLD = {"a.csv": pl.DataFrame({"x": ["1"]}), "b.csv": pl.DataFrame({"x": ["2"]})}
NEW = {"a.csv": pl.DataFrame({"x": ["3"]}), "c.csv": pl.DataFrame({"x": ["4"]})}


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8-sig") for path in sorted(folder.glob("*.csv"))}


def whole(files: dict[str, pl.DataFrame]) -> dict[str, str]:
    return {name: frame.write_csv() for name, frame in files.items()}


def test_a_later_export_replaces_the_one_before(tmp_path: Path):
    write_folder(tmp_path / "lists", OLD)
    write_folder(tmp_path / "lists", NEW)
    assert content(tmp_path / "lists") == whole(NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["lists"]


def test_an_empty_folder_is_taken(tmp_path: Path):
    (tmp_path / "lists").mkdir(mode=0o755)
    write_folder(tmp_path / "lists", OLD)
    assert content(tmp_path / "lists") == whole(OLD)


@pytest.mark.parametrize("spoil", ["note.txt", "a.csv", ".hidden"])
def test_what_others_wrote_or_changed_is_never_replaced(tmp_path: Path, spoil: str):
    folder = tmp_path / "lists"
    write_folder(folder, OLD)
    (folder / spoil).write_text("called, rings back on Monday", encoding="utf-8")
    with pytest.raises(UsageWrong, match="1 of its files were not written by"):
        write_folder(folder, NEW)
    assert (folder / spoil).read_text(encoding="utf-8") == "called, rings back on Monday"


def test_a_folder_of_others_and_a_file_are_refused(tmp_path: Path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/a.csv").write_text("x\n1\n", encoding="utf-8")
    for place in (tmp_path / "theirs", tmp_path / "theirs/a.csv"):
        with pytest.raises(UsageWrong):
            write_folder(place, NEW)
    assert (tmp_path / "theirs/a.csv").read_text(encoding="utf-8") == "x\n1\n"


STEPS = [("write_safe_csv", 0), ("write_safe_csv", 1), ("write_text", 0), ("rename_path", 0), ("rename_path", 1)]


@pytest.mark.parametrize(("step", "call"), STEPS)
def test_a_kill_at_any_step_leaves_whole_files_only_and_the_next_export_tidies_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, call: int
):
    folder = tmp_path / "lists"
    write_folder(folder, OLD)
    real, calls = getattr(export_folder, step), []

    def die(*arguments: object) -> None:
        calls.append(step)
        if len(calls) > call:
            raise SystemExit  # as a kill: nothing is tidied up
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(export_folder, step, die)
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        patch.setattr(os, "getpid", lambda: 2**22 + 1)  # no process has this number
        with pytest.raises(SystemExit):
            write_folder(folder, NEW)
    if folder.exists():
        assert content(folder) == whole(OLD)
    else:  # between two renames: both are whole under hidden names
        assert sorted(map(str, map(content, tmp_path.iterdir()))) == sorted(map(str, (whole(NEW), whole(OLD))))
    write_folder(folder, NEW)
    assert content(folder) == whole(NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["lists"]


def test_a_full_disk_leaves_the_folder_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "lists"
    write_folder(folder, OLD)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export_folder, "flush", fail)
    with pytest.raises(StorageFailed, match="No space left on device"):
        write_folder(folder, NEW)
    assert content(folder) == whole(OLD)
    assert [path.name for path in tmp_path.iterdir()] == ["lists"]
