"""Bytes that must survive a power cut.

Put here: flushing files and folders to the disk, file modes, content hashes.
Keep out: what the files mean, and in which order a generation is put together (`generation.py`, `swap.py`).
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

READABLE = 0o444
SECRET = 0o600
FOLDER = 0o755


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until the disk holds a file's bytes, or a folder's entries.

    Raises:
        OSError: The disk could not take them. Never try again: the kernel may have dropped the bytes.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        full_sync = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: its fsync stops at the drive's cache
        if full_sync is None:
            os.fsync(descriptor)
        else:
            fcntl.fcntl(descriptor, full_sync)
    finally:
        os.close(descriptor)


def new_private_folder(path: Path) -> int:
    """Make a folder that only its owner may enter, whatever the umask; give the umask's inverse (e.g. 0o755)."""
    path.mkdir()  # Python can read the umask only by changing it, for all threads; a folder's mode shows it too
    allowed = path.stat().st_mode & 0o777
    path.chmod(0o700)
    return allowed


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, sorted, at any depth."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def folders_below(folder: Path) -> Iterator[Path]:
    """Every folder below a folder, deepest first, the folder itself last."""
    yield from (path for path in sorted(folder.rglob("*"), reverse=True) if path.is_dir())
    yield folder
