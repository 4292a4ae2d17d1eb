"""A door before the server of `tests/google_storage.py`, with a proxy before it.

It lets nobody in without a token that the service account's key has signed, and puts what writes by XML into requests
of the JSON API, which that server takes. What it answers to those follows Google's pages on the XML API.
"""

import contextlib
import http.server
import json
import threading
import urllib.parse
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from obstore.store import GCSStore

from tests.cloud_store import CloudStore
from tests.google_storage import GoogleStorage, run_google_storage
from tests.storage_proxy import run_proxy

SECRET_VARIABLE = "LAKE_GOOGLE_KEY"
_Answer = tuple[int, Mapping[str, str], bytes]
_STARTED = "<InitiateMultipartUploadResult><UploadId>{}</UploadId></InitiateMultipartUploadResult>"
_DONE = b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>"
_NO_BUCKET = b"<Error><Code>NoSuchBucket</Code></Error>"


@dataclass
class SignedGoogleStorage(CloudStore):
    """The server behind the door; the account's key is in the environment."""

    storage: GoogleStorage
    secret: str
    scheme: str = "gs"
    secret_variable: str = SECRET_VARIABLE

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that hold its secrets."""
        return {SECRET_VARIABLE: self.secret}

    @property
    def access(self) -> dict[str, Any]:
        """The keys of the settings that open it."""
        return {"endpoint": self.endpoint, "secret_variable": SECRET_VARIABLE}

    def make_bucket(self, name: str) -> None:
        self.storage.make_bucket(name)

    def open(self, bucket: str) -> GCSStore:
        """A client that goes past the proxy."""
        config: Any = {"base_url": self.address, "service_account_key": self.secret}
        return GCSStore(bucket, config=config, client_options={"allow_http": True})

    def read_options(self) -> dict[str, str]:
        """What polars needs to read."""
        return {"google_service_account_key": self.secret, "google_base_url": self.address, "allow_http": "true"}


@contextlib.contextmanager
def run_signed_google_storage() -> Iterator[SignedGoogleStorage]:
    key = rsa.generate_private_key(65537, 2048)
    account = make_account(key)
    with run_google_storage() as storage, pytest.MonkeyPatch.context() as environment:
        environment.setenv(SECRET_VARIABLE, account)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handle(_Door(storage, key.public_key())))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            store = SignedGoogleStorage(f"http://127.0.0.1:{server.server_port}", storage, account)
            with run_proxy(store):
                yield store
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def make_account(key: rsa.RSAPrivateKey) -> str:
    """The JSON of a service account's key, as Google hands it out."""
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    about = {
        "type": "service_account",
        "private_key_id": "1",
        "private_key": key.private_bytes(serialization.Encoding.PEM, form, none).decode(),
        "client_email": "regulars@example.iam.gserviceaccount.com",
    }
    return json.dumps(about)


@dataclass
class _Door:
    """What answers requests.

    Attributes:
        uploads: Of each upload in parts, what is said about the object, and the parts by number.
    """

    storage: GoogleStorage
    key: rsa.RSAPublicKey
    uploads: dict[str, tuple[dict[str, Any], dict[int, bytes]]] = field(default_factory=dict)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> _Answer:
        """What a request gets; the names of its headers are in small letters."""
        if not self._is_signed(headers.get("authorization", "")):
            return 401, {}, b"<Error><Code>AuthenticationRequired</Code></Error>"
        parts = urllib.parse.urlsplit(path)
        bucket, _, name = urllib.parse.unquote(parts.path).lstrip("/").partition("/")
        if method in ("GET", "HEAD"):
            kept = {key: value for key, value in headers.items() if key in ("range", "if-match")}
            found = requests.request(method, self.storage.endpoint + path, headers=kept, timeout=30)
            if not found.ok and not self.storage.has_bucket(bucket):
                return 404, {}, _NO_BUCKET
            return found.status_code, found.headers, found.content
        if method == "DELETE":
            is_gone = self.storage.remove(bucket, name) == 404
            return (404, {}, b"<Error><Code>NoSuchKey</Code></Error>") if is_gone else (204, {}, b"")
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        about = {"contentType": headers.get("content-type"), "cacheControl": headers.get("cache-control")}
        return self._take(bucket, {"name": name, **{k: v for k, v in about.items() if v}}, query, body)

    def _is_signed(self, authorization: str) -> bool:
        kind, _, token = authorization.partition(" ")
        try:
            jwt.decode(token, self.key, algorithms=["RS256"], options={"verify_aud": False})
        except jwt.PyJWTError:
            return False
        return kind == "Bearer"

    def _take(self, bucket: str, about: dict[str, Any], query: Mapping[str, str], body: bytes) -> _Answer:
        """Take an object at once, or in parts: one request begins it, some send it, the last one puts it together."""
        if "uploads" in query:
            number = uuid.uuid4().hex
            self.uploads[number] = (about, {})
            return 200, {}, _STARTED.format(number).encode()
        if "partNumber" in query:
            self.uploads[query["uploadId"]][1][int(query["partNumber"])] = body
            return 200, {"ETag": f'"{query["partNumber"]}"'}, b""
        if "uploadId" in query:
            about, parts = self.uploads.pop(query["uploadId"])
            self.storage.insert(bucket, about, b"".join(parts[number] for number in sorted(parts)))
            return 200, {}, _DONE
        if not self.storage.insert(bucket, about, body):
            return 404, {}, _NO_BUCKET
        return 200, {"ETag": '"e"'}, b""


def _handle(door: _Door) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, content = door.answer(
                self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body
            )
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
