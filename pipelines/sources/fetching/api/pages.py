"""Reads all pages of an API into one file of JSON lines, each record once, in an order that does not depend on pages.

Put here: from page to page, circles, records that come twice or slip through. Keep out: one request (`client.py`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from regulars.pipelines.settings.sources.api_way import ApiResource
from regulars.pipelines.settings.sources.json_path import read_path
from regulars.pipelines.sources.fetching.api.answers import Answer, Request, count_halves, read_records
from regulars.pipelines.sources.fetching.api.client import Client
from regulars.pipelines.sources.fetching.api.lookups import add_lookups
from regulars.pipelines.sources.fetching.api.paging import (
    find_next_request,
    make_first_request,
    make_request_again,
    read_total,
)
from regulars.pipelines.sources.readers.json.json_values import JsonObject, write_json
from regulars.pipelines.sources.readers.refusal import Refusal

_ATTEMPTS = 3
"""How often a whole reading is tried where records slip through between pages."""


@dataclass(frozen=True)
class Page:
    """The records of one page, and how many records there are in all where the server says so."""

    records: list[JsonObject]
    total: int | None


def read_pages(client: Client) -> Iterator[Page]:
    """The pages, from the first to the last.

    Raises:
        Refusal: A page cannot be fetched, or pages lead in a circle.
    """
    way = client.way
    request: Request | None = make_first_request(way)
    asked: set[tuple[str, str, str]] = set()
    seen: set[bytes] = set()
    while request is not None:
        if request.mark in asked:
            raise Refusal("unfetched", f"{way.what}: the pages lead in a circle; correct `paginator`")
        asked.add(request.mark)
        answer, records = _ask_for_whole_records(client, request)
        if records:
            digest = hashlib.sha256(write_json(records).encode(errors="surrogatepass")).digest()
            if digest in seen:
                raise Refusal("unfetched", f"{way.what}: the same page comes again and again; correct `paginator`")
            seen.add(digest)
        yield Page(add_lookups(client, records), read_total(way, answer))
        request = find_next_request(way, request, answer, len(records))


def _ask_for_whole_records(client: Client, request: Request) -> tuple[Answer, list[JsonObject]]:
    """A page whose records are whole, asked for again in another way where they are not.

    Raises:
        Refusal: As for `read_pages`, or one is still not whole.
    """
    way = client.way
    answer = client.ask(request)
    records = read_records(answer, way)
    if count_halves(records, way) and (again := make_request_again(way, request)):
        answer = client.ask(again)
        records = read_records(answer, way)
    if count := count_halves(records, way):
        sentence = f"{way.what}: of {count:,} {'record' if count == 1 else 'records'} of a page not all came"
        raise Refusal("unfetched", f"{sentence}: ask for more at once in `half_records.ask_again_with`")
    return answer, records


def write_all_pages(client: Client, target: Path) -> int:
    """Write every record as a line, sorted by `primary_key`, or by its text where there is none.

    Args:
        client: Asks the API.
        target: The file; its folder must be private.

    Returns:
        How many records there are.

    Raises:
        Refusal: As for `read_pages`; or records slipped through at every attempt.
    """
    for _ in range(_ATTEMPTS):
        count, total = _write_once(client, target)
        if total is None or count >= total:
            return count
    sentence = f"{client.way.what}: {count:,} of {total:,} records came, at each of {_ATTEMPTS} attempts"
    raise Refusal("unfetched", f"{sentence}: it changes while it is read, or `params` leave some out of the pages")


def read_first_page(client: Client) -> list[JsonObject]:
    """The records of the first page.

    Raises:
        Refusal: It cannot be fetched.
    """
    return next(read_pages(client)).records


def write_records(records: Iterable[JsonObject], target: Path) -> None:
    """Write records as lines, in the order in which they come."""
    with target.open("wb") as out:
        out.writelines(_write_line(record) for record in records)


def _write_once(client: Client, target: Path) -> tuple[int, int | None]:
    """Write the lines as they come, then in order; of records with one key the last that came."""
    unsorted = target.with_name(f"{target.name}.unsorted")
    places: dict[tuple[str, ...], tuple[int, int]] = {}
    total = None
    try:
        with unsorted.open("w+b") as spool:
            for page in read_pages(client):
                total = page.total
                for record in page.records:
                    line = _write_line(record)
                    places[_make_key(record, line, client.way, len(places))] = (spool.tell(), len(line))
                    spool.write(line)
            with target.open("wb") as out:
                for _, (start, length) in sorted(places.items()):
                    out.write(_read_piece(spool, start, length))
    finally:
        unsorted.unlink(missing_ok=True)
    return len(places), total


def _read_piece(spool: BinaryIO, start: int, length: int) -> bytes:
    spool.seek(start)
    return spool.read(length)


def _write_line(record: JsonObject) -> bytes:
    return write_json(record).encode(errors="surrogatepass") + b"\n"


def _make_key(record: JsonObject, line: bytes, way: ApiResource, number: int) -> tuple[str, ...]:
    """What a record is known by; without `primary_key` its text, and its number, so that equal records all stay."""
    if not way.keys:
        return hashlib.sha256(line).hexdigest(), f"{number:012}"
    found = [read_path(record, path) for path in way.keys]
    missing = [path for path, value in zip(way.keys, found, strict=True) if value is None]
    if missing:
        raise Refusal("unfetched", f"{way.what}: a record has no `{missing[0]}`; correct `primary_key`")
    return tuple(value if isinstance(value, str) else write_json(value) for value in found)
