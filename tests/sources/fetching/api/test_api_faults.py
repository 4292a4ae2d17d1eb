"""What goes wrong with an API is tried again or is a sentence; nothing comes half, no secret goes to a stranger."""

import datetime as dt
import socket
from email.utils import format_datetime

import pytest
from pydantic import ValidationError

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.fetching.api.client import PAUSES
from regulars.pipelines.sources.fetching.fetch import describe_fetch
from tests.secrets_left import find_secrets
from tests.sources.fetching.api.api_server import Reply, run_api
from tests.sources.fetching.api.conftest import COLUMNS, TOKEN, order

ORDERS = [order(1), order(2)]


def fail_first(*replies):
    """Answers with each reply once, and then with the orders."""
    waiting = list(replies)
    return lambda seen: waiting.pop(0) if waiting else ORDERS


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (Reply("", 429, {"Retry-After": "7"}), 7.0),
        (Reply("", 429), PAUSES[0]),
        (Reply("", 503, {"Retry-After": "soon"}), PAUSES[0]),
        (Reply("", 500), PAUSES[0]),
        (Reply('[{"id": 1, "day": "2026-', 200), PAUSES[0]),
        (Reply(ORDERS, 200, cut_after=20), PAUSES[0]),
    ],
)
def test_a_failure_that_may_pass_is_waited_for_and_tried_again(api, api_shop, reply, seconds):
    api.answer = fail_first(reply)
    waited = []
    assert len(api_shop.land(pause=waited.append)["shop"].deliveries) == 1
    assert [pause for pause in waited if pause != 0.5] == [seconds]
    assert len(api.requests) == 2


@pytest.mark.slow
def test_a_moment_in_retry_after_is_waited_for(api, api_shop):
    moment = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=40), usegmt=True)
    api.answer = fail_first(Reply("", 429, {"Retry-After": moment}))
    waited = []
    api_shop.land(pause=waited.append)
    assert 35 < max(waited) <= 40


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reply", "sentence", "attempts"),
    [
        (Reply("", 503), "the server answers 503, after 6 attempts", 6),
        (Reply("[{]"), "the answer is not whole JSON, after 6 attempts", 6),
        (Reply('[{"id": 1, "id": 2}]'), "the answer is not whole JSON", 6),
        (Reply("", 429, {"Retry-After": "86400"}), "would take longer than `time_limit_minutes` allows", 1),
        (Reply("<html>sign in</html>", 200, {"Content-Type": "text/html"}), "is a web page, not JSON", 1),
        (Reply("", 401), "answers 401: `from.auth.token` is wrong or has expired", 1),
        (Reply("", 403), "answers 403: `from.auth.token` may not read this", 1),
        (Reply("", 404), "correct `base_url` and `path`", 1),
        (Reply("no such parameter", 400), "answers 400; correct `path` and `params`", 1),
        (Reply("", 302, {"Location": "/orders"}), "redirects again and again", 5),
    ],
)
def test_a_failure_that_stays_is_a_sentence_and_the_last_delivery_stays(api, api_shop, reply, sentence, attempts):
    api.answer = lambda seen: ORDERS
    api_shop.land()
    api.requests.clear()
    api.answer = lambda seen: reply
    landed = api_shop.land()["shop"]
    [reason] = landed.reasons
    assert sentence in reason
    assert TOKEN not in reason
    assert landed.is_stale
    assert len(landed.deliveries) == 1
    assert len(api.requests) == attempts


def test_a_page_in_the_middle_that_never_comes_leaves_nothing(api, api_shop):
    api.answer = lambda seen: Reply("", 500) if seen.params["page"] == ["2"] else ORDERS
    api_shop.set_way(paginator={"type": "page_number"})
    assert "500" in api_shop.refusal().sentence
    assert not list((api_shop.home / "landing").iterdir())


