"""Names the files of the landing and reads what a landed Parquet file says about itself.

A delivered file lands as one Parquet file whose columns are all text and whose metadata describe it.
Put here: paths and metadata of landed files. Keep out: parsing delivered files, and copying them (`landing.py`).
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from regulars.pipelines.settings.sources.file_options import FileOptions, Reader
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.warehouse.sql_text import quote_literal

READER_VERSION = 4
"""Raise it when the same bytes would be read differently: every delivery is then read again from its original."""

_OPTIONS_OF_READERS: dict[Reader, set[str]] = {
    "delimited": {"delimiter", "quote", "encoding", "header_row"},
    "json": {"records", "rows_of"},
    "json_lines": {"rows_of"},
    "workbook": {"sheet", "header_row", "error_cells", "decimal"},
}


@dataclass(frozen=True)
class Note:
    """What a reader saw in a file and read in a way of its own: a finding, how many, and what in words.

    The words hold no value of the file.
    """

    finding: str
    count: int
    what: str


@dataclass(frozen=True)
class Landed:
    """A landed file.

    `header` holds the delivered header names as they were, `columns` the names they have in the Parquet file;
    `record_count` counts its rows, `malformed_count` the lines quarantined beside it. `secret_columns` were taken out;
    `notes` say what the reader read in a way of its own.
    """

    file_sha256: str
    header: tuple[str, ...]
    columns: tuple[str, ...]
    encoding: str
    record_count: int
    malformed_count: int
    secret_columns: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def original_path(landing: Path, file_sha256: str) -> Path:
    """Where the delivered bytes lie."""
    return landing / f"{file_sha256}.orig"


def text_path(landing: Path, file_sha256: str, source: Source) -> Path:
    """Where the text of the file lies, as read with this source's options by this version of the reader."""
    return landing / f"{file_sha256}-r{READER_VERSION}{_mark_options(source, source.options.rows_of)}.parquet"


def readable_text_path(landing: Path, file_sha256: str, source: Source) -> Path:
    """`text_path`, or an older text where `text_path` and the original are both missing.

    An older text is by an older reader, or lacks the rows of arrays that were added behind others to `rows_of` since.
    """
    wanted = text_path(landing, file_sha256, source)
    if wanted.exists() or original_path(landing, file_sha256).exists():
        return wanted
    arrays = source.options.rows_of
    marks = [_mark_options(source, arrays[:count]) for count in range(max(len(arrays), 1), 0, -1)]
    older = (
        landing / f"{file_sha256}-r{version}{mark}.parquet"
        for mark in marks
        for version in range(READER_VERSION, 0, -1)
    )
    return next((path for path in older if path.exists()), wanted)


def malformed_path(text: Path) -> Path:
    """Where the lines lie that are not records of that landed text: `line` BIGINT, `text`, `reason`."""
    return text.with_suffix(".malformed.parquet")


def _mark_options(source: Source, arrays: list[str]) -> str:
    """A part of the file name that differs when options differ, so that they read the same bytes again.

    Empty for CSV with default options. `arrays` are those of `rows_of`.
    """
    used = source.options.model_dump(include=_OPTIONS_OF_READERS.get(source.reader, set()))
    if used.pop("rows_of", None) and arrays:
        used["rows_of"] = arrays  # only then, so that files that landed before there was this option keep their names
    if source.reader == "delimited" and used["header_row"] is None:
        used.pop("header_row")
    is_plain = source.format == "csv" and used == FileOptions().model_dump(include=set(used))
    if is_plain and source.reshape is None:
        return ""
    if not any(used.values()):
        used = {}
    options = json.dumps([source.format, used, *([source.reshape] * bool(source.reshape))], sort_keys=True)
    return "-" + hashlib.sha256(options.encode()).hexdigest()[:8]


def open_private_connection() -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that loads nothing from anywhere and keeps records in order.

    Nobody makes tables in it. Connections share one database of the process: a file takes half a dozen of them, and
    making a database costs more than reading a small file.
    """
    con = _make_database(os.getpid()).cursor()
    con.execute("set timezone = 'UTC'")
    return con


@cache
def _make_database(process: int) -> duckdb.DuckDBPyConnection:
    """The database of a process: one that was forked off cannot use its parent's.

    It keeps nothing of the files that it reads: they are written anew under the same names, and what tells an old one
    from a new one would be its size and its time alone.
    """
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "enable_external_file_cache": "false",
        }
    )


def write_copy_options(landed: Landed) -> str:
    """The options with which COPY writes a landed Parquet file that describes itself."""
    description = json.dumps(asdict(landed), ensure_ascii=False)
    return f"format parquet, compression zstd, kv_metadata {{landed: {quote_literal(description)}}}"


def write_landed_table(table: pa.Table, landed: Landed, target: Path) -> None:
    """Write a table of texts as a landed Parquet file that describes itself."""
    pq.write_table(table.replace_schema_metadata(describe_landed(landed)), target, compression="zstd")


def describe_landed(landed: Landed) -> dict[str, str]:
    """The metadata by which a landed Parquet file describes itself."""
    return {"landed": json.dumps(asdict(landed), ensure_ascii=False)}


def read_landed(con: duckdb.DuckDBPyConnection, path: Path) -> Landed | None:
    """What a landed Parquet file says about itself; None when it is missing or damaged."""
    if not path.exists():
        return None
    try:
        found = con.execute(f"""
            select decode(value)
            from parquet_kv_metadata({quote_literal(path)})
            where decode(key) = 'landed'
        """).fetchall()
    except duckdb.Error:
        return None
    facts = json.loads(found[0][0])
    lists = {key: tuple(value) for key, value in facts.items() if isinstance(value, list)}
    return Landed(**{**facts, **lists, "notes": tuple(Note(**note) for note in facts.get("notes", ()))})
