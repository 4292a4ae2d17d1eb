"""Looks into archives of a folder: each file in one is a file of its own.

Put here: unpacking into a temporary folder. Keep out: which archives are refused (`sources/archives/members.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from regulars.pipelines.command.init.found_files import FoundFile, find_reason
from regulars.pipelines.sources.archives.members import copy_member, list_members
from regulars.pipelines.sources.readers.content import recognise_content
from regulars.pipelines.sources.readers.refusal import Refusal

_TAR = (".tar", ".tar.gz", ".tgz")


def unpack_archives(files: Iterable[FoundFile], folder: Path) -> Iterator[FoundFile]:
    """The files, with those in an archive in its place; an archive that cannot be read keeps its place and says why.

    Args:
        files: Files that may be exports.
        folder: An empty temporary folder.
    """
    for number, file in enumerate(files):
        if file.reason or not _is_archive(file.path):
            yield file
            continue
        try:
            yield from list(_unpack(file, folder / str(number)))
        except Refusal as refusal:
            yield replace(file, reason=refusal.sentence)


def _is_archive(path: Path) -> bool:
    return path.name.lower().endswith(_TAR) or recognise_content(path) == "zip"


def _unpack(file: FoundFile, folder: Path) -> Iterator[FoundFile]:
    for number, member in enumerate(list_members(file.path, "*")):
        target = folder / str(number) / "file"
        target.parent.mkdir(parents=True)
        name = f"{file.name}/{member.name}"
        reason = find_reason(Path(member.name), member.bytes)
        if not reason:
            copy_member(file.path, member, target)
        yield FoundFile(target, name, reason, archive=file.name)
