"""Finds the request for the next page of an API from the answer to this one.

Put here: one way of paging each. Keep out: sending (`client.py`), and circles (`pages.py`).
"""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qs, urljoin, urlsplit

from regulars.pipelines.settings.sources.api_way import (
    ApiResource,
    HeaderLink,
    JsonLink,
    MarkInAnswer,
    Offset,
    PageNumber,
    SinglePage,
)
from regulars.pipelines.settings.sources.json_path import put_at_path, read_path
from regulars.pipelines.sources.fetching.api.answers import Answer, Request
from regulars.pipelines.sources.readers.refusal import Refusal


def join_url(base_url: str, path: str) -> str:
    """The address of a path of an API."""
    return f"{base_url.rstrip('/')}/{path.lstrip('/')}"


def make_first_request(way: ApiResource) -> Request:
    """The request for the first page."""
    url = join_url(way.base_url, way.path)
    body = way.json_ if way.method == "POST" else None
    match way.paginator:
        case PageNumber(base_page=page, page_param=name):
            return Request(url, {**way.params, name: page}, body)
        case Offset(limit=limit, offset_param=name, limit_param=limit_name):
            return Request(url, {**way.params, name: 0, **({limit_name: limit} if limit_name else {})}, body)
        case _:
            return Request(url, way.params, body)


def make_request_again(way: ApiResource, request: Request) -> Request | None:
    """The request for the same page as it is sent where records came in halves; None: there is no other."""
    body = request.body
    for path, value in (way.half_records.ask_again_with if way.half_records else {}).items():
        body = put_at_path(body, path, value)
    return None if body == request.body else replace(request, body=body)


def find_next_request(way: ApiResource, request: Request, answer: Answer, record_count: int) -> Request | None:
    """The request for the page behind this one; None behind the last.

    Raises:
        Refusal: The link to it leads to another server, which must not see the secret.
    """
    match way.paginator:
        case SinglePage():
            return None
        case JsonLink(next_url_path=path):
            return _follow(way, request, read_path(answer.body, path))
        case HeaderLink(links_next_key=name, keep_params=kept):
            return _follow(way, request, answer.links.get(name), kept)
        case PageNumber(page_param=name):
            return _step(request, name, 1) if record_count else None
        case Offset(offset_param=name, limit=limit):
            return _step(request, name, limit) if record_count else None
        case MarkInAnswer() as cursor:
            return _send_back(cursor, request, answer)


def read_total(way: ApiResource, answer: Answer) -> int | None:
    """How many records there are in all, where the answer says so."""
    match way.paginator:
        case PageNumber(total_header=str(name)):
            found = answer.headers.get(name)
        case Offset(total_path=str(path)):
            found = read_path(answer.body, path)
        case _:
            return None
    return int(found) if isinstance(found, str) and found.isdecimal() else None


def is_same_server(url: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port."""
    return _name_server(url) == _name_server(other)


def _name_server(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _follow(way: ApiResource, request: Request, link: object, kept: Sequence[str] = ()) -> Request | None:
    if not isinstance(link, str) or not link:
        return None
    url = urljoin(request.url, link)
    if not is_same_server(url, way.base_url):
        sentence = f"{way.what}: the next page is on another server, which must not see the secret; correct `paginator`"
        raise Refusal("unfetched", sentence)
    linked = parse_qs(urlsplit(url).query)
    params = {name: way.params[name] for name in kept if name in way.params and name not in linked}
    return Request(url, params, request.body)


def _step(request: Request, name: str, step: int) -> Request:
    return Request(request.url, {**request.params, name: int(str(request.params[name])) + step}, request.body)


def _send_back(cursor: MarkInAnswer, request: Request, answer: Answer) -> Request | None:
    if cursor.has_more_path is not None and read_path(answer.body, cursor.has_more_path) is not True:
        return None
    mark = read_path(answer.body, cursor.cursor_path)
    if not isinstance(mark, str) or not mark:
        return None
    if cursor.cursor_body_path is not None:
        return Request(request.url, request.params, put_at_path(request.body, cursor.cursor_body_path, str(mark)))
    return Request(request.url, {**request.params, cursor.cursor_param: str(mark)}, request.body)
