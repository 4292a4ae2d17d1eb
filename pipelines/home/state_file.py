"""Handles the state file of a generation: personal data, in a folder that readers never see.

Put here: giving a new one its name, reading one, and moving those of older homes.
Keep out: which tables it holds (`contents.py`); sweeping it with its generation (`home.py`).
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb

from regulars.pipelines import errors
from regulars.pipelines.home.durable import SECRET, put_in_place_once, rename_path
from regulars.pipelines.home.generation import OLD_STATE_FILE, Generation, name_generation
from regulars.pipelines.home.home import Home


@contextlib.contextmanager
def make_state_path(home: Home, number: int) -> Iterator[Path]:
    """The path at which the state file of a new generation is written; removed unless it was installed."""
    path = home.state_folder / f".{name_generation(number)}-{os.getpid()}.building"
    leftovers = (path, path.with_name(path.name + ".wal"))
    try:
        for each in leftovers:  # left by a dead process with our process id: we hold the lock
            each.unlink(missing_ok=True)
        yield path
    finally:
        for each in leftovers:
            with contextlib.suppress(OSError):
                each.unlink(missing_ok=True)


def install_state(building: Path, home: Home, number: int) -> None:
    """Give a finished state file its generation's name; called before the generation itself gets its name.

    Raises:
        errors.Busy: The file exists: another run was faster.
    """
    building.chmod(SECRET)
    try:
        put_in_place_once(building, home.state_file(number))
    except FileExistsError as error:
        raise errors.Busy(
            f"another run has published {name_generation(number)} since this one began; run again"
        ) from error


@contextlib.contextmanager
def read_state(generation: Generation) -> Iterator[duckdb.DuckDBPyConnection]:
    """The state file of a generation, opened to be read.

    Raises:
        errors.StorageFailed: It is missing, damaged, or not readable by this user.
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
    """Move the state files of an older home, where they lay in the folders of generations; a kill loses none.

    Args:
        home: The company's home; the caller holds its lock.

    Returns:
        How many were moved.

    Raises:
        errors.StorageFailed: One cannot be moved; it stays where it was, and is still read there.
    """
    moved = 0
    for generation in home.generations():
        old = generation.path / OLD_STATE_FILE
        if not old.exists():
            continue
        try:
            old.chmod(SECRET)
            rename_path(old, home.state_file(generation.number))
        except OSError as error:
            raise errors.StorageFailed(
                f"{old} cannot be moved to {home.state_folder}: {error.strerror}; see that both may be written"
            ) from error
        moved += 1
    return moved
