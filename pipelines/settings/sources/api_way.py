"""What a company may set about a source that is fetched from a REST API.

Put here: the shape of `sources.<name>.from` for APIs; its words are those of dlt's `rest_api`. Keep out: ready-made
APIs (`pipelines/settings/apis/`), and fetching (`pipelines/sources/fetching/api/`).
"""

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, model_validator

from regulars.pipelines.settings.part import Part
from regulars.pipelines.settings.sources.api_records import HalfRecords, Lookup
from regulars.pipelines.settings.sources.cursor import Cursor
from regulars.pipelines.settings.sources.json_path import has_path

Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]

SECRET_KEYS = ("token", "api_key", "password", "client_secret", "key", "secret")
"""The keys of `from`, and of `auth` in it, whose values come from the environment: `${NAME}`."""


class NoAuth(Part):
    """The API asks for no secret."""

    type: Literal["none"]
    """This way of signing in."""


class BearerToken(Part):
    """`Authorization: Bearer …` with every request."""

    type: Literal["bearer"]
    """This way of signing in."""
    token: Secret
    """The token, as `${NAME}`."""


class ApiKey(Part):
    """A key in a header or a parameter of every request."""

    type: Literal["api_key"]
    """This way of signing in."""
    name: Text = "Authorization"
    """The header, or the parameter."""
    api_key: Secret
    """The key, as `${NAME}`."""
    location: Literal["header", "query"] = "header"
    """Where it is sent. Keys in `query` may come to stand in the server's logs."""


class HttpBasic(Part):
    """A user and a password with every request."""

    type: Literal["http_basic"]
    """This way of signing in."""
    username: Secret
    """The user, who may be a secret too, as a consumer key is: `${NAME}`, or in clear."""
    password: Secret
    """The password, as `${NAME}`."""


class ClientCredentials(Part):
    """OAuth 2.0 with client credentials: a short-lived token is asked for, and again when it has expired."""

    type: Literal["oauth2_client_credentials"]
    """This way of signing in."""
    access_token_url: Text
    """Where the token is asked for."""
    client_id: Text
    """Who asks."""
    client_secret: Secret
    """The secret, as `${NAME}`."""
    access_token_request_data: dict[str, str] = {}
    """What is sent beside, such as `{scope: orders.read}`."""


Auth = Annotated[NoAuth | BearerToken | ApiKey | HttpBasic | ClientCredentials, Field(discriminator="type")]


class SinglePage(Part):
    """One answer holds everything."""

    type: Literal["single_page"]
    """This way of paging."""


class JsonLink(Part):
    """The answer holds the address of the next page."""

    type: Literal["json_link"]
    """This way of paging."""
    next_url_path: Text = "next"
    """Where it stands, such as `links.next`."""


class HeaderLink(Part):
    """The header `Link` of the answer holds the address of the next page."""

    type: Literal["header_link"]
    """This way of paging."""
    links_next_key: Text = "next"
    """What the link to the next page is called."""
    keep_params: list[str] = []
    """Parameters that each further request repeats, where the link leaves them out."""


class Offset(Part):
    """Requests say how many records to pass over."""

    type: Literal["offset"]
    """This way of paging."""
    limit: Annotated[int, Field(ge=1)]
    """Records per page."""
    offset_param: Text = "offset"
    """The parameter that says how many to pass over."""
    limit_param: Text | None = "limit"
    """The parameter that says how many to send."""
    total_path: Text | None = None
    """Where the answer says how many there are; with it, a record that slipped through between two pages is noticed."""


class PageNumber(Part):
    """Requests name the number of the page."""

    type: Literal["page_number"]
    """This way of paging."""
    base_page: Annotated[int, Field(ge=0)] = 1
    """The number of the first page."""
    page_param: Text = "page"
    """The parameter that names it."""
    total_header: Text | None = None
    """The header of the answer that says how many records there are, such as `X-WP-Total`; with it, a record that
    slipped through between two pages is noticed."""


class MarkInAnswer(Part):
    """The answer holds a mark, which the next request sends back."""

    type: Literal["cursor"]
    """This way of paging."""
    cursor_path: Text
    """Where the mark stands, such as `paging.next.after`; `data[-1].id` is the id of the last record."""
    cursor_param: Text = "cursor"
    """The parameter that sends it back."""
    cursor_body_path: Text | None = None
    """Where it is sent back within `json`, such as `variables.after`, in place of a parameter."""
    has_more_path: Text | None = None
    """Where the answer says, as true or false, whether there is more. Without it, there is while there is a mark."""


Paginator = Annotated[
    SinglePage | JsonLink | HeaderLink | Offset | PageNumber | MarkInAnswer,
    Field(discriminator="type"),
]


