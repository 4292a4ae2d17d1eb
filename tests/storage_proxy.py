"""A proxy on loopback before a server of object storage, which breaks what a test wants broken."""

import contextlib
import http.client
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class BreakableStore:
    """A server with the proxy before it.

    Attributes:
        address: Of the server, past the proxy.
        endpoint: The proxy's.
        base: What each path begins with.
        host: The name that the server is told it is called by; empty: the proxy's address.
        break_request: Called with the method and path of each request; it may answer `500`, `cut` (half of the answer's
            body, then the connection ends), `gone` (the connection ends without an answer), `slow` (no answer for two
            seconds) or anything else for a whole answer.
        requests: Method and path of every request, in order.
    """

    address: str
    endpoint: str = field(default="", kw_only=True)
    base: str = field(default="", kw_only=True)
    host: str = field(default="", kw_only=True)
    break_request: Callable[[str, str], Any] = field(default=lambda method, path: None, kw_only=True)
    requests: list[tuple[str, str]] = field(default_factory=list, kw_only=True)

    @contextlib.contextmanager
    def broken(self, break_request: Callable[[str, str], Any]) -> Iterator[None]:
        self.break_request = break_request
        try:
            yield
        finally:
            self.break_request = lambda method, path: None


@contextlib.contextmanager
def run_proxy(store: BreakableStore) -> Iterator[None]:
    """Run a proxy before a server, at `store.endpoint`."""

    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            store.requests.append((self.command, self.path))
            fault = store.break_request(self.command, self.path)
            if fault == "slow":
                time.sleep(2)
            if fault == "gone":
                self.close_connection = True
                return
            if fault == 500:
                self._answer(500, [], b"<Error><Code>InternalError</Code></Error>")
                return
            behind = http.client.HTTPConnection(store.address.removeprefix("http://"))
            own = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            behind.request(self.command, self.path, body, {**own, "Host": store.host or self.headers["Host"]})
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
    store.endpoint = f"http://127.0.0.1:{proxy.server_port}{store.base}"
    try:
        yield
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
