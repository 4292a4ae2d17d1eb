"""The state file of a generation: personal data, in a folder of its own that readers are never pointed at.

Put here: giving a new one its name, reading one, and moving those of older homes.
Keep out: which tables it holds (`generation_contents.py`); sweeping it with its generation (`home.py`).
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb

from regulars.pipelines import errors
from regulars.pipelines.home.durable import SECRET, sync
from regulars.pipelines.home.generation import OLD_STATE_FILE, Generation, generation_name
from regulars.pipelines.home.home import Home


@contextlib.contextmanager
def building_state(home: Home, number: int) -> Iterator[Path]:
    """Where the state file of a generation to be is written. Removed unless it got its name."""
    path = home.state_folder / f".{generation_name(number)}-{os.getpid()}.building"
    leftovers = (path, path.with_name(path.name + ".wal"))
    try:
        for each in leftovers:  # of a dead process that had our number: we hold the lock
            each.unlink(missing_ok=True)
        yield path
    finally:
        for each in leftovers:
            with contextlib.suppress(OSError):
                each.unlink(missing_ok=True)


def install_state(building: Path, home: Home, number: int) -> None:
    """Give a finished state file its generation's name, on the disk before the generation gets its own.

    Raises:
        errors.Busy: There is such a file: another run was faster.
    """
    building.chmod(SECRET)
    sync(building)
    target = home.state_file(number)
    try:
        target.hardlink_to(building)  # a rename would replace the file of whoever was faster
    except FileExistsError as error:
        raise errors.Busy(
            f"another run has published {generation_name(number)} since this one began; run again"
        ) from error
    building.unlink()
    sync(home.state_folder)


@contextlib.contextmanager
def read_state(generation: Generation) -> Iterator[duckdb.DuckDBPyConnection]:
    """The state file of a generation, opened to be read.

    Raises:
        errors.StorageFailed: It is missing, damaged, or another user's.
    """
    path = generation.state_file
    try:
        con = duckdb.connect(path, read_only=True)
    except duckdb.Error as error:
        reason = "cannot be read" if path.exists() else "is missing"
        raise errors.StorageFailed(
            f"{path}, the state of {generation.name}, {reason}; `regulars rollback` goes back to a whole generation"
        ) from error
    with con:
        yield con


def move_old_states(home: Home) -> int:
    """Move the state files of a home from before they had a folder of their own; a kill loses none of them.

    Args:
        home: The company's home; the caller holds its lock.

    Returns:
        How many were moved.

    Raises:
        errors.StorageFailed: One cannot be moved; it stays where it was, and is read there.
    """
    moved = 0
    for generation in home.generations():
        old = generation.path / OLD_STATE_FILE
        if not old.exists():
            continue
        try:
            old.chmod(SECRET)
            old.replace(home.state_file(generation.number))
            sync(home.state_folder)
            sync(generation.path)
        except OSError as error:
            raise errors.StorageFailed(f"{old} cannot be moved to {home.state_folder}: {error.strerror}") from error
        moved += 1
    return moved
