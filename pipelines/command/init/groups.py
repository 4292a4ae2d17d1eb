"""Groups files of one export into one source, with the path or glob that finds them and no others.

Put here: which files belong together, globs, names of sources. Keep out: what is in the files.
"""

import fnmatch
import re
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from regulars.pipelines.command.init.tables import TableHead
from regulars.pipelines.sources.names.file_names import split_digits


@dataclass(frozen=True)
class Group:
    """Files of one export.

    Attributes:
        key: What they have in common.
        heads: The files, in natural order of their names.
        paths: What finds them, or the archives that they are in, from the folder: one path or glob, or their names.
        members: What finds them in their archives: one path or glob, or their names; none where they are in none.
    """

    key: Hashable
    heads: tuple[TableHead, ...]
    paths: tuple[str, ...]
    members: tuple[str, ...] = ()

    @property
    def encoding(self) -> str:
        """What its texts are in, as the settings write it; empty where they are read without."""
        return next((head.encoding for head in self.heads if head.encoding), "")

    @property
    def folder(self) -> str:
        """The folder that they lie in; empty for the top."""
        return _find_folder(self.heads[0].file.name)


def group_files(keyed: Iterable[tuple[Hashable, TableHead]], all_names: Collection[str]) -> list[Group]:
    """One group per key and folder; archives of one folder are like one.

    Args:
        keyed: Files with what tells their exports apart.
        all_names: The names of all files of the folder: a glob must not match a file of another group.
    """
    found: dict[tuple[Hashable, ...], list[TableHead]] = {}
    for key, head in keyed:
        archive, inner = _split_name(head)
        found.setdefault((key, bool(archive), _find_folder(archive), _find_folder(inner)), []).append(head)
    groups = []
    for (key, is_packed, *_), heads in found.items():
        ordered = tuple(sorted(heads, key=lambda head: split_digits(head.file.name)))
        if is_packed:
            groups.append(Group(key, ordered, *_find_packed_paths(ordered, all_names)))
        else:
            groups.append(Group(key, ordered, _find_paths([head.file.name for head in ordered], all_names)))
    return groups


def _split_name(head: TableHead) -> tuple[str, str]:
    """The archive that a file lies in, from the folder, and its path in it; without one, an empty text and its path."""
    archive, name = head.file.archive, head.file.name
    return (archive, name.removeprefix(f"{archive}/")) if archive else ("", name)


def _find_folder(name: str) -> str:
    parent = PurePosixPath(name).parent.as_posix()
    return "" if parent == "." else parent


def _find_packed_paths(
    heads: Sequence[TableHead], all_names: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What finds the archives of some files, and what finds the files in them, and no others."""
    packed = [_split_name(head) for head in heads]
    archives = list(dict.fromkeys(archive for archive, _ in packed))
    inner = list(dict.fromkeys(name for _, name in packed))
    beside = {name[len(archive) + 1 :] for archive in archives for name in all_names if name.startswith(f"{archive}/")}
    members = _find_paths(inner, beside)
    here = {head.file.name for head in heads}
    is_theirs = all(
        f"{archive}/{name}" in here or f"{archive}/{name}" not in all_names for archive in archives for name in inner
    )
    return _find_paths(archives, all_names), members if is_theirs else tuple(map(escape_glob, inner))


def _find_paths(names: Sequence[str], all_names: Collection[str]) -> tuple[str, ...]:
    """A path, a glob that matches these names and no others, or else the names themselves."""
    without_days = {write_glob_of_day(name) for name in names}
    glob = without_days.pop() if len(without_days) == 1 else write_glob(names)
    matched = {name for name in all_names if fnmatch.fnmatchcase(name, glob) and _same_folder(name, names[0])}
    return (glob,) if matched == set(names) else tuple(escape_glob(name) for name in names)


def _same_folder(name: str, other: str) -> bool:
    return PurePosixPath(name).parent == PurePosixPath(other).parent


def write_glob(names: Sequence[str]) -> str:
    """What the names of one folder have in common, with a star for the rest: `orders_*.csv`."""
    start = re.sub(r"[0-9]+$", "", _find_common_start(names))
    rest = [name[len(start) :] for name in names]
    end = _find_common_start([name[::-1] for name in rest])[::-1]
    end = re.sub(r"^[0-9)]+", "", end)
    return f"{escape_glob(start)}*{escape_glob(end)}"


def _find_common_start(names: Sequence[str]) -> str:
    """The letters that all names begin with."""
    shortest = min(names, key=len)
    return next((shortest[:at] for at in range(len(shortest)) if len({name[at] for name in names}) > 1), shortest)


def write_glob_of_day(name: str) -> str:
    """The name of one file, with a star for the day in it: the next day's file will have another."""
    folder, slash, plain = name.rpartition("/")
    return (
        escape_glob(folder)
        + slash
        + re.sub(r"[0-9]{4}[-_.]?[0-9]{2}([-_.]?[0-9]{2})?(?![0-9])", "*", escape_glob(plain), count=1)
    )


def escape_glob(text: str) -> str:
    """The text, with what a glob would read as a sign of its own in brackets."""
    return re.sub(r"([\[*?])", r"[\1]", text)


def name_source(wanted: str, taken: Collection[str]) -> str:
    """A name for the settings that nobody has yet: small letters, digits, underscores."""
    plain = re.sub(r"_+", "_", re.sub(r"[^a-z0-9]+", "_", wanted.lower())).strip("_")
    plain = plain if re.match(r"[a-z]", plain) else f"export_{plain}".rstrip("_")
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name
