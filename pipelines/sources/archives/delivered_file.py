"""Describes a delivered file before it lands: one that lies in a folder or was fetched, or in an archive there.

Put here: where it lies, its name, state and age. Keep out: landing it (`landing.py`), reading archives (`members.py`).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regulars.pipelines.home.durable import hash_file
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.archives.members import Member, copy_member, list_members
from regulars.pipelines.sources.landing import FileState, check_unchanged
from regulars.pipelines.sources.readers.refusal import Refusal


@dataclass(frozen=True)
class DeliveredFile:
    """One delivered file.

    Attributes:
        ledger_path: Its path for the ledger.
        path: The path to open: the file, or the archive that it is in.
        state: The state of that when it was found.
        member: Which file of the archive it is; None where the path is the file.
        version: What the place that it was fetched from says of its version; None where it lies in a folder.
        is_here: False for one that has not changed in that place since it landed, and was not fetched again.
    """

    ledger_path: str
    path: Path
    state: FileState
    member: Member | None = None
    version: str | None = None
    is_here: bool = True

    @property
    def file_name(self) -> str:
        """The name to use in sentences, such as `orders.csv` or `export.zip/orders.csv`."""
        return f"{self.path.name}/{self.member.name}" if self.member else self.path.name

    @property
    def bytes(self) -> int:
        """Its size, unpacked."""
        return self.member.bytes if self.member else self.state.bytes

    def hash(self) -> str:
        """The hash of its bytes.

        Raises:
            Refusal: The archive that it is in is damaged.
        """
        return copy_member(self.path, self.member, None) if self.member else hash_file(self.path)


def open_archive(file: DeliveredFile, source: Source) -> list[DeliveredFile]:
    """The files that a source reads of an archive, in natural order of their names; the file itself if it is none.

    Raises:
        Refusal: The archive cannot be used, is still being written, or has several files for a `full` source.
    """
    if source.member is None:
        return [file]
    check_unchanged(file.path, file.path.name, file.state)
    members = list_members(file.path, source.member)
    if len(members) > 1 and source.delivery_mode == "full":
        raise Refusal(
            "not_a_table",
            f"{file.path.name} holds {len(members)} files that fit `{source.member}`, of which a `full` source would "
            "read the last only: name one in `member`, or set `delivery: incremental`",
        )
    return [DeliveredFile(f"{file.ledger_path}/{member.name}", file.path, file.state, member) for member in members]


def refuse_late(files: Sequence[DeliveredFile], limit_hours: float, moment: dt.datetime) -> list[Refusal]:
    """Refuse a source whose newest file is older than it may be at a moment (UTC, without a zone)."""
    newest = max(files, key=lambda file: file.state.modified_ns)
    hours = (moment - newest.state.modified_at) / dt.timedelta(hours=1)
    if hours <= limit_hours:
        return []
    sentence = (
        f"{newest.path.name} is {hours:,.1f} hours old where {limit_hours:g} are allowed: "
        "find out why no newer one was delivered"
    )
    return [Refusal("late", sentence)]
