"""Locks a home, so that one process at a time writes to it.

Put here: the lock, which the operating system releases when its process dies. Keep out: what it protects (`home.py`).
"""

import contextlib
import dataclasses
import datetime as dt
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from regulars.pipelines import errors

TRIES, PAUSE_SECONDS = 5, 0.05  # `holder` takes the lock for a moment, and a run must not fail because of that


@dataclasses.dataclass(frozen=True)
class Holder:
    """Who holds a lock."""

    pid: int
    since: str
    what: str

    def __str__(self) -> str:
        return f"`{self.what}` (process {self.pid}, since {self.since})"


class Lock:
    """A lock file. Only the lock itself counts; the text in the file names its holder, and is stale without a lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._depth = 0

    @property
    def is_held(self) -> bool:
        """Whether this object holds it."""
        return self._depth > 0

    @contextlib.contextmanager
    def hold(self, what: str) -> Iterator[None]:
        """Hold the lock; reentrant.

        Args:
            what: The command that holds the lock, for the error message of other processes.

        Raises:
            errors.Busy: Another process (or another object) holds it; the message names it.
            errors.StorageFailed: The file cannot be made.
        """
        if self.is_held:
            yield
            return
        descriptor = self._acquire()
        self._depth += 1
        try:
            self._write_holder(descriptor, {"pid": os.getpid(), "since": _now(), "what": what})
            yield
        finally:
            self._depth -= 1
            self._write_holder(descriptor, {})
            os.close(descriptor)

    def holder(self) -> Holder | None:
        """Who holds it now; None when nobody does, even if the file still names somebody."""
        if self.is_held:
            return self._read_holder()
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._read_holder() or Holder(0, "unknown", "another process")
        finally:
            os.close(descriptor)
        return None

    def _acquire(self) -> int:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            for _ in range(TRIES):
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
                with contextlib.suppress(BlockingIOError, FileNotFoundError):  # held; or the file was removed meanwhile
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if os.path.samestat(os.fstat(descriptor), self.path.stat()):
                        return descriptor
                os.close(descriptor)
                time.sleep(PAUSE_SECONDS)
        except OSError as error:
            raise errors.StorageFailed(
                f"cannot write {self.path}: {error.strerror}; see that its folder may be written"
            ) from error
        holder = self._read_holder() or "another process"
        raise errors.Busy(f"{self.path.parent} is in use by {holder}; run again when it is done")

    def _write_holder(self, descriptor: int, holder: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # the text is optional, so a full disk must not stop the run here
            os.ftruncate(descriptor, 0)
            if holder:
                os.pwrite(descriptor, json.dumps(holder).encode() + b"\n", 0)

    def _read_holder(self) -> Holder | None:
        try:
            values: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
            return Holder(int(values["pid"]), str(values["since"]), str(values["what"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
