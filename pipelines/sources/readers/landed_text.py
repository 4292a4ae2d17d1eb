"""The text of a delivered file as it lies in the landing: one Parquet file, all columns text, that describes itself.

Put here: names of landed files, writing them safely, reading what they say about themselves. Keep out: parsing.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from regulars.pipelines.settings.settings import FileOptions, Source
from regulars.pipelines.warehouse.sql_text import quote_literal

READER_VERSION = 1
"""Raise it when the same bytes would be read differently: every delivery is then read again from its original."""


@dataclass(frozen=True)
class Landed:
    """A landed file.

    `header` holds the delivered header names as they were, `columns` the names they have in the Parquet file;
    `record_count` counts its rows, `malformed_count` the lines quarantined beside it.
    """

    file_sha256: str
    header: tuple[str, ...]
    columns: tuple[str, ...]
    encoding: str
    record_count: int
    malformed_count: int


def original_path(landing: Path, file_sha256: str) -> Path:
    """Where the delivered bytes lie."""
    return landing / f"{file_sha256}.orig"


def text_path(landing: Path, file_sha256: str, source: Source) -> Path:
    """Where the text of the file lies, as read with this source's options by this version of the reader."""
    return landing / f"{file_sha256}-r{READER_VERSION}{_way_of_reading(source)}.parquet"


def readable_text_path(landing: Path, file_sha256: str, source: Source) -> Path:
    """`text_path`; but where that is not there and the original is gone, what the newest older reader made of it."""
    wanted = text_path(landing, file_sha256, source)
    if wanted.exists() or original_path(landing, file_sha256).exists():
        return wanted
    way = _way_of_reading(source)
    older = (landing / f"{file_sha256}-r{version}{way}.parquet" for version in range(READER_VERSION - 1, 0, -1))
    return next((path for path in older if path.exists()), wanted)


def malformed_path(text: Path) -> Path:
    """Where the lines lie that are no records of that landed text: `line` BIGINT, `text`, `reason`."""
    return text.with_suffix(".malformed.parquet")


def _way_of_reading(source: Source) -> str:
    """Nothing for plain CSV; else a mark, so that changed options read the same bytes again."""
    used = source.options.model_dump(include={"delimiter", "quote", "encoding"})
    plain = FileOptions().model_dump(include=set(used))
    if source.format == "csv" and used == plain:
        return ""
    way = json.dumps([source.format, used if source.format.startswith("csv") else {}], sort_keys=True)
    return "-" + hashlib.sha256(way.encode()).hexdigest()[:8]


def private_connection() -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that loads nothing from anywhere and keeps records in order."""
    con = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    con.execute("set timezone = 'UTC'")
    return con


def describing(landed: Landed) -> str:
    """The `copy` options that make the Parquet file say what it holds."""
    said = json.dumps(asdict(landed), ensure_ascii=False)
    return f"format parquet, compression zstd, kv_metadata {{landed: {quote_literal(said)}}}"


def read_landed(con: duckdb.DuckDBPyConnection, path: Path) -> Landed | None:
    """What a landed Parquet file says of itself; None when there is no whole one."""
    if not path.exists():
        return None
    query = f"select decode(value) from parquet_kv_metadata({quote_literal(path)}) where decode(key) = 'landed'"
    try:
        found = con.execute(query).fetchall()
    except duckdb.Error:
        return None
    said = json.loads(found[0][0])
    return Landed(**{**said, "header": tuple(said["header"]), "columns": tuple(said["columns"])})


def put_in_place(written: Path, target: Path) -> None:
    """Make a written file safe on disk and give it its name, so that a reader sees all of it or nothing."""
    with written.open("rb") as stream:
        os.fsync(stream.fileno())
    written.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
