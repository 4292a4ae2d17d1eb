"""Writes a folder of files with personal data: all of them or none, and only where no reader is pointed at.

Put here: where such a folder may lie, and replacing one that this command wrote. Keep out: what the files hold.
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from regulars.pipelines.errors import StorageFailed, UsageWrong
from regulars.pipelines.home.durable import flush, hash_file, make_private_folder, rename_path, write_text
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.csv_file import write_safe_csv

MARKER = ".regulars-export.json"
"""Lists the files of a folder with their hashes: what does not stand in it, or has changed, is not ours to replace."""


def check_place(folder: Path, home: Home, shared: Iterable[Path]) -> None:
    """Refuse a folder that readers see.

    Args:
        folder: Where to write, resolved.
        home: The company's home.
        shared: Folders to which generations are delivered.

    Raises:
        UsageWrong: The folder lies in the home or in one of the shared folders.
    """
    for taken, owner in [(home.path, "the home"), *((path.resolve(), "a target's folder") for path in shared)]:
        if folder.is_relative_to(taken):
            raise UsageWrong(
                f"--export {folder}: it lies in {owner}, {taken}, which others read; choose another folder"
            )


def write_folder(folder: Path, files: Mapping[str, pl.DataFrame]) -> None:
    """Write the files into a folder that only its owner may enter, replacing what this command wrote there before.

    The folder is written beside its place and renamed when it is whole.

    Args:
        folder: Where to write, resolved; its parents are made.
        files: File name -> rows.

    Raises:
        UsageWrong: The folder holds something that this command did not write, or that has changed since.
        StorageFailed: The disk failed; the folder is as it was.
    """
    check_content(folder)
    building, old = (folder.with_name(f".{folder.name}-{os.getpid()}.{state}") for state in ("building", "old"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        _build(building, files)
        _swap(building, folder, old)
    except OSError as error:
        raise StorageFailed(f"{folder} cannot be written: {error.strerror}; nothing in it has changed") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def check_content(folder: Path) -> None:
    """Refuse a folder with anything but the unchanged files of an earlier export.

    Raises:
        UsageWrong: Says how many files are in the way; their names may name staff.
    """
    if folder.is_file():
        raise UsageWrong(f"--export {folder}: it is a file; name a folder")
    found = {path.name: path for path in folder.iterdir()} if folder.exists() else {}
    if not found:
        return
    known = _read_marker(folder)
    own = {name for name, path in found.items() if path.is_file() and known.get(name) == hash_file(path)}
    others = len(found.keys() - own - {MARKER})
    if others or MARKER not in found:
        raise UsageWrong(
            f"--export {folder}: {max(others, 1)} of its files were not written by `regulars worklists --export`, or "
            "were changed since; move them away or name another folder"
        )


def _read_marker(folder: Path) -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        read = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in read["files"].items()}
    return {}


def _build(building: Path, files: Mapping[str, pl.DataFrame]) -> None:
    make_private_folder(building)
    for name, rows in files.items():
        write_safe_csv(rows, building / name)
        flush(building / name)
    hashes = {name: hash_file(building / name) for name in files}
    write_text(building / MARKER, json.dumps({"written_by": "regulars worklists --export", "files": hashes}, indent=1))
    (building / MARKER).chmod(0o600)


def _swap(building: Path, folder: Path, old: Path) -> None:
    if not folder.exists():
        rename_path(building, folder)
        return
    rename_path(folder, old)
    try:
        rename_path(building, folder)
    except OSError:
        rename_path(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed export left beside the folder; one that is under way is left alone."""
    pattern = re.compile(rf"\.{re.escape(folder.name)}-(\d+)\.(building|old)")
    for path in folder.parent.iterdir():
        match = pattern.fullmatch(path.name)
        if match and not _is_alive(int(match[1])):
            shutil.rmtree(path)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process != os.getpid()
