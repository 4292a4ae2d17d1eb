"""Finds the files of a folder that may be exports, and says why the others are not.

Put here: which files are looked at. Keep out: what is in them (`tables.py`).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial", ".download")
_NO_EXPORTS = (
    *(".md", ".rst", ".pdf", ".doc", ".docx", ".ppt", ".pptx", ".html", ".htm", ".yaml", ".yml", ".toml", ".ini"),
    *(".py", ".sql", ".sh", ".log", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".eml", ".msg", ".lock"),
)
_OURS = {"company", "home", "landing", "generations", "state"}
"""Folders of a company beside its settings that hold no exports."""


@dataclass(frozen=True)
class FoundFile:
    """A file of the folder.

    Attributes:
        path: The file.
        name: Its path from the folder, with `/`.
        reason: Why it is not looked at; empty where it is.
        archive: The archive that it lies in, from the folder; empty: none. `path` is then where it was unpacked.
    """

    path: Path
    name: str
    reason: str = ""
    archive: str = ""


def find_candidates(folder: Path) -> list[FoundFile]:
    """Every file below a folder, in the order of the names; hidden ones and a home of ours are passed over."""
    return sorted(_walk(folder), key=lambda each: each.name)


def _walk(folder: Path) -> Iterator[FoundFile]:
    for place, folders, names in os.walk(folder):
        inner = Path(place)
        folders[:] = [each for each in folders if not each.startswith(".") and not _is_ours(inner, each)]
        for name in names:
            if not name.startswith("."):
                path = inner / name
                yield FoundFile(path, path.relative_to(folder).as_posix(), _look_at(path))


def _is_ours(place: Path, folder: str) -> bool:
    return folder in _OURS and (folder == "company" or (place / folder / "ledger.duckdb").exists())


def _look_at(path: Path) -> str:
    try:
        return find_reason(path, path.stat().st_size)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def find_reason(path: Path, size: int) -> str:
    """Why a file is not looked at, by its name and its size in bytes; empty where it is."""
    name = path.name.lower()
    if name.startswith("~$") or name.endswith(_UNFINISHED):
        return "a temporary file"
    if name.endswith(_NO_EXPORTS) or path.stem.lower() in ("readme", "license", "source", "changelog"):
        return "no export, by its name"
    return "" if size else "it is empty"
