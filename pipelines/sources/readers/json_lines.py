"""Reads a delivered file of JSON lines into landed text: one object per line, its top-level keys as columns.

Put here: reading a `.jsonl` file once. Keep out: what its keys mean.
Python's own parser reads it, because numbers must keep every digit they were written with.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.pipelines.sources.readers.csv_files import write_malformed
from regulars.pipelines.sources.readers.header import name_columns
from regulars.pipelines.sources.readers.landed_text import Landed, open_private_connection, write_copy_options
from regulars.pipelines.sources.readers.records import MAX_RECORD, Record
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.warehouse.sql_text import quote_literal

_BATCH = 50_000


def read_json_lines(original: Path, file_name: str, file_sha256: str, work: Path) -> Landed:
    """Read a JSON lines file into `work/landed.parquet` and, when lines are quarantined, `work/malformed.parquet`.

    Nested values stay JSON. A line that is not a complete object, or that has a key twice, is quarantined.

    Raises:
        Refusal: The file is empty, cut off, not UTF-8, or without any object.
    """
    _refuse_unfinished(original, file_name)
    keys: dict[str, None] = {}
    bad, count = [], 0
    for line, raw, values in _read_objects(original):
        if isinstance(values, str):
            bad.append(Record(line, raw, values))
        else:
            keys.update(dict.fromkeys(values))
            count += 1
    if not keys:
        raise Refusal("not_a_table", f"{file_name} holds no JSON object with a key: see that `format` is right")
    if bad and bad[-1].line == 1 and count == 0:
        raise Refusal("not_a_table", f"{file_name} is not JSON lines: write one object a line")
    columns = name_columns(list(keys))
    landed = Landed(file_sha256, tuple(keys), tuple(columns), "utf-8", count, len(bad))
    _write_keys(original, list(keys), columns, work / "keys.parquet")
    with open_private_connection() as con:
        con.execute(f"""
            copy (from read_parquet({quote_literal(work / "keys.parquet")}))
            to {quote_literal(work / "landed.parquet")} ({write_copy_options(landed)})
        """)
    if bad:
        write_malformed(bad, work / "malformed.parquet")
    return landed


def lines_of_objects(original: Path, records: set[int]) -> dict[int, int]:
    """The line from 1 on which each of some records (numbers from 1) stands."""
    sound = (line for line, _, values in _read_objects(original) if not isinstance(values, str))
    return {number: line for number, line in enumerate(sound, start=1) if number in records}


def _refuse_unfinished(original: Path, file_name: str) -> None:
    size = original.stat().st_size
    with original.open("rb") as stream:
        start = stream.read(512).lstrip()
        stream.seek(-min(MAX_RECORD, size), 2)
        end = stream.read()
    if not end.strip():
        raise Refusal("empty", f"{file_name} is empty: deliver it again")
    if start.startswith(b"<"):
        raise Refusal("not_a_table", f"{file_name} is a web page or XML: the export has failed; run it again")
    last = end.rstrip().rsplit(b"\n", 1)[-1]
    if not end.endswith(b"\n") and isinstance(_parse_object(last), str):
        raise Refusal("truncated", f"{file_name} ends in the middle of an object, so it is cut off: deliver it again")


def _read_objects(original: Path) -> Iterator[tuple[int, bytes, dict[str, str | None] | str]]:
    """Line number from 1, the line, and its values as text, or why it is not an object. Skips blank lines."""
    with original.open("rb") as stream:
        for line, raw in enumerate(stream, start=1):
            plain = raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw
            if plain.strip():
                yield line, plain.rstrip(b"\r\n"), _parse_object(plain)


def _parse_object(raw: bytes) -> dict[str, str | None] | str:
    try:
        text = raw.decode()
        found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_refuse_repeats)
        if not isinstance(found, dict):
            return "not an object"
        plain = json.loads(text) if any(isinstance(value, dict | list) for value in found.values()) else found
        values = {key: _as_text(value, plain[key]) for key, value in found.items()}
        "".join([*values, *filter(None, values.values())]).encode()  # half of a surrogate pair is not text
    except KeyError:
        return "a key twice in one object"
    except UnicodeError:
        return "not UTF-8"
    except (ValueError, RecursionError):
        return "not JSON"
    return values


def _refuse_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise KeyError
    return found


def _as_text(value: object, plain: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return json.dumps(plain, ensure_ascii=False)


def _write_keys(original: Path, keys: list[str], columns: list[str], target: Path) -> None:
    schema = pa.schema([(column, pa.string()) for column in columns])
    with pq.ParquetWriter(target, schema) as writer:
        batch: list[dict[str, str | None]] = []
        for _, _, values in _read_objects(original):
            if not isinstance(values, str):
                batch.append(values)
            if len(batch) == _BATCH:
                writer.write_table(_make_table(batch, keys, schema))
                batch = []
        writer.write_table(_make_table(batch, keys, schema))


def _make_table(batch: list[dict[str, str | None]], keys: list[str], schema: pa.Schema) -> pa.Table:
    return pa.table([pa.array([row.get(key) for row in batch], pa.string()) for key in keys], schema=schema)
