"""Keeps copies of generations in a folder outside the home: a share, a disk, a folder that is synced to a bucket.

Put here: installing a copy all or nothing, the pointer to it, removing old ones. Keep out: what is in a copy.

A copy is written into a hidden folder, flushed, and renamed to `g000123-<8 digits>`; only then is `current` pointed at
it. A kill at any point leaves the copy that readers had. The digits come from what the copy is made of, so that the
same generation copied in another way lies beside the first copy and never replaces a file that somebody reads.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import Field

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.durable import (
    flush,
    hash_file,
    list_files,
    list_folders,
    rename_path,
    replace_symlink,
    write_text,
)
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.settings.part import Part

CONTENTS_FILE = "contents.json"
LINK = "current"
POINTER_FILE = "current.json"
COPY = re.compile(r"g\d{6,}-[0-9a-f]{8}")
LEFTOVER = re.compile(r"\.g\d{6,}-[0-9a-f]{8}\.(building|removed)")
NO_SYMLINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


class CopiesPart(Part):
    """A folder that holds copies of generations."""

    path: Annotated[str, Field(min_length=1)]
    """The folder, from the settings file's folder. It must exist, so that a share that is not mounted is noticed; one
    folder for each target."""
    keep_generations: Annotated[int, Field(ge=2)] = 2
    """How many of the newest copies are kept: the one before the current is for those who still read it."""


def install_copy(generation: Generation, options: CopiesPart, base: Path, write: Callable[[Path], None]) -> bool:
    """Make `current` in a target's folder a copy of a generation; do nothing when it is one already.

    Args:
        generation: What is copied.
        options: The folder, and how many copies are kept; further options decide what a copy is.
        base: The folder that a relative path starts from.
        write: Writes the files of the copy into an empty folder.

    Returns:
        Whether `current` has changed.

    Raises:
        StorageFailed: The folder is missing, lies in the home, or `current` in it is not ours.
        OSError: The disk failed; `current` is as it was.
    """
    folder = (base / options.path).resolve()
    _refuse_folder(folder, generation)
    made_from = _hash_origin(generation, options)
    copy = folder / f"{generation.name}-{made_from[:8]}"
    _remove_leftovers(folder)
    is_whole = _is_whole(copy, made_from)
    if is_whole and read_current(folder) == copy.name:
        return False
    if not is_whole:
        _write_copy(copy, made_from, write)
    _point_to(folder, copy.name)
    _remove_old_copies(folder, options.keep_generations)
    return True


def check_folder(options: CopiesPart, base: Path) -> str | None:
    """What keeps a target's folder from being written now; None when nothing does.

    Args:
        options: The folder.
        base: The folder that a relative path starts from.
    """
    folder = (base / options.path).resolve()
    if not folder.is_dir():
        return f"there is no folder {folder}; mount or make it, or correct `path` in the settings"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder} cannot be written to; change its permissions, or name another folder in `path`"
    return None


def read_current(folder: Path) -> str | None:
    """The name of the copy that readers of a target's folder see; None when there is none."""
    pointer = folder / POINTER_FILE
    if pointer.exists():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return str(json.loads(pointer.read_text(encoding="utf-8"))["folder"])
        return None
    link = folder / LINK
    return link.readlink().name if link.is_symlink() else None


def _refuse_folder(folder: Path, generation: Generation) -> None:
    home = generation.path.parents[1].resolve()
    if folder.is_relative_to(home):
        raise StorageFailed(f"{folder} lies in the home {home}; name a folder outside it in `path`")
    if not folder.is_dir():
        raise StorageFailed(f"there is no folder {folder}; mount or make it, or correct `path` in the settings")
    link = folder / LINK
    if link.exists() and not link.is_symlink():
        raise StorageFailed(f"{link} is not a symlink of ours; move it away, or name another folder in `path`")


def _hash_origin(generation: Generation, options: CopiesPart) -> str:
    """A hash of all that decides what is in a copy: the generation and the options, but for where it lies."""
    chosen = options.model_dump_json(exclude=set(CopiesPart.model_fields))
    return hashlib.sha256(f"{generation.manifest.to_json()}{chosen}".encode()).hexdigest()


def _is_whole(copy: Path, made_from: str) -> bool:
    """Whether a copy is what it should be, with every file at its size."""
    try:
        contents = json.loads((copy / CONTENTS_FILE).read_text(encoding="utf-8"))
        sizes = {name: (copy / name).stat().st_size for name in contents["files"]}
        return contents["made_from"] == made_from and all(
            sizes[name] == facts["bytes"] for name, facts in contents["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _write_copy(copy: Path, made_from: str, write: Callable[[Path], None]) -> None:
    building = copy.with_name(f".{copy.name}.building")
    try:
        building.mkdir()
        write(building)
        files = {
            path.relative_to(building).as_posix(): {"bytes": path.stat().st_size, "sha256": hash_file(path)}
            for path in list_files(building)
        }
        contents = {"generation": copy.name.partition("-")[0], "made_from": made_from, "files": files}
        (building / CONTENTS_FILE).write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8")
        for path in (*list_files(building), *list_folders(building)):
            flush(path)
        if copy.exists():  # damaged, so that nobody can rely on it
            _remove_copy(copy)
        rename_path(building, copy)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _point_to(folder: Path, name: str) -> None:
    """Let readers see a copy: by a symlink or, where the file system has none, by a small file."""
    if not (folder / POINTER_FILE).exists():
        try:
            replace_symlink(folder / LINK, Path(name), fresh=folder / f".{LINK}.fresh")
        except OSError as error:
            if error.errno not in NO_SYMLINKS:
                raise
        else:
            return
    write_text(folder / POINTER_FILE, json.dumps({"folder": name}) + "\n")


def _remove_old_copies(folder: Path, keep: int) -> None:
    """Remove all but the newest copies and the current one; one that cannot be removed waits for the next delivery."""
    current = read_current(folder)
    copies = [path for path in folder.iterdir() if _is_copy(path) and path.name != current]
    copies.sort(key=lambda path: (int(path.name[1:].partition("-")[0]), path.stat().st_mtime_ns, path.name))
    for path in copies[: max(0, len(copies) - keep + 1)]:
        with contextlib.suppress(OSError):
            _remove_copy(path)


def _is_copy(path: Path) -> bool:
    is_named_like_one = COPY.fullmatch(path.name) is not None and not path.is_symlink()
    return is_named_like_one and (path / CONTENTS_FILE).is_file()


def _remove_copy(copy: Path) -> None:
    """Hide a copy first, so that a kill leaves no half of it under its name."""
    hidden = copy.with_name(f".{copy.name}.removed")
    shutil.rmtree(hidden, ignore_errors=True)
    rename_path(copy, hidden)
    shutil.rmtree(hidden, ignore_errors=True)


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed delivery left; the home's lock keeps other deliveries away."""
    for path in folder.iterdir():
        if LEFTOVER.fullmatch(path.name) and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