@pytest.mark.slow
def test_a_server_that_is_not_there_is_a_sentence(api_shop):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        api_shop.set_way(base_url=f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert "there is no connection to the server, after 6 attempts" in api_shop.refusal().sentence


@pytest.mark.slow
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(api, api_shop, tmp_path):
    api_shop.set_way(base_url=api.url.replace("http:", "https:"))  # the server speaks no TLS at all
    sentence = api_shop.refusal().sentence
    assert "certificate" in sentence or "no connection" in sentence


def test_a_redirect_to_another_server_is_followed_without_the_secret(api, api_shop):
    with run_api(lambda seen: ORDERS) as other:
        api.answer = lambda seen: Reply("", 302, {"Location": f"http://localhost:{other.port}/orders"})
        for auth in ({"type": "bearer", "token": TOKEN}, {"type": "api_key", "name": "X-Key", "api_key": TOKEN}):
            api_shop.set_way(auth=auth, headers={"X-Account": "a"})
            assert not api_shop.land()["shop"].refusals
        assert TOKEN in str(api.requests)
        assert len(other.requests) == 2
        assert TOKEN not in str(other.requests)
        assert "x-account" not in str(other.requests)


@pytest.mark.slow
def test_a_redirect_on_the_same_server_keeps_the_secret(api, api_shop):
    api.answer = lambda seen: ORDERS if seen.path == "/v2/orders" else Reply("", 301, {"Location": "/v2/orders"})
    assert not api_shop.land()["shop"].refusals
    assert api.requests[1].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_redirect_with_the_secret_in_its_address_is_refused(api, api_shop):
    api.answer = lambda seen: Reply("", 302, {"Location": f"http://localhost:1/?key={TOKEN}"})
    sentence = api_shop.refusal().sentence
    assert "with the secret in the address" in sentence
    assert TOKEN not in sentence


def test_a_next_page_on_another_server_is_refused(api, api_shop):
    api.answer = lambda seen: {"data": ORDERS, "next": "http://localhost:1/orders?page=2"}
    api_shop.set_way(data_selector="data", paginator={"type": "json_link"})
    assert "the next page is on another server" in api_shop.refusal().sentence


@pytest.mark.slow
def test_a_password_of_netrc_is_never_sent(api, api_shop, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password from-netrc\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    api.answer = lambda seen: ORDERS
    api_shop.set_way(auth={"type": "none"})
    api_shop.land()
    assert "authorization" not in api.requests[0].headers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("auth", "where"),
    [
        ({"type": "api_key", "name": "X-Key", "api_key": TOKEN}, lambda seen: seen.headers["x-key"] == TOKEN),
        (
            {"type": "api_key", "name": "key", "api_key": TOKEN, "location": "query"},
            lambda seen: seen.params["key"] == [TOKEN],
        ),
        (
            {"type": "http_basic", "username": "a", "password": "b"},
            lambda seen: seen.headers["authorization"] == "Basic YTpi",
        ),
    ],
)
def test_every_way_of_signing_in_sends_the_secret_where_the_server_looks(api, api_shop, caplog, auth, where):
    caplog.set_level("DEBUG")
    api.answer = lambda seen: ORDERS if where(seen) else Reply("", 401)
    api_shop.set_way(auth=auth)
    assert not api_shop.land()["shop"].refusals
    assert TOKEN not in caplog.text


def sign_in_with_oauth(api, api_shop, secret=TOKEN):
    """The server gives tokens to who knows the secret, and takes each for one request only."""
    given = []

    def answer(seen):
        if seen.path == "/token":
            if f"client_secret={TOKEN}" not in seen.body:
                return Reply({"error": "invalid_client"}, 401)
            given.append(f"short-{len(given)}")
            return {"access_token": given[-1], "expires_in": 3600}
        if seen.headers["authorization"] != f"Bearer {given[-1]}" or (seen.params["page"] == ["2"] and len(given) == 1):
            return Reply("", 401)
        return ORDERS if seen.params["page"] == ["1"] else []

    api.answer = answer
    auth = {
        "type": "oauth2_client_credentials",
        "access_token_url": f"{api.url}/token",
        "client_id": "regulars",
        "client_secret": secret,
    }
    api_shop.set_way(auth=auth, paginator={"type": "page_number"})
    return given


def test_a_token_of_oauth_is_asked_for_and_asked_for_again_when_it_has_expired(api, api_shop):
    given = sign_in_with_oauth(api, api_shop)
    assert not api_shop.land()["shop"].refusals
    assert given == ["short-0", "short-1"]


@pytest.mark.slow
def test_a_wrong_secret_of_oauth_is_a_sentence(api, api_shop):
    sign_in_with_oauth(api, api_shop, secret="wrong horse")
    sentence = api_shop.refusal().sentence
    assert "`from.auth.client_secret` or `client_id` is wrong" in sentence
    assert "wrong horse" not in sentence


def test_no_file_of_the_home_and_no_text_of_the_settings_holds_the_secret(api, api_shop):
    api.answer = lambda seen: ORDERS
    api_shop.land()
    api.answer = lambda seen: Reply(f'{{"you sent": "{TOKEN}"}}', 401)
    sentence = api_shop.refusal().sentence
    assert find_secrets({"the token": TOKEN}, api_shop.home, sentence) == []
    assert find_secrets({"a value": "10.00"}, api_shop.home)
    settings = api_shop.settings
    assert TOKEN not in f"{settings!r} {settings.model_dump_json()} {sentence}"


def test_doctor_says_what_the_first_page_holds(api, api_shop):
    api.answer = lambda seen: [{**order(1), "customer": {"email": "a@example.com"}}]
    way = api_shop.settings.sources["shop"].from_
    assert describe_fetch(way, api_shop.data) == "1 record on the first page, with 5 columns"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"base_url": "http://api.example.com"}, "is not encrypted"),
        ({"base_url": "api.example.com"}, "begins with https"),
        ({"base_url": "https://ann:pw@api.example.com"}, "write them below `auth`"),
        ({"path": "https://other.example.com/orders"}, "begins behind `base_url`"),
        ({"type": "ftp"}, "Input should be 'database'"),
        ({"base_url": None, "resource": "orders", "type": "api"}, "write `api` beside `resource`"),
    ],
)
def test_settings_that_are_not_safe_or_not_whole_are_refused(changed, sentence):
    way = {"base_url": "https://api.example.com/", "path": "orders", **changed}
    way = {key: value for key, value in way.items() if value is not None}
    with pytest.raises(ValidationError, match=sentence):
        Source.model_validate({"from": way, "kind": "orders", "columns": COLUMNS})
