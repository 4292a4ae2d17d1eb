"""Turns a folder of finished files into the current generation; a fault at any point leaves the old one current.

Put here: the order of flush, rename, optimistic lock and symlink. Keep out: what the files hold.

The protocol; every step is on the disk before the next begins:
1. Set modes, then flush every file and folder of `.g000123-<pid>.building`. The state file is flushed and named before
   the folder is (a state file without a generation is swept; a generation without one would be damaged).
2. Rename the folder to `g000123` (fails if it exists: two runs cannot both be 123) and flush `generations/`.
3. Optimistic lock: under a lock, check that the parent is still current.
4. Rename a new symlink over `current` and flush the home. Readers see the old or the new generation, nothing else.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from regulars.pipelines import errors
from regulars.pipelines.home.durable import (
    FOLDER,
    READABLE,
    flush,
    list_files,
    list_folders,
    rename_path,
    replace_symlink,
)
from regulars.pipelines.home.generation import Generation, name_generation
from regulars.pipelines.home.home import Home


def seal_folder(building: Path, *, allowed: int) -> None:
    """Give files and folders their modes and wait until the disk holds all of it.

    Args:
        building: The folder of the new generation.
        allowed: The modes that the owner's umask allows, e.g. 0o755.
    """
    for path in list_files(building):
        path.chmod(READABLE & allowed | 0o400)
        flush(path)
    for folder in list_folders(building):
        folder.chmod(FOLDER & allowed | 0o700)
        flush(folder)


def install_generation(building: Path, home: Home, number: int) -> Generation:
    """Give a sealed folder its generation's name. Readers do not see it yet.

    Raises:
        errors.Busy: The generation exists: another run was faster.
        OSError: The disk failed.
    """
    target = home.generations_folder / name_generation(number)
    try:
        rename_path(building, target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise errors.Busy(f"another run has published {target.name} since this one began; run again") from error
        raise
    return Generation(number, target)


def swing_current(home: Home, generation: Generation, *, expected_parent: int | None) -> str | None:
    """Point `current` at a generation, if `expected_parent` is still current.

    Args:
        home: The company's home.
        generation: What readers see from now on.
        expected_parent: The number of the generation that must be current; None when there must be none.

    Returns:
        None; or, when the last flush failed, a sentence that says so: readers see the new generation, but after a
        power cut they may see the old one again.

    Raises:
        errors.Busy: Another generation is current: another run has published since.
        OSError: The disk failed; `current` is as it was.
    """
    fresh = home.path / f".current-{os.getpid()}"
    with _lock_folder(home.path):
        current = home.current_number()
        if current != expected_parent:
            parent = name_generation(expected_parent) if expected_parent else "an empty home"
            raise errors.Busy(
                f"{generation.name} was built on {parent}, "
                f"but {name_generation(current) if current else 'nothing'} is current; run again"
            )
        try:
            replace_symlink(home.current_link, Path("generations") / generation.name, fresh=fresh)
        except OSError as error:
            if home.current_number() == generation.number:
                return f"{generation.name} is current, but the disk did not confirm it: {error.strerror}"
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise
    return None


@contextlib.contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    """Let nobody else replace `current` between reading and replacing it, even a process without the home's lock."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
