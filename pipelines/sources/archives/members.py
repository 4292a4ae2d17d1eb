"""Lists the files in a delivered archive (zip, tar, tar.gz), and copies one of them out of it.

Put here: what is in an archive, and which archives are refused. Keep out: landing what is in it (`landing.py`).
Nothing is ever written under a name that an archive holds.
"""

import fnmatch
import hashlib
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from regulars.pipelines.sources.names.file_names import split_digits
from regulars.pipelines.sources.readers.decoding import CHUNK, MAX_RATIO, MAX_UNPACKED
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.readers.zip_parts import list_parts

_RATIO_FLOOR = 1 << 22
_MAX_MEMBERS = 100_000
_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar")
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True)
class Member:
    """A file in an archive: its path in it, and its size in bytes when it is unpacked."""

    name: str
    bytes: int


def list_members(path: Path, pattern: str) -> list[Member]:
    """The files in an archive whose path or name fits, in natural order of their paths.

    Args:
        path: The archive.
        pattern: A name or a glob, whatever the case.

    Raises:
        Refusal: It is no archive, damaged, locked, a bomb, holds a path that leads out of it, or nothing that fits.
    """
    with _refuse_broken(path):
        found = list(_read_zip(path) if _is_zip(path) else _read_tar(path))
    for member in found:
        parts = PurePosixPath(member.name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts:
            raise Refusal("damaged", f"{path.name} holds a path that leads out of it: inspect it by hand")
    fitting = [member for member in found if _fits(member.name, pattern) and not _is_of_the_system(member.name)]
    _refuse_unfit(path, pattern, found, fitting)
    return sorted(fitting, key=lambda member: split_digits(member.name))


def copy_member(path: Path, member: Member, target: Path | None) -> str:
    """Unpack a file of an archive into `target`, or nowhere; its hash.

    Raises:
        Refusal: It is damaged, or larger than the archive says.
    """
    digest, size = hashlib.sha256(), 0
    out_path = Path(os.devnull) if target is None else target
    with _refuse_broken(path), out_path.open("wb") as out, _open_member(path, member) as stream:
        while (chunk := stream.read(CHUNK)) and size <= member.bytes:
            size += len(chunk)
            digest.update(chunk)
            out.write(chunk)
    if size != member.bytes:
        raise Refusal("damaged", f"{path.name}/{member.name} is not as large as its archive says: deliver it again")
    return digest.hexdigest()


def _is_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"PK"


def _read_zip(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in list_parts(archive):
            if info.is_dir():
                continue
            if info.flag_bits & 1:
                raise Refusal("damaged", f"{path.name} has a password: have it packed without one")
            _refuse_bomb(path, info.file_size, info.compress_size)
            yield Member(info.filename, info.file_size)


def _read_tar(path: Path) -> Iterator[Member]:
    packed, size = path.stat().st_size, 0
    with tarfile.open(path, "r:*") as archive:
        for info in archive:
            size += info.size
            _refuse_bomb(path, size, packed)
            if info.isfile():
                yield Member(info.name, info.size)


def _refuse_bomb(path: Path, size: int, packed: int) -> None:
    if size > MAX_UNPACKED or (size > _RATIO_FLOOR and size > MAX_RATIO * packed):
        raise Refusal(
            "too_large",
            f"{path.name} unpacks to more than {MAX_RATIO} times its size or to more than 64 GiB: it is not an export; "
            "inspect it by hand",
        )


@contextmanager
def _open_member(path: Path, member: Member) -> Iterator[IO[bytes]]:
    if _is_zip(path):
        with zipfile.ZipFile(path) as archive, archive.open(member.name) as stream:
            yield stream
        return
    with tarfile.open(path, "r:*") as tape:
        file = tape.extractfile(member.name)
        if file is None:
            raise EOFError
        with file:
            yield file


@contextmanager
def _refuse_broken(path: Path) -> Iterator[None]:
    if path.stat().st_size == 0:
        raise Refusal("empty", f"{path.name} is empty: deliver it again")
    try:
        yield
    except tarfile.ReadError as error:
        with path.open("rb") as stream:
            is_packed = stream.read(2) == b"\x1f\x8b"
        what = "is cut off or damaged: deliver it again" if is_packed else "is no zip or tar file: leave `member` out"
        raise Refusal("damaged" if is_packed else "not_a_table", f"{path.name} {what}") from error
    except (*_BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Refusal("damaged", f"{path.name} is cut off or damaged: deliver it again") from error


def _fits(name: str, pattern: str) -> bool:
    wanted, plain = pattern.casefold(), name.casefold()
    return any(fnmatch.fnmatchcase(each, wanted) for each in (plain, PurePosixPath(plain).name))


def _is_of_the_system(name: str) -> bool:
    """Whether a Mac has put it there."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith("._")


def _refuse_unfit(path: Path, pattern: str, found: list[Member], fitting: list[Member]) -> None:
    if len(found) > _MAX_MEMBERS:
        raise Refusal("too_large", f"{path.name} holds more than {_MAX_MEMBERS:,} files: inspect it by hand")
    nested = [member for member in fitting or found if member.name.casefold().endswith(_ARCHIVES)]
    if nested and (fitting or len(nested) == len(found)):
        raise Refusal("not_a_table", f"{path.name} holds other archives: deliver those, unpacked from it")
    if not fitting:
        raise Refusal(
            "missing", f"{path.name} holds no file that fits `{pattern}` among its {len(found)}: correct `member`"
        )
    if len({member.name for member in fitting}) < len(fitting):
        raise Refusal("damaged", f"{path.name} holds two files of one name: pack it again")
