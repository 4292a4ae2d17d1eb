"""A MariaDB or MySQL server of its own for tests: on loopback, in a folder of its own, gone afterwards.

`REGULARS_MYSQLD` names the server's program where it is not the MariaDB that is installed.
"""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import pytest

PASSWORD = "correct horse"
VARIABLE = "REGULARS_TEST_MYSQL_PASSWORD"
PROGRAM_VARIABLE = "REGULARS_MYSQLD"


@dataclass(frozen=True)
class Server:
    """A running server with the database `shop` and the role `reader`.

    Attributes:
        is_mysql: Whether it is MySQL and not MariaDB: it signs in by `caching_sha2_password`, and offers TLS.
    """

    socket_path: Path
    port: int
    data: Path
    is_mysql: bool

    def run(self, *statements: str, database: str | None = "shop") -> list[tuple[Any, ...]]:
        """Run statements as the administrator; the rows of the last one."""
        with (
            contextlib.closing(
                pymysql.connect(unix_socket=str(self.socket_path), user="root", database=database, autocommit=True)
            ) as con,
            con.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())


@contextlib.contextmanager
def run_server() -> Iterator[Server]:
    """Start a server, and stop it at the end."""
    program, is_mysql = _find_program()
    folder = Path(tempfile.mkdtemp(prefix="regulars-mariadb-"))
    try:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data, socket_path = folder / "data", folder / "socket"
        data.mkdir()
        as_user = []
        if os.getuid() == 0:
            owner = pwd.getpwnam("mysql")
            for path in (folder, data):
                os.chown(path, owner.pw_uid, owner.pw_gid)
            as_user = ["--user=mysql"]
        _make_data(program, data, as_user, is_mysql=is_mysql)
        own = [f"--datadir={data}", f"--socket={socket_path}", f"--port={port}", "--bind-address=127.0.0.1"]
        quick = ["--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve", f"--pid-file={folder / 'pid'}"]
        if is_mysql:  # no second way in, which would listen everywhere; no folder of the system
            quick += ["--mysqlx=OFF", "--secure-file-priv=NULL"]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen([program, "--no-defaults", *own, *quick, *as_user], stdout=log, stderr=log)
        try:
            server = Server(socket_path, port, data, is_mysql)
            _wait_for(server, process, folder / "log")
            server.run("create database shop character set utf8mb4", database=None)
            server.run(
                f"create user reader@'127.0.0.1' identified by '{PASSWORD}'",
                "grant select on shop.* to reader@'127.0.0.1'",
            )
            yield server
        finally:
            process.terminate()
            process.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find_program() -> tuple[str, bool]:
    """The server's program, and whether it is MySQL."""
    named = os.environ.get(PROGRAM_VARIABLE)
    found = named or shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    if found is None:
        pytest.skip("MariaDB is not installed: `make servers` installs it")
    version = subprocess.run([found, "--no-defaults", "--version"], capture_output=True, text=True, check=True).stdout
    return found, "mariadb" not in version.lower()


def _make_data(program: str, data: Path, as_user: list[str], *, is_mysql: bool) -> None:
    """Make the server's own tables; its administrator has no password."""
    command = [program, "--no-defaults", f"--datadir={data}", "--initialize-insecure", *as_user]
    if not is_mysql:
        install = shutil.which("mariadb-install-db")
        assert install, "mariadb-install-db is not on the path"
        command = [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *as_user]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        if server.socket_path.exists():  # not sooner: the library leaves a socket open that found nobody
            with contextlib.suppress(pymysql.MySQLError):
                server.run("select 1", database=None)
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
