"""Looks for secrets in everything that a run leaves: files as they are, what is packed in them, and tables."""

import base64
import gzip
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import polars as pl


def find_secrets(secrets: Mapping[str, str], *places: Path | str) -> list[str]:
    """Where each secret stands, as `place: name of the secret`; also as URLs and `Authorization: Basic` write it.

    Args:
        secrets: Name -> secret.
        places: Folders, of which every file is read, and texts.
    """
    forms = {name: _list_forms(secret) for name, secret in secrets.items()}
    found = []
    for place in places:
        for called, content in _read_place(place):
            found += [f"{called}: {name}" for name, each in forms.items() if any(form in content for form in each)]
    return sorted(set(found))


def _list_forms(secret: str) -> set[bytes]:
    plain = {secret, quote(secret), quote_plus(secret), repr(secret)[1:-1]}
    texts = {each.encode() for each in plain}
    # whatever stands before it: base64 takes three bytes at a time, of which the first and last may be shared
    packed = {base64.b64encode(b"x" * shift + secret.encode())[4 if shift else 0 : -4] for shift in range(3)}
    return texts | {each for each in packed if len(each) >= 8}


def _read_place(place: Path | str) -> Iterator[tuple[str, bytes]]:
    if isinstance(place, str):
        yield "a text", place.encode()
        return
    for path in sorted(place.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            yield str(path.relative_to(place)), content
            yield from ((f"{path.relative_to(place)}, unpacked", each) for each in _unpack(path, content))


def _unpack(path: Path, start: bytes) -> Iterator[bytes]:
    """What a file holds that its bytes do not show."""
    if start.startswith(b"\x1f\x8b"):
        yield gzip.decompress(start)
    elif start.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif start.startswith(b"PAR1"):
        yield pl.read_parquet(path).write_json().encode()
    elif start[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as con:
            tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, table in tables:
                rows = con.execute(f'select string_agg(each::varchar, chr(10)) from "{schema}"."{table}" as each')
                yield str(rows.fetchall()[0][0]).encode()
