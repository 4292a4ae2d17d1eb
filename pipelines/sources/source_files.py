"""Finds the files of a source in its data folder, in order of delivery.

Put here: paths, globs, order. Keep out: opening a file, what a name says (`file_names.py`), and files elsewhere
(`fetching/remote/`).
"""

import glob
from collections.abc import Mapping
from pathlib import Path

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.names.file_names import split_digits
from regulars.pipelines.sources.names.name_patterns import is_upload


def find_files(source: Source, data: Path) -> list[tuple[str, Path]]:
    """The files of a source, in the order of the list in the settings and, within a glob, of their names.

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


def order_files(source: Source, data: Path, modified_ns: Mapping[Path, int]) -> list[tuple[str, Path]]:
    """The files of a source that are there, in order of delivery.

    The list in the settings is the company's own word and comes first; within a glob files are delivered as they were
    last changed. Names say nothing about age; they only decide between files that were changed at the same moment.

    Args:
        source: As for `find_files`.
        data: As for `find_files`.
        modified_ns: When each file was last changed, in nanoseconds; files that it lacks are gone.
    """
    found: dict[Path, str] = {}
    for pattern in source.paths:
        matches = [path for path in match_files(pattern, data) if path in modified_ns]
        for path in sorted(matches, key=lambda path: modified_ns[path]):  # stable: names decide between equal times
            found.setdefault(path, _make_ledger_path(path, data))
    return [(name, path) for path, name in found.items()]


def match_files(pattern: str, data: Path) -> list[Path]:
    """The files that one entry of `path` matches, in natural order of their names (`day-9` before `day-10`)."""
    return [path for path in _expand_pattern(pattern, data) if not is_upload(path.name) and path.is_file()]


def _expand_pattern(pattern: str, data: Path) -> list[Path]:
    path = data / pattern
    if path.exists() or not glob.has_magic(pattern):
        return [path]
    # not `Path.glob`: a pattern may be absolute or begin with `../`
    matches = [data / found for found in glob.glob(pattern, root_dir=data, recursive=True)]  # noqa: PTH207
    return sorted(matches, key=lambda path: split_digits(path.as_posix()))


def _make_ledger_path(path: Path, data: Path) -> str:
    try:
        return path.relative_to(data).as_posix()
    except ValueError:
        return path.as_posix()