class ApiResource(Part):
    """The records of a REST API, fetched page by page at each run.

    What comes is a delivery like any file: JSON lines, one per record, sorted by `primary_key`, every number with the
    digits that it was sent with. The words are those of dlt's `rest_api`. `api` and `resource` name a ready-made API
    (`shopify`, `shopify_graphql`, `stripe`, `hubspot`, `woocommerce`, or one in `company/apis/`), which brings all
    other keys but the account and the secret, and the profile by which its records are mapped; what stands here goes
    before it. [ways_in.md](ways_in.md) shows each.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    type: Literal["api"] = "api"
    """Which way in."""
    api: Text | None = None
    """A ready-made API."""
    resource: Text | None = None
    """Which of its records, such as `orders`."""
    base_url: Text
    """Where the API is, such as `https://api.example.com/v1/`."""
    path: Text
    """Where the records are, from `base_url`."""
    method: Literal["GET", "POST"] = "GET"
    """`POST` sends `json`, as searches and GraphQL want it. It must change nothing there: requests are repeated."""
    json_: Annotated[dict[str, Any], Field(alias="json")] = {}
    """The body of each request, for `method: POST`: such as `{query: …, variables: {after: null}}`. No secret."""
    params: dict[str, str | int | float | bool | list[str]] = {}
    """The parameters of the first request; a list repeats one."""
    headers: dict[str, str] = {}
    """Further headers, such as the version of the API. No secret: those belong into `auth`."""
    auth: Auth = NoAuth(type="none")
    """How to sign in: `bearer`, `api_key`, `http_basic` or `oauth2_client_credentials`."""
    data_selector: Text | None = None
    """Where the records are in an answer, such as `data.orders`. Without it, the answer is an array."""
    primary_key: str | list[str] = []
    """What tells a record from all others, such as `id`. A record that comes twice, since pages shift while they are
    read, is then kept once, as it came last."""
    paginator: Paginator = SinglePage(type="single_page")
    """How to get from page to page ([ways_in.md](ways_in.md) says what each is)."""
    half_records: HalfRecords | None = None
    """How to notice records of which not all has come, and to have the rest."""
    lookups: list[Lookup] = []
    """What further requests bring of the records of each page; needs `primary_key`, one path."""
    cursor: Cursor | None = None
    """Fetch only what has changed; needs `cursor_param` or `cursor_body_path`. `column` is a key of the records, such
    as `updated_at`. Without it, everything is fetched each time."""
    cursor_param: Text | None = None
    """The parameter that asks for what has changed since a moment, such as `updated_at_min`."""
    cursor_body_path: Text | None = None
    """Where `json` asks for it, such as `variables.query`, in place of a parameter."""
    cursor_text: Text = "{since}"
    """What is sent there: `{since}` stands for the moment as records write it, `{since_ms}` for the milliseconds since
    1970."""
    allow_unencrypted: bool = False
    """Whether `http://` will do. Only within a network of your own."""
    time_limit_minutes: Annotated[float, Field(gt=0)] = 60.0
    """How long fetching may take, with all attempts and all waiting. After it the source counts as not delivered."""

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        token_url = [self.auth.access_token_url] if isinstance(self.auth, ClientCredentials) else []
        for url in (self.base_url, *token_url):
            scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
            if scheme not in ("http", "https") or not host:
                raise ValueError("`base_url` begins with https:// and a host, such as https://api.example.com/v1/")
            if scheme == "http" and not self.allow_unencrypted:
                raise ValueError("`base_url` is not encrypted: write https://, or set `allow_unencrypted: true`")
            if urlsplit(url).username or urlsplit(url).password:
                raise ValueError("`base_url` holds a user or a password: write them below `auth`")
        if self.cursor is not None and self.cursor_param is None and self.cursor_body_path is None:
            raise ValueError("`cursor` needs `cursor_param`, the parameter that asks for what has changed")
        if self.lookups and len(self.keys) != 1:
            raise ValueError("`lookups` need `primary_key`, the one path to the id that is sent")
        if "://" in self.path or any("://" in each.path for each in self.lookups):
            raise ValueError("`path` begins behind `base_url`, such as `orders`")
        return self

    @model_validator(mode="after")
    def _body_fits(self) -> Self:
        if self.json_ and self.method != "POST":
            raise ValueError("`json` is sent by `method: POST`: write that beside it")
        sends_back = self.paginator.cursor_body_path if isinstance(self.paginator, MarkInAnswer) else None
        again = self.half_records.ask_again_with if self.half_records else {}
        paths = [("paginator.cursor_body_path", sends_back), ("cursor_body_path", self.cursor_body_path)]
        for key, path in [*paths, *(("half_records.ask_again_with", path) for path in again)]:
            if path is not None and not has_path(self.json_, path):
                raise ValueError(f"`{key}` is `{path}`, which `json` does not have: write it there, empty if need be")
        return self

    @model_validator(mode="before")
    @classmethod
    def _name_the_missing_api(cls, written: Any) -> Any:
        if isinstance(written, dict) and "resource" in written and "api" not in written and "base_url" not in written:
            raise ValueError("write `api` beside `resource`, or `base_url` and `path`")
        return written

    @property
    def keys(self) -> tuple[str, ...]:
        """The paths that tell a record from all others."""
        return (self.primary_key,) if isinstance(self.primary_key, str) else tuple(self.primary_key)

    @property
    def place(self) -> str:
        """The server, without a secret."""
        return urlsplit(self.base_url).netloc

    @property
    def what(self) -> str:
        """What is fetched, in words."""
        return f"{self.resource or self.path} of {self.place}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no sentence and no file may hold."""
        match self.auth:
            case BearerToken(token=found) | ApiKey(api_key=found) | HttpBasic(password=found):
                return (found.get_secret_value(),)
            case ClientCredentials(client_secret=found):
                return (found.get_secret_value(),)
            case _:
                return ()
