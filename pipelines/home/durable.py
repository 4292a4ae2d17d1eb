"""Makes writes durable: a power cut leaves the old file or the new one, never a part.

Put here: flushing files and folders to the disk, giving a finished file its name, file modes, content hashes.
Keep out: what the files mean, and in which order a generation is put together (`generation.py`, `swap.py`).
Nothing else calls fsync, or renames and links files: a test sees to it.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

READABLE = 0o444
SECRET = 0o600
FOLDER = 0o755


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(path: Path) -> None:
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


def put_in_place(written: Path, target: Path) -> None:
    """Flush a finished file and give it its name, replacing what bore it: a reader sees all of it or nothing.

    Raises:
        OSError: The disk failed. Where only the last flush failed, the file already has its name.
    """
    flush(written)
    written.replace(target)
    flush(target.parent)


def put_in_place_once(written: Path, target: Path) -> None:
    """Like `put_in_place`, but never replaces a file.

    Raises:
        FileExistsError: `target` exists; nothing has changed.
        OSError: The disk failed.
    """
    flush(written)
    target.hardlink_to(written)  # a rename would replace the file of a faster process
    written.unlink()
    flush(target.parent)


def rename_path(path: Path, target: Path) -> None:
    """Rename a file or folder whose content is already flushed, and flush the folders that hold it before and after.

    Raises:
        OSError: It could not be renamed, or the flush failed.
    """
    path.replace(target)
    flush(target.parent)
    if path.parent != target.parent:
        flush(path.parent)


def write_text(path: Path, text: str) -> None:
    """Replace a small text file (UTF-8) in one step.

    Raises:
        OSError: The disk failed; the old file stays unless only the last flush failed.
    """
    written = path.with_name(f".{path.name}.fresh")
    written.write_text(text, encoding="utf-8")
    put_in_place(written, path)


def append_line(path: Path, line: str) -> None:
    """Append a line to a text file; a torn last line, of a power cut, stays a line of its own.

    Raises:
        OSError: The line could not be written.
    """
    is_torn = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, (("\n" if is_torn else "") + line + "\n").encode())
    finally:
        os.close(descriptor)
    flush(path)


def replace_symlink(link: Path, target: Path, *, fresh: Path) -> None:
    """Point a symlink at another target in one step.

    Args:
        link: The symlink; made when absent.
        target: What it points at, relative to its folder.
        fresh: A free name beside it, for the new symlink until it replaces the old one.

    Raises:
        OSError: The disk failed; the caller looks at `link` to learn whether it was replaced.
    """
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    rename_path(fresh, link)


def make_private_folder(path: Path) -> int:
    """Make a folder that only its owner may enter, whatever the umask; return the umask's inverse (e.g. 0o755)."""
    path.mkdir()  # Python can read the umask only by changing it, for all threads; a folder's mode shows it too
    allowed = path.stat().st_mode & 0o777
    path.chmod(0o700)
    return allowed


def list_files(folder: Path) -> Iterator[Path]:
    """Every file in a folder, sorted, at any depth."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def list_folders(folder: Path) -> Iterator[Path]:
    """Every folder in a folder, deepest first, the folder itself last."""
    yield from (path for path in sorted(folder.rglob("*"), reverse=True) if path.is_dir())
    yield folder
