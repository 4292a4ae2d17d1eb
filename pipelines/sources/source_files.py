"""Finds the files of a source in its data folder, in order of delivery.

Put here: paths, globs, order, names of unfinished uploads. Keep out: opening a file.
"""

import glob
import re
from pathlib import Path

from regulars.pipelines.settings.source import Source

_UPLOADS = (".part", ".tmp", ".filepart", ".crdownload", ".partial")


def find_files(source: Source, data: Path) -> list[tuple[str, Path]]:
    """The files of a source, in order of delivery.

    The order is that of the list in the settings; within a glob, names in natural order (`day-9` before `day-10`).
    Hidden files and unfinished uploads (`*.part`, `*.tmp` …) are ignored. A symlink is followed.

    Args:
        source: Its `path` entries are relative to `data`, or absolute.
        data: The folder that relative paths start from.

    Returns:
        Pairs of the path for the ledger (relative to `data` if the file is in it) and the path to open. A file that
        matches twice is listed once, at its first place.
    """
    found: dict[Path, str] = {}
    for pattern in source.paths:
        for path in match_files(pattern, data):
            found.setdefault(path, _make_ledger_path(path, data))
    return [(name, path) for path, name in found.items()]


def match_files(pattern: str, data: Path) -> list[Path]:
    """The files that one entry of `path` matches, in order of delivery."""
    return [path for path in _expand_pattern(pattern, data) if not _is_upload(path) and path.is_file()]


def _expand_pattern(pattern: str, data: Path) -> list[Path]:
    path = data / pattern
    if path.exists() or not glob.has_magic(pattern):
        return [path]
    # not `Path.glob`: a pattern may be absolute or begin with `../`
    matches = [data / found for found in glob.glob(pattern, root_dir=data, recursive=True)]  # noqa: PTH207
    return sorted(matches, key=lambda path: _split_digits(path.as_posix()))


def _split_digits(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts] + [(2, 0, name)]


def _is_upload(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower().endswith(_UPLOADS)


def _make_ledger_path(path: Path, data: Path) -> str:
    try:
        return path.relative_to(data).as_posix()
    except ValueError:
        return path.as_posix()
