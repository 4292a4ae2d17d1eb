"""Describes a place where files lie elsewhere, as fetching sees it: what it lists, and how a file is copied from it.

Put here: that description. Keep out: any one place (`in_bucket.py`, `on_sftp.py`), and which files are fetched.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from regulars.pipelines.sources.names.file_names import split_digits
from regulars.pipelines.sources.names.name_patterns import fits_pattern, is_upload
from regulars.pipelines.sources.readers.refusal import Refusal


@dataclass(frozen=True)
class RemoteFile:
    """A file that lies elsewhere.

    Attributes:
        path: Where, for the ledger and for sentences: `s3://exports/shop/orders.csv`.
        key: Its name in that place, such as `shop/orders.csv`.
        bytes: Its size.
        modified_ns: When it was last changed, in nanoseconds.
        e_tag: What the place says of its content; empty where it says nothing.
    """

    path: str
    key: str
    bytes: int
    modified_ns: int
    e_tag: str = ""

    @property
    def name(self) -> str:
        """Its base name."""
        return self.key.rpartition("/")[2]

    @property
    def version(self) -> str:
        """What tells it from what lay there before."""
        return f"{self.bytes} {self.modified_ns} {self.e_tag}".rstrip()


@dataclass
class Matches:
    """What fits one path or glob: the files in order of delivery, and the names of unfinished uploads."""

    pattern: str
    files: list[RemoteFile] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


class FileChanged(Exception):
    """A file was changed or removed since it was listed."""


class RemotePlace(Protocol):
    """A place that is open.

    Both methods raise `ConnectionLost` where another attempt may work, and `Refusal` where none will.
    """

    may_grow: bool
    """Whether a file can be seen before it is whole."""

    def list_matches(self) -> list[Matches]:
        """What fits each path or glob of the settings."""
        ...

    def copy(self, file: RemoteFile, target: Path) -> None:
        """Copy a file.

        Raises:
            FileChanged: It is not as it was listed.
        """
        ...


@dataclass(frozen=True)
class TimeLimit:
    """Until when fetching may go on."""

    what: str
    deadline: float

    @property
    def seconds(self) -> float:
        """How much time is left."""
        return self.deadline - time.monotonic()

    def check(self) -> None:
        """Check that there is time left.

        Raises:
            Refusal: There is none.
        """
        if self.seconds <= 0:
            raise Refusal("unfetched", f"{self.what} took longer than `time_limit_minutes` allows")


def match_listed(pattern: str, key_pattern: str, files: Iterable[RemoteFile]) -> Matches:
    """The listed files that fit, as they were last changed; names decide between equal times.

    Args:
        pattern: The path or glob as it is called in sentences.
        key_pattern: The same for keys.
        files: What was listed.
    """
    fitting = [file for file in files if file.name and fits_pattern(file.key, key_pattern)]
    whole = sorted(
        (file for file in fitting if not is_upload(file.name)),
        key=lambda file: (file.modified_ns, split_digits(file.key)),
    )
    return Matches(pattern, whole, [file.name for file in files if _is_unfinished(file, key_pattern)])


def _is_unfinished(file: RemoteFile, key_pattern: str) -> bool:
    """Whether a file is an upload that fits, or will fit when it bears its own name."""
    if not is_upload(file.name):
        return False
    own = file.key.rpartition(".")[0]
    return fits_pattern(file.key, key_pattern) or fits_pattern(own, key_pattern)
