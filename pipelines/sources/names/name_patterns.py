"""Tells which names of files fit a path or a glob, as Python's `glob` does, without a disk; and unfinished uploads.

Put here: rules of names alone, for files that lie elsewhere. Keep out: finding files in a folder (`source_files.py`),
and what a name says of a file's age (`file_names.py`).
"""

import fnmatch
import glob
from collections.abc import Sequence

_UPLOADS = (".part", ".tmp", ".filepart", ".crdownload", ".partial")


def is_upload(name: str) -> bool:
    """Whether a file is hidden or an upload that is not finished, by its name."""
    return name.startswith(".") or name.lower().endswith(_UPLOADS)


def fits_pattern(path: str, pattern: str) -> bool:
    """Whether a path fits a path or a glob; `*` and `?` stay within a folder, `**` is any number of folders."""
    return path == pattern or _fits(path.split("/"), pattern.split("/"))


def find_fixed_folder(pattern: str) -> str:
    """The folder of a path or a glob below which everything that fits lies; empty for the top."""
    fixed = []
    for step in pattern.split("/")[:-1]:
        if glob.has_magic(step):
            break
        fixed.append(step)
    return "/".join(fixed)


def _fits(steps: Sequence[str], patterns: Sequence[str]) -> bool:
    if not patterns:
        return not steps
    first, rest = patterns[0], patterns[1:]
    if first == "**":
        if rest and _fits(steps, rest):
            return True
        is_open = bool(steps) and not steps[0].startswith(".")
        return is_open and ((len(steps) == 1 and not rest) or _fits(steps[1:], patterns))
    if not steps or (steps[0].startswith(".") and not first.startswith(".")):
        return False
    return fnmatch.fnmatchcase(steps[0], first) and _fits(steps[1:], rest)
