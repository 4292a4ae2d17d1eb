"""Defines a request to an API and the answer to it, and reads the records of an answer.

Put here: what was asked, what came. Keep out: sending (`client.py`), and the next page (`paging.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.pipelines.settings.sources.api_way import ApiResource
from regulars.pipelines.settings.sources.json_path import list_at_path, read_path
from regulars.pipelines.sources.readers.json.json_values import JsonObject
from regulars.pipelines.sources.readers.refusal import Refusal

Params = Mapping[str, str | int | float | bool | list[str]]


@dataclass(frozen=True)
class Request:
    """One page: an address, the parameters that go with it, and the body where it is sent by POST.

    `has_own_errors`: whoever asks reads what the answer says of errors, which may be of a part of it (status 207).
    """

    url: str
    params: Params
    body: Mapping[str, Any] | None = None
    has_own_errors: bool = False

    @property
    def mark(self) -> tuple[str, str, str]:
        """What is equal where two requests ask for the same page."""
        return self.url, repr(sorted(self.params.items(), key=lambda pair: pair[0])), repr(self.body)


@dataclass(frozen=True)
class Answer:
    """What came: the JSON, in which numbers are bytes with all their digits; the headers; the link to the next page."""

    body: Any
    headers: Mapping[str, str]
    links: Mapping[str, str]


def read_records(answer: Answer, way: ApiResource) -> list[JsonObject]:
    """The records of an answer.

    Raises:
        Refusal: They are not where `data_selector` says, or are not objects.
    """
    found = answer.body if way.data_selector is None else read_path(answer.body, way.data_selector)
    if isinstance(found, dict) and way.data_selector is not None:
        found = [found]
    if not isinstance(found, list):
        raise Refusal("unfetched", f"{way.what}: {_say_where(answer, way)}")
    if not all(isinstance(record, dict) for record in found):
        raise Refusal("unfetched", f"{way.what}: the answer holds something else than objects; correct `data_selector`")
    return found


def count_halves(records: list[JsonObject], way: ApiResource) -> int:
    """How many records have more of an array than came."""
    paths = way.half_records.more_path if way.half_records else []
    return sum(any(found is True for path in paths for found in list_at_path(record, path)) for record in records)


def _say_where(answer: Answer, way: ApiResource) -> str:
    keys = ", ".join(f"`{key}`" for key in list(answer.body)[:10]) if isinstance(answer.body, dict) else ""
    has = f" (it has {keys})" if keys else ""
    if way.data_selector is None:
        return f"the answer is not an array{has}; set `data_selector`"
    return f"the answer has no records at `{way.data_selector}`{has}; correct `data_selector`"
