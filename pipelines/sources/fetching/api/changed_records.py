"""Asks an API for the records that have changed: the same pages, with another parameter.

Put here: the question of an increment, and its records as rows. Keep out: when an increment is asked for
(`fetching/by_cursor.py`).
"""

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from regulars.pipelines.settings.sources.api_way import ApiResource
from regulars.pipelines.settings.sources.cursor import Cursor
from regulars.pipelines.settings.sources.json_path import put_at_path
from regulars.pipelines.sources.fetching.by_cursor import CursorWay
from regulars.pipelines.sources.fetching.cursors import Start
from regulars.pipelines.sources.fetching.fetch import fetch_api
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_LONGEST_RECORD = 256_000_000
"""In bytes."""


def describe_api_cursor_way(
    name: str, way: ApiResource, cursor: Cursor, folder: Path, pause: Callable[[float], None] = time.sleep
) -> CursorWay:
    """Records of an API that can be asked for what has changed.

    Args:
        name: The source, after which the file is called.
        way: Where they are.
        cursor: Its cursor.
        folder: A private folder.
        pause: Waits some seconds between attempts.
    """
    return CursorWay(
        what=way.what,
        cursor=cursor,
        asks=_hash_question(way, cursor),
        fetch=lambda start: fetch_api(
            name, _ask_for_changes(way, start), folder, pause, may_be_empty=_is_change(start)
        ),
        select_rows=lambda path: _select_rows(path, cursor),
    )


def _is_change(start: Start) -> bool:
    return start.since is not None


def _ask_for_changes(way: ApiResource, start: Start) -> ApiResource:
    if start.since is None:
        return way
    text = way.cursor_text.replace("{since_ms}", _write_milliseconds(way, start.since))
    text = text.replace("{since}", start.since)
    if way.cursor_body_path is not None:
        return way.model_copy(update={"json_": put_at_path(way.json_, way.cursor_body_path, text)})
    return way.model_copy(update={"params": {**way.params, str(way.cursor_param): text}})


def _write_milliseconds(way: ApiResource, since: str) -> str:
    """The milliseconds from 1970 to a moment, where they are asked for; a moment without a zone is in UTC.

    Raises:
        Refusal: It is no moment.
    """
    if "{since_ms}" not in way.cursor_text:
        return ""
    try:
        moment = dt.datetime.fromisoformat(since)
    except ValueError:
        raise Refusal("unfetched", f"{way.what}: the cursor is no moment, as `{{since_ms}}` needs it") from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return str(int(zoned.timestamp() * 1000))


def _hash_question(way: ApiResource, cursor: Cursor) -> str:
    keys = {"base_url", "path", "params", "data_selector", "cursor_param", "method", "json_", "cursor_body_path"}
    asked = way.model_dump(include=keys | ({"lookups"} if way.lookups else set()))
    return hashlib.sha256(json.dumps({**asked, "column": cursor.column}, sort_keys=True).encode()).hexdigest()


def _select_rows(path: Path, cursor: Cursor) -> str:
    """SQL of the cursor's value and of the whole record, both text."""
    keys = "".join(f".{json.dumps(key)}" for key in cursor.column.split("."))
    objects = f"read_ndjson_objects({quote_literal(path)}, maximum_object_size = {_LONGEST_RECORD})"
    return (
        f"(select json_extract_string(json, {quote_literal('$' + keys)}) as {quote_identifier(cursor.column)}, "
        f"json::varchar as record from {objects})"
    )
