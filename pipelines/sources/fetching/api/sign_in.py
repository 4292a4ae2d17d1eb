"""Signs requests to an API in: a token, a key, a password, or a token of OAuth 2.0 that is asked for first.

Put here: where the secret goes, and what a refusal of it means. Keep out: which server may see it (`client.py`).
"""

import time

import requests
from requests.auth import HTTPBasicAuth

from regulars.pipelines.settings.sources.api_way import (
    ApiKey,
    ApiResource,
    BearerToken,
    ClientCredentials,
    HttpBasic,
    NoAuth,
)
from regulars.pipelines.sources.readers.refusal import Refusal

_SECONDS = (10.0, 30.0)
_USUAL_LIFE = 3600
_MARGIN = 30


class SignIn:
    """How the requests of one fetch are signed in.

    Args:
        way: The API.
        session: By which a token is asked for.
    """

    def __init__(self, way: ApiResource, session: requests.Session) -> None:
        self._way, self._session = way, session
        self._token = ""
        self._expires = 0.0
        self._was_renewed = False

    def authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the secret into a request whose server may see it."""
        match self._way.auth:
            case BearerToken(token=token):
                request.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
            case ApiKey(name=name, api_key=key, location="header"):
                request.headers[name] = key.get_secret_value()
            case HttpBasic(username=user, password=password):
                return HTTPBasicAuth(user.get_secret_value(), password.get_secret_value())(request)
            case ClientCredentials() as credentials:
                request.headers["Authorization"] = f"Bearer {self._find_token(credentials)}"
        return request

    def params(self) -> dict[str, str]:
        """The parameters that hold a secret."""
        match self._way.auth:
            case ApiKey(name=name, api_key=key, location="query"):
                return {name: key.get_secret_value()}
            case _:
                return {}

    def renew(self) -> bool:
        """Whether a refused token can be asked for anew; once, so that a wrong one is not asked for for ever."""
        if not isinstance(self._way.auth, ClientCredentials) or self._was_renewed:
            return False
        self._expires, self._was_renewed = 0.0, True
        return True

    def say_what_is_wrong(self, status: int) -> str:
        """What to look at where the server refuses the secret."""
        if isinstance(self._way.auth, NoAuth):
            return "it wants to know who asks; set `auth`"
        key = next(name for name in ("token", "api_key", "password", "client_secret") if hasattr(self._way.auth, name))
        wrong = "is wrong or has expired" if status == 401 else "may not read this"
        named = f"the secret in `from` (`{key}`)" if self._way.api else f"`from.auth.{key}`"
        return f"{named} {wrong}"

    def _find_token(self, credentials: ClientCredentials) -> str:
        if time.monotonic() < self._expires:
            return self._token
        why = "`from.auth.client_secret` or `client_id` is wrong"
        try:
            response = self._session.post(
                credentials.access_token_url,
                data={
                    "grant_type": "client_credentials",
                    "client_id": credentials.client_id,
                    "client_secret": credentials.client_secret.get_secret_value(),
                    **credentials.access_token_request_data,
                },
                headers={"Accept": "application/json"},
                auth=lambda request: request,
                timeout=_SECONDS,
                allow_redirects=False,
            )
            answer = response.json() if response.status_code == 200 else None
        except requests.exceptions.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            if response.status_code in (429, 500, 502, 503, 504):
                raise requests.exceptions.ConnectionError  # as if there were no connection: another attempt may find it
            sentence = f"{self._way.what} cannot be fetched: no token comes from `access_token_url`: {why}"
            raise Refusal("unfetched", sentence)
        life = answer.get("expires_in")
        self._token = str(answer["access_token"])
        self._expires = time.monotonic() + max(0, (life if isinstance(life, int) else _USUAL_LIFE) - _MARGIN)
        return self._token
