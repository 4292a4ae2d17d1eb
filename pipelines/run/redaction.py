"""Removes values from unexpected errors: a message says where and which type, never what the data held.

Put here: the boundary that keeps personal values out of logs and Dagster's storage. Keep out: expected mistakes,
which are `RegularsError`s and are worded where they are found.
"""

import errno
import os
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from regulars.pipelines.errors import MemoryExhausted, RegularsError, StorageFailed

DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG}


@contextmanager
def redact_errors(step: str, details: Path) -> Iterator[None]:
    """Let `RegularsError`s pass; turn every other exception into a sentence without values.

    The whole traceback goes into the file `details`, which only its owner can read: exceptions quote values.

    Args:
        step: The table or step in progress.
        details: Where the traceback is written.

    Raises:
        StorageFailed: When the disk was the cause.
        MemoryExhausted: When memory was.
        RegularsError: Otherwise; exit code 70.
    """
    try:
        yield
    except (RegularsError, GeneratorExit):
        raise
    except Exception as error:
        with suppress(OSError):  # the disk may be full
            _write_privately(details, f"{step}\n{''.join(traceback.format_exception(error))}")
        if _is_about_storage(error):
            raise StorageFailed(
                f"{step}: the disk failed ({_reason(error)}). Free some room or mend the disk, then run again; "
                "the last good generation stays."
            ) from None
        if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
            raise MemoryExhausted(
                f"{step}: there was not enough memory. {_say_more_memory(error)}, then run again; the last good "
                "generation stays. docs/deploy.md says what a run needs."
            ) from None
        raise RegularsError(
            f"{step} failed with {type(error).__name__}: this is a bug in Regulars, not a mistake of yours. "
            f"The last good generation stays. The details, which may hold personal values, are in {details}."
        ) from None


def _is_about_storage(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in DISK_ERRORS
    return isinstance(error, duckdb.IOException)


def _say_more_memory(error: Exception) -> str:
    """What to do: DuckDB keeps to a limit, and to the disk beyond it; Python and polars take what there is."""
    if not isinstance(error, duckdb.OutOfMemoryException):
        return "Give the machine or its container more"
    limit = re.search(r"/([0-9.]+ [A-Za-z]+) used\)", str(error))
    took = f"DuckDB took the {limit.group(1)} that it may take. " if limit else ""
    return f"{took}Raise `resources.duckdb_memory_limit` in the settings and see that the disk of the home has room"


def _reason(error: Exception) -> str:
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__


def _write_privately(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
