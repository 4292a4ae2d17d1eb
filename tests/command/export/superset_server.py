"""A Superset of its own on loopback, in an environment of its own, and a client of its API."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PACKAGES = (
    "apache-superset==6.1.0",
    "duckdb-engine==0.17.0",  # Superset has SQLAlchemy 1.4
    "duckdb==1.5.6",
    "psycopg2-binary",
    "gunicorn",
    *("rich", "cachetools", "flask-caching==2.3.1", "cachelib==0.13.0", "pytz"),  # which it needs and does not declare
)
CONFIG = """
SECRET_KEY = "for-a-test-on-loopback-alone-{folder}"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
SUPERSET_WEBSERVER_TIMEOUT = 900  # of a page, on a machine that does many things at once


def FLASK_APP_MUTATOR(app):
    # logs the browser in that takes a picture
    from flask import request
    from flask_login import current_user, login_user

    @app.before_request
    def log_in():
        if request.path.startswith("/superset/") and not current_user.is_authenticated:
            login_user(app.appbuilder.sm.find_user("{user}"))
"""
USER, PASSWORD = "admin", "admin-of-a-test"


def make_environment() -> Path:
    """The folder of an environment that holds Superset; made once in the checkout."""
    folder = ROOT / ".cache" / "superset-6.1.0"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=300)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-q", *PACKAGES], check=True, timeout=1800)
        (folder / "ready").touch()
    return folder


@contextlib.contextmanager
def run_superset(folder: Path) -> Iterator["Superset"]:
    """A new, empty Superset whose files lie in a folder, with an administrator who has logged in."""
    programs = make_environment() / "bin"
    config = folder / "superset_config.py"
    config.write_text(CONFIG.format(folder=folder, user=USER), encoding="utf-8")
    environment = {**os.environ, "SUPERSET_CONFIG_PATH": str(config), "FLASK_APP": "superset.app:create_app()"}
    environment.pop("PYTHONPATH", None)
    for command in (
        ("db", "upgrade"),
        (
            *("fab", "create-admin", "--username", USER, "--firstname", "A", "--lastname", "B"),
            *("--email", "a@example.org", "--password", PASSWORD),
        ),
        ("init",),
    ):
        done = subprocess.run(
            [programs / "superset", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr[-3000:]
    port = _find_port()
    serve = [programs / "gunicorn", "-w", "1", "-k", "gthread", "--threads", "8", "--timeout", "900"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*serve, "-b", f"127.0.0.1:{port}", "superset.app:create_app()"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield _log_in(f"http://127.0.0.1:{port}", server, folder)
        finally:
            server.terminate()
            server.wait(timeout=60)


def _find_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _log_in(address: str, server: "subprocess.Popen[bytes]", folder: Path) -> "Superset":
    for _ in range(240):
        assert server.poll() is None, (folder / "server.log").read_text(encoding="utf-8")[-3000:]
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/health", timeout=30):
            break
        time.sleep(0.5)
    superset = Superset(address, "")
    body = {"username": USER, "password": PASSWORD, "provider": "db", "refresh": True}
    return Superset(address, superset.call("POST", "security/login", body)["access_token"])


@dataclass(frozen=True)
class Superset:
    """A running Superset, as somebody who has logged in."""

    address: str
    token: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What an endpoint of `/api/v1/` answers."""
        data = None if body is None else json.dumps(body).encode()
        return self._send(method, path, data, "application/json")

    def list_all(self, path: str, columns: str = "") -> list[Any]:
        """Every entry of an endpoint that lists."""
        found: list[Any] = self.call("GET", f"{path}/?q=(page_size:200{columns})")["result"]
        return found

    def import_bundle(self, bundle: Path, passwords: dict[str, str] | None = None) -> None:
        """Import an archive of assets, as the command in `docs/bi/superset.md` does."""
        edge = uuid.uuid4().hex
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="bundle"; filename="superset.zip"\r\n'
            "Content-Type: application/zip\r\n\r\n".encode()
            + bundle.read_bytes()
            + b"\r\n"
        ]
        if passwords:
            field = 'Content-Disposition: form-data; name="passwords"'
            parts.append(f"--{edge}\r\n{field}\r\n\r\n{json.dumps(passwords)}\r\n".encode())
        body = b"".join([*parts, f"--{edge}--\r\n".encode()])
        self._send("POST", "assets/import/", body, f"multipart/form-data; boundary={edge}")

    def ask_chart(self, chart: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows that a chart of the API draws, asked as its page asks for them."""
        params = json.loads(chart["params"])
        number = int(params["datasource"].partition("__")[0])
        query = _make_query(params)
        body = {"datasource": {"id": number, "type": "table"}, "queries": [query], "result_type": "full", "force": True}
        answer = self.call("POST", "chart/data", body)["result"][0]
        assert not answer["error"], answer["error"]
        rows: list[dict[str, Any]] = answer["data"]
        return rows

    def _send(self, method: str, path: str, data: bytes | None, kind: str) -> Any:
        request = urllib.request.Request(f"{self.address}/api/v1/{path}", data, method=method)
        request.add_header("Content-Type", kind)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{method} {path}: {refused.code} {refused.read()[:3000]!r}") from refused


def _make_query(params: dict[str, Any]) -> dict[str, Any]:
    """The query of a chart, from the settings that its page turns into one."""
    filters = [
        {"col": each["subject"], "op": each["operator"], "val": each["comparator"]}
        for each in params.get("adhoc_filters", [])
    ]
    groups = params.get("groupby") or []
    groups = groups if isinstance(groups, list) else [groups]
    metrics = params.get("metrics") or ([params["metric"]] if "metric" in params else [])
    columns = [*params.get("all_columns", []), *groups]
    if "x_axis" in params:
        axis = {"label": params["x_axis"], "sqlExpression": params["x_axis"], "expressionType": "SQL"}
        grain = params.get("time_grain_sqla")
        columns = [{**axis, "columnType": "BASE_AXIS", "timeGrain": grain} if grain else params["x_axis"], *groups]
    if "column" in params:
        columns = [params["column"]]
    order = [json.loads(each) for each in params.get("order_by_cols", [])]
    query = {"columns": columns, "filters": filters, "row_limit": params.get("row_limit", 1000), "orderby": order}
    return {**query, "metrics": metrics} if metrics else query
