"""Asks what the records of a page lack by their ids, and puts it into them.

Put here: the second request and its answer. Keep out: pages (`pages.py`), and one request until its answer
(`client.py`).
"""

from collections.abc import Iterator
from typing import Any

from regulars.pipelines.settings.sources.api_records import Lookup
from regulars.pipelines.settings.sources.json_path import read_path
from regulars.pipelines.sources.fetching.api.answers import Request
from regulars.pipelines.sources.fetching.api.client import Client
from regulars.pipelines.sources.fetching.api.paging import join_url
from regulars.pipelines.sources.readers.json.json_values import JsonObject
from regulars.pipelines.sources.readers.refusal import Refusal


def add_lookups(client: Client, records: list[JsonObject]) -> list[JsonObject]:
    """The records with what `lookups` bring of each.

    Raises:
        Refusal: It cannot be asked for, or the answer lists an error that is more than an id without anything.
    """
    for lookup in client.way.lookups:
        found: dict[str, Any] = {}
        for start in range(0, len(records), lookup.most_ids):
            found.update(_ask(client, lookup, records[start : start + lookup.most_ids]))
        key = client.way.keys[0]
        records = [
            _put(record, lookup.put_at.split("."), found[known])
            if (known := _read_id(record, key)) in found
            else record
            for record in records
        ]
    return records


def _ask(client: Client, lookup: Lookup, records: list[JsonObject]) -> Iterator[tuple[str, Any]]:
    """Id and what was found, of those with anything."""
    way = client.way
    ids = [_read_id(record, way.keys[0]) for record in records]
    body = {"inputs": [{"id": each} for each in ids]}
    answer = client.ask(Request(join_url(way.base_url, lookup.path), {}, body, has_own_errors=True))
    errors = read_path(answer.body, lookup.errors_path) or []
    codes = {str(read_path(error, lookup.code_path)) for error in errors} - set(lookup.nothing_found)
    found = read_path(answer.body, lookup.data_selector)
    if codes or not isinstance(found, list):
        why = ", ".join(sorted(codes)) or "without what was asked for"
        raise Refusal("unfetched", f"{way.what}: {lookup.path} answers {why}; see that the secret may read it")
    for each in found:
        yield str(read_path(each, lookup.id_path)), read_path(each, lookup.value_path)


def _read_id(record: JsonObject, path: str) -> str:
    return str(read_path(record, path))


def _put(record: JsonObject, keys: list[str], value: Any) -> JsonObject:
    """A copy with a value at a path, whose objects are made where they are not there."""
    first, *rest = keys
    inner = record.get(first)
    return {**record, first: _put(inner if isinstance(inner, dict) else {}, rest, value) if rest else value}
