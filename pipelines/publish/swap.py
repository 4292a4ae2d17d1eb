"""From a folder of finished files to the generation that readers see, so that a fault at any point leaves the old one.

Put here: the order of flush, rename, optimistic lock and symlink. Keep out: what the files hold.

The protocol, of which every step is on the disk before the next begins:
1. modes, then flush every file and every folder of `.g000123-<pid>.building`, and the state file, which gets its name
   before the folder does (a state file without a generation is swept; a generation without one would be damaged);
2. rename it to `g000123` (fails if there is one: two builders cannot both be 123), flush `generations/`;
3. optimistic lock, under a lock: the generation it was built on must still be current;
4. a new symlink, renamed over `current`; flush the home. Readers see the old or the new generation, nothing else.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from regulars.pipelines import errors
from regulars.pipelines.home.durable import FOLDER, READABLE, files_below, folders_below, sync
from regulars.pipelines.home.generation import Generation, generation_name
from regulars.pipelines.home.home import Home


def seal(building: Path, *, allowed: int) -> None:
    """Give files and folders their modes and wait until the disk holds all of it.

    Args:
        building: The folder of a generation to be.
        allowed: The modes that the owner's umask allows, e.g. 0o755.
    """
    for path in files_below(building):
        path.chmod(READABLE & allowed | 0o400)
        sync(path)
    for folder in folders_below(building):
        folder.chmod(FOLDER & allowed | 0o700)
        sync(folder)


def install(building: Path, home: Home, number: int) -> Generation:
    """Give a sealed folder its generation's name. Readers do not see it yet.

    Raises:
        errors.Busy: There is such a generation: another run was faster.
    """
    target = home.generations_folder / generation_name(number)
    try:
        building.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise errors.Busy(f"another run has published {target.name} since this one began; run again") from error
        raise
    sync(home.generations_folder)
    return Generation(number, target)


def swing(home: Home, generation: Generation, *, expected: int | None) -> str | None:
    """Point `current` at a generation, if it still points where the caller believes.

    Args:
        home: The company's home.
        generation: What readers shall see.
        expected: The number of the current generation; None when there is none.

    Returns:
        None; or, when the very last flush failed, a sentence saying so: readers see the new generation,
        but a power cut may bring the old one back.

    Raises:
        errors.Busy: `current` points elsewhere: another run has published since.
        OSError: The disk failed; `current` points where it did.
    """
    fresh = home.path / f".current-{os.getpid()}"
    with _check_expected_parent(home.path):
        now = home.current_number()
        if now != expected:
            raise errors.Busy(
                f"{generation.name} was built on {generation_name(expected) if expected else 'an empty home'}, "
                f"but {generation_name(now) if now else 'nothing'} is current; run again"
            )
        try:
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(Path("generations") / generation.name)
            fresh.replace(home.current_link)
            sync(home.path)
        except OSError as error:
            if home.current_number() == generation.number:
                return f"{generation.name} is current, but the disk did not confirm it: {error.strerror}"
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise
    return None


@contextlib.contextmanager
def _check_expected_parent(folder: Path) -> Iterator[None]:
    """Between looking at `current` and replacing it nobody else may do so, even one who got past the home's lock."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
