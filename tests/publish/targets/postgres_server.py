"""A PostgreSQL server of its own for tests: on loopback, in a folder of its own, gone afterwards."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from regulars.pipelines.publish.targets.postgres import PostgresOptions

PASSWORD = "correct horse"
VARIABLE = "REGULARS_TEST_PASSWORD"


def find_binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, which Debian keeps off the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@dataclass(frozen=True)
class Server:
    """A running server with a database per test.

    Attributes:
        folder: Its data.
        port: On 127.0.0.1.
    """

    folder: Path
    port: int

    def options(self, database: str, user: str = "writer", **more: Any) -> PostgresOptions:
        return PostgresOptions(
            host="127.0.0.1", port=self.port, database=database, user=user, password_variable=VARIABLE, **more
        )

    def connect(self, database: str, user: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user=user, password=PASSWORD, autocommit=True
        )


def as_server_user(*command: str | Path) -> list[str]:
    """A command run by the user `postgres` where we are root, whom the server refuses."""
    words = [str(word) for word in command]
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words] if os.getuid() == 0 else words


@contextlib.contextmanager
def run_server() -> Iterator[Server]:
    """Start a server, and stop it at the end."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: `make tools` installs it")
    folder = Path(tempfile.mkdtemp(prefix="regulars-postgres-"))
    try:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (folder / "password").write_text(PASSWORD)
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            for path in (folder, folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        data = folder / "data"
        setup = ["--username=postgres", f"--pwfile={folder / 'password'}", "--auth=scram-sha-256", "--no-sync"]
        run(as_server_user(binaries / "initdb", "-D", data, "--locale=C.UTF-8", *setup))
        own = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        control = as_server_user(binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log")
        run([*control, "-o", f"{own} -c fsync=off -c max_connections=40", "start"])
        try:
            yield Server(folder, port)
        finally:
            run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
