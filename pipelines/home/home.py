"""Describes the home of a company on disk: its folders, its lock, its generations, and what is swept away.

Put here: paths, the build folder, sweeping, the current generation.
Keep out: making a generation and swinging `current` to it (`publish/`); what is in landing and ledger (`sources/`).
"""

import contextlib
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from regulars.pipelines import errors
from regulars.pipelines.home.durable import make_private_folder, rename_path
from regulars.pipelines.home.event_log import read_events
from regulars.pipelines.home.generation import Generation, name_generation, state_path
from regulars.pipelines.home.lock import Holder, Lock

NAME = re.compile(r"g(\d{6,})")
LEFTOVERS = re.compile(r"\.build-\d+-\d+|\.current-\d+")
BUILDING = re.compile(r"\.(g(\d+)|failed)-\d+\.building(\.wal)?")
STATE_NAME = re.compile(r"g(\d{6,})\.duckdb")
FREE_SPACE_FACTOR = 3

_build_numbers = itertools.count(1)


class Home:
    """One company's home. The object alone changes nothing on disk; `prepare` makes the folders."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.landing = self.path / "landing"
        self.ledger = self.path / "ledger.duckdb"
        self.generations_folder = self.path / "generations"
        self.state_folder = self.path / "state"
        self.failed_state = self.state_folder / "failed.duckdb"
        self.current_link = self.path / "current"
        self._lock = Lock(self.path / "lock")
        self._builds: set[str] = set()

    def prepare(self) -> None:
        """Make the folders that are missing; only the owner may enter landing and state, which hold personal data.

        Raises:
            errors.StorageFailed: They cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.generations_folder.mkdir(exist_ok=True)
            for folder in (self.landing, self.state_folder):
                if not folder.exists():
                    make_private_folder(folder)
        except OSError as error:
            raise errors.StorageFailed(
                f"cannot make the home {self.path}: {error.strerror}; see that its folder may be written"
            ) from error

    # What readers see

    def current(self) -> Generation | None:
        """The generation that readers see, or None before the first run.

        Raises:
            errors.StorageFailed: `current` points at a generation that is gone, or is not a symlink.
        """
        number = self.current_number()
        if number is None:
            return None
        generation = Generation(number, self.generations_folder / name_generation(number))
        if not generation.path.is_dir():
            raise errors.StorageFailed(
                f"{generation.name} is current, but gone from this disk; `regulars rollback` goes back"
            )
        return generation

    def current_number(self) -> int | None:
        """The number that `current` names, whether or not that generation is still on the disk."""
        try:
            target = self.current_link.readlink()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise errors.StorageFailed(f"{self.current_link} is not a symlink; move it away and run again") from error
        match = NAME.fullmatch(target.name)
        if match is None:
            raise errors.StorageFailed(
                f"{self.current_link} points at {target}, which is not a generation; remove it and run again"
            )
        return int(match[1])

    def generations(self) -> list[Generation]:
        """Every finished generation on disk, oldest first."""
        if not self.generations_folder.is_dir():
            return []
        found = ((NAME.fullmatch(path.name), path) for path in self.generations_folder.iterdir())
        return sorted((Generation(int(m[1]), path) for m, path in found if m), key=lambda each: each.number)

    def state_file(self, number: int) -> Path:
        """Where the state of a generation lies."""
        return state_path(self.path, number)

    def next_number(self) -> int:
        """The number of the next generation: higher than that of any finished one, swept ones included."""
        kept = [generation.number for generation in self.generations()]
        return 1 + max([0, *self._list_logged(), *kept, *self._list_states()])

    def _list_logged(self) -> list[int]:
        """The numbers of all generations that the event log knows."""
        logged = [event.get("generation") for event in read_events(self.path)]
        return [number for number in logged if isinstance(number, int)]

    def _list_states(self) -> dict[int, Path]:
        """Number of a generation -> its state file, in order, whether or not the generation is there."""
        if not self.state_folder.is_dir():
            return {}
        found = ((STATE_NAME.fullmatch(path.name), path) for path in self.state_folder.iterdir())
        return dict(sorted((int(match[1]), path) for match, path in found if match))

    def states_without_generation(self) -> list[Path]:
        """State files of generations that were published and are gone: a restore may have brought them back alone.

        They are never swept. One whose generation was never published, or is being removed, is not among them.
        """
        there = {generation.number for generation in self.generations()}
        alone = {number: path for number, path in self._list_states().items() if number not in there}
        logged = self._list_logged()
        if not logged and not self.ledger.exists():  # nothing but state is here
            return list(alone.values())
        return [path for number, path in alone.items() if number in logged and number not in self._list_hidden()]

    def _list_hidden(self) -> set[int]:
        """The numbers of generations that a sweep has begun to remove."""
        if not self.generations_folder.is_dir():
            return set()
        found = (BUILDING.fullmatch(path.name) for path in self.generations_folder.iterdir())
        return {int(match[2]) for match in found if match and match[2]}

    # Who may write

    @property
    def is_locked(self) -> bool:
        """Whether this object holds the lock."""
        return self._lock.is_held

    def lock(self, what: str) -> contextlib.AbstractContextManager[None]:
        """Be the only writer of this home. The lock is reentrant and ends with the process, however that ends.

        Args:
            what: The command that holds the lock, for the error message of other processes.

        Raises:
            errors.Busy: Another process holds the lock; the message names it.
        """
        return self._lock.hold(what)

    def holder(self) -> Holder | None:
        """Who holds the lock now, for `status`; None when nobody does, even if the file still names somebody."""
        return self._lock.holder()

    # Build folders, free space, sweeping

    @contextlib.contextmanager
    def build_folder(self) -> Iterator[Path]:
        """A folder for one run's build that only the owner may enter; removed at the end of the run, failed or not."""
        folder = self.path / f".build-{os.getpid()}-{next(_build_numbers)}"
        try:
            if folder.exists():  # left by a dead process with our process id
                shutil.rmtree(folder)
            make_private_folder(folder)
        except OSError as error:
            raise errors.StorageFailed(
                f"cannot make the build folder {folder}: {error.strerror}; see that the home may be written"
            ) from error
        self._builds.add(folder.name)
        try:
            yield folder
        finally:
            self._builds.discard(folder.name)
            shutil.rmtree(folder, ignore_errors=True)

    def check_free_space(self) -> None:
        """Check that the disk has room for the build, its spill and the new generation.

        Raises:
            errors.StorageFailed: Less is free than three times the size of the current generation.
        """
        current = self.current()
        needed = FREE_SPACE_FACTOR * current.bytes if current else 0
        free = shutil.disk_usage(self.path).free
        if free < needed:
            raise errors.StorageFailed(
                f"{free / 1e6:,.0f} MB are free at {self.path}, {needed / 1e6:,.0f} MB are needed "
                f"({FREE_SPACE_FACTOR} times {current.name if current else ''}); free some, or keep fewer generations"
            )

    def sweep(self, keep_generations: int | None = None) -> list[str]:
        """Remove the files of dead runs, and old generations. Under the lock every build but ours is dead.

        Args:
            keep_generations: How many of the newest generations stay; None removes the files of dead runs only. The
                current generation and its parent, which `rollback` makes current, always stay.

        Returns:
            The names of what was removed.
        """
        if not self.is_locked:
            raise RuntimeError("sweep without the lock would remove the build of another run")
        unwanted = [path for path in self.path.iterdir() if LEFTOVERS.fullmatch(path.name)]
        for folder in (self.generations_folder, self.state_folder):
            if folder.is_dir():
                unwanted += [path for path in folder.iterdir() if BUILDING.fullmatch(path.name)]
        unwanted = [path for path in unwanted if path.name not in self._builds]
        for generation in [] if keep_generations is None else self._list_old_generations(keep_generations):
            with contextlib.suppress(OSError):  # the next run tries again
                unwanted.append(self.hide(generation))
        removed = [*self._list_orphaned_states(), *unwanted]  # a state file before the folder that says it must go
        for path in removed:
            if path.is_symlink() or path.is_file():
                with contextlib.suppress(OSError):
                    path.unlink()
            else:
                shutil.rmtree(path, ignore_errors=True)
        return [path.name for path in removed]

    def _list_orphaned_states(self) -> list[Path]:
        """State files whose generation is being removed, or was never published."""
        there = {generation.number for generation in self.generations()}
        kept = self.states_without_generation()
        return [path for number, path in self._list_states().items() if number not in there and path not in kept]

    def _list_old_generations(self, keep: int) -> list[Generation]:
        try:
            current = self.current()
            kept = {current.number, current.manifest.parent} if current else set()
        except errors.StorageFailed:
            kept = set()
        if not kept:  # nothing is known about which ones are good
            return []
        generations = self.generations()
        return [each for each in generations[: max(0, len(generations) - keep)] if each.number not in kept]

    def hide(self, generation: Generation) -> Path:
        """Rename a generation that is to be removed, so that a partly removed folder is not taken for a generation.

        Returns:
            Its new path, which the next sweep removes in any case.
        """
        hidden = self.generations_folder / f".{generation.name}-{os.getpid()}.building"
        rename_path(generation.path, hidden)
        return hidden
