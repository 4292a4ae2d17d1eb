"""Sends requests to an API: signs in, waits where the server asks for it, tries again, follows redirects.

Put here: one request until its answer. Keep out: pages (`paging.py`, `pages.py`), and signing in (`sign_in.py`).
No answer of a server, and no secret, stands in a sentence: it may hold personal data.
"""

import datetime as dt
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from regulars.pipelines.settings.sources.api_way import ApiResource
from regulars.pipelines.sources.fetching.api.answers import Answer, Params, Request
from regulars.pipelines.sources.fetching.api.graphql_errors import read_errors
from regulars.pipelines.sources.fetching.api.paging import is_same_server
from regulars.pipelines.sources.fetching.api.sign_in import SignIn
from regulars.pipelines.sources.readers.json.json_values import scan_value
from regulars.pipelines.sources.readers.refusal import Refusal

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before the second to the sixth attempt, where the server names none."""
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
MAX_BYTES = 256_000_000
"""Of one answer."""
_MAX_REDIRECTS = 5
_AGAIN = {408, 425, 429, 500, 502, 503, 504}
"""Statuses behind which another attempt may find an answer."""
_PARTLY = 207
"""The status of an answer that lists errors beside what was found."""
_SPACE = re.compile(r"[ \t\r\n]*")


class _NotNow(Exception):
    """This attempt failed; the next one may not.

    Args:
        why: In words.
        seconds: How long the server asks to wait.
    """

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.why, self.seconds = why, seconds


@dataclass
class Client:
    """Asks an API, until a moment of `time.monotonic()`.

    Attributes:
        way: The API.
        deadline: When to give up.
        pause: Waits some seconds.
    """

    way: ApiResource
    deadline: float
    pause: Callable[[float], None] = time.sleep
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._sign_in = SignIn(self.way, self.session)
        # at the level DEBUG it writes every address, and a key may stand in its parameters
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

    def ask(self, request: Request) -> Answer:
        """The answer to a request.

        Raises:
            Refusal: The server refuses it, does not answer in time, or answers with something else than JSON.
        """
        waits = iter(PAUSES)
        while True:
            try:
                return self._read(request, *self._send(request))
            except _NotNow as failed:
                usual = next(waits, None)
                if usual is None:
                    raise self._refuse(f"{failed.why}, after {len(PAUSES) + 1} attempts") from None
                self._wait(max(usual, failed.seconds or 0.0), failed.why)

    def _wait(self, seconds: float, why: str) -> None:
        if time.monotonic() + seconds > self.deadline:
            raise self._refuse(f"{why}, and trying again would take longer than `time_limit_minutes` allows")
        self.pause(seconds)

    def _send(self, request: Request) -> tuple[requests.Response, bytes]:
        """The last response of a chain of redirects, and its bytes."""
        for _ in range(_MAX_REDIRECTS):
            response, content = self._send_once(request)
            if not response.is_redirect:
                return response, content
            if request.body is not None:
                raise self._refuse("the server redirects a POST; correct `base_url` and `path`")
            request = Request(self._follow(request.url, response.headers["location"]), {})
        raise self._refuse("the server redirects again and again; correct `base_url`")

    def _send_once(self, request: Request) -> tuple[requests.Response, bytes]:
        may_see_secret = is_same_server(request.url, self.way.base_url)
        secret_params = self._sign_in.params() if may_see_secret else {}
        try:
            response = self.session.request(
                "GET" if request.body is None else "POST",
                request.url,
                params=_write_params({**request.params, **secret_params}),
                json=request.body,
                headers={"Accept": "application/json", **(self.way.headers if may_see_secret else {})},
                auth=self._sign_in.authorize if may_see_secret else _send_nothing,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            )
            with response:
                return response, self._download(response)
        except requests.exceptions.SSLError:
            raise self._refuse("the server's certificate cannot be trusted; correct `base_url`") from None
        except requests.exceptions.Timeout:
            raise _NotNow("the server does not answer in time") from None
        except requests.exceptions.ConnectionError:
            raise _NotNow("there is no connection to the server") from None
        except requests.exceptions.ChunkedEncodingError:
            raise _NotNow("the answer breaks off") from None
        except requests.exceptions.RequestException as error:
            raise self._refuse(f"the request cannot be sent ({type(error).__name__}); correct `from`") from None

    def _download(self, response: requests.Response) -> bytes:
        content = bytearray()
        for piece in response.iter_content(1 << 16):
            content += piece
            if time.monotonic() > self.deadline:
                raise self._refuse("it took longer than `time_limit_minutes` allows")
            if len(content) > MAX_BYTES:
                raise self._refuse(f"an answer is larger than {MAX_BYTES // 1_000_000} MB; ask for smaller pages")
        return bytes(content)

    def _follow(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        if not is_same_server(target, self.way.base_url):
            if any(secret in target for secret in self.way.secrets):
                raise self._refuse("the server redirects to another one with the secret in the address")
            if urlsplit(target).scheme != "https" and not self.way.allow_unencrypted:
                raise self._refuse("the server redirects to an address without encryption; correct `base_url`")
        return target

    def _read(self, request: Request, response: requests.Response, content: bytes) -> Answer:
        if not (request.has_own_errors and response.status_code == _PARTLY):
            self._check_status(response)
        links = {key: str(link["url"]) for key, link in response.links.items() if "url" in link}
        try:
            text = content.removeprefix(b"\xef\xbb\xbf").decode()
            body, end = scan_value(text, _skip_space(text, 0))
            if _skip_space(text, end) != len(text):
                raise ValueError
        except (ValueError, KeyError, StopIteration, RecursionError):
            if response.headers.get("content-type", "").startswith("text/html"):
                raise self._refuse("the answer is a web page, not JSON; correct `base_url` and `path`") from None
            raise _NotNow("the answer is not whole JSON") from None
        if self.way.method == "POST" and not request.has_own_errors:
            self._check_errors(body)
        return Answer(body, response.headers, links)

    def _check_errors(self, body: Any) -> None:
        """See what the answer itself says of errors, as GraphQL does with status 200."""
        errors = read_errors(body)
        if errors is None:
            return
        if errors.is_throttled:
            raise _NotNow("the server asks for slower requests", errors.seconds)
        raise self._refuse(f"the answer says {errors.codes}; correct `json`, or give the secret the rights for it")

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status == 401 and self._sign_in.renew():
            raise _NotNow("the server does not take the token")
        if status in (401, 403):
            raise self._refuse(f"the server answers {status}: {self._sign_in.say_what_is_wrong(status)}")
        if status in _AGAIN:
            raise _NotNow(f"the server answers {status}", _read_retry_after(response.headers.get("retry-after")))
        if status == 404:
            raise self._refuse("the server answers 404, nothing is there; correct `base_url` and `path`")
        if status != 200:
            raise self._refuse(f"the server answers {status}; correct `path` and `params`")

    def _refuse(self, why: str) -> Refusal:
        return Refusal("unfetched", f"{self.way.what} cannot be fetched: {why}")


def _write_params(params: Params) -> dict[str, str | list[str]]:
    return {
        name: str(value).lower() if isinstance(value, bool) else value if isinstance(value, list) else str(value)
        for name, value in params.items()
    }


def _send_nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No secret; and none of `~/.netrc`, which requests would send by itself."""
    return request


def _skip_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _read_retry_after(written: str | None) -> float | None:
    """Seconds of the header `Retry-After`, which names a number of them or a moment."""
    if written is None:
        return None
    try:
        return max(0.0, float(written))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    return max(0.0, (moment - dt.datetime.now(moment.tzinfo or dt.UTC)).total_seconds()) if moment.tzinfo else None
