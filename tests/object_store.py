"""An S3 server on loopback that checks signatures, and a proxy before it that breaks what a test wants broken."""

import contextlib
import http.client
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import settings as moto_settings
from moto.server import ThreadedMotoServer

KEY_ID_VARIABLE, SECRET_VARIABLE = "SHOP_KEY_ID", "SHOP_SECRET_KEY"
REGION = "eu-central-1"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass
class ObjectStore:
    """The server with the proxy before it.

    Attributes:
        break_request: Called with the method and path of each request; it may answer `500`, `cut` (half of the answer's
            body, then the connection ends), `slow` (no answer for two seconds) or anything else for a whole answer.
        requests: Method and path of every request, in order.
    """

    address: str
    endpoint: str
    key_id: str
    secret: str
    break_request: Callable[[str, str], Any] = lambda method, path: None
    requests: list[tuple[str, str]] = field(default_factory=list)

    @property
    def access(self) -> dict[str, Any]:
        """The keys of the settings that open it."""
        return {
            "endpoint": self.endpoint,
            "region": REGION,
            "key_id_variable": KEY_ID_VARIABLE,
            "secret_variable": SECRET_VARIABLE,
        }

    @property
    def client(self) -> Any:
        """A client that goes past the proxy."""
        return boto3.client(
            "s3",
            endpoint_url=self.address,
            region_name=REGION,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
        )

    def make_bucket(self, name: str) -> None:
        # the client asks again when a busy machine takes long to answer, and the first request may have made it
        with contextlib.suppress(self.client.exceptions.BucketAlreadyOwnedByYou):
            self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(self, bucket: str, key: str, content: bytes | str) -> None:
        self.client.put_object(Bucket=bucket, Key=key, Body=content)

    def keys(self, bucket: str) -> list[str]:
        found = self.client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return sorted(each["Key"] for each in found)

    def read(self, bucket: str, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())

    @contextlib.contextmanager
    def broken(self, break_request: Callable[[str, str], Any]) -> Iterator[None]:
        self.break_request = break_request
        try:
            yield
        finally:
            self.break_request = lambda method, path: None


@contextlib.contextmanager
def run_object_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """A server with one key that may do everything, which stands in the environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        iam = boto3.client(
            "iam", endpoint_url=address, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
        )
        user = f"regulars-{port}"  # servers of one process share their users
        iam.create_user(UserName=user)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=json.dumps(ALL))
        monkeypatch.setenv(KEY_ID_VARIABLE, key["AccessKeyId"])
        monkeypatch.setenv(SECRET_VARIABLE, key["SecretAccessKey"])
        with pytest.MonkeyPatch.context() as checked:
            checked.setattr(moto_settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
            yield from _run_proxy(ObjectStore(address, "", key["AccessKeyId"], key["SecretAccessKey"]))
    finally:
        server.stop()


def _run_proxy(store: ObjectStore) -> Iterator[ObjectStore]:
    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            store.requests.append((self.command, self.path))
            fault = store.break_request(self.command, self.path)
            if fault == "slow":
                time.sleep(2)
            if fault == 500:
                self._answer(500, [], b"<Error><Code>InternalError</Code></Error>")
                return
            behind = http.client.HTTPConnection(store.address.removeprefix("http://"))
            behind.request(self.command, self.path, body, dict(self.headers))
            found = behind.getresponse()
            content = found.read()
            behind.close()
            headers = [(n, v) for n, v in found.getheaders() if n.lower() not in ("transfer-encoding", "connection")]
            if fault == "cut":
                self._answer(found.status, headers, content[: len(content) // 2], length=len(content))
                self.close_connection = True
                return
            self._answer(found.status, headers, content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

        def _answer(self, status: int, headers: Any, content: bytes, *, length: int | None = None) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() != "content-length" or self.command == "HEAD":
                    self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(content) if length is None else length))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    store.endpoint = f"http://127.0.0.1:{proxy.server_port}"
    try:
        yield store
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
