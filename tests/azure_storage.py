"""Azurite on loopback, which speaks like Azure Blob Storage and checks signatures, with a proxy before it.

`REGULARS_AZURITE` names its program `azurite-blob`; else it is looked for on the path and where `make servers` puts it.
"""

import base64
import contextlib
import datetime as dt
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from obstore.store import AzureStore

from tests.cloud_store import CloudStore
from tests.storage_proxy import run_proxy

PROGRAM_VARIABLE = "REGULARS_AZURITE"
INSTALLED = Path(__file__).parents[1] / ".servers/node_modules/.bin/azurite-blob"
ACCOUNT = "devstoreaccount1"
KEY = base64.b64encode(b"a key that only the tests of this project know, and nobody else.").decode()
VERSION = "2021-12-02"
SECRET_VARIABLE = "LAKE_AZURE_KEY"


@dataclass
class AzureStorage(CloudStore):
    """The server with an account, whose key is in the environment."""

    scheme: str = "az"
    secret: str = KEY
    secret_variable: str = SECRET_VARIABLE

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that hold its secrets."""
        return {SECRET_VARIABLE: self.secret}

    @property
    def access(self) -> dict[str, Any]:
        """The keys of the settings that open it."""
        return {"endpoint": self.endpoint, "account": ACCOUNT, "secret_variable": SECRET_VARIABLE}

    def make_bucket(self, name: str) -> None:
        path, moment = f"/{ACCOUNT}/{name}", dt.datetime.now(dt.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = f"x-ms-date:{moment}\nx-ms-version:{VERSION}\n"
        signed = _sign(f"PUT{chr(10) * 12}{headers}/{ACCOUNT}{path}\nrestype:container")
        requests.put(
            f"{self.address}{path}?restype=container",
            headers={
                "x-ms-date": moment,
                "x-ms-version": VERSION,
                "Authorization": f"SharedKey {ACCOUNT}:{signed}",
            },
            timeout=30,
        ).raise_for_status()

    def open(self, bucket: str) -> AzureStore:
        """A client that goes past the proxy."""
        return AzureStore(
            bucket,
            endpoint=f"{self.address}/{ACCOUNT}",
            account_name=ACCOUNT,
            account_key=KEY,
            client_options={"allow_http": True},
        )

    def read_options(self) -> dict[str, str]:
        """What polars needs to read."""
        return {
            "azure_storage_account_name": ACCOUNT,
            "azure_storage_account_key": KEY,
            "azure_storage_endpoint": f"{self.address}/{ACCOUNT}",
            "azure_allow_http": "true",
        }


def sign_token(container: str, rights: str) -> str:
    """A SAS token of a container, valid for an hour."""
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    signed = [rights, "", until, f"/blob/{ACCOUNT}/{container}", "", "", "https,http", VERSION, "c", *[""] * 7]
    values = {"sv": VERSION, "sr": "c", "sp": rights, "se": until, "spr": "https,http"}
    return urllib.parse.urlencode({**values, "sig": _sign("\n".join(signed))})


def _sign(text: str) -> str:
    return base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()


@contextlib.contextmanager
def run_azure_storage(folder: Path) -> Iterator[AzureStorage]:
    named = os.environ.get(PROGRAM_VARIABLE) or shutil.which("azurite-blob")
    program = named or (str(INSTALLED) if INSTALLED.exists() else None)
    if program is None or shutil.which("node") is None:
        pytest.skip("Azurite is not installed: `make servers` installs it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    with (folder / "log").open("w") as log, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AZURITE_ACCOUNTS", f"{ACCOUNT}:{KEY}")
        environment.setenv(SECRET_VARIABLE, KEY)
        process = subprocess.Popen([program, *own, "--silent", "--disableTelemetry"], stdout=log, stderr=log)
        try:
            _wait_for(port, process, folder / "log")
            store = AzureStorage(f"http://127.0.0.1:{port}", base=f"/{ACCOUNT}")
            with run_proxy(store):
                yield store
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
